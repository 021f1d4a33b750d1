/** Writes and reads the `audit` table of an object (STORAGE.md §1). Appending belongs in the transaction of the act. */
import { AUDIT_START, auditHash } from '#core'
import type { AuditRow } from '#core'
import { cutPage, readPageRequest } from '../domain/paging.ts'
import { ok } from '../domain/errors.ts'
import { digest } from './sha256.ts'
import type { Result } from '../domain/errors.ts'
import type { AuditEntry, AuditRequest, Caller, Page } from './project/interface.ts'

/** What happened; the chain adds number and hashes. */
export interface Act {
  readonly atMs: number
  readonly actor: string
  /** Null or absent: the platform itself. */
  readonly tokenId?: string | null
  readonly address?: string | null
  readonly action: string
  readonly target: string
  readonly reason: string
  /** Default `allowed`. */
  readonly outcome?: 'allowed' | 'denied'
  readonly revision?: number
  readonly beforeSha256?: string
  readonly afterSha256?: string
}

/** Who acts, as the members of an `Act`. */
export function by({ name, tokenId, address = null }: Caller) {
  return { actor: name, tokenId, address }
}

/** Appends one row. Call it inside the transaction that does what it tells of. */
export function appendAudit(sql: SqlStorage, act: Act): AuditEntry {
  const last = sql
    .exec<{ seq: number; hash: string }>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1')
    .toArray()[0]
  const prevHash = last?.hash ?? AUDIT_START
  const row: AuditRow = {
    seq: (last?.seq ?? 0) + 1,
    atMs: act.atMs,
    actor: wellFormed(act.actor),
    tokenId: act.tokenId ?? null,
    address: act.address ?? null,
    action: act.action,
    target: wellFormed(act.target),
    reason: wellFormed(act.reason),
    outcome: act.outcome ?? 'allowed',
    revision: act.revision ?? null,
    beforeSha256: act.beforeSha256 ?? null,
    afterSha256: act.afterSha256 ?? null,
  }
  const hash = auditHash(prevHash, row, digest)
  sql.exec(
    `INSERT INTO audit (seq, at_ms, actor, token_id, address, action, target, reason, outcome, revision, before_sha256, after_sha256, prev_hash, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row.seq,
    row.atMs,
    row.actor,
    row.tokenId,
    row.address,
    row.action,
    row.target,
    row.reason,
    row.outcome,
    row.revision,
    row.beforeSha256,
    row.afterSha256,
    prevHash,
    hash,
  )
  return { ...row, prevHash, hash }
}

const COLUMNS = `seq, at_ms AS atMs, actor, token_id AS tokenId, address, action, target, reason, outcome,
  revision, before_sha256 AS beforeSha256, after_sha256 AS afterSha256, prev_hash AS prevHash, hash`

/** Rows after `seq`, oldest first. */
export function auditRows(sql: SqlStorage, seq: number, limit: number): readonly AuditEntry[] {
  return sql
    .exec<AuditColumns>(
      `SELECT ${COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`,
      seq,
      limit,
    )
    .toArray()
}

/**
 * One page, newest first. `also` is a further condition that makes a row one of the item asked for, with its bindings: a
 * change of several items is written under its revision.
 */
export function readAudit(
  sql: SqlStorage,
  { actor, action, item, outcome, sinceMs, untilMs, ...request }: AuditRequest,
  also: { readonly sql: string; readonly bindings: readonly string[] } = { sql: '0', bindings: [] },
): Result<Page<AuditEntry>> {
  const query = readPageRequest('audit', request)
  if (!query.ok) return query
  const conditions: [string, ...(string | number)[]][] = [['seq < ?', query.value.before]]
  if (actor !== undefined) conditions.push(['(actor = ? OR token_id = ?)', actor, actor])
  if (action !== undefined) conditions.push(['action = ?', action])
  if (outcome !== undefined) conditions.push(['outcome = ?', outcome])
  if (sinceMs !== undefined) conditions.push(['at_ms >= ?', sinceMs])
  if (untilMs !== undefined) conditions.push(['at_ms < ?', untilMs])
  if (item !== undefined) {
    const below = `${item}/`
    conditions.push([
      `(target = ? OR substr(target, 1, ?) = ? OR ${also.sql})`,
      item,
      below.length,
      below,
      ...also.bindings,
    ])
  }
  const where = conditions.map(([condition]) => condition).join(' AND ')
  const rows = sql
    .exec<AuditColumns>(
      `SELECT ${COLUMNS} FROM audit WHERE ${where} ORDER BY seq DESC LIMIT ?`,
      ...conditions.flatMap(([, ...bindings]) => bindings),
      query.value.limit + 1,
    )
    .toArray()
  return ok(cutPage('audit', query.value, rows, (row) => row.seq))
}

// A type, not an interface: exec() wants an index signature, which only a type has implicitly.
type AuditColumns = { [Member in keyof AuditEntry]: AuditEntry[Member] }

/** SQLite would store U+FFFD for a lone surrogate; hash what will be read back. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\uFFFD')
}
