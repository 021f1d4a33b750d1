/** Sealed values, project keys and sealed JWEs as rows (STORAGE.md §1). What they mean is said in crypto/envelope.ts. */
import { SEALED_OVERHEAD_BYTES } from '../../crypto/envelope.ts'
import { all, first } from './sql.ts'
import type { DataKeyUse, SealedSecret, WrappedKey } from '../../crypto/envelope.ts'
import type { ValueSize } from '../../domain/sealed-size.ts'

export interface VersionRef {
  readonly environment: string
  readonly name: string
  readonly version: number
}

/** The highest version number a secret of this name ever had there, deleted ones counted; 0: none. */
export function latestVersion(sql: SqlStorage, environment: string, name: string): number {
  const query = 'SELECT latest FROM secret_number WHERE environment = ? AND name = ?'
  return first<{ latest: number }>(sql, query, environment, name)?.latest ?? 0
}

/** In place of a key id: the value was sealed by its author, and `sealed` is the JWE as canonical JSON. */
const BY_AUTHOR = ''

/** A value that its author sealed, as a row holds it. */
export function authorSealed(jwe: string): SealedSecret {
  return { keyId: BY_AUTHOR, wrappedKey: '', sealed: new Uint8Array(new TextEncoder().encode(jwe)) }
}

/** The JWE of a row whose value its author sealed; undefined: the platform did. */
export function authorsJwe({ keyId, sealed }: SealedSecret): string | undefined {
  return keyId === BY_AUTHOR ? new TextDecoder().decode(sealed) : undefined
}

/** Stores a version's value and takes its number. */
export function insertValue(sql: SqlStorage, ref: VersionRef, value: SealedSecret): void {
  const { environment, name, version } = ref
  const { keyId, wrappedKey, sealed } = value
  sql.exec(
    `INSERT INTO secret_value (environment, name, version, key_id, wrapped_key, sealed, grace_until_ms)
     VALUES (?, ?, ?, ?, ?, ?, NULL)`,
    environment,
    name,
    version,
    keyId,
    wrappedKey,
    sealed.buffer,
  )
  sql.exec(
    `INSERT INTO secret_number (environment, name, latest) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET latest = excluded.latest`,
    environment,
    name,
    version,
  )
  countWraps(sql, keyId, 1)
}

export function readValue(sql: SqlStorage, ref: VersionRef): SealedSecret | undefined {
  const row = first<{ keyId: string; wrappedKey: string; sealed: ArrayBuffer }>(
    sql,
    `SELECT key_id AS keyId, wrapped_key AS wrappedKey, sealed FROM secret_value
     WHERE environment = ? AND name = ? AND version = ?`,
    ref.environment,
    ref.name,
    ref.version,
  )
  return row && { ...row, sealed: new Uint8Array(row.sealed) }
}

/** Destroys the values of a secret but for `kept`, and what was sealed of them. */
export function dropValues(
  sql: SqlStorage,
  environment: string,
  name: string,
  kept: readonly number[] = [],
): void {
  for (const table of ['secret_value', 'secret_seal']) {
    sql.exec(
      `DELETE FROM ${table} WHERE environment = ? AND name = ?
       AND version NOT IN (SELECT value FROM json_each(?))`,
      environment,
      name,
      JSON.stringify(kept),
    )
  }
}

/** Says until when a version is served beside the active one; null for all others of the secret. */
export function setGrace(
  sql: SqlStorage,
  environment: string,
  name: string,
  previous: { readonly version: number; readonly untilMs: number } | undefined,
): void {
  sql.exec(
    `UPDATE secret_value SET grace_until_ms = CASE WHEN version = ?3 THEN ?4 END
     WHERE environment = ?1 AND name = ?2`,
    environment,
    name,
    previous?.version ?? null,
    previous?.untilMs ?? null,
  )
}

