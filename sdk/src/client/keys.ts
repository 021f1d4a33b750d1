/** The keys that may sign, as the server publishes them (RFC 7517), and when they are asked for again. */
import type { PublicJwk } from '../core/wire.ts'
import { isKeySet } from './cache.ts'
import { DriftlessError } from './errors.ts'
import { readBody, type Http } from './http.ts'

export interface KeySet {
  readonly keys: readonly PublicJwk[]
}

export interface KeyRing {
  readonly current: KeySet
  /** Starts from keys that came with a cache or a bootstrap file, until the server's are known. */
  adopt(keys: KeySet): void
  /** Asks the server unless it was asked within `maxAgeMs`. Rejects when it was asked and gave no keys; the old ones stay. */
  refresh(maxAgeMs: number): Promise<void>
}

const MAX_BYTES = 65_536

/** A key taken out of the set is refused at the latest this long after, when it signs something new. */
export const KEYS_MAX_AGE_MS = 3_600_000
/** For a key that is not in the set: SNAPSHOT.md §3.1 allows one look a minute. */
export const KEYS_UNKNOWN_AGE_MS = 60_000
/** After a failure. */
const RETRY_MS = 5000

export function createKeyRing(http: Http, url: string, now: () => number): KeyRing {
  let current: KeySet = { keys: [] }
  let asked: { readonly atMs: number; readonly ok: boolean } | undefined
  return {
    get current() {
      return current
    },
    adopt(keys) {
      current = keys
    },
    async refresh(maxAgeMs) {
      // The distance, so that a clock set back does not stop this for ever.
      const ageMs = asked ? Math.abs(now() - asked.atMs) : Infinity
      if (ageMs < (asked?.ok ? maxAgeMs : RETRY_MS)) return
      asked = { atMs: now(), ok: false }
      current = await http.get(`${url}/.well-known/jwks.json`, {}, async (response) => {
        const bytes = response.status === 200 ? await readBody(response, MAX_BYTES) : undefined
        const keys: unknown = bytes && JSON.parse(new TextDecoder().decode(bytes))
        if (isKeySet(keys)) return keys
        throw new DriftlessError('network', `the key set cannot be read: status ${response.status}`)
      })
      asked = { atMs: now(), ok: true }
    },
  }
}
