/** The last accepted snapshot as text, for the next start (SNAPSHOT.md §8). What comes back is verified like anything else. */
import { isJsonObject } from '../core/json.ts'
import type { CacheRecord, PublicJwk } from '../core/wire.ts'
import { within } from './timer.ts'

/** A place for one text a name: a file, a KV, localStorage. May be slow or fail: the client goes on without it. */
export interface Cache {
  /** The text last set under `name`, or undefined. */
  get(name: string): Promise<string | null | undefined> | string | null | undefined
  set(name: string, text: string): unknown
}

/** A cache that takes longer is done without. */
const PATIENCE_MS = 2000

/** `driftless.<project>.<environment>.<audience>`: safe as a file name. */
export function cacheName(audience: string): string {
  return `driftless.${audience.replaceAll('/', '.')}`
}

/** Rejects with a `DriftlessError` of code `cache`, or with what the cache threw. */
export async function readCache(cache: Cache, name: string): Promise<string | undefined> {
  const text = await within(PATIENCE_MS, (async () => cache.get(name))(), 'cache', 'cache.get')
  return text ?? undefined
}

/**
 * Writes one after the other, and only the newest of what waits: a cache that hangs costs one text, not a queue of them.
 * `onError` gets what went wrong; the promise is fulfilled once nothing waits any more.
 */
export function createCacheWriter(
  cache: Cache,
  name: string,
  onError: (caught: unknown) => void,
): (text: () => string) => Promise<void> {
  let next: (() => string) | undefined
  let writing: Promise<void> | undefined
  const drain = async (): Promise<void> => {
    while (next) {
      const text = next
      next = undefined
      try {
        await within(PATIENCE_MS, (async () => cache.set(name, text()))(), 'cache', 'cache.set')
      } catch (caught) {
        onError(caught)
      }
    }
    writing = undefined
  }
  return (text) => {
    next = text
    return (writing ??= drain())
  }
}

/** A cache record from text or an object; undefined when it is none. Nothing in it is verified yet. */
export function readRecord(input: unknown): CacheRecord | undefined {
  try {
    const record: unknown = typeof input === 'string' ? JSON.parse(input) : input
    return isRecord(record) ? record : undefined
  } catch {
    return undefined
  }
}

function isRecord(record: unknown): record is CacheRecord {
  return (
    isJsonObject(record) &&
    typeof record['manifest'] === 'string' &&
    typeof record['body'] === 'string' &&
    isKeySet(record['keys']) &&
    (record['externals'] === undefined || isJsonObject(record['externals']))
  )
}

/** Whether this is a JWK set. That its members are keys is found out when one is used. */
export function isKeySet(value: unknown): value is { readonly keys: readonly PublicJwk[] } {
  return isJsonObject(value) && Array.isArray(value['keys']) && value['keys'].every(isJsonObject)
}