/** Environments in which a grace period is over at `nowMs`; forgets that they had one. */
export function takeEndedGraces(sql: SqlStorage, nowMs: number): readonly string[] {
  const ended = all<{ environment: string }>(
    sql,
    'SELECT DISTINCT environment FROM secret_value WHERE grace_until_ms <= ?',
    nowMs,
  )
  if (ended.length > 0) {
    sql.exec('UPDATE secret_value SET grace_until_ms = NULL WHERE grace_until_ms <= ?', nowMs)
  }
  return ended.map(({ environment }) => environment)
}

/** How many secrets an environment has. */
export function countSecrets(sql: SqlStorage, environment: string): number {
  const query = 'SELECT COUNT(DISTINCT name) AS secrets FROM secret_value WHERE environment = ?'
  return first<{ secrets: number }>(sql, query, environment)?.secrets ?? 0
}

/** Bytes of each stored value of an environment; of one that its author sealed, those of the JWE. */
export function valueSizes(
  sql: SqlStorage,
  environment: string,
): readonly {
  readonly name: string
  readonly version: number
  readonly size: ValueSize
}[] {
  return all<{ name: string; version: number; keyId: string; bytes: number }>(
    sql,
    `SELECT name, version, key_id AS keyId, LENGTH(sealed) AS bytes FROM secret_value
     WHERE environment = ?`,
    environment,
  ).map(({ name, version, keyId, bytes }) => ({
    name,
    version,
    size: keyId === BY_AUTHOR ? { jwe: bytes } : { value: bytes - SEALED_OVERHEAD_BYTES },
  }))
}

// Project keys

// Types, not interfaces: exec() wants an index signature, which only a type has implicitly.
export type ProjectKeyRow = {
  readonly id: string
  /** Null: destroyed. */
  readonly wrapped: string | null
  /** Data keys that it ever wrapped. */
  readonly wraps: number
  readonly createdAtMs: number
  readonly retiredAtMs: number | null
  readonly destroyedAtMs: number | null
}

const KEY = `id, wrapped, wraps, created_at_ms AS createdAtMs, retired_at_ms AS retiredAtMs,
  destroyed_at_ms AS destroyedAtMs`

/** All project keys, newest first, destroyed ones too. */
export function projectKeys(sql: SqlStorage): readonly ProjectKeyRow[] {
  return all<ProjectKeyRow>(sql, `SELECT ${KEY} FROM project_key ORDER BY position DESC`)
}

/** Those that are not destroyed, newest first: the first one wraps. */
export function liveProjectKeys(sql: SqlStorage): readonly (ProjectKeyRow & { wrapped: string })[] {
  return projectKeys(sql).flatMap((row) => {
    const { wrapped } = row
    return wrapped === null ? [] : [{ ...row, wrapped }]
  })
}

/** Adds the key that wraps from now on; the one before is retired. */
export function insertProjectKey(
  sql: SqlStorage,
  id: string,
  wrapped: string,
  nowMs: number,
): void {
  sql.exec(
    'UPDATE project_key SET retired_at_ms = ?1, not_before_ms = ?1 WHERE retired_at_ms IS NULL',
    nowMs,
  )
  sql.exec(
    `INSERT INTO project_key (id, wrapped, wraps, created_at_ms, not_before_ms) VALUES (?, ?, 0, ?, ?)`,
    id,
    wrapped,
    nowMs,
    nowMs,
  )
}

/** Stores a project key under another master key, unless somebody else was faster. */
export function replaceWrapping(sql: SqlStorage, id: string, before: string, after: string): void {
  sql.exec('UPDATE project_key SET wrapped = ? WHERE id = ? AND wrapped = ?', after, id, before)
}

/** Whether the key is still there: what it wraps may be stored. */
export function isLiveKey(sql: SqlStorage, id: string): boolean {
  return (
    first(sql, 'SELECT 1 AS one FROM project_key WHERE id = ? AND wrapped IS NOT NULL', id) !==
    undefined
  )
}

