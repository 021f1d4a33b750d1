/** The keys that may sign, as the server publishes them (RFC 7517), and when they are asked for again. */
import type { JsonObject } from '../core/json.ts'
import { fits } from '../core/shape.ts'
import type { PublicJwk } from '../core/wire.ts'
import { DriftlessError } from './errors.ts'
import { KEYS_RETRY_MS } from './limits.ts'

export interface KeySet {
  readonly keys: readonly PublicJwk[]
}

export interface KeyRing {
  /** What came with a cache or a bootstrap file may stand here until the server's keys are known. */
  current: KeySet
  /** The keys, asked for again unless that was done within `maxAgeMs`. Where it fails, the old ones. */
  readonly of: (maxAgeMs: number) => Promise<KeySet>
}

/** `read` gets the text of the key set. */
export function createKeyRing(
  read: () => Promise<string>,
  now: () => number,
  onError: (caught: unknown) => void,
): KeyRing {
  let askedAtMs = -Infinity
  let isFresh = true
  const ring: KeyRing = {
    current: { keys: [] },
    async of(maxAgeMs) {
      // The distance, so that a clock set back does not stop this for ever.
      if (Math.abs(now() - askedAtMs) >= (isFresh ? maxAgeMs : KEYS_RETRY_MS)) {
        askedAtMs = now()
        isFresh = false
        try {
          const keys: unknown = JSON.parse(await read())
          if (!isKeySet(keys)) throw new DriftlessError('network', 'not a key set')
          ring.current = keys
          isFresh = true
        } catch (caught) {
          onError(caught)
        }
      }
      return ring.current
    },
  }
  return ring
}

/** That the members are keys is found out when one is used. */
function isKeySet(value: unknown): value is JsonObject & KeySet {
  return fits(value, { keys: ['object'] })
}
