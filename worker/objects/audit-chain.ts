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

/** What makes a row one of those asked for: SQL over the columns of `audit`, and what is bound in it. */
export interface AuditCondition {
  readonly condition: string
  readonly bindings: readonly (string | number)[]
}

/**
 * One page, newest first. `also`: a further way for a row to be one of the item asked for, as a change of several items is
 * written under its revision.
 *
 * Each way to match is a query of its own: with OR, SQLite goes through all rows in their order, and no index helps.
 */
export function readAudit(
  sql: SqlStorage,
  request: AuditRequest,
  also?: AuditCondition,
): Result<Page<AuditEntry>> {
  const query = readPageRequest('audit', request)
  if (!query.ok) return query
  const { before, limit } = query.value
  const queries = auditQueries(request, also).map(({ condition, bindings }) => ({
    text: `SELECT * FROM (SELECT seq FROM audit WHERE ${condition} AND seq < ? ORDER BY seq DESC LIMIT ?)`,
    bindings: [...bindings, before, limit + 1],
  }))
  const rows = sql
    .exec<AuditColumns>(
      `SELECT ${COLUMNS} FROM audit WHERE seq IN (${queries.map(({ text }) => text).join(' UNION ')})
       ORDER BY seq DESC LIMIT ?`,
      ...queries.flatMap(({ bindings }) => bindings),
      limit + 1,
    )
    .toArray()
  return ok(cutPage('audit', query.value, rows, (row) => row.seq))
}

function rowsWith(
  condition: string,
  ...bindings: readonly (string | number)[]
): readonly AuditCondition[] {
  return [{ condition, bindings }]
}

/** Conditions of which at least one holds for every row asked for, and none for another; each can use an index. */
export function auditQueries(
  { actor, action, item, outcome, sinceMs, untilMs }: AuditRequest,
  also?: AuditCondition,
): readonly AuditCondition[] {
  const filters: (readonly AuditCondition[])[] = [
    ...(actor === undefined
      ? []
      : [[...rowsWith('actor = ?', actor), ...rowsWith('token_id = ?', actor)]]),
    // "0" is the character after "/": all that is below the item.
    ...(item === undefined
      ? []
      : [
          [
            ...rowsWith('target = ?', item),
            ...rowsWith('target > ? AND target < ?', `${item}/`, `${item}0`),
            ...(also === undefined ? [] : [also]),
          ],
        ]),
    ...(action === undefined ? [] : [rowsWith('action = ?', action)]),
    // Not bound: an index of the few that were denied is found by its text.
    ...(outcome === undefined
      ? []
      : [rowsWith(`outcome = '${outcome === 'denied' ? 'denied' : 'allowed'}'`)]),
    // With one end alone SQLite would rather go through all rows than sort those in between.
    ...(sinceMs === undefined && untilMs === undefined
      ? []
      : [rowsWith('at_ms >= ? AND at_ms < ?', sinceMs ?? 0, untilMs ?? Number.MAX_SAFE_INTEGER)]),
  ]
  return filters.reduce<readonly AuditCondition[]>(
    (found, ways) =>
      found.flatMap((one) =>
        ways.map((way) => ({
          condition: `${one.condition} AND ${way.condition}`,
          bindings: [...one.bindings, ...way.bindings],
        })),
      ),
    rowsWith('TRUE'),
  )
}

// A type, not an interface: exec() wants an index signature, which only a type has implicitly.
type AuditColumns = { [Member in keyof AuditEntry]: AuditEntry[Member] }

/** SQLite would store U+FFFD for a lone surrogate; hash what will be read back. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\uFFFD')
}
