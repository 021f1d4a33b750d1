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
  FlagMetadata,
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

const EMPTY: Members = {}

export interface CompileOptions {
  /** Somebody else's arithmetic, by name, for imported flags (EVALUATION.md §9). Default: none. */
  readonly bucketers?: Bucketers
}

/** The evaluator of a body, which it keeps and never changes; do not change it either. */
export function compile(body: SnapshotBody, options: CompileOptions = {}): Evaluator {
  const all = membersOf(body)
  // A flag that does not fit the grammar is known by what is wrong with it.
  const known = new Map<string, CompiledFlag | string>()
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
  const asking: Asking = {
    hash,
    bucketers: options.bucketers,
    nowMs: () => (typeof clock === 'function' ? (clock = clock()) : clock),
    skip: (ruleId) => skipped?.push(ruleId),
    turn: () => turn,
    isInSegment: (key, context) => segments.isIn(key, context),
    areSegmentsReadable: (keys) => segments.areReadable(keys),
    variantOf: (flagKey, context) => {
      const flag = find(flagKey)
      if (typeof flag !== 'object' || !flag.isEnabled) return undefined
      if (flag.turn !== turn) {
        // The other flag's rules are not those the metadata speaks of.
        const outer = skipped
        skipped = undefined
        flag.variant = flag.decide(context).variant
        flag.turn = turn
        skipped = outer
      }
      return flag.variant
    },
    isChainTooLong: (flagKey) =>
      isChainLonger(
        [flagKey],
        (key) => {
          const flag = find(key)
          return typeof flag === 'object' ? flag.prerequisiteKeys : []
        },
        MAX_PREREQUISITE_DEPTH,
      ),
  }

  const segments = createSegments(all.segments, asking)

  /** Undefined for a flag that is not there. */
  const find = (flagKey: string): CompiledFlag | string | undefined =>
    known.get(flagKey) ?? load(flagKey)

  function load(flagKey: string): CompiledFlag | string | undefined {
    // Not remembered when it is not there: the keys asked for are not bounded by the body.
    if (!Object.hasOwn(all.flags, flagKey)) return undefined
    let flag: CompiledFlag | string
    try {
      flag = compileFlag(all.flags[flagKey], asking)
    } catch (error) {
      flag = `the flag does not fit the grammar: ${error instanceof Error ? error.message : ''}`
    }
    known.set(flagKey, flag)
    return flag
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
      const flag = find(flagKey)
      if (typeof flag !== 'object' || flag.type !== type) return fallback
      const served = decide(flag, context, nowMs).value
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- compileFlag found all variants to be of `type`
      return served === undefined ? fallback : (served as FlagValues[K])
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
    let flagMetadata: FlagMetadata = all.revision === undefined ? {} : { revision: all.revision }
    const fail = (errorCode: ErrorCode, errorMessage: string): EvaluationDetails => ({
      flagKey,
      value: fallback,
      reason: 'ERROR',
      errorCode,
      errorMessage,
      flagMetadata,
    })
    const trail: string[] = []
    try {
      const flag = find(flagKey)
      if (flag === undefined) {
        return fail('FLAG_NOT_FOUND', `there is no flag ${JSON.stringify(flagKey)}`)
      }
      if (typeof flag === 'string') return fail('PARSE_ERROR', flag)
      flagMetadata = { ...flag.metadata, ...flagMetadata }
      if (type !== undefined && type !== flag.type) {
        return fail('TYPE_MISMATCH', `the flag is of type ${flag.type}, not ${type}`)
      }
      skipped = trail
      const outcome = decide(flag, context, nowMs)
      const { variant, reason, metadata, bucketOf, fault } = outcome
      flagMetadata = {
        ...flagMetadata,
        ...metadata,
        ...(bucketOf && isMembers(context) && { bucket: bucketOf(context) }),
        ...(trail.length > 0 && { skipped: trail.join() }),
      }
      if (fault !== undefined) return fail('PARSE_ERROR', fault)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a variant of a JSON body
      const served = outcome.value as JsonValue | undefined
      return {
        flagKey,
        value: served === undefined ? fallback : served,
        ...(variant !== undefined && { variant }),
        reason,
        flagMetadata,
      }
    } catch {
      return fail('INVALID_CONTEXT', 'the context has members that cannot be read')
    } finally {
      skipped = undefined
    }
  }

  return { value, details, flagKeys: () => Object.keys(all.flags) }
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
