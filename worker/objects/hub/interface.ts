/** What the rest of the Worker may ask of a `HubObject`: one per `<project>/<environment>/<audience>`. */
import type { StatusReport } from '#core'
import type { FleetDetails } from '../../domain/fleet-details.ts'
import type { FleetSummary } from '../../domain/fleet.ts'
import type { Head } from '../project/interface.ts'

/** Texts: the body's, and that of the manifest's delta. */
export interface HeadContent {
  readonly body?: string | undefined
  readonly delta?: string | undefined
}

export interface HubRpc {
  /**
   * Remembers the head and sends it to every socket. At least once: the same head twice, or an older one, changes nothing.
   * `content`: what may be short enough to go along.
   */
  announce(head: Head, content?: HeadContent): Promise<void>
  /** Closes the sockets of a revoked key with 4401. */
  disconnect(keyId: string): Promise<void>
  /** Closes all sockets with 4401: the environment or project is gone. */
  disconnectAll(): Promise<void>
  /** Asks every reader to come back later, then closes with 1001: before planned work. Both in milliseconds, ≥ 0. */
  drain(reconnectAfterMs: number, jitterMs: number): Promise<void>
  /** Takes the report of an instance that has no stream. Many at once may be dropped; nothing is refused. */
  report(report: StatusReport): Promise<void>
  /** Instances that reported and are still there, counted. */
  fleet(): Promise<FleetSummary>
  /** The same with who is behind, labels, and how the newest revisions got through. */
  fleetDetails(): Promise<FleetDetails>
  // fetch(): the WebSocket upgrade. The caller has authenticated: `/?key=<key id>&seen=<epoch>.<seq>`.
}
