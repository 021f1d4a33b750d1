/** SDK keys. */
import { cutList, readCursor } from '../http/paging.ts'
import { type HandlersOf, notFound, valueOf } from './call.ts'
import { deletionReason } from './writing.ts'

const LIST = 'keys'

export const keyHandlers: HandlersOf<'listKeys' | 'createKey' | 'revokeKey'> = {
  async listKeys({ project, query }) {
    const keys = valueOf(await project.keys()).toSorted((a, b) => (a.id < b.id ? -1 : 1))
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
    const { backend, project, parameters, query, caller } = call
    const id = parameters.key
    const reason = deletionReason(call, 'Revoked')
    if (query.dryRun === true) {
      const known = valueOf(await project.keys()).some((key) => key.id === id)
      if (!known) throw notFound({ noun: 'key', name: id })
      return { body: { id, dryRun: true } }
    }
    const { sha256 } = valueOf(await project.revokeKey(id, reason, caller))
    backend.forgetKey(sha256)
    return { body: { id, dryRun: false } }
  },
}
