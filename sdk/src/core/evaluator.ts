/**
 * A body becomes an evaluator: EVALUATION.md in running form. Each flag and segment is compiled when it is first asked, so
 * that a body of thousands costs nothing until then. Without the operators of more-operators.ts, unless they are passed in.
 */
import type { CompileOptions, Compiling } from './conditions.ts'
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
import { bucketIn } from './share.ts'
import type { Flag, FlagType, Segment, SnapshotBody } from './snapshot.ts'

const EMPTY: Members = {}

/** What is evaluated. */
interface Source {
  readonly revision: () => number | undefined
  readonly flags: Items<Flag, CompiledFlag>
  readonly segments: Items<Segment, CompiledSegment>
}

/** The flags or segments of a body, and what changed of them since: undefined for what was deleted. */
interface Items<Given, Made> {
  readonly base: () => Readonly<Record<string, Given>>
  readonly changed: ReadonlyMap<string, Given | undefined>
  /** By the JSON it was made of: shared by evaluators of one descent. */
  readonly made: WeakMap<object, Made>
}

/** The evaluator of a body, which it keeps and never changes; do not change it either. */
export function createEvaluator(body: SnapshotBody, options: CompileOptions = {}): Evaluator {
  return evaluatorOf(
    {
      revision: () => body.revision,
      flags: { base: () => body.flags, changed: new Map(), made: new WeakMap() },
      segments: { base: () => body.segments, changed: new Map(), made: new WeakMap() },
    },
    { ...options, attributes: new Map() },
  )
}

function changeItems<Given, Made>(
  items: Items<Given, Made>,
  put: Readonly<Record<string, Given>> = {},
  gone: readonly string[] = [],
): Items<Given, Made> {
  const changed = new Map(items.changed)
  for (const key of gone) changed.set(key, undefined)
  for (const [key, given] of Object.entries(put)) changed.set(key, given)
  return { ...items, changed }
}

function find<Given>({ base, changed }: Items<Given, unknown>, key: string): Given | undefined {
  return changed.has(key) ? changed.get(key) : own(base(), key)
}

// Differs between all evaluations: what an update keeps is asked by two evaluators.
let turns = 0

function evaluatorOf(source: Source, compiling: Compiling): Evaluator {
  let clock: Now = 0
  const asking: Asking = {
    turn: 0,
    nowMs: () => (typeof clock === 'function' ? (clock = clock()) : clock),
    skipped: undefined,
    flag: lazily(source.flags, (flag, key) => compileFlag(flag, key, compiling)),
    segment: lazily(source.segments, (segment, key) => compileSegment(segment, key, compiling)),
  }

  /** A context or clock may ask another flag while it is read: then there is one evaluation within the other. */
  function ask(flag: CompiledFlag, context: Members, nowMs: Now, skipped?: string[]): Outcome {
    if (!flag.isEnabled) return flag.off
    const { turn, skipped: outerSkipped } = asking
    const outerClock = clock
    asking.turn = turns = (turns + 1) | 0
    asking.skipped = skipped
    clock = nowMs
    try {
      return decide(flag, context, asking)
    } finally {
      asking.turn = turn
      asking.skipped = outerSkipped
      clock = outerClock
    }
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
      const served = ask(flag, isMembers(context) ? context : EMPTY, nowMs).value
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
      flagMetadata: Object.freeze(flagMetadata),
    })
    try {
      const flag = asking.flag(flagKey)
      // Spread defines members, also one named `__proto__`, where an assignment would call a setter.
      flagMetadata = { ...flag?.metadata }
      const revision = source.revision()
      if (revision !== undefined) flagMetadata['revision'] = revision
      if (flag === undefined) return fail('FLAG_NOT_FOUND', 'no such flag')
      if (flag === null) return fail('PARSE_ERROR', 'malformed flag')
      if (type !== undefined && type !== flag.type) {
        return fail('TYPE_MISMATCH', `the flag is of type ${flag.type}`)
      }
      const skipped: string[] = []
      const asked = isMembers(context) ? context : EMPTY
      const outcome = ask(flag, asked, nowMs, skipped)
      const { variant, reason, ruleId, placing, prerequisite } = outcome
      if (ruleId !== undefined) flagMetadata['ruleId'] = ruleId
      const bucket = placing && bucketIn(placing, asked)
      if (bucket !== undefined) flagMetadata['bucket'] = bucket
      if (prerequisite !== undefined) flagMetadata['prerequisite'] = prerequisite
      if (skipped.length > 0) flagMetadata['skipped'] = skipped.join()
      Object.freeze(flagMetadata)
      if (variant === undefined) return { flagKey, value: fallback, reason, flagMetadata }
      if (outcome.value === undefined) return fail('PARSE_ERROR', `no variant ${variant}`)
      return { flagKey, value: outcome.value, variant, reason, flagMetadata }
    } catch {
      return fail('INVALID_CONTEXT', 'unreadable context')
    }
  }

  return {
    value,
    details,
    flagKeys() {
      const { base, changed } = source.flags
      try {
        const keys = new Set([...Object.keys(base()), ...changed.keys()])
        return [...keys].filter((key) => find(source.flags, key) !== undefined)
      } catch {
        return []
      }
    },
    update: ({ to, put = {}, delete: gone = {} }) =>
      evaluatorOf(
        {
          revision: () => to,
          flags: changeItems(source.flags, put.flags, gone.flags),
          segments: changeItems(source.segments, put.segments, gone.segments),
        },
        compiling,
      ),
  }
}

/** Looks items up, each made ready when first asked: undefined when it is not there, null when it cannot be. */
function lazily<Given extends object, Made extends { readonly key: string }>(
  items: Items<Given, Made>,
  make: (given: Given, key: string) => Made,
): (key: string) => Made | null | undefined {
  const known = new Map<string, Made | null>()
  const load = (key: string): Made | null | undefined => {
    let made: Made | null = null
    try {
      const given = find(items, key)
      // Not remembered when it is not there: the keys asked for are not bounded by the body.
      if (given === undefined) return undefined
      const before = items.made.get(given)
      made = before?.key === key ? before : make(given, key)
      items.made.set(given, made)
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
