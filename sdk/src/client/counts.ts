/** Evaluations by flag and variant; evaluation-counts.ts reports them. */

/** Flag → variant → how often. The empty variant counts fallbacks. */
export type Counts = Map<string, Map<string, number>>

export function addCount(counts: Counts, flagKey: string, variant = '', count = 1): void {
  const variants = counts.get(flagKey) ?? new Map<string, number>()
  counts.set(flagKey, variants.set(variant, (variants.get(variant) ?? 0) + count))
}
