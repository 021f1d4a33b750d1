/**
 * Signed checkpoints of an object's audit, and the end of rows that are older than they are kept. Signing waits, so it is
 * done after the acts and never inside them; what could not be signed is tried again.
 */
import type { AuditCheckpointClaims } from '#core'
import { auditRows } from './audit-chain.ts'
import type { AuditBounds, AuditCheckpoint, AuditStretch } from './project/interface.ts'

/** A checkpoint is due after so many rows, or so long after the first row without one. */
export const CHECKPOINT_ROWS = 100
export const CHECKPOINT_MS = 60 * 60 * 1000
const RETRY_MS = 60_000
const DAY_MS = 86_400_000

export interface CheckpointPorts {
  readonly sql: SqlStorage
  readonly sign: (claims: AuditCheckpointClaims) => Promise<string>
  readonly issuer: string
  /** `audit/<project>` or `audit`. */
  readonly audience: () => string
  readonly nowMs: () => number
  /** Told of what failed and will be tried again. */
  readonly report: (error: unknown) => void
}

// Types, not interfaces: exec() wants an index signature, which only a type has implicitly.
type Last = { readonly seq: number; readonly hash: string }
type Unsigned = { readonly rows: number; readonly sinceMs: number | null }

export class Checkpoints {
  readonly #ports: CheckpointPorts
  #notBeforeMs = 0
  #running: Promise<void> | undefined

  constructor(ports: CheckpointPorts) {
    this.#ports = ports
  }

  /** When the next one is due; undefined: every row has one. */
  dueMs(): number | undefined {
    const { rows, sinceMs } = this.#unsigned()
    if (sinceMs === null) return undefined
    const dueMs = rows >= CHECKPOINT_ROWS ? sinceMs : sinceMs + CHECKPOINT_MS
    return Math.max(dueMs, this.#notBeforeMs)
  }

  /** Signs what is due, one at a time. Never rejects. */
  async signDue(): Promise<void> {
    const dueMs = this.dueMs()
    if (dueMs !== undefined && dueMs <= this.#ports.nowMs()) await this.#signOnce()
  }

  /** Where the audit begins and ends now. */
  async bounds(): Promise<AuditBounds> {
    const head = await this.#head()
    const [first] = auditRows(this.#ports.sql, 0, 1)
    const removed = (first?.seq ?? 1) - 1
    const [start] = removed > 0 ? this.list(removed - 1, 1) : []
    return { start: start ?? null, head }
  }

  /** Rows after `seq`, oldest first, and the checkpoints among them. */
  stretch(seq: number, limit: number): AuditStretch {
    const rows = auditRows(this.#ports.sql, seq, limit)
    const end = rows.at(-1)?.seq ?? seq
    const checkpoints = this.list(seq, limit).filter((checkpoint) => checkpoint.seq <= end)
    return { rows, checkpoints }
  }

  /** A checkpoint of the newest row, made now if there is none. Null when there is no row, or it cannot be signed now. */
  async #head(): Promise<AuditCheckpoint | null> {
    if (this.#unsigned().rows > 0) await this.#signOnce()
    const [last] = this.#last()
    const newest = this.list(Number.MAX_SAFE_INTEGER, 1, 'before')[0]
    return newest !== undefined && newest.seq === last?.seq ? newest : null
  }

  /** Checkpoints after `seq`, oldest first; or with `before`, newest first. */
  list(
    seq: number,
    limit: number,
    direction: 'after' | 'before' = 'after',
  ): readonly AuditCheckpoint[] {
    const where = direction === 'after' ? '> ? ORDER BY seq' : '< ? ORDER BY seq DESC'
    return this.#ports.sql
      .exec<{ seq: number; hash: string; jws: string }>(
        `SELECT seq, hash, jws FROM audit_checkpoint WHERE seq ${where} LIMIT ?`,
        seq,
        limit,
      )
      .toArray()
  }

  /** Removes rows older than so many days, up to a checkpoint: it is what the rest can be checked from. */
  prune(days: number): void {
    const { sql, nowMs } = this.#ports
    const [row] = sql
      .exec<{ seq: number | null }>(
        `SELECT MAX(c.seq) AS seq FROM audit_checkpoint c JOIN audit a ON a.seq = c.seq
         WHERE a.at_ms < ? AND c.seq < (SELECT MAX(seq) FROM audit)`,
        nowMs() - days * DAY_MS,
      )
      .toArray()
    const seq = row?.seq ?? null
    if (seq === null) return
    sql.exec('DELETE FROM audit WHERE seq <= ?', seq)
    sql.exec('DELETE FROM audit_checkpoint WHERE seq < ?', seq)
  }

  #signOnce(): Promise<void> {
    this.#running ??= this.#sign().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #sign(): Promise<void> {
    const { sql, sign, issuer, audience, nowMs, report } = this.#ports
    const [last] = this.#last()
    if (last === undefined) return
    const atMs = nowMs()
    const iat = Math.floor(atMs / 1000)
    try {
      const jws = await sign({ iss: issuer, aud: audience(), iat, ...last })
      sql.exec(
        'INSERT OR IGNORE INTO audit_checkpoint (seq, at_ms, hash, jws) VALUES (?, ?, ?, ?)',
        last.seq,
        atMs,
        last.hash,
        jws,
      )
    } catch (error) {
      this.#notBeforeMs = atMs + RETRY_MS
      report(error)
    }
  }

  #last(): readonly Last[] {
    return this.#ports.sql
      .exec<Last>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1')
      .toArray()
  }

  #unsigned(): Unsigned {
    return this.#ports.sql
      .exec<Unsigned>(
        `SELECT COUNT(*) AS rows, MIN(at_ms) AS sinceMs FROM audit
         WHERE seq > COALESCE((SELECT MAX(seq) FROM audit_checkpoint), 0)`,
      )
      .one()
  }
}
