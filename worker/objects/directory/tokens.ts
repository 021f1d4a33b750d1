/** Admin tokens as rows: only their hashes are kept. Each function runs inside the caller's transaction. */
import { type Result, fail, ok } from '../../domain/errors.ts'
import type { Grant } from '../../domain/grants.ts'
import type { AdminTokenInfo } from './interface.ts'

// A type, not an interface: exec() wants an index signature, which only a type has implicitly.
type TokenRow = {
  readonly [Member in keyof AdminTokenInfo]: Member extends 'grants' | 'cidrs'
    ? string
    : Exclude<AdminTokenInfo[Member], readonly unknown[]>
}

const SELECT = `SELECT id, name, grants, cidrs, prefix, created_at_ms AS createdAtMs,
  expires_at_ms AS expiresAtMs, revoked_at_ms AS revokedAtMs, last_used_at_ms AS lastUsedAtMs,
  rotated_to AS rotatedTo FROM admin_token`

/** So that reading with a token is not a write each time. */
const LAST_USED_STEP_MS = 60_000

/** All of them, revoked and expired ones too, newest first. */
export function listTokens(sql: SqlStorage): readonly AdminTokenInfo[] {
  return sql.exec<TokenRow>(`${SELECT} ORDER BY created_at_ms DESC, id`).toArray().map(readRow)
}

/** The token with this hash, whether it still works or not. */
export function findToken(sql: SqlStorage, sha256: string): AdminTokenInfo | null {
  const [row] = sql.exec<TokenRow>(`${SELECT} WHERE sha256 = ?`, sha256).toArray()
  return row === undefined ? null : readRow(row)
}

/** Whether a token is neither revoked nor past its end. */
export function isLive(token: AdminTokenInfo, nowMs: number): boolean {
  return token.revokedAtMs === null && (token.expiresAtMs === null || token.expiresAtMs > nowMs)
}

/** The newest token that begins like this. */
export function findByPrefix(sql: SqlStorage, prefix: string): AdminTokenInfo | null {
  const [row] = sql
    .exec<TokenRow>(`${SELECT} WHERE prefix = ? ORDER BY created_at_ms DESC LIMIT 1`, prefix)
    .toArray()
  return row === undefined ? null : readRow(row)
}

export function readToken(sql: SqlStorage, id: string): AdminTokenInfo | null {
  const [row] = sql.exec<TokenRow>(`${SELECT} WHERE id = ?`, id).toArray()
  return row === undefined ? null : readRow(row)
}

/** Writes down that it was used, to the minute. */
export function touchToken(sql: SqlStorage, token: AdminTokenInfo, nowMs: number): void {
  if (token.lastUsedAtMs !== null && nowMs - token.lastUsedAtMs < LAST_USED_STEP_MS) return
  sql.exec('UPDATE admin_token SET last_used_at_ms = ? WHERE id = ?', nowMs, token.id)
}

export function insertToken(sql: SqlStorage, info: AdminTokenInfo, sha256: string): void {
  sql.exec(
    `INSERT INTO admin_token (id, name, grants, cidrs, prefix, sha256, created_at_ms, expires_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    info.id,
    info.name,
    JSON.stringify(info.grants),
    JSON.stringify(info.cidrs),
    info.prefix,
    sha256,
    info.createdAtMs,
    info.expiresAtMs,
  )
}

/** Ends a token. One that is revoked already, or was never there, is `not_found`. */
export function revokeToken(sql: SqlStorage, id: string, nowMs: number): Result<{ id: string }> {
  const { rowsWritten } = sql.exec(
    'UPDATE admin_token SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL',
    nowMs,
    id,
  )
  return rowsWritten === 0 ? fail({ reason: 'not_found', noun: 'token', name: id }) : ok({ id })
}

/** The token before works until `endMs` at the latest. */
export function replaceToken(sql: SqlStorage, id: string, by: string, endMs: number): void {
  sql.exec(
    `UPDATE admin_token SET rotated_to = ?1, expires_at_ms = MIN(COALESCE(expires_at_ms, ?2), ?2) WHERE id = ?3`,
    by,
    endMs,
    id,
  )
}

/** Revokes the tokens that are for this project and nothing else: they must not open a later one of its name. */
export function revokeTokensOf(sql: SqlStorage, project: string, nowMs: number): void {
  for (const { id, grants, revokedAtMs } of listTokens(sql)) {
    const only = grants.every(({ projects }) => projects.every((name) => name === project))
    if (only && revokedAtMs === null) revokeToken(sql, id, nowMs)
  }
}

function readRow(row: TokenRow): AdminTokenInfo {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by insertToken and the migration, nothing else
  const grants = JSON.parse(row.grants) as readonly Grant[]
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by insertToken and the migration, nothing else
  const cidrs = JSON.parse(row.cidrs) as readonly string[]
  return { ...row, grants, cidrs }
}
