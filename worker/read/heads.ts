/** The newest heads this isolate knows. A head never goes back, whatever KV says from one read to the next. */
import { type Order, compareOrder, parseAudience } from '#core'
import { type PublishedHead, publishHead } from './published-head.ts'
import { createSharedWork } from './shared-work.ts'
import type { KeepAlive, SnapshotStore } from './store.ts'
import { createTimedCache } from './timed-cache.ts'

export interface Heads {
  /** The head of `<project>/<environment>/<audience>`, at most a second old; null when nothing is published. */
  get(
    aud: string,
    nowMs: number,
    keepAlive: KeepAlive,
  ): PublishedHead | Promise<PublishedHead | null>
  /** One that is at least `order`, from the source if need be; the newest there is when even that is older. */
  atLeast(
    aud: string,
    order: Order,
    nowMs: number,
    keepAlive: KeepAlive,
  ): Promise<PublishedHead | null>
}

/** STORAGE.md §6. Data that was once right is served for as long as nobody can say better. */
const HEAD_TTL_MS = 1_000
const MAX_HEADS = 1_000

const BEGINNING: Order = { epoch: 0, seq: 0 }

export function createHeads(store: Pick<SnapshotStore, 'head'>): Heads {
  async function lookup(aud: string, floor: Order, known?: PublishedHead) {
    const name = parseAudience(aud)
    const head = name === undefined ? null : await store.head(name, floor)
    if (name === undefined || head === null) return null
    return known !== undefined && compareOrder(head, known) <= 0 ? known : publishHead(name, head)
  }

  const cache = createTimedCache<PublishedHead>({
    ttlMs: HEAD_TTL_MS,
    staleOnErrorMs: Infinity,
    maxEntries: MAX_HEADS,
    lookup: (aud, known) => lookup(aud, known ?? BEGINNING, known),
  })
  const demands = createSharedWork<PublishedHead | null>()

  return {
    get: (aud, nowMs, keepAlive) => cache.get(aud, nowMs, keepAlive),
    async atLeast(aud, order, nowMs, keepAlive) {
      const known = await cache.get(aud, nowMs, keepAlive)
      if (known === null || compareOrder(known, order) >= 0) return known
      const key = `${aud}/${order.epoch}.${order.seq}`
      return demands.run(key, nowMs, keepAlive, async () => {
        const head = await lookup(aud, order, known)
        if (head !== null && head !== known) cache.put(aud, head, nowMs)
        return head
      })
    },
  }
}
