/** Storage as the read path sees it. `kv-store.ts` is the real one; tests give others. */
import type { AudienceName, Order } from '#core'
import type { Head, KeyScope } from '../objects/project/interface.ts'

export interface SnapshotStore {
  /** Whom the key with this hash is for; null: nobody. `project` is what the key itself says, and whom to ask. */
  key(sha256: string, project: string): Promise<KeyScope | null>
  /** A head that is at least that new, or else the newest there is; null when nothing is published. */
  head(name: AudienceName, atLeast: Order): Promise<Head | null>
  /** A body or an external document of this audience; null when it names no such hash. */
  body(name: AudienceName, sha256: string): Promise<Uint8Array<ArrayBuffer> | null>
  /** The text of a JSON list of the deltas that lead to a body, newest first, as bytes; null when there are none to be had. */
  deltas(name: AudienceName, sha256: string): Promise<Uint8Array<ArrayBuffer> | null>
  /** The public key set as JSON text. */
  keySet(): Promise<string>
}

/** Keeps a request alive until the promise settles, even if its client has gone: `ExecutionContext.waitUntil`. */
export type KeepAlive = (work: Promise<unknown>) => void
