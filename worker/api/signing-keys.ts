/** The keys that sign manifests. */
import { KEY_SET_TAG } from '../http/purge.ts'
import { type HandlersOf, notFound, valueOf } from './call.ts'

export const signingKeyHandlers: HandlersOf<
  'listSigningKeys' | 'rotateSigningKey' | 'revokeSigningKey'
> = {
  async listSigningKeys({ backend }) {
    const directory = backend.directory()
    const current = (await directory.signingKey()).kid
    const { keys } = await directory.jwks()
    return { body: { items: keys.map(({ kid }) => ({ kid, current: kid === current })) } }
  },

  async rotateSigningKey({ backend, body, query, caller }) {
    if (query.dryRun === true) return { body: { kid: null, dryRun: true }, status: 200 }
    const { kid } = valueOf(await backend.directory().rotateSigningKey(body.reason, caller))
    // Readers that have the old key set would refuse what the new key signs, and take what a revoked one signs.
    await backend.purge?.([KEY_SET_TAG])
    return { body: { kid, dryRun: false } }
  },

  async revokeSigningKey({ backend, parameters: { kid }, body, query, caller }) {
    const directory = backend.directory()
    if (query.dryRun === true) {
      const { keys } = await directory.jwks()
      if (!keys.some((key) => key.kid === kid)) throw notFound({ noun: 'signing key', name: kid })
      return { body: { kid, current: null, dryRun: true } }
    }
    const { current } = valueOf(await directory.revokeSigningKey(kid, body.reason, caller))
    await backend.purge?.([KEY_SET_TAG])
    return { body: { kid, current, dryRun: false } }
  },
}
