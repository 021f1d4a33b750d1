/** Splits and ramps: which part of all contexts gets which variant, EVALUATION.md §4. */
import type { Ramp, WeightedVariant } from './snapshot.ts'

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
