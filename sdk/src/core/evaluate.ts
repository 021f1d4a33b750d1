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
      flag = `malformed flag: ${error instanceof Error ? error.message : ''}`
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
      const flag = find(flagKey)
      const isFound = typeof flag === 'object'
      // Spread defines members, also one named `__proto__`, where an assignment would call a setter.
      if (isFound) metadata = { ...flag.metadata }
      if (all.revision !== undefined) metadata['revision'] = all.revision
      if (flag === undefined) return fail('FLAG_NOT_FOUND', `no flag ${JSON.stringify(flagKey)}`)
      if (!isFound) return fail('PARSE_ERROR', flag)
      if (type !== undefined && type !== flag.type) {
        return fail('TYPE_MISMATCH', `the flag is of type ${flag.type}`)
      }
      skipped = trail
      const outcome = decide(flag, context, nowMs)
      const { variant, reason, ruleId, prerequisite, bucketOf, fault } = outcome
      if (ruleId !== undefined) metadata['ruleId'] = ruleId
      if (bucketOf && isMembers(context)) metadata['bucket'] = bucketOf(context)
      if (prerequisite !== undefined) metadata['prerequisite'] = prerequisite
      if (trail.length > 0) metadata['skipped'] = trail.join()
      if (fault !== undefined) return fail('PARSE_ERROR', fault)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a variant of a JSON body
      const served = outcome.value as JsonValue | undefined
      if (served === undefined || variant === undefined) {
        return { flagKey, value: fallback, reason, flagMetadata: metadata }
      }
      return { flagKey, value: served, variant, reason, flagMetadata: metadata }
    } catch {
      return fail('INVALID_CONTEXT', 'a member of the context cannot be read')
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
