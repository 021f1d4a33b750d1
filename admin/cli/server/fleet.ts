/** What instances say they serve, where that is not what they should. */
import type { DriftedFleet } from '../drift/report.ts'
import type { ProjectSession } from '../frame/settings.ts'

export async function fleetDrift(
  { client, project }: ProjectSession,
  environments: readonly string[],
): Promise<DriftedFleet[]> {
  const found: DriftedFleet[] = []
  for (const environment of environments) {
    const { body } = await client.getFleet({ parameters: { project }, query: { environment } })
    for (const audience of ['server', 'client'] as const) {
      const { instances, behind, wanted, failures, stragglers } = body[audience]
      if (behind === 0 && failures.length === 0) continue
      found.push({
        environment,
        audience,
        severity: failures.length > 0 ? 'error' : 'warning',
        instances,
        behind,
        wanted: wanted?.revision ?? null,
        failures: failures.map(({ instance, revision, code, config }) => ({
          instance,
          revision,
          code,
          ...(config !== undefined && { config }),
        })),
        stragglers: stragglers.map(({ instance, state, revision }) => ({
          instance,
          state,
          revision,
        })),
      })
    }
  }
  return found
}
