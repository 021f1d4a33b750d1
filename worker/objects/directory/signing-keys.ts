/** Signing keys as rows. Each function runs inside the caller's transaction. */
import type { PublicJwk } from '#core'
import type { SigningKey } from './interface.ts'

/** How long a retired key stays in the key set: longer than any manifest it signed may still be accepted as new. */
const OVERLAP_MS = 7 * 24 * 60 * 60 * 1000

/** The key that signs now; null before the first one is made. */
export function currentSigningKey(sql: SqlStorage): SigningKey | null {
  const [row] = sql
    .exec<{ kid: string; publicJwk: string; wrapped: string }>(
      `SELECT kid, public_jwk AS publicJwk, wrapped_private AS wrapped FROM signing_key
       WHERE retired_at_ms IS NULL AND revoked_at_ms IS NULL`,
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
       ORDER BY created_at_ms DESC, kid`,
      nowMs - OVERLAP_MS,
    )
    .toArray()
    .map((row) => readJwk(row.publicJwk))
}

/** Makes `key` the one that signs and retires the one before. */
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

function readJwk(text: string): PublicJwk {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by replaceSigningKey and by nothing else
  return JSON.parse(text) as PublicJwk
}
