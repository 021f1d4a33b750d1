/** A store in memory for the read path: what it holds is set by the test, what is asked is counted, failures are ordered. */
import { type AudienceName, formatAudience, type SnapshotDelta } from '#core'
import { sha256Hex } from '../../../worker/crypto/hash.ts'
import type { Head, KeyScope } from '../../../worker/objects/project/interface.ts'
import type { SnapshotStore } from '../../../worker/read/store.ts'
import { SHOP, headOf, sdkKey } from './published.ts'

export interface FakeStore extends SnapshotStore {
  /** Calls so far. */
  readonly asked: { key: number; head: number; body: number; deltas: number; keySet: number }
  /** While set, everything fails. */
  down: boolean
  addKey(key: string, scope: KeyScope): Promise<void>
  dropKey(key: string): Promise<void>
  /** Publishes `body` at this order and keeps what was published before under its hash. */
  publish(name: AudienceName, body: string, epoch: number, seq: number): Promise<Head>
  /** What is published now is reached by these, newest first. */
  putDeltas(name: AudienceName, list: readonly SnapshotDelta[] | string): void
  loseBodies(): void
}

export function createFakeStore(): FakeStore {
  const keys = new Map<string, KeyScope>()
  const heads = new Map<string, Head>()
  const bodies = new Map<string, Uint8Array<ArrayBuffer>>()
  const deltas = new Map<string, Uint8Array<ArrayBuffer>>()
  const asked = { key: 0, head: 0, body: 0, deltas: 0, keySet: 0 }
  const store: FakeStore = {
    asked,
    down: false,
    async key(sha256) {
      asked.key++
      return answer(keys.get(sha256))
    },
    async head(name) {
      asked.head++
      return answer(heads.get(formatAudience(name)))
    },
    async body(name, sha256) {
      asked.body++
      return answer(bodies.get(`${formatAudience(name)}/${sha256}`))
    },
    async deltas(name, sha256) {
      asked.deltas++
      return answer(deltas.get(`${formatAudience(name)}/${sha256}`))
    },
    async keySet() {
      asked.keySet++
      return answer('{"keys":[]}') ?? ''
    },
    async addKey(key, scope) {
      keys.set(await sha256Hex(key), scope)
    },
    async dropKey(key) {
      keys.delete(await sha256Hex(key))
    },
    async publish(name, body, epoch, seq) {
      const head = await headOf(body, epoch, seq)
      heads.set(formatAudience(name), head)
      bodies.set(
        `${formatAudience(name)}/${head.sha256}`,
        Uint8Array.from(new TextEncoder().encode(body)),
      )
      return head
    },
    putDeltas(name, list) {
      const aud = formatAudience(name)
      const text = typeof list === 'string' ? list : JSON.stringify(list)
      const key = `${aud}/${heads.get(aud)?.sha256}`
      deltas.set(key, Uint8Array.from(new TextEncoder().encode(text)))
    },
    loseBodies: () => bodies.clear(),
  }
  function answer<T>(value: T | undefined): T | null {
    if (store.down) throw new Error('the store is down')
    return value ?? null
  }
  return store
}

/** A store with the environment `SHOP`, one key for it, and `body` published at 1.1. */
export async function createShopStore(body: string): Promise<FakeStore> {
  const store = createFakeStore()
  await store.addKey(sdkKey(), { id: 'key-1', ...SHOP })
  await store.publish(SHOP, body, 1, 1)
  return store
}
