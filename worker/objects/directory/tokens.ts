/** Admin tokens as rows: only their hashes are kept. Each function runs inside the caller's transaction. */
import { type Result, fail, ok } from '../../domain/errors.ts'
import type { AdminTokenInfo } from './interface.ts'

type TokenRow = { readonly [Member in keyof AdminTokenInfo]: AdminTokenInfo[Member] }

const SELECT = `SELECT id, name, role, project, prefix, created_at_ms AS createdAtMs,
  expires_at_ms AS expiresAtMs, revoked_at_ms AS revokedAtMs FROM admin_token`

/** All of them, revoked and expired ones too, newest first. */
export function listTokens(sql: SqlStorage): readonly AdminTokenInfo[] {
  return sql.exec<TokenRow>(`${SELECT} ORDER BY created_at_ms DESC, id`).toArray()
}

/** The token with this hash when it is neither revoked nor past its end at `nowMs`. */
export function findLiveToken(
  sql: SqlStorage,
  sha256: string,
  nowMs: number,
): AdminTokenInfo | null {
  const [row] = sql
    .exec<TokenRow>(
      `${SELECT} WHERE sha256 = ? AND revoked_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > ?)`,
      sha256,
      nowMs,
    )
    .toArray()
  return row ?? null
}

export function insertToken(sql: SqlStorage, info: AdminTokenInfo, sha256: string): void {
  sql.exec(
    `INSERT INTO admin_token (id, name, role, project, prefix, sha256, created_at_ms, expires_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    info.id,
    info.name,
    info.role,
    info.project,
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
