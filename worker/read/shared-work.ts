/** Requests that want the same thing at the same time wait for one lookup. */
import { withDeadline } from './deadline.ts'
import type { KeepAlive } from './store.ts'

/**
 * How long anyone waits, and after which a lookup is given up and started anew. Work belongs to the request that started
 * it: should the runtime end that request, its promise never settles, and those who joined must not wait with it.
 */
const GIVE_UP_MS = 15_000

export interface SharedWork<V> {
  /** Joins the lookup of `key` that is under way, or starts `work`. */
  run(key: string, nowMs: number, keepAlive: KeepAlive, work: () => Promise<V>): Promise<V>
}

export function createSharedWork<V>(): SharedWork<V> {
  const running = new Map<string, { readonly promise: Promise<V>; readonly startedAtMs: number }>()
  return {
    run(key, nowMs, keepAlive, work) {
      const other = running.get(key)
      if (other !== undefined && Math.abs(nowMs - other.startedAtMs) < GIVE_UP_MS) {
        return withDeadline(other.promise, GIVE_UP_MS)
      }
      const promise = work()
      const own = { promise, startedAtMs: nowMs }
      running.set(key, own)
      const settle = () => {
        if (running.get(key) === own) running.delete(key)
      }
      keepAlive(promise.then(settle, settle))
      return withDeadline(promise, GIVE_UP_MS)
    },
  }
}
