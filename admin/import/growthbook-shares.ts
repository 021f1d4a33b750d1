/** GrowthBook's ranges as positions of a split, exactly: the hash has 1,000 or 10,000 values, so each range is whole parts. */
import { chooseVariation } from '#migrate/growthbook-hash.ts'
import { elementsOf, isArray } from './json.ts'
import { Untranslatable } from './translation.ts'
import type { JsonValue } from '#core'
import type { BucketRange } from '#migrate/growthbook-hash.ts'

/** Takes `[from, from + weight)` of the parts. */
export interface Position {
  readonly index: number
  readonly from: number
  readonly weight: number
}

/** What each range takes. Where ranges overlap the first counts, so one may come out in several pieces. */
export function positionsOf(ranges: readonly BucketRange[], parts: number): readonly Position[] {
  const cuts = new Set([0, parts])
  for (const [from, to] of ranges)
    cuts.add(firstPartFrom(from, parts)).add(firstPartFrom(to, parts))
  const sorted = [...cuts].toSorted((a, b) => a - b)
  const positions: Position[] = []
  for (const [i, from] of sorted.entries()) {
    const end = sorted[i + 1]
    if (end === undefined) break
    const index = chooseVariation(from / parts, ranges)
    const last = positions.at(-1)
    if (index === -1) continue
    if (last?.index === index && last.from + last.weight === from) {
      positions[positions.length - 1] = { ...last, weight: last.weight + end - from }
    } else positions.push({ index, from, weight: end - from })
  }
  return positions
}

/** How many parts a rollout takes: its end counts, so 25 % of 1,000 is 251. */
export function rolloutWeight(coverage: number, parts: number): number {
  let weight = firstPartFrom(coverage, parts)
  if (weight < parts && weight / parts <= coverage) weight++
  return weight
}

/** The least part that is not below `fraction`, decided by the doubles that are compared at evaluation. */
function firstPartFrom(fraction: number, parts: number): number {
  let part = Math.min(Math.max(Math.round(fraction * parts), 0), parts)
  while (part > 0 && (part - 1) / parts >= fraction) part--
  while (part < parts && part / parts < fraction) part++
  return part
}

/** `[[from, to], …]`. @throws Untranslatable for anything else. */
export function rangesAt(value: JsonValue | undefined, path: string): readonly BucketRange[] {
  return elementsOf(value, path, 'a list of ranges').map((one) => rangeAt(one.value, one.path))
}

/** `[from, to]`. @throws Untranslatable for anything else. */
export function rangeAt(value: JsonValue | undefined, path: string): BucketRange {
  const [from, to] = isArray(value) ? value : []
  if (typeof from === 'number' && typeof to === 'number') return [from, to]
  throw new Untranslatable(path, 'must be a range: two numbers')
}
