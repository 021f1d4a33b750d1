/** Signing keys as rows. Each function runs inside the caller's transaction. */
import type { PublicJwk } from '#core'
import type { SigningKey } from './interface.ts'

/** How long a retired key stays in the key set: longer than any manifest it signed may still be accepted as new. */
const OVERLAP_MS = 7 * 24 * 60 * 60 * 1000

/**
 * How long a key is public before it signs. A reader may hold a key set that is 60 s old in our cache (STORAGE.md §6) and
 * looks for a key it does not know at most once in 60 s (SNAPSHOT.md §3.1): after both it has met the key, or may look.
 */
export const LEAD_MS = 2 * 60 * 1000

/**
 * The key that signs at `nowMs`: the newest that has been public for long enough, or the oldest where none has. One that
 * was replaced goes on until its successor takes over. Of one millisecond, the later row is the newer. Null before the first
 * one is made. `except`: as if it were revoked.
 */
export function currentSigningKey(sql: SqlStorage, nowMs: number, except = ''): SigningKey | null {
  const [row] = sql
    .exec<{ kid: string; publicJwk: string; wrapped: string }>(
      `SELECT kid, public_jwk AS publicJwk, wrapped_private AS wrapped FROM signing_key
       WHERE revoked_at_ms IS NULL AND kid <> ?1 AND (retired_at_ms IS NULL OR retired_at_ms > ?2)
       ORDER BY created_at_ms <= ?2 DESC,
         CASE WHEN created_at_ms <= ?2 THEN -created_at_ms ELSE created_at_ms END,
         CASE WHEN created_at_ms <= ?2 THEN -rowid ELSE rowid END
       LIMIT 1`,
      except,
      nowMs - LEAD_MS,
    )
    .toArray()
  return row === undefined ? null : { ...row, publicJwk: readJwk(row.publicJwk) }
}

/** Public halves a reader may meet at `nowMs`, the newest first. */
export function publicKeys(sql: SqlStorage, nowMs: number): readonly PublicJwk[] {
  return sql
    .exec<{ publicJwk: string }>(
      `SELECT public_jwk AS publicJwk FROM signing_key
       WHERE revoked_at_ms IS NULL AND (retired_at_ms IS NULL OR retired_at_ms > ?)
       ORDER BY created_at_ms DESC, rowid DESC`,
      nowMs - OVERLAP_MS,
    )
    .toArray()
    .map((row) => readJwk(row.publicJwk))
}

/** Makes `key` the one that signs from `LEAD_MS` on, or at once if it is the only one, and retires the one before. */
export function replaceSigningKey(sql: SqlStorage, key: SigningKey, nowMs: number): void {
  sql.exec('UPDATE signing_key SET retired_at_ms = ? WHERE retired_at_ms IS NULL', nowMs)
  sql.exec(
    'INSERT INTO signing_key (kid, public_jwk, wrapped_private, created_at_ms) VALUES (?, ?, ?, ?)',
    key.kid,
    JSON.stringify(key.publicJwk),
    key.wrapped,
    nowMs,
  )
}

/** Whether a key is there and has not been revoked. */
export function isUsable(sql: SqlStorage, kid: string): boolean {
  const query = 'SELECT 1 AS one FROM signing_key WHERE kid = ? AND revoked_at_ms IS NULL'
  return sql.exec(query, kid).toArray().length > 0
}

export function revokeSigningKey(sql: SqlStorage, kid: string, nowMs: number): void {
  sql.exec(
    'UPDATE signing_key SET revoked_at_ms = ?1, retired_at_ms = COALESCE(retired_at_ms, ?1) WHERE kid = ?2',
    nowMs,
    kid,
  )
}

/** Every project is to sign anew what this key signed. */
export function requestResigning(sql: SqlStorage, nowMs: number): void {
  sql.exec(
    `INSERT OR REPLACE INTO resign (project, not_before_ms)
     SELECT name, ? FROM project WHERE deleted_at_ms IS NULL`,
    nowMs,
  )
}

/** Projects that have not done so yet, and may be asked at `nowMs`. */
export function projectsToResign(sql: SqlStorage, nowMs: number): readonly string[] {
  return sql
    .exec<{ project: string }>('SELECT project FROM resign WHERE not_before_ms <= ?', nowMs)
    .toArray()
    .map(({ project }) => project)
}

export function resigned(sql: SqlStorage, project: string): void {
  sql.exec('DELETE FROM resign WHERE project = ?', project)
}

export function postponeResigning(sql: SqlStorage, project: string, notBeforeMs: number): void {
  sql.exec('UPDATE resign SET not_before_ms = ? WHERE project = ?', notBeforeMs, project)
}

export function resigningDueMs(sql: SqlStorage): number | undefined {
  const query = 'SELECT MIN(not_before_ms) AS dueMs FROM resign'
  return sql.exec<{ dueMs: number | null }>(query).one().dueMs ?? undefined
}

function readJwk(text: string): PublicJwk {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by replaceSigningKey and by nothing else
  return JSON.parse(text) as PublicJwk
}
