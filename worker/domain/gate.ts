/** Whether a candidate does harm, told from what the fleet reports. Pure; defaults and reasons in docs/deployments.md. */
import type { GateSettings, InstanceState, MetricGate } from '#core'
import type { FleetSummary } from './fleet.ts'

/** What is known of the two groups of a deployment at one moment. */
export interface FleetReport {
  /** Instances whose last word is about the candidate: they took it, or failed to. */
  readonly candidate: { readonly reporting: number; readonly failed: number }
  /** By name; absent: nobody reported it. */
  readonly metrics?: Readonly<Record<string, MetricGroups>>
}

/** One metric since the deployment began. */
export interface MetricGroups {
  readonly candidate: Measured
  readonly stable: Measured
}

export interface Measured {
  /** How often it was reported. */
  readonly count: number
  readonly sum: number
  /** How long this group's instances were there, added up. */
  readonly instanceMs: number
  /** Values by bucket: `n` holds those in `(2^((n-1)/4), 2^(n/4)]`. */
  readonly buckets?: Readonly<Record<string, number>>
}

/** What hubs have counted, as far as it is about one deployment that releases `revision`. */
export function fleetReport(
  summaries: readonly FleetSummary[],
  { id, revision }: { readonly id: string; readonly revision: number },
): FleetReport {
  const counts = summaries
    .flatMap(({ byRevision }) => byRevision)
    .filter((count) => count.deployment === id && count.revision === revision)
  const sum = (...states: readonly InstanceState[]): number =>
    counts.reduce((total, count) => states.reduce((one, state) => one + count[state], total), 0)
  return {
    candidate: {
      reporting: sum('applying', 'applied', 'failed', 'stale', 'quarantined'),
      failed: sum('failed', 'quarantined'),
    },
  }
}

const FAILED_PERCENT = 1
const FAILED_INSTANCES = 3
const RATIO = 2
const AT_LEAST = 20
const MINUTE_MS = 60_000

/** What is wrong, in words; undefined: nothing that could be told. */
export function gateFault(
  gate: GateSettings | undefined,
  { candidate, metrics }: FleetReport,
): string | undefined {
  const { reporting, failed } = candidate
  const { failedPercent = FAILED_PERCENT, failedInstances = FAILED_INSTANCES } = gate ?? {}
  if (failed >= failedInstances || failed * 100 > failedPercent * reporting) {
    return `${failed} of ${reporting} reporting instances failed to take it`
  }
  for (const rule of gate?.metrics ?? []) {
    const groups =
      metrics !== undefined && Object.hasOwn(metrics, rule.metric) && metrics[rule.metric]
    const fault = groups ? metricFault(rule, groups) : undefined
    if (fault !== undefined) return fault
  }
  return undefined
}

function metricFault(rule: MetricGate, { candidate, stable }: MetricGroups): string | undefined {
  const { metric, statistic = 'rate', above, atLeast = AT_LEAST } = rule
  if (candidate.count < atLeast) return undefined
  const ratio = rule.ratio ?? (above === undefined ? RATIO : undefined)
  const is = measure(candidate, statistic)
  const was = measure(stable, statistic)
  const isAbove = above === undefined || is > above
  // A group that was never there, or that has no values, is nothing to compare with: then the bound alone decides.
  const isComparable = statistic === 'rate' ? stable.instanceMs > 0 : stable.count > 0
  const isWorse = ratio === undefined || (isComparable ? is > was * ratio : above !== undefined)
  if (!isAbove || !isWorse) return undefined
  return `${statistic} of ${metric} is ${rounded(is)} with the candidate, ${rounded(was)} without`
}

function measure(measured: Measured, statistic: NonNullable<MetricGate['statistic']>): number {
  const { count, sum, instanceMs, buckets = {} } = measured
  if (statistic === 'rate') return instanceMs === 0 ? 0 : (count * MINUTE_MS) / instanceMs
  if (statistic === 'mean') return count === 0 ? 0 : sum / count
  const sorted = Object.entries(buckets)
    .map(([bucket, n]) => [Number(bucket), n] as const)
    .toSorted(([a], [b]) => a - b)
  const total = sorted.reduce((sum_, [, n]) => sum_ + n, 0)
  let seen = 0
  for (const [bucket, n] of sorted) {
    seen += n
    if (seen >= total * 0.95) return 2 ** (bucket / 4)
  }
  return 0
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