export function countWraps(sql: SqlStorage, id: string, count: number): void {
  sql.exec('UPDATE project_key SET wraps = wraps + ? WHERE id = ?', count, id)
}

/** Data keys that a project key wraps now. */
export function referencesTo(sql: SqlStorage, id: string): number {
  const query = 'SELECT COUNT(*) AS count FROM secret_value WHERE key_id = ?'
  return first<{ count: number }>(sql, query, id)?.count ?? 0
}

/** Erases the key; what it wrapped would be lost, so nothing may be left. */
export function destroyProjectKey(sql: SqlStorage, id: string, nowMs: number): void {
  sql.exec(
    'UPDATE project_key SET wrapped = NULL, destroyed_at_ms = ? WHERE id = ? AND retired_at_ms IS NOT NULL',
    nowMs,
    id,
  )
}

/** Leaves retired keys alone until then: rewrapping failed. */
export function postponeRewrap(sql: SqlStorage, notBeforeMs: number): void {
  sql.exec(
    `UPDATE project_key SET not_before_ms = ? WHERE retired_at_ms IS NOT NULL AND destroyed_at_ms IS NULL`,
    notBeforeMs,
  )
}

// Data keys

export interface StoredDataKey extends WrappedKey {
  readonly rowid: number
  readonly use: DataKeyUse
}

/** The environment, name and version of the row that holds no secret but the key of fingerprints. */
export const FINGERPRINT: VersionRef = { environment: '', name: '', version: 0 }

/** Up to `limit` data keys that the project key `keyId` wraps. */
export function dataKeysUnder(
  sql: SqlStorage,
  project: string,
  keyId: string,
  limit: number,
): readonly StoredDataKey[] {
  const rows = all<{
    rowid: number
    environment: string
    name: string
    version: number
    wrappedKey: string
  }>(
    sql,
    `SELECT rowid, environment, name, version, wrapped_key AS wrappedKey
     FROM secret_value WHERE key_id = ? LIMIT ?`,
    keyId,
    limit,
  )
  return rows.map(({ rowid, environment, name, version, wrappedKey }) => ({
    rowid,
    keyId,
    wrappedKey,
    use:
      environment === FINGERPRINT.environment
        ? `fingerprint/${project}`
        : `secret/${project}/${environment}/${name}/${version}`,
  }))
}

/** Stores a data key under another project key, unless the row is gone or was faster. */
export function replaceDataKey(sql: SqlStorage, stored: StoredDataKey, moved: WrappedKey): void {
  const { rowsWritten } = sql.exec(
    'UPDATE secret_value SET key_id = ?, wrapped_key = ? WHERE rowid = ? AND wrapped_key = ?',
    moved.keyId,
    moved.wrappedKey,
    stored.rowid,
    stored.wrappedKey,
  )
  if (rowsWritten > 0) countWraps(sql, moved.keyId, 1)
}

// What is sealed for snapshots

/** The sealed form of a version for exactly these recipients, as canonical JSON. */
export function readSeal(sql: SqlStorage, ref: VersionRef, recipients: string): string | undefined {
  return first<{ jwe: string }>(
    sql,
    `SELECT jwe FROM secret_seal
     WHERE environment = ? AND name = ? AND version = ? AND recipients = ?`,
    ref.environment,
    ref.name,
    ref.version,
    recipients,
  )?.jwe
}

/** Replaces what was sealed of the version for others. */
export function insertSeal(
  sql: SqlStorage,
  ref: VersionRef,
  recipients: string,
  jwe: string,
): void {
  sql.exec(
    `INSERT OR REPLACE INTO secret_seal (environment, name, version, recipients, jwe)
     VALUES (?, ?, ?, ?, ?)`,
    ref.environment,
    ref.name,
    ref.version,
    recipients,
    jwe,
  )
}

export function dropSeals(sql: SqlStorage, environment: string): void {
  sql.exec('DELETE FROM secret_seal WHERE environment = ?', environment)
}
