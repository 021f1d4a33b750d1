/** Admin tokens. */
import { cutList, readCursor } from '../http/paging.ts'
import { problemOf } from '../http/problem.ts'
import { type HandlersOf, notFound, valueOf } from './call.ts'
import { deletionReason } from './writing.ts'

const LIST = 'tokens'

export const tokenHandlers: HandlersOf<'listTokens' | 'createToken' | 'revokeToken'> = {
  async listTokens({ backend, query }) {
    const all = await backend.directory().tokens()
    const tokens = all.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const start = query.cursor === undefined ? {} : { start: readCursor(LIST, query.cursor) }
    return { body: cutList(LIST, tokens, { limit: query.limit, ...start }, ({ id }) => id) }
  },

  async createToken({ backend, body, query, caller, path }) {
    const { reason = 'Created', ...request } = body
    if (request.expiresAtMs !== null && request.expiresAtMs <= backend.nowMs()) {
      const message = 'must be in the future, in milliseconds since 1970'
      throw problemOf({ reason: 'invalid', issues: [{ path: '/expiresAtMs', message }] })
    }
    if (query.dryRun === true) return { body: { dryRun: true }, status: 200 }
    const token = valueOf(await backend.directory().createToken({ ...request, reason }, caller))
    return { body: token, location: `${path}/${token.id}` }
  },

  async revokeToken(call) {
    const { backend, parameters, query, caller } = call
    const id = parameters.token
    const reason = deletionReason(call, 'Revoked')
    if (query.dryRun === true) {
      const known = (await backend.directory().tokens()).some((token) => token.id === id)
      if (!known) throw notFound({ noun: 'token', name: id })
      return { body: { id, dryRun: true } }
    }
    valueOf(await backend.directory().revokeToken(id, reason, caller))
    return { body: { id, dryRun: false } }
  },
}
