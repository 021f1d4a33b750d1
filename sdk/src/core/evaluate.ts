/**
 * A body becomes an evaluator: EVALUATION.md in running form. Each flag and segment is compiled when it is first asked,
 * so that a body of thousands costs nothing until then.
 */
import { hashText } from './bucket.ts'
import type { Bucketers } from './bucketer.ts'
import type {
  ErrorCode,
  EvaluationContext,
  EvaluationDetails,
  Evaluator,
  FlagValues,
  Now,
} from './evaluation.ts'
import { compileFlag } from './flag.ts'
import type { CompiledFlag } from './flag.ts'
import type { JsonValue } from './json.ts'
import type { Asking, Outcome } from './outcome.ts'
import { isMembers, isNumber } from './read.ts'
import type { Members } from './read.ts'
import { createSegments, isChainLonger } from './segments.ts'
import type { FlagType, SnapshotBody } from './snapshot.ts'

/** How many prerequisites may follow each other. */
const MAX_PREREQUISITE_DEPTH = 10

/** A flag of the body that was asked before: compiled, or why it could not be. */
interface KnownFlag {
  /** Undefined for a flag that does not fit the grammar: of no type anyone may ask for. */
  readonly type: FlagType | undefined
  readonly flag: CompiledFlag | undefined
  readonly fault: string
  /** The evaluation `variant` is from, when the flag was asked as a prerequisite. */
  turn: number
  variant: string | undefined
}

const EMPTY: Members = Object.freeze({})

export interface CompileOptions {
  /** Somebody else's arithmetic, by name, for imported flags (EVALUATION.md §9). Default: none. */
  readonly bucketers?: Bucketers
}

