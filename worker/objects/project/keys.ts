/** SDK keys as rows: only hashes are kept. What KV and the hub know of a key follows from its row (key-publisher.ts). */
import { fail, ok } from '../../domain/errors.ts'
import { all, first } from './sql.ts'
import type { Audience } from '#core'
import type { Recipient } from '#core'
import type { Result } from '../../domain/errors.ts'
import type { KeyScope, RecipientInfo, SdkKeyInfo } from './interface.ts'

type KeyColumns = { readonly [Member in keyof SdkKeyInfo]: SdkKeyInfo[Member] }

const INFO = `id, name, environment, audience, prefix, created_at_ms AS createdAtMs, revoked_at_ms AS revokedAtMs`

/** All of them, revoked ones too, newest first. */
export function listKeys(sql: SqlStorage): readonly SdkKeyInfo[] {
  return all<KeyColumns>(sql, `SELECT ${INFO} FROM sdk_key ORDER BY created_at_ms DESC, id`)
}

/** `recipient`: who of those that may open secrets it is; absent for a client's key, which opens none. */
export function insertKey(
  sql: SqlStorage,
  info: SdkKeyInfo,
  sha256: string,
  recipient?: Recipient,
): void {
  sql.exec(
    `INSERT INTO sdk_key (id, name, environment, audience, prefix, sha256, created_at_ms, revoked_at_ms, told, attempts, not_before_ms, recipient_id, public_key)
     VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0, 0, ?, ?, ?)`,
    info.id,
    info.name,
    info.environment,
    info.audience,
    info.prefix,
    sha256,
    info.createdAtMs,
    info.createdAtMs,
    recipient?.id ?? null,
    recipient?.publicKey ?? null,
  )
}

/** Who may open the secrets of an environment. Keys made before there were secrets may not: nobody knows their public half. */
export function liveRecipients(sql: SqlStorage, environment: string): readonly Recipient[] {
  return all<{ id: string; publicKey: string }>(
    sql,
    `SELECT recipient_id AS id, public_key AS publicKey FROM sdk_key
     WHERE environment = ? AND audience = 'server' AND revoked_at_ms IS NULL AND public_key IS NOT NULL
     ORDER BY recipient_id`,
    environment,
  )
}

/** As {@link liveRecipients}, with the keys they are. */
export function describedRecipients(
  sql: SqlStorage,
  environment: string,
): readonly RecipientInfo[] {
  return all<{ recipient: string; publicKey: string; id: string; name: string; prefix: string }>(
    sql,
    `SELECT recipient_id AS recipient, public_key AS publicKey, id, name, prefix FROM sdk_key
     WHERE environment = ? AND audience = 'server' AND revoked_at_ms IS NULL AND public_key IS NOT NULL
     ORDER BY recipient_id`,
    environment,
  ).map(({ recipient, publicKey, ...key }) => ({ id: recipient, publicKey, key }))
}

/** Revokes a key and says which hash it had, and whose it was. One that is revoked already, or was never there, is `not_found`. */
export function revokeKeyRow(
  sql: SqlStorage,
  id: string,
  nowMs: number,
): Result<{ sha256: string; environment: string; audience: Audience }> {
  const row = first<{ sha256: string; environment: string; audience: Audience }>(
    sql,
    'SELECT sha256, environment, audience FROM sdk_key WHERE id = ? AND revoked_at_ms IS NULL',
    id,
  )
  if (row === undefined) return fail({ reason: 'not_found', noun: 'key', name: id })
  sql.exec(
    'UPDATE sdk_key SET revoked_at_ms = ?, told = 0, attempts = 0, not_before_ms = ? WHERE id = ?',
    nowMs,
    nowMs,
    id,
  )
  return ok(row)
}

/** Revokes the keys of an environment that goes, null: all keys. A later environment of that name is another one. */
export function revokeKeysOf(sql: SqlStorage, environment: string | null, nowMs: number): void {
  sql.exec(
    `UPDATE sdk_key SET revoked_at_ms = ?1, told = 0, attempts = 0, not_before_ms = ?1
     WHERE revoked_at_ms IS NULL AND (?2 IS NULL OR environment = ?2)`,
    nowMs,
    environment,
  )
}

/** What a key that is not revoked stands for. */
export function findLiveKey(
  sql: SqlStorage,
  sha256: string,
): Omit<KeyScope, 'project'> | undefined {
  return first<{ id: string; environment: string; audience: Audience }>(
    sql,
    'SELECT id, environment, audience FROM sdk_key WHERE sha256 = ? AND revoked_at_ms IS NULL',
    sha256,
  )
}

// A type, not an interface: exec() wants an index signature, which only a type has implicitly.
export type UntoldKey = {
  readonly id: string
  readonly environment: string
  readonly audience: Audience
  readonly sha256: string
  readonly revokedAtMs: number | null
  readonly attempts: number
}

const UNTOLD = `SELECT id, environment, audience, sha256, revoked_at_ms AS revokedAtMs, attempts
  FROM sdk_key WHERE told = 0`

/** Keys that KV and the hub do not yet know as they are, and that may be told at `nowMs`. */
export function untoldKeys(sql: SqlStorage, nowMs: number): readonly UntoldKey[] {
  return all<UntoldKey>(sql, `${UNTOLD} AND not_before_ms <= ?`, nowMs)
}

export function readUntoldKey(sql: SqlStorage, id: string): UntoldKey | undefined {
  return first<UntoldKey>(sql, `${UNTOLD} AND id = ?`, id)
}

/** Marks a key as told, unless it was revoked while its making was told. */
export function setKeyTold(sql: SqlStorage, key: UntoldKey): void {
  sql.exec(
    'UPDATE sdk_key SET told = 1 WHERE id = ? AND revoked_at_ms IS ?',
    key.id,
    key.revokedAtMs,
  )
}

export function postponeKey(sql: SqlStorage, id: string, notBeforeMs: number): void {
  sql.exec(
    'UPDATE sdk_key SET attempts = attempts + 1, not_before_ms = ? WHERE id = ?',
    notBeforeMs,
    id,
  )
}

/** Forgets the keys of a removed project that everybody was told of. */
export function dropToldKeys(sql: SqlStorage): void {
  sql.exec('DELETE FROM sdk_key WHERE told = 1 AND revoked_at_ms IS NOT NULL')
}
