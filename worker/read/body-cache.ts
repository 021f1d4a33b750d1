/** Bodies and external documents of this isolate: immutable, so only memory bounds them. Least recently used go first. */
import { createSharedWork } from './shared-work.ts'
import type { KeepAlive } from './store.ts'

type Bytes = Uint8Array<ArrayBuffer>

export interface BodyCache {
  /** The bytes under `key`, when they are here. */
  held(key: string): Bytes | undefined
  /** The bytes that `lookup` finds, kept under `key`. */
  load(
    key: string,
    nowMs: number,
    keepAlive: KeepAlive,
    lookup: () => Promise<Bytes | null>,
  ): Promise<Bytes | null>
}

/** `maxBytes`: of all bodies together. One that is larger alone is not kept. */
export function createBodyCache(maxBytes: number): BodyCache {
  const bodies = new Map<string, Bytes>()
  const work = createSharedWork<Bytes | null>()
  let heldBytes = 0
  let newest: string | undefined

  function keep(key: string, bytes: Bytes): void {
    if (bytes.length > maxBytes || bodies.has(key)) return
    bodies.set(key, bytes)
    newest = key
    heldBytes += bytes.length
    for (const [oldest, { length }] of bodies) {
      if (heldBytes <= maxBytes) break
      bodies.delete(oldest)
      heldBytes -= length
    }
  }

  return {
    held(key) {
      const bytes = bodies.get(key)
      if (bytes !== undefined && key !== newest) {
        // A Map keeps the order of insertion: put again, it stands last.
        bodies.delete(key)
        bodies.set(key, bytes)
        newest = key
      }
      return bytes
    },
    load: (key, nowMs, keepAlive, lookup) =>
      work.run(key, nowMs, keepAlive, async () => {
        const found = await lookup()
        if (found !== null) keep(key, found)
        return found
      }),
  }
}
