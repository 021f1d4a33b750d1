/** Sessions of the dashboard: begun with a token or a provider's word, carried by a cookie that no script can read. */
import { hexOf, type Identity, ownerDigest } from '../http/auth.ts'
import { ProblemError } from '../http/problem.ts'
import { sessionCookie } from '../http/session.ts'
import type { HandlersOf } from './call.ts'

export const sessionHandlers: HandlersOf<'createSession' | 'getSession' | 'endSession'> = {
  async createSession({ backend, identity, query, caller }) {
    // Else a session that somebody took could be renewed for ever.
    if (identity.via === 'session') {
      throw new ProblemError('forbidden', 'A session is begun with a token, not with a session.')
    }
    if (query.dryRun === true) return { body: answerOf(identity, null), status: 200 }
    const secret = randomSecret()
    const owner = await ownerDigest(backend.ownerToken)
    const { expiresAtMs } = await backend.directory().createSession(
      {
        sha256: await hashOf(secret),
        grants: identity.via === 'provider' ? identity.grants : null,
        untilMs: identity.expiresAtMs ?? null,
        ownerSha256: owner === null ? null : hexOf(owner),
      },
      caller,
    )
    const maxAgeSec = Math.max(0, Math.floor((expiresAtMs - backend.nowMs()) / 1000))
    return {
      body: answerOf(identity, expiresAtMs),
      headers: { 'set-cookie': sessionCookie(secret, maxAgeSec) },
    }
  },

  async getSession({ identity }) {
    return { body: answerOf(identity, identity.expiresAtMs ?? null) }
  },

  async endSession({ backend, identity, sessionSecret, query, caller }) {
    const ends = identity.via === 'session' && sessionSecret !== null
    if (!ends || query.dryRun === true) return { body: { ended: false } }
    await backend.directory().endSession(await hashOf(sessionSecret), caller)
    return { body: { ended: true }, headers: { 'set-cookie': sessionCookie('', 0) } }
  },
}

function answerOf({ tokenId, name, via, grants }: Identity, expiresAtMs: number | null) {
  return { tokenId, name, via, grants, expiresAtMs }
}

/** 256 bits as base64url. */
function randomSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const binary = String.fromCharCode(...bytes)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

async function hashOf(secret: string): Promise<string> {
  const bytes = new TextEncoder().encode(secret)
  return hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
