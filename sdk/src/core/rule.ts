/** Rules of a flag, ready to be asked: EVALUATION.md §3, step 6. */
import { bucketUnder, cutPoint, hashText, SHARE_PARTS } from './bucket.ts'
import { attributeOf, bucketingValue, compileCondition, look, readAttribute } from './conditions.ts'
import type { Compiling, Test } from './conditions.ts'
import { callForeign, FOREIGN_FAULT } from './foreign.ts'
import type { Asking, BucketOf, Outcome, Serve } from './outcome.ts'
import { own } from './read.ts'
import type { Members } from './read.ts'
import { placeSplit, rampShare } from './share.ts'
import type { Ramp, Rule, WeightedVariant } from './snapshot.ts'

export interface CompiledRule {
  readonly id: string
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  /** Undefined: every context. */
  readonly when: Test | undefined
  /** The segments that the condition asks. */
  readonly segmentKeys: ReadonlySet<string>
  readonly take: Take
  /** Its condition can be read, and its bucketer is there. */
  readonly isUnderstood: boolean
  /** The segments can be read, too: set for the evaluator that asks. */
  isReadable: boolean
}

/** Undefined where the share does not take the context, null where there is nothing to hash. */
type Take = (context: Members, asking: Asking) => Outcome | undefined | null

/** Throws for a rule that cannot be read, but for its condition. */
export function compileRule(
  rule: Rule,
  flagSeed: string,
  serve: Serve,
  options: Compiling,
): CompiledRule {
  const { id, startMs, endMs } = rule
  const segmentKeys = new Set<string>()
  let take = compileServe(rule, flagSeed, serve, options)
  let when: Test | undefined
  try {
    if (rule.when !== undefined) {
      when = compileCondition(rule.when, { ...options, seed: flagSeed, segmentKeys })
    }
  } catch {
    take = undefined
  }
  const isUnderstood = take !== undefined
  return {
    id,
    startMs,
    endMs,
    when,
    segmentKeys,
    take: take ?? nobody,
    isUnderstood,
    isReadable: false,
  }
}

const nobody: Take = () => null

function compileServe(
  { id, serve: served, bucketBy, bucketing, seed: ownSeed }: Rule,
  flagSeed: string,
  serve: Serve,
  compiling: Compiling,
): Take | undefined {
  const { variant, split, ramp }: Parts = served
  const seed = ownSeed ?? flagSeed
  const seedHash = hashText(seed)
  const looked = attributeOf(bucketBy, compiling)
  const { by, parts = SHARE_PARTS } = bucketing ?? {}
  const bucketer = by === undefined ? undefined : own(compiling.bucketers ?? {}, by)
  if (bucketing && !bucketer) return undefined
  if (variant !== undefined) {
    const outcome = serve(variant, 'TARGETING_MATCH', id)
    return () => outcome
  }

  const cut = bucketer ? (share: number) => share / parts : cutPoint
  const place = (value: unknown): number | undefined => {
    const subject = bucketingValue(value)
    if (subject === undefined) return undefined
    return bucketer
      ? callForeign(() => bucketer.bucket(subject, seed, parts))
      : bucketUnder(subject, seedHash)
  }
  const bucketOf: BucketOf = (context) => place(readAttribute(looked, context))
  const positions = placeSplit(ramp ? [{ ...ramp, weight: 0 }] : (split ?? [])).map((one) => ({
    from: cut(one.from),
    to: cut(one.to),
    outcome: serve(one.variant, 'SPLIT', id, bucketer ? undefined : bucketOf),
  }))
  return (context, asking) => {
    const bucket = place(look(looked, context, asking))
    if (bucket === undefined) return null
    for (const { from, to, outcome } of positions) {
      if (ramp ? bucket < cut(rampShare(ramp, asking.nowMs())) : bucket >= from && bucket < to)
        return outcome
    }
    return undefined
  }
}

/** `serve` before it is known which it is. */
interface Parts {
  readonly variant?: string
  readonly split?: readonly WeightedVariant[]
  readonly ramp?: Ramp
}

/** Undefined: the rule does not decide. */
export function askRule(rule: CompiledRule, context: Members, asking: Asking): Outcome | undefined {
  const { startMs, endMs, when, take } = rule
  // Written so that a clock that is not a number is outside.
  if (startMs !== undefined && !(startMs <= asking.nowMs())) return undefined
  if (endMs !== undefined && !(asking.nowMs() < endMs)) return undefined
  try {
    if (rule.isReadable) {
      if (when && !when(context, asking)) return undefined
      const outcome = take(context, asking)
      if (outcome !== null) return outcome
    }
  } catch (error) {
    if (error !== FOREIGN_FAULT) throw error
  }
  asking.skipped?.push(rule.id)
  return undefined
}
