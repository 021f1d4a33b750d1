/**
 * Values of this isolate that may be old by a stated time. What is fresh comes back without a promise, so that the hot
 * path never waits. From half its time on a value is looked up again in the background, so that a busy isolate's
 * requests do not wait at the end of it either. What is not there is not remembered.
 */
import { createSharedWork } from './shared-work.ts'
import type { KeepAlive } from './store.ts'

export interface TimedCacheOptions<V> {
  /** A value is served at most this long after the lookup that brought it began. Milliseconds. */
  readonly ttlMs: number
  /** When the lookup fails, the last value stands in until it is this old. Milliseconds, `Infinity`: for ever. */
  readonly staleOnErrorMs: number
  /** The oldest are dropped first. */
  readonly maxEntries: number
  /** The value now; null: there is none. `previous` is what was known. */
  readonly lookup: (key: string, previous: V | undefined) => Promise<V | null>
}

export interface TimedCache<V> {
  has(key: string): boolean
  get(key: string, nowMs: number, keepAlive: KeepAlive): V | Promise<V | null>
  /** Remembers a value that was learnt otherwise. */
  put(key: string, value: V, nowMs: number): void
  /** Drops what `matches`, and whatever lookups under way may still bring of it. */
  forget(matches: (value: V) => boolean): void
}

/** After a failed lookup the old value is served this long before the next try. */
const RETRY_MS = 1_000

interface Entry<V> {
  readonly value: V
  readonly loadedAtMs: number
  refreshAtMs: number
  freshUntilMs: number
}

export function createTimedCache<V extends object | string>(
  options: TimedCacheOptions<V>,
): TimedCache<V> {
  const { ttlMs, staleOnErrorMs, maxEntries, lookup } = options
  const entries = new Map<string, Entry<V>>()
  const work = createSharedWork<V | null>()
  let forgotten = 0

  function put(key: string, value: V, nowMs: number): void {
    entries.set(key, {
      value,
      loadedAtMs: nowMs,
      refreshAtMs: nowMs + ttlMs / 2,
      freshUntilMs: nowMs + ttlMs,
    })
    if (entries.size <= maxEntries) return
    for (const oldest of entries.keys()) {
      entries.delete(oldest)
      break
    }
  }

  async function load(key: string, nowMs: number): Promise<V | null> {
    const entry = entries.get(key)
    const generation = forgotten
    try {
      const value = await lookup(key, entry?.value)
      if (generation === forgotten) {
        if (value === null) entries.delete(key)
        else put(key, value, nowMs)
      }
      return value
    } catch (error) {
      if (entry === undefined || nowMs >= entry.loadedAtMs + staleOnErrorMs) throw error
      entry.refreshAtMs = nowMs + RETRY_MS
      entry.freshUntilMs = Math.max(entry.freshUntilMs, nowMs + RETRY_MS)
      return entry.value
    }
  }

  const refresh = (key: string, nowMs: number, keepAlive: KeepAlive): Promise<V | null> =>
    work.run(key, nowMs, keepAlive, () => load(key, nowMs))

  return {
    has: (key) => entries.has(key),
    get(key, nowMs, keepAlive) {
      const entry = entries.get(key)
      // A clock that was set back must not make a value fresh for longer than its time.
      if (entry === undefined || nowMs >= entry.freshUntilMs || nowMs < entry.loadedAtMs) {
        return refresh(key, nowMs, keepAlive)
      }
      if (nowMs >= entry.refreshAtMs) {
        entry.refreshAtMs = Infinity
        keepAlive(refresh(key, nowMs, keepAlive).catch(() => undefined))
      }
      return entry.value
    },
    put,
    forget(matches) {
      forgotten++
      for (const [key, entry] of entries) if (matches(entry.value)) entries.delete(key)
    },
  }
}
