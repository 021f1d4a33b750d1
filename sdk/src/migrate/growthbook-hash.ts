/**
 * GrowthBook's arithmetic: who is in which range. As its JavaScript SDK (1.8) has it, where FNV-1a runs over UTF-16 units
 * and not over bytes: for ASCII that is the same everywhere.
 */

/** `[from, to)` of `[0, 1)`. */
export type BucketRange = readonly [from: number, to: number]

/** How many values `hash` of each version has: a fraction is a whole number of these. */
export const HASH_PARTS: Readonly<Record<number, number>> = { 1: 1_000, 2: 10_000 }

/** Where `value` falls under `seed`, a fraction in `[0, 1)`; null for a version that is not known. */
export function growthbookHash(seed: string, value: string, version: number): number | null {
  // Version 1 is biased (neighbouring seeds follow each other) and stays for those who started with it.
  if (version === 1) return (fnv1a32(value + seed) % 1_000) / 1_000
  if (version === 2) return (fnv1a32(String(fnv1a32(seed + value))) % 10_000) / 10_000
  return null
}

function fnv1a32(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** Nothing for less than one. */
export function getEqualWeights(count: number): number[] {
  return count <= 0 ? [] : Array.from({ length: count }, () => 1 / count)
}

/**
 * The range of each variation. `coverage` (0 to 1, cut to that; default 1) is the part of each that is used. `weights`
 * of another number than the variations, or that do not sum to 1 (± 0.01), count as equal ones.
 */
export function getBucketRanges(
  variations: number,
  coverage = 1,
  weights?: readonly number[] | null,
): BucketRange[] {
  const share = Math.min(Math.max(coverage, 0), 1)
  const equal = getEqualWeights(variations)
  const given = weights?.length === variations ? weights : equal
  const sum = given.reduce((total, weight) => total + weight, 0)
  const used = sum < 0.99 || sum > 1.01 ? equal : given
  let start = 0
  return used.map((weight) => {
    const range: BucketRange = [start, start + share * weight]
    start += weight
    return range
  })
}

export function isInRange(fraction: number, range: BucketRange): boolean {
  return fraction >= range[0] && fraction < range[1]
}

/** The index of the first range that `fraction` is in; -1 for none. */
export function chooseVariation(fraction: number, ranges: readonly BucketRange[]): number {
  return ranges.findIndex((range) => isInRange(fraction, range))
}

export type Namespace = readonly [id: string, from: number, to: number]

/** Experiments with other ranges of one namespace never share anyone. */
export function inNamespace(value: string, [id, from, to]: Namespace): boolean {
  const fraction = growthbookHash(`__${id}`, value, 1)
  return fraction !== null && isInRange(fraction, [from, to])
}

/** The variation that `?<id>=<index>` in `url` asks for; null when there is none below `variations`. */
export function getQueryStringOverride(id: string, url: string, variations: number): number | null {
  const query = url.split('?')[1]?.replace(/#.*/, '') ?? ''
  for (const pair of query.split('&')) {
    const [name, value = ''] = pair.split('=', 2)
    if (name !== id) continue
    const index = Number.parseInt(value, 10)
    return index >= 0 && index < variations ? index : null
  }
  return null
}
