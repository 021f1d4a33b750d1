/** The keys that sign manifests. */
import { type HandlersOf, valueOf } from './call.ts'

export const signingKeyHandlers: HandlersOf<'listSigningKeys' | 'rotateSigningKey'> = {
  async listSigningKeys({ backend }) {
    const directory = backend.directory()
    const current = (await directory.signingKey()).kid
    const { keys } = await directory.jwks()
    return { body: { items: keys.map(({ kid }) => ({ kid, current: kid === current })) } }
  },

  async rotateSigningKey({ backend, body, query, caller }) {
    if (query.dryRun === true) return { body: { kid: null, dryRun: true }, status: 200 }
    const { kid } = valueOf(await backend.directory().rotateSigningKey(body.reason, caller))
    return { body: { kid, dryRun: false } }
  },
}
