/** Rules of a flag, ready to be asked: EVALUATION.md §3, step 6. */
import { bucketUnder, cutPoint, hashText, SHARE_PARTS } from './bucket.ts'
import { compileCondition, readBucketingValue } from './conditions.ts'
import type { CompileOptions, Test } from './conditions.ts'
import { callForeign, FOREIGN_FAULT } from './foreign.ts'
import type { Asking, BucketOf, Outcome, Serve } from './outcome.ts'
import { own } from './read.ts'
import type { Members } from './read.ts'
import { placeSplit, rampShare } from './share.ts'
import type { Condition, Ramp, Rule, WeightedVariant } from './snapshot.ts'

export interface CompiledRule {
  readonly id: string
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  /** Undefined: the condition cannot be read. */
  readonly when: Test | undefined
  /** The segments that the condition asks. */
  readonly segmentKeys: ReadonlySet<string>
  /** Undefined: its bucketer is missing. */
  readonly take: Take | undefined
  /** Whether the segments can be read, too: set by the evaluator that asks. */
  isReadable: boolean
}

/** Undefined where the share does not take the context, null where there is nothing to hash. */
type Take = (context: Members, asking: Asking) => Outcome | undefined | null

/** Throws for a rule that cannot be read, but for its condition. */
export function compileRule(
  rule: Rule,
  flagSeed: string,
  serve: Serve,
  options: CompileOptions,
): CompiledRule {
  const { id, startMs, endMs } = rule
  const segmentKeys = new Set<string>()
  const when = compileWhen(rule.when, { ...options, seed: flagSeed, segmentKeys })
  const take = compileServe(rule, flagSeed, serve, options)
  return { id, startMs, endMs, when, segmentKeys, take, isReadable: false }
}

function compileWhen(
  when: Condition | undefined,
  scope: Parameters<typeof compileCondition>[1],
): Test | undefined {
  try {
    return when === undefined ? () => true : compileCondition(when, scope)
  } catch {
    return undefined
  }
}

function compileServe(
  { id, serve: served, bucketBy, bucketing, seed: ownSeed }: Rule,
  flagSeed: string,
  serve: Serve,
  { bucketers = {} }: CompileOptions,
): Take | undefined {
  const { variant, split, ramp }: Parts = served
  const seed = ownSeed ?? flagSeed
  const seedHash = hashText(seed)
  const read = readBucketingValue(bucketBy)
  const { by, parts = SHARE_PARTS } = bucketing ?? {}
  const bucketer = by === undefined ? undefined : own(bucketers, by)
  if (bucketing && !bucketer) return undefined
  if (variant !== undefined) {
    const outcome = serve(variant, 'TARGETING_MATCH', id)
    return () => outcome
  }

  const cut = bucketer ? (share: number) => share / parts : cutPoint
  const place: BucketOf = (context) => {
    const subject = read(context)
    if (subject === undefined) return undefined
    return bucketer
      ? callForeign(() => bucketer.bucket(subject, seed, parts))
      : bucketUnder(subject, seedHash)
  }
  const positions = placeSplit(ramp ? [{ ...ramp, weight: 0 }] : (split ?? [])).map((one) => ({
    from: cut(one.from),
    to: cut(one.to),
    outcome: serve(one.variant, 'SPLIT', id, bucketer ? undefined : place),
  }))
  return (context, asking) => {
    const bucket = place(context)
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
    if (rule.isReadable && when && take) {
      const outcome = when(context, asking) ? take(context, asking) : undefined
      if (outcome !== null) return outcome
    }
  } catch (error) {
    if (error !== FOREIGN_FAULT) throw error
  }
  asking.skipped?.push(rule.id)
  return undefined
}
