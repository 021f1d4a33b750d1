/** What instances say they serve, where that is not what they should. */
import { AdminError } from '../../contract/client.ts'
import type { DriftedFleet, FleetLook, FleetUnknown } from '../drift/report.ts'
import type { ProjectSession } from '../frame/settings.ts'

/**
 * A platform that cannot tell, or a token that may not ask, is no reason not to compare the rest.
 *
 * @throws AdminError when the token is not known at all.
 */
export async function fleetDrift(
  session: ProjectSession,
  environments: readonly string[],
): Promise<FleetLook> {
  const found: DriftedFleet[] = []
  const unknown: FleetUnknown[] = []
  let instances = 0
  for (const environment of environments) {
    try {
      const one = await fleetOf(session, environment)
      found.push(...one.found)
      instances += one.instances
    } catch (error) {
      const why = reasonOf(error)
      if (why === undefined) throw error
      unknown.push({ environment, why })
    }
  }
  return { found, instances, unknown, asked: environments.length }
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof AdminError) || error.status === 401) return undefined
  if (error.status === 403) return 'the token may not read it'
  if (error.problem === undefined) return 'this platform does not tell'
  return error.message
}

async function fleetOf({ client, project }: ProjectSession, environment: string) {
  const { body } = await client.getFleet({ parameters: { project }, query: { environment } })
  const found: DriftedFleet[] = []
  let all = 0
  for (const audience of ['server', 'client'] as const) {
    const { instances, behind, wanted, failures, stragglers } = body[audience]
    all += instances
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
  return { found, instances: all }
}
