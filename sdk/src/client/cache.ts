/** The last accepted snapshot as text, for the next start (SNAPSHOT.md §8). What comes back is verified like anything else. */
import type { JsonObject } from '../core/json.ts'
import { fits, TEXT } from '../core/shape.ts'
import type { CacheRecord } from '../core/wire.ts'
import { DriftlessError } from './errors.ts'
import { CACHE_MS } from './limits.ts'
import { within } from './timer.ts'

/** A place for one text a name: a file, a KV, localStorage. May be slow or fail: the client goes on without it. */
export interface Cache {
  /** The text last set under `name`, or undefined. */
  get(name: string): Promise<string | null | undefined> | string | null | undefined
  set(name: string, text: string): unknown
}

/** Rejects with what the cache threw, or with a `DriftlessError` when it takes too long. */
export function inTime<T>(work: Promise<T> | T): Promise<T> {
  return within(CACHE_MS, work, () => new DriftlessError('cache', 'no answer'))
}

/** `driftless.<project>.<environment>.<audience>`: safe as a file name. */
export function cacheName(audience: string): string {
  return `driftless.${audience.replaceAll('/', '.')}`
}

/**
 * Writes one after the other, and only the newest of what waits: a cache that hangs costs one text, not a queue of them.
 * `onError` gets what went wrong; the promise is fulfilled once nothing waits any more.
 */
export function createCacheWriter(
  cache: Cache,
  name: string,
  text: () => Promise<string>,
  onError: (caught: unknown) => void,
): () => Promise<void> {
  let isWanted = false
  let writing: Promise<void> | undefined
  const drain = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false
      try {
        const next = await text()
        await inTime(cache.set(name, next))
      } catch (caught) {
        onError(caught)
      }
    }
    writing = undefined
  }
  return () => {
    isWanted = true
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

function isRecord(record: unknown): record is JsonObject & CacheRecord {
  return fits(record, {
    manifest: TEXT,
    body: TEXT,
    keys: { keys: ['object'] },
    'externals?': 'object',
  })
}
