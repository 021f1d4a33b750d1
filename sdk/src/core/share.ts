/** Splits and ramps: which part of all contexts gets which variant, EVALUATION.md §4. */
import { attributeOf, bucketingValue, look, readAttribute } from './attributes.ts'
import type { Attribute } from './attributes.ts'
import { cutPlace, hashText, PLACE_OFFSET, placeUnder, SHARE_PARTS } from './bucket.ts'
import type { Compiling } from './conditions.ts'
import { callForeign } from './foreign.ts'
import type { Asking, Outcome } from './outcome.ts'
import { own } from './read.ts'
import type { Members } from './read.ts'
import type { Ramp, Rule, WeightedVariant } from './snapshot.ts'

/** Where contexts fall under a seed. */
export interface Placing {
  readonly attribute: Attribute
  readonly seedHash: number
  /** By somebody else's arithmetic. */
  readonly foreign: ((subject: string) => number) | undefined
}

export function compilePlacing(
  { bucketBy, seed }: { readonly bucketBy?: string | undefined; readonly seed: string },
  compiling: Compiling,
  foreign?: Placing['foreign'],
): Placing {
  return { attribute: attributeOf(bucketBy, compiling), seedHash: hashText(seed), foreign }
}

/** Undefined where there is nothing to hash. */
export function placeOf(
  { attribute, seedHash, foreign }: Placing,
  context: Members,
  asking: Asking,
): number | undefined {
  const subject = bucketingValue(look(attribute, context, asking))
  if (subject === undefined) return undefined
  return foreign !== undefined ? foreign(subject) : placeUnder(subject, seedHash)
}

/** A split, or a ramp, which is one of a single position that grows. */
export interface CompiledShare {
  readonly placing: Placing
  /** The first place that is not within a share. */
  readonly cut: (share: number) => number
  readonly ramp: Ramp | undefined
  /** Places in `[from, to)`. */
  readonly positions: readonly {
    readonly from: number
    readonly to: number
    readonly outcome: Outcome
  }[]
}

/** Undefined for a bucketer that was not passed in. Of a rule that serves one variant it takes nobody. */
export function compileShare(
  { serve: served, bucketBy, bucketing }: Rule,
  seed: string,
  compiling: Compiling,
  serve: (variant: string, placing: Placing | undefined) => Outcome,
): CompiledShare | undefined {
  const { variant, split = [], ramp }: ServeParts = served
  const { by, parts = SHARE_PARTS } = bucketing ?? {}
  const bucketer = by === undefined ? undefined : own(compiling.bucketers ?? {}, by)
  if (bucketing && !bucketer) return undefined
  const foreign =
    bucketer && ((subject: string) => callForeign(() => bucketer.bucket(subject, seed, parts)))
  const placing = compilePlacing({ bucketBy, seed }, compiling, foreign)
  const cut = bucketer ? (share: number) => share / parts : cutPlace
  const whole = ramp ? [{ variant: ramp.variant, weight: 0 }] : split
  return {
    placing,
    cut,
    ramp,
    positions: placeSplit(variant === undefined ? whole : []).map((one) => {
      const outcome = serve(one.variant, foreign ? undefined : placing)
      return { from: cut(one.from), to: cut(one.to), outcome }
    }),
  }
}

/** `serve` before it is known which it is. */
export interface ServeParts {
  readonly variant?: string
  readonly split?: readonly WeightedVariant[]
  readonly ramp?: Ramp
}

/** Undefined where it does not take the context, null where there is nothing to hash. */
export function takeShare(
  { placing, cut, ramp, positions }: CompiledShare,
  context: Members,
  asking: Asking,
): Outcome | undefined | null {
  const place = placeOf(placing, context, asking)
  if (place === undefined) return null
  const grownTo = ramp !== undefined ? cut(rampShare(ramp, asking.nowMs())) : undefined
  for (let n = 0; n < positions.length; n++) {
    const one = positions[n]
    if (one !== undefined && place >= one.from && place < (grownTo ?? one.to)) return one.outcome
  }
  return undefined
}

/** The bucket, for whoever asks how an outcome came about; undefined where there is nothing to hash. */
export function bucketIn({ attribute, seedHash }: Placing, context: Members): number | undefined {
  const subject = bucketingValue(readAttribute(attribute, context))
  return subject === undefined ? undefined : placeUnder(subject, seedHash) + PLACE_OFFSET
}

/** What a position of a split takes: shares in `[from, to)`. */
export interface SplitPosition {
  readonly variant: string
  readonly from: number
  readonly to: number
}

/** Positions in order, each from where the one before ends, or from its own `from`. */
export function placeSplit(split: readonly WeightedVariant[]): SplitPosition[] {
  let end = 0
  return split.map(({ variant, weight, from = end }) => {
    end = from + weight
    return { variant, from, to: end }
  })
}

/** The share of a ramp; for a clock that is not a number one that is none either, which takes nobody. */
export function rampShare({ from, to, startMs, endMs }: Ramp, nowMs: number): number {
  if (nowMs < startMs) return from
  if (nowMs >= endMs) return to
  return Math.floor(from + ((to - from) * (nowMs - startMs)) / (endMs - startMs))
}
