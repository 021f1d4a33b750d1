/** SDK keys. */
import { cutList, readCursor } from '../http/paging.ts'
import { type HandlersOf, notFound, requireAllowed, valueOf, visibleBy } from './call.ts'
import { deletionReason } from './writing.ts'

const LIST = 'keys'

export const keyHandlers: HandlersOf<'listKeys' | 'createKey' | 'revokeKey'> = {
  async listKeys({ identity, parameters, project, query }) {
    const isVisible = visibleBy(identity, 'key.read', parameters.project)
    const keys = valueOf(await project.keys())
      .filter(({ environment }) => isVisible(environment))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const start = query.cursor === undefined ? {} : { start: readCursor(LIST, query.cursor) }
    return { body: cutList(LIST, keys, { limit: query.limit, ...start }, ({ id }) => id) }
  },

  async createKey({ project, body, query, caller, path }) {
    const { reason = 'Created', ...request } = body
    if (query.dryRun === true) {
      const ref = { kind: 'environment', key: request.environment, layer: 'base' } as const
      valueOf(await project.item(ref))
      return { body: { dryRun: true }, status: 200 }
    }
    const key = valueOf(await project.createKey({ ...request, reason }, caller))
    return { body: key, location: `${path}/${key.id}` }
  },

  async revokeKey(call) {
    const { backend, identity, project, parameters, query, caller } = call
    const id = parameters.key
    const reason = deletionReason(call, 'Revoked')
    const known = valueOf(await project.keys()).find((key) => key.id === id)
    if (known === undefined) throw notFound({ noun: 'key', name: id })
    const { environment } = known
    requireAllowed(identity, 'key.write', { project: parameters.project, environment })
    if (query.dryRun === true) return { body: { id, dryRun: true } }
    const { sha256 } = valueOf(await project.revokeKey(id, reason, caller))
    backend.forgetKey(sha256)
    return { body: { id, dryRun: false } }
  },
}
