/** What running instances say of themselves, asked of the hubs of an environment. */
import { CONVERGENCE_BOUNDS_MS } from '../domain/fleet-details.ts'
import { type HandlersOf, valueOf } from './call.ts'

export const fleetHandlers: HandlersOf<'getFleet'> = {
  async getFleet({ backend, project, parameters, query }) {
    const { environment } = query
    const ref = { kind: 'environment', key: environment, layer: 'base' } as const
    valueOf(await project.item(ref))
    const scope = { project: parameters.project, environment }
    const [server, client] = await Promise.all([
      backend.hub({ ...scope, audience: 'server' }).fleetDetails(),
      backend.hub({ ...scope, audience: 'client' }).fleetDetails(),
    ])
    return { body: { environment, convergenceBoundsMs: CONVERGENCE_BOUNDS_MS, server, client } }
  },
}