/** The evaluator of a body, which it keeps and never changes; do not change it either. */
export function compile(body: SnapshotBody, options: CompileOptions = {}): Evaluator {
  const all = membersOf(body)
  const known = new Map<string, KnownFlag>()
  // The evaluation under way. Evaluation is synchronous, so one is enough, and plain values need no object for it.
  let turn = 0
  let clock: Now = 0
  let skipped: string[] | undefined
  let lastText = ''
  let lastHash = hashText('')

  const hash = (text: string): number => {
    if (text !== lastText) {
      lastHash = hashText(text)
      lastText = text
    }
    return lastHash
  }
  const segments = createSegments(all.segments, hash, () => turn, options.bucketers)
  const asking: Asking = {
    hash,
    bucketers: options.bucketers,
    nowMs: () => (typeof clock === 'function' ? (clock = clock()) : clock),
    skip: (ruleId) => skipped?.push(ruleId),
    isInSegment: segments.isIn,
    areSegmentsReadable: segments.areReadable,
    variantOf: (flagKey, context) => {
      const asked = find(flagKey)
      if (!asked?.flag?.isEnabled) return undefined
      if (asked.turn !== turn) {
        // The other flag's rules are not those the metadata speaks of.
        const outer = skipped
        skipped = undefined
        asked.variant = asked.flag.decide(context).variant
        asked.turn = turn
        skipped = outer
      }
      return asked.variant
    },
    isChainTooLong: (flagKey) =>
      isChainLonger(
        [flagKey],
        (key) => find(key)?.flag?.prerequisiteKeys ?? [],
        MAX_PREREQUISITE_DEPTH,
      ),
  }

  /** Undefined for a flag that is not there. */
  function find(flagKey: string): KnownFlag | undefined {
    return known.get(flagKey) ?? load(flagKey)
  }

  function load(flagKey: string): KnownFlag | undefined {
    // Not remembered when it is not there: the keys asked for are not bounded by the body.
    if (!Object.hasOwn(all.flags, flagKey)) return undefined
    let flag: CompiledFlag | undefined
    let fault = ''
    try {
      flag = compileFlag(all.flags[flagKey], asking)
    } catch (error) {
      fault = `the flag does not fit the grammar: ${error instanceof Error ? error.message : ''}`
    }
    const loaded = { type: flag?.type, flag, fault, turn: 0, variant: undefined }
    known.set(flagKey, loaded)
    return loaded
  }

  function decide(flag: CompiledFlag, context: unknown, nowMs: Now): Outcome {
    turn = (turn + 1) | 0
    clock = nowMs
    return flag.decide(isMembers(context) ? context : EMPTY)
  }

  function value<K extends FlagType>(
    flagKey: string,
    type: K,
    fallback: FlagValues[K],
    context: EvaluationContext | undefined,
    nowMs: Now,
  ): FlagValues[K] {
    try {
      const asked = find(flagKey)
      if (asked?.flag === undefined || asked.type !== type) return fallback
      const outcome = decide(asked.flag, context, nowMs)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- compileFlag found all variants to be of `type`
      return outcome.value === undefined ? fallback : (outcome.value as FlagValues[K])
    } catch {
      return fallback
    }
  }

  function details(
    flagKey: string,
    type: FlagType | undefined,
    fallback: JsonValue,
    context: EvaluationContext | undefined,
    nowMs: Now,
  ): EvaluationDetails {
    let metadata: Record<string, string | number | boolean> = {}
    const fail = (errorCode: ErrorCode, errorMessage: string): EvaluationDetails => ({
      flagKey,
      value: fallback,
      reason: 'ERROR',
      errorCode,
      errorMessage,
      flagMetadata: metadata,
    })
    const trail: string[] = []
    try {
      const asked = find(flagKey)
      if (all.revision !== undefined) metadata['revision'] = all.revision
      if (!asked) return fail('FLAG_NOT_FOUND', `there is no flag ${JSON.stringify(flagKey)}`)
      const { flag, fault } = asked
      // Spread defines members, also one named `__proto__`, where an assignment would call a setter.
      metadata = { ...flag?.metadata, ...metadata }
      if (!flag) return fail('PARSE_ERROR', fault)
      if (type !== undefined && type !== flag.type) {
        return fail('TYPE_MISMATCH', `the flag is of type ${flag.type}, not ${type}`)
      }
      skipped = trail
      const outcome = decide(flag, context, nowMs)
      const { variant, reason, errorCode, errorMessage, ruleId, prerequisite, bucketOf } = outcome
      if (ruleId !== undefined) metadata['ruleId'] = ruleId
      if (bucketOf && isMembers(context)) metadata['bucket'] = bucketOf(context)
      if (prerequisite !== undefined) metadata['prerequisite'] = prerequisite
      if (trail.length > 0) metadata['skipped'] = trail.join(',')
      if (errorCode) return fail(errorCode, errorMessage ?? '')
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a variant of a JSON body
      const served = outcome.value as JsonValue | undefined
      return {
        flagKey,
        value: served === undefined ? fallback : served,
        ...(variant === undefined ? {} : { variant }),
        reason,
        flagMetadata: metadata,
      }
    } catch {
      return fail('INVALID_CONTEXT', 'the context has members that cannot be read')
    } finally {
      skipped = undefined
    }
  }

  return {
    value,
    details,
    flagKeys: () => Object.keys(all.flags),
  }
}

/** What of a body is asked; a body that nobody verified may be anything, and is then empty. */
function membersOf(body: unknown): {
  readonly flags: Members
  readonly segments: Members
  readonly revision?: number
} {
  try {
    const { flags, segments, revision } = isMembers(body) ? body : EMPTY
    return {
      flags: isMembers(flags) ? flags : EMPTY,
      segments: isMembers(segments) ? segments : EMPTY,
      ...(isNumber(revision) && { revision }),
    }
  } catch {
    return { flags: EMPTY, segments: EMPTY }
  }
}

export interface EvaluateOptions extends CompileOptions {
  /** Default: any type. */
  readonly type?: FlagType
  /** Default `null`. */
  readonly fallback?: JsonValue
  /** Default: none, and what depends on time (`startMs`, `endMs`, ramps) is passed over. */
  readonly nowMs?: Now
}

/** Evaluates one flag of a body once. To ask more than once, {@link compile} the body. */
export function evaluate(
  body: SnapshotBody,
  flagKey: string,
  context?: EvaluationContext,
  options: EvaluateOptions = {},
): EvaluationDetails {
  const { type, fallback = null, nowMs = Number.NaN } = options
  return compile(body, options).details(flagKey, type, fallback, context, nowMs)
}
