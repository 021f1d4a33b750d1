/**
 * `?since=` (SNAPSHOT.md §4): the delta from the body a reader holds to the newest one. Put together once an isolate and kept
 * among the bodies; where there is no way, the whole body is served.
 */
import type { SnapshotDelta } from '#core'
import { composeDeltas, deltasSince, deltaText, emptyDelta } from '../domain/delta.ts'
import type { BodyCache } from './body-cache.ts'
import type { PublishedHead } from './published-head.ts'
import type { KeepAlive, SnapshotStore } from './store.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Kept for a way that is not there, so that it is not looked for again. */
const NONE: Bytes = new Uint8Array()

/** The delta from `since` to `head`; null when there is none, or none that is shorter than half the body. */
export async function deltaSince(
  store: Pick<SnapshotStore, 'deltas'>,
  cache: BodyCache,
  head: PublishedHead,
  since: number,
  nowMs: number,
  keepAlive: KeepAlive,
): Promise<Bytes | null> {
  const key = `${head.bodyKey}?since=${since}`
  const bytes =
    cache.held(key) ??
    (await cache.load(key, nowMs, keepAlive, async () => {
      if (since === head.revision) return encode(emptyDelta(since))
      const list = await store.deltas(head.name, head.sha256)
      const way = list === null ? undefined : deltasSince(readDeltaList(list), since)
      if (way === undefined || way.at(-1)?.to !== head.revision) return NONE
      const delta = encode(composeDeltas(way))
      return delta.length < head.size / 2 ? delta : NONE
    }))
  return bytes === null || bytes.length === 0 ? null : bytes
}

function encode(delta: SnapshotDelta): Bytes {
  return Uint8Array.from(new TextEncoder().encode(deltaText(delta)))
}

/** What a cache tore or altered is no list, or a way that whoever follows it finds out. */
function readDeltaList(bytes: Uint8Array): readonly SnapshotDelta[] {
  try {
    const list: unknown = JSON.parse(new TextDecoder().decode(bytes))
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every reader proves what it applies
    return Array.isArray(list) ? (list as readonly SnapshotDelta[]) : []
  } catch {
    return []
  }
}
