/** Whether a candidate does harm, told from what the applications measure. Pure; docs/deployments.md. */
import type { MetricThreshold } from '#core'
import { type Level, levelOf, type Measures } from './metrics.ts'

const MIN_SAMPLES = 10
/** A difference of so many standard errors is no chance, though one looks again and again. */
const SIGNIFICANT = 3

/** What the stable group measured when there was one, by `kind metric`: everybody is a candidate while it bakes. */
export type Baseline = Readonly<Record<string, Level>>

/** What passes a threshold, in words; undefined: nothing that could be told. */
export function metricFault(
  thresholds: readonly MetricThreshold[],
  { candidate, stable }: Measures,
  baseline: Baseline = {},
): string | undefined {
  for (const threshold of thresholds) {
    const { metric, kind } = threshold
    const level = levelOf(candidate, metric, kind)
    if (level === undefined) continue
    const known = stable.instances > 0 ? levelOf(stable, metric, kind) : baseline[keyOf(threshold)]
    const fault = faultOf(threshold, level, known)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** What is to be remembered of the stable group, over what was known before. */
export function baselineOf(
  thresholds: readonly MetricThreshold[],
  { stable }: Measures,
  before: Baseline = {},
): Baseline {
  const levels = thresholds
    .filter(({ relativeToStable }) => relativeToStable !== undefined)
    .map((threshold) => [keyOf(threshold), levelOf(stable, threshold.metric, threshold.kind)])
  return {
    ...before,
    ...Object.fromEntries(levels.filter(([, level]) => level !== undefined)),
  }
}

function faultOf(
  { metric, kind, max, relativeToStable, minSamples = MIN_SAMPLES }: MetricThreshold,
  candidate: Level,
  stable: Level | undefined,
): string | undefined {
  if (candidate.samples < minSamples) return undefined
  const found = `${metric}: ${kind} ${shown(candidate.value)} with the candidate`
  if (max !== undefined && candidate.value > max)
    return `${found}, at most ${shown(max)} is let pass`
  if (relativeToStable === undefined || stable === undefined) return undefined
  // Of a rate nothing at all is a measurement too, once as long as the candidate's would have shown.
  const isKnown =
    kind === 'rate' ? candidate.value * stable.minutes >= minSamples : stable.samples >= minSamples
  const excess = candidate.value - relativeToStable * stable.value
  const error = Math.hypot(candidate.error, relativeToStable * stable.error)
  if (!isKnown || excess <= 0 || excess < SIGNIFICANT * error) return undefined
  return `${found}, ${shown(stable.value)} without: at most ${relativeToStable} times that is let pass`
}

function keyOf({ kind, metric }: MetricThreshold): string {
  return `${kind} ${metric}`
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)))
}
