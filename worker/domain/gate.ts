/** Whether a candidate does harm, told from what the fleet reports. Pure; defaults and reasons in docs/deployments.md. */
import type { GateSettings, InstanceState } from '#core'
import type { FleetSummary } from './fleet.ts'
import { type Baseline, metricFault } from './metrics-gate.ts'
import type { Measures } from './metrics.ts'

/** What is known of the two groups of a deployment at one moment. */
export interface FleetReport {
  /** Instances whose last word is about the candidate: they took it, or failed to. */
  readonly candidate: { readonly reporting: number; readonly failed: number }
  /** Of the metrics that the gate asks for; absent when it asks for none. */
  readonly measures?: Measures
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

/** What is wrong, in words; undefined: nothing that could be told. */
export function gateFault(
  gate: GateSettings | undefined,
  { candidate, measures }: FleetReport,
  baseline?: Baseline,
): string | undefined {
  const { reporting, failed } = candidate
  const { failedPercent = FAILED_PERCENT, failedInstances = FAILED_INSTANCES } = gate ?? {}
  if (failed >= failedInstances || failed * 100 > failedPercent * reporting) {
    return `${failed} of ${reporting} reporting instances failed to take it`
  }
  return measures && metricFault(gate?.metrics ?? [], measures, baseline)
}
