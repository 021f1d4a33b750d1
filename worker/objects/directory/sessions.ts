/** Sessions of the dashboard as rows: only the hash of the cookie is kept. Each function runs inside the caller's transaction. */
import type { Grant } from '../../domain/grants.ts'
import type { Caller } from '../project/interface.ts'
import type { NewSession } from './interface.ts'

export const SESSION_MS = 8 * 60 * 60 * 1000
/** Of all people together: those that would end first go, so that whoever signs in again and again fills nothing. */
const MAX_SESSIONS = 10_000

export interface SessionRow {
  /** `owner/<hash>` for the bootstrap owner, whose sessions end when that token changes. */
  readonly tokenId: string
  readonly name: string
  /** Null: those of the token. */
  readonly grants: readonly Grant[] | null
  readonly expiresAtMs: number
}

/** The id that a session of this caller is bound to. */
export function sessionOwner(tokenId: string, ownerSha256: string | null): string {
  return tokenId === 'owner' ? `owner/${ownerSha256 ?? ''}` : tokenId
}

export function insertSession(
  sql: SqlStorage,
  session: NewSession,
  caller: Caller,
  nowMs: number,
): { readonly expiresAtMs: number } {
  const expiresAtMs = Math.min(nowMs + SESSION_MS, session.untilMs ?? Infinity)
  sql.exec('DELETE FROM session WHERE expires_at_ms <= ?', nowMs)
  sql.exec(
    `DELETE FROM session WHERE sha256 IN
       (SELECT sha256 FROM session ORDER BY expires_at_ms DESC LIMIT -1 OFFSET ?)`,
    MAX_SESSIONS - 1,
  )
  sql.exec(
    `INSERT INTO session (sha256, token_id, name, grants, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?, ?)`,
    session.sha256,
    sessionOwner(caller.tokenId, session.ownerSha256),
    caller.name,
    session.grants === null ? null : JSON.stringify(session.grants),
    nowMs,
    expiresAtMs,
  )
  return { expiresAtMs }
}

/** A session that has not ended. */
export function findSession(sql: SqlStorage, sha256: string, nowMs: number): SessionRow | null {
  const [row] = sql
    .exec<{ tokenId: string; name: string; grants: string | null; expiresAtMs: number }>(
      `SELECT token_id AS tokenId, name, grants, expires_at_ms AS expiresAtMs FROM session
       WHERE sha256 = ? AND expires_at_ms > ?`,
      sha256,
      nowMs,
    )
    .toArray()
  if (row === undefined) return null
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by insertSession and by nothing else
  const grants = row.grants === null ? null : (JSON.parse(row.grants) as readonly Grant[])
  return { ...row, grants }
}

export function deleteSession(sql: SqlStorage, sha256: string): void {
  sql.exec('DELETE FROM session WHERE sha256 = ?', sha256)
}
