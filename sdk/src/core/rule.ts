/** Rules of a flag, ready to be asked: EVALUATION.md §3, step 6. */
import { cutPlace, hashText, PLACE_OFFSET, placeUnder, SHARE_PARTS } from './bucket.ts'
import {
  attributeOf,
  bucketingValue,
  check,
  compileCondition,
  look,
  readAttribute,
} from './conditions.ts'
import type { Check, Compiling } from './conditions.ts'
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
  /** All of them must hold. */
  readonly when: readonly Check[]
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
  let when: readonly Check[] = []
  try {
    if (rule.when !== undefined) {
      when = partsOf(compileCondition(rule.when, { ...options, seed: flagSeed, segmentKeys }))
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
    segmentKeys: segmentKeys.size > 0 ? segmentKeys : NO_KEYS,
    take: take ?? nobody,
    isUnderstood,
    isReadable: false,
  }
}

// Most rules ask no segment, and of an empty set there need be one only.
const NO_KEYS: ReadonlySet<string> = new Set()

/** What must hold: the parts of an `all`, which needs no loop of its own then. */
function partsOf(condition: Check): readonly Check[] {
  return condition.below && !condition.positive ? condition.below : [condition]
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

  const cut = bucketer ? (share: number) => share / parts : cutPlace
  const place = (value: unknown): number | undefined => {
    const subject = bucketingValue(value)
    if (subject === undefined) return undefined
    return bucketer
      ? callForeign(() => bucketer.bucket(subject, seed, parts))
      : placeUnder(subject, seedHash)
  }
  const bucketOf: BucketOf = (context) => {
    const placed = place(readAttribute(looked, context))
    return placed === undefined ? undefined : placed + PLACE_OFFSET
  }
  const positions = placeSplit(ramp ? [{ ...ramp, weight: 0 }] : (split ?? [])).map((one) => ({
    from: cut(one.from),
    to: cut(one.to),
    outcome: serve(one.variant, 'SPLIT', id, bucketer ? undefined : bucketOf),
  }))
  return (context, asking) => {
    const placed = place(look(looked, context, asking))
    if (placed === undefined) return null
    for (const { from, to, outcome } of positions) {
      if (ramp ? placed < cut(rampShare(ramp, asking.nowMs())) : placed >= from && placed < to)
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
      for (const one of when) if (!check(one, context, asking)) return undefined
      const outcome = take(context, asking)
      if (outcome !== null) return outcome
    }
  } catch (error) {
    if (error !== FOREIGN_FAULT) throw error
  }
  asking.skipped?.push(rule.id)
  return undefined
}
