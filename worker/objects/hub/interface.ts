/**
 * What the rest of the Worker may ask of the hubs of an audience, `<project>/<environment>/<audience>`: of the root, which tells
 * the others (tree.ts). `size`, the number of hubs, is given by one to another only.
 */
import type { StatusReport } from '#core'
import type { FleetDetails } from '../../domain/fleet-details.ts'
import type { FleetSummary } from '../../domain/fleet.ts'
import type { SecretUsers } from '../../domain/secret-users.ts'
import type { Measures } from '../../domain/metrics.ts'
import type { Head } from '../project/interface.ts'

/** Texts: the body's, and that of the manifest's delta. */
export interface HeadContent {
  readonly body?: string | undefined
  readonly delta?: string | undefined
}

/** Where an object had best be made: location hints of the platform. */
export type Region = 'wnam' | 'enam' | 'sam' | 'weur' | 'eeur' | 'apac' | 'oc' | 'afr' | 'me'

export interface HubRpc {
  /**
   * Remembers the head and sends it to every socket. At least once: the same head twice, or an older one, changes nothing.
   * `content`: what may be short enough to go along. Answers how many sockets were told; the root may then send one hub home.
   */
  announce(head: Head, content?: HeadContent, size?: number): Promise<number>
  /** Closes the sockets of a revoked key with 4401. */
  disconnect(keyId: string, size?: number): Promise<void>
  /** Closes all sockets with 4401: the environment or project is gone. */
  disconnectAll(size?: number): Promise<void>
  /** Asks every reader to come back later, then closes with 1001: before planned work. Both in milliseconds, ≥ 0. */
  drain(reconnectAfterMs: number, jitterMs: number, size?: number): Promise<void>
  /** Takes the report of an instance that has no stream. Many at once may be dropped; nothing is refused. */
  report(report: StatusReport): Promise<void>
  /** Instances that reported and are still there, counted. */
  fleet(size?: number): Promise<FleetSummary>
  /** The same with who is behind, labels, and how the newest revisions got through. */
  fleetDetails(size?: number): Promise<FleetDetails>
  /** What instances have measured under a deployment, of the metrics named. */
  measures(deployment: string, metrics: readonly string[], size?: number): Promise<Measures>
  /** Instances that say that they use a version of a secret. */
  secretUsers(secret: string, version: number, size?: number): Promise<SecretUsers>
  /**
   * Room for more: one hub more than `from` if there are no more yet; the one after those may then be asked. Answers how many
   * there are now; of the root alone. `hint`: where whoever needs room is.
   */
  grow(from: number, hint?: Region): Promise<number>
  /** A new hub learns which keys are no longer good, and that it is one. */
  adopt(revokedKeyIds: readonly string[]): Promise<void>
  /** Nobody needs this hub any more: its readers are asked to come back, elsewhere, and it takes no others (410) until it is adopted. */
  retire(): Promise<void>
  // fetch(): the WebSocket upgrade. The caller has authenticated: `/?key=<key id>&seen=<epoch>.<seq>&place=<place>`.
}
