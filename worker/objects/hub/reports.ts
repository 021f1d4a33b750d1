/**
 * What instances reported last. Those with a stream have it in their socket's attachment, which costs no write and goes with
 * the socket; those that poll have a row each, forgotten after three missed heartbeats.
 */
import type { StatusReport } from '#core'
import { type FleetEntry, nextEntry } from '../../domain/fleet.ts'
import { migrate } from '../migrate.ts'
import { HUB_MIGRATIONS } from './migrations.ts'

/** Three heartbeats of 300 s (SNAPSHOT.md §4.2). */
const FORGOTTEN_AFTER_MS = 900_000

/** Rows are made by whoever has a key, and client keys are public: the number of names is bounded. */
export const MAX_POLLING_INSTANCES = 20_000

/** What a socket carries through eviction; at most 16,384 bytes. */
export interface Attachment {
  readonly keyId: string
  readonly acceptedAtMs?: number
  readonly last?: FleetEntry
}

/** Written by this object alone, so it is what it was. */
export function attachmentOf(socket: WebSocket): Attachment | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this file and the hub write attachments
  return socket.deserializeAttachment() as Attachment | null
}

export function reportOf(socket: WebSocket, report: StatusReport, atMs: number): void {
  const before = attachmentOf(socket) ?? { keyId: '' }
  const attachment: Attachment = { ...before, last: nextEntry(before.last, report, atMs) }
  socket.serializeAttachment(attachment)
}

export class PollingInstances {
  readonly #storage: DurableObjectStorage
  #isReady = false

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
  }

  /** Remembers a report; one of a new instance is dropped while there are too many. */
  put(report: StatusReport, nowMs: number): void {
    this.#open()
    const { sql } = this.#storage
    const [before] = this.#rows('WHERE instance = ?', report.instance)
    const { appliedAtMs = null } = nextEntry(before, report, nowMs)
    const columns = [nowMs, JSON.stringify(report), appliedAtMs, report.instance] as const
    if (before !== undefined) {
      const set = 'SET at_ms = ?, report = ?, applied_at_ms = ? WHERE instance = ?'
      sql.exec(`UPDATE polling_instance ${set}`, ...columns)
      return
    }
    sql.exec('DELETE FROM polling_instance WHERE at_ms <= ?', nowMs - FORGOTTEN_AFTER_MS)
    sql.exec(
      `INSERT INTO polling_instance (at_ms, report, applied_at_ms, instance) SELECT ?, ?, ?, ?
       WHERE (SELECT COUNT(*) FROM polling_instance) < ?`,
      ...columns,
      MAX_POLLING_INSTANCES,
    )
  }

  /** Those not forgotten at `nowMs`. */
  entries(nowMs: number): FleetEntry[] {
    this.#open()
    return this.#rows('WHERE at_ms > ?', nowMs - FORGOTTEN_AFTER_MS)
  }

  #rows(where: string, binding: SqlStorageValue): FleetEntry[] {
    return this.#storage.sql
      .exec<{ atMs: number; report: string; appliedAtMs: number | null }>(
        `SELECT at_ms AS atMs, report, applied_at_ms AS appliedAtMs FROM polling_instance ${where}`,
        binding,
      )
      .toArray()
      .map(({ atMs, report, appliedAtMs }) => ({
        atMs,
        report: parseReport(report),
        ...(appliedAtMs !== null && { appliedAtMs }),
      }))
  }

  /** Everything was erased. */
  forget(): void {
    this.#isReady = false
  }

  #open(): void {
    if (this.#isReady) return
    migrate(this.#storage, HUB_MIGRATIONS)
    this.#isReady = true
  }
}

/** The last word of each instance: a process that reconnected may still have its old socket, or the row of its polling days. */
export function lastWords(entries: Iterable<FleetEntry>): FleetEntry[] {
  const last = new Map<string, FleetEntry>()
  for (const entry of entries) {
    const { instance } = entry.report
    const known = last.get(instance)
    if (known === undefined || known.atMs <= entry.atMs) last.set(instance, entry)
  }
  return [...last.values()]
}

function parseReport(text: string): StatusReport {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by put(), from a report that was read
  return JSON.parse(text) as StatusReport
}

/** A reader that neither said nor was told anything for this long has gone; three pings would have come. */
const SILENT_MS = 120_000

/** Sockets of readers that are gone without a word, or do not read. `toldAtMs`: when all were sent something last. */
export function silentSockets(
  state: DurableObjectState,
  nowMs: number,
  toldAtMs: number,
): readonly WebSocket[] {
  return state.getWebSockets().filter((socket) => {
    const { acceptedAtMs = nowMs, last } = attachmentOf(socket) ?? {}
    const pingAtMs = state.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0
    // Readers ping after 30 s of silence, so not while heads keep coming.
    return nowMs - Math.max(pingAtMs, acceptedAtMs, last?.atMs ?? 0, toldAtMs) > SILENT_MS
  })
}
