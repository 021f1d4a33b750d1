/**
 * A body becomes an evaluator: EVALUATION.md in running form. Each flag and segment is compiled when it is first asked, so
 * that a body of thousands costs nothing until then. Without the operators of more-operators.ts, unless they are passed in.
 */
import type { CompileOptions } from './conditions.ts'
import type {
  ErrorCode,
  EvaluationContext,
  EvaluationDetails,
  Evaluator,
  FlagValues,
  Now,
} from './evaluation.ts'
import { compileFlag, decide } from './flag.ts'
import type { CompiledFlag } from './flag.ts'
import type { JsonValue } from './json.ts'
import type { Asking, Outcome } from './outcome.ts'
import { isMembers, own } from './read.ts'
import type { Members } from './read.ts'
import { compileSegment } from './segments.ts'
import type { CompiledSegment } from './segments.ts'
import type { Flag, FlagType, Segment, SnapshotBody } from './snapshot.ts'

const EMPTY: Members = {}

/** What evaluators of one descent share: what was compiled, by the JSON it was compiled from. */
interface Compiled {
  readonly flags: WeakMap<object, CompiledFlag>
  readonly segments: WeakMap<object, CompiledSegment>
}

/** The evaluator of a body, which it keeps and never changes; do not change it either. */
export function createEvaluator(body: SnapshotBody, options: CompileOptions = {}): Evaluator {
  return evaluatorOf(body, options, { flags: new WeakMap(), segments: new WeakMap() })
}

// Differs between all evaluations: what an update keeps is asked by two evaluators.
let turns = 0

function evaluatorOf(body: SnapshotBody, options: CompileOptions, compiled: Compiled): Evaluator {
  let clock: Now = 0
  const asking: Asking = {
    turn: 0,
    nowMs: () => (typeof clock === 'function' ? (clock = clock()) : clock),
    skipped: undefined,
    flag: lazily(
      () => body.flags,
      compiled.flags,
      (flag: Flag, key) => compileFlag(flag, key, options),
    ),
    segment: lazily(
      () => body.segments,
      compiled.segments,
      (segment: Segment, key) => compileSegment(segment, key, options),
    ),
  }

  function ask(flag: CompiledFlag, context: unknown, nowMs: Now): Outcome {
    asking.turn = turns = (turns + 1) | 0
    clock = nowMs
    return decide(flag, isMembers(context) ? context : EMPTY, asking)
  }

  function value<K extends FlagType>(
    flagKey: string,
    type: K,
    fallback: FlagValues[K],
    context: EvaluationContext | undefined,
    nowMs: Now,
  ): FlagValues[K] {
    try {
      const flag = asking.flag(flagKey)
      if (flag?.type !== type) return fallback
      const served = ask(flag, context, nowMs).value
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- outcomes hold values of their flag's type only
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
    let flagMetadata: Record<string, string | number | boolean> = {}
    const fail = (errorCode: ErrorCode, errorMessage: string): EvaluationDetails => ({
      flagKey,
      value: fallback,
      reason: 'ERROR',
      errorCode,
      errorMessage,
      flagMetadata,
    })
    try {
      const flag = asking.flag(flagKey)
      // Spread defines members, also one named `__proto__`, where an assignment would call a setter.
      flagMetadata = { ...flag?.metadata }
      const { revision } = body
      if (revision !== undefined) flagMetadata['revision'] = revision
      if (flag === undefined) return fail('FLAG_NOT_FOUND', 'no such flag')
      if (flag === null) return fail('PARSE_ERROR', 'malformed flag')
      if (type !== undefined && type !== flag.type) {
        return fail('TYPE_MISMATCH', `the flag is of type ${flag.type}`)
      }
      const skipped: string[] = (asking.skipped = [])
      const outcome = ask(flag, context, nowMs)
      const { variant, reason, ruleId, bucketOf, prerequisite } = outcome
      if (ruleId !== undefined) flagMetadata['ruleId'] = ruleId
      const bucket = isMembers(context) ? bucketOf?.(context) : undefined
      if (bucket !== undefined) flagMetadata['bucket'] = bucket
      if (prerequisite !== undefined) flagMetadata['prerequisite'] = prerequisite
      if (skipped.length > 0) flagMetadata['skipped'] = skipped.join()
      if (variant === undefined) return { flagKey, value: fallback, reason, flagMetadata }
      if (outcome.value === undefined) return fail('PARSE_ERROR', `no variant ${variant}`)
      return { flagKey, value: outcome.value, variant, reason, flagMetadata }
    } catch {
      return fail('INVALID_CONTEXT', 'unreadable context')
    } finally {
      asking.skipped = undefined
    }
  }

  return {
    value,
    details,
    flagKeys() {
      try {
        return Object.keys(body.flags)
      } catch {
        return []
      }
    },
    update: (next) => evaluatorOf(next, options, compiled),
  }
}

/** Looks members of `all()` up, each made ready when first asked: undefined when it is not there, null when it cannot be. */
function lazily<Given extends object, Made extends { readonly key: string }>(
  all: () => Readonly<Record<string, Given>>,
  kept: WeakMap<object, Made>,
  make: (given: Given, key: string) => Made,
): (key: string) => Made | null | undefined {
  const known = new Map<string, Made | null>()
  const load = (key: string): Made | null | undefined => {
    let made: Made | null = null
    try {
      const given = own(all(), key)
      // Not remembered when it is not there: the keys asked for are not bounded by the body.
      if (given === undefined) return undefined
      const before = kept.get(given)
      made = before?.key === key ? before : make(given, key)
      kept.set(given, made)
    } catch {
      // Malformed.
      made = null
    }
    known.set(key, made)
    return made
  }
  return (key) => {
    const made = known.get(key)
    return made === undefined ? load(key) : made
  }
}
