/** Whom a request reads for. A key's form is judged first, so that a typo costs nothing but a checksum. */
import { type AudienceName, formatAudience, parseKey } from '#core'
import { sha256Hex } from '../crypto/hash.ts'
import type { KeepAlive, SnapshotStore } from './store.ts'
import { createTimedCache } from './timed-cache.ts'

export interface Reader extends AudienceName {
  readonly keyId: string
  readonly keySha256: string
  /** `<project>/<environment>/<audience>` */
  readonly aud: string
}

export interface Readers {
  /** Whom an `Authorization` header stands for; null: nobody. Without a promise when the key was seen just now. */
  find(
    header: string | null,
    nowMs: number,
    keepAlive: KeepAlive,
  ): Reader | null | Promise<Reader | null>
  /** Forgets a revoked key. */
  forget(keySha256: string): void
}

/** STORAGE.md §6. */
const KEY_TTL_MS = 5_000
const KEY_STALE_ON_ERROR_MS = 60_000
const MAX_KEYS = 10_000

export function createReaders(store: Pick<SnapshotStore, 'key'>): Readers {
  // By the whole header, as it came: the hot path neither cuts nor hashes it.
  const byHeader = createTimedCache<Reader>({
    ttlMs: KEY_TTL_MS,
    staleOnErrorMs: KEY_STALE_ON_ERROR_MS,
    maxEntries: MAX_KEYS,
    async lookup(header) {
      const key = readKey(header)
      if (key === null) return null
      const keySha256 = await sha256Hex(key.text)
      const scope = await store.key(keySha256, key.project)
      if (scope === null) return null
      const { id, project, environment, audience } = scope
      const name = { project, environment, audience }
      return { ...name, keyId: id, keySha256, aud: formatAudience(name) }
    },
  })
  return {
    find(header, nowMs, keepAlive) {
      if (header === null) return null
      if (!byHeader.has(header) && readKey(header) === null) return null
      return byHeader.get(header, nowMs, keepAlive)
    },
    forget: (keySha256) => byHeader.forget((reader) => reader.keySha256 === keySha256),
  }
}

// RFC 6750 §2.1: one scheme in any case, one token.
const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i

function readKey(header: string): { readonly text: string; readonly project: string } | null {
  const text = BEARER.exec(header)?.[1]
  const key = text === undefined ? undefined : parseKey(text)
  if (text === undefined || key === undefined || key.kind === 'admin') return null
  return { text, project: key.project }
}
