/** Secrets that other projects get, as rows (STORAGE.md §1.1). */
import { all, first } from './sql.ts'

// A type, not an interface: exec() wants an index signature, which only a type has implicitly.
export type ShareRow = {
  readonly id: number
  readonly environment: string
  readonly name: string
  readonly toProject: string
  readonly toEpoch: number
  readonly toEnvironment: string
  readonly toName: string
  readonly createdAtMs: number
  /** Null: it goes on. */
  readonly endedAtMs: number | null
  /** Whether the other has it as it is. */
  readonly told: number
  /** Counts what there was to tell. */
  readonly mark: number
  /** The version that was sent last; null: none. */
  readonly sentVersion: number | null
  /** Why the other does not take it. */
  readonly fault: string | null
  readonly attempts: number
}

const SELECT = `SELECT id, environment, name, to_project AS toProject, to_epoch AS toEpoch,
  to_environment AS toEnvironment, to_name AS toName, created_at_ms AS createdAtMs,
  ended_at_ms AS endedAtMs, told, mark, sent_version AS sentVersion, fault, attempts FROM secret_share`

export function liveShares(sql: SqlStorage): readonly ShareRow[] {
  return all<ShareRow>(sql, `${SELECT} WHERE ended_at_ms IS NULL ORDER BY id`)
}

/** Also those that ended and the other was not yet told of. */
export function allShares(sql: SqlStorage): readonly ShareRow[] {
  return all<ShareRow>(sql, `${SELECT} ORDER BY id`)
}

export function readShare(sql: SqlStorage, id: number): ShareRow | undefined {
  return first<ShareRow>(sql, `${SELECT} WHERE id = ?`, id)
}

export function isShared(sql: SqlStorage, environment: string, name: string): boolean {
  const query =
    'SELECT 1 AS one FROM secret_share WHERE environment = ? AND name = ? AND ended_at_ms IS NULL'
  return first(sql, query, environment, name) !== undefined
}

export function insertShare(
  sql: SqlStorage,
  share: Pick<
    ShareRow,
    'environment' | 'name' | 'toProject' | 'toEpoch' | 'toEnvironment' | 'toName' | 'createdAtMs'
  >,
): number {
  sql.exec(
    `INSERT INTO secret_share (environment, name, to_project, to_epoch, to_environment, to_name, created_at_ms, told, mark, attempts, not_before_ms)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, 0, ?7)`,
    share.environment,
    share.name,
    share.toProject,
    share.toEpoch,
    share.toEnvironment,
    share.toName,
    share.createdAtMs,
  )
  return first<{ id: number }>(sql, 'SELECT last_insert_rowid() AS id')?.id ?? 0
}

/** There is something to tell of a secret. */
export function markShares(
  sql: SqlStorage,
  environment: string,
  name: string,
  nowMs: number,
): void {
  sql.exec(
    `UPDATE secret_share SET told = 0, mark = mark + 1, attempts = 0, not_before_ms = ?
     WHERE environment = ? AND name = ? AND ended_at_ms IS NULL`,
    nowMs,
    environment,
    name,
  )
}

/** The secret went. */
export function endSharesOf(
  sql: SqlStorage,
  environment: string,
  name: string,
  nowMs: number,
): void {
  sql.exec(
    `UPDATE secret_share SET ended_at_ms = ?1, told = 0, mark = mark + 1, attempts = 0, not_before_ms = ?1
     WHERE environment = ?2 AND name = ?3 AND ended_at_ms IS NULL`,
    nowMs,
    environment,
    name,
  )
}

export function endShareRow(sql: SqlStorage, id: number, nowMs: number): void {
  sql.exec(
    `UPDATE secret_share SET ended_at_ms = ?1, told = 0, mark = mark + 1, attempts = 0, not_before_ms = ?1
     WHERE id = ?2 AND ended_at_ms IS NULL`,
    nowMs,
    id,
  )
}

export function dueShares(sql: SqlStorage, nowMs: number): readonly number[] {
  const query = 'SELECT id FROM secret_share WHERE told = 0 AND not_before_ms <= ? ORDER BY id'
  return all<{ id: number }>(sql, query, nowMs).map(({ id }) => id)
}

/** When the next one is due; undefined: all know all. */
export function nextShareMs(sql: SqlStorage): number | undefined {
  const query = 'SELECT MIN(not_before_ms) AS atMs FROM secret_share WHERE told = 0'
  return first<{ atMs: number | null }>(sql, query)?.atMs ?? undefined
}

export function setSentVersion(sql: SqlStorage, id: number, version: number): void {
  sql.exec('UPDATE secret_share SET sent_version = ? WHERE id = ?', version, id)
}

/** The other was told, and took it or said why not; unless there is more to tell by now. One that ended goes. */
export function setShareTold(sql: SqlStorage, { id, mark }: ShareRow, fault: string | null): void {
  sql.exec('UPDATE secret_share SET told = 1, fault = ? WHERE id = ? AND mark = ?', fault, id, mark)
  sql.exec('DELETE FROM secret_share WHERE id = ? AND told = 1 AND ended_at_ms IS NOT NULL', id)
}

export function postponeShare(
  sql: SqlStorage,
  id: number,
  notBeforeMs: number,
  fault: string,
): void {
  sql.exec(
    'UPDATE secret_share SET attempts = attempts + 1, not_before_ms = ?, fault = ? WHERE id = ?',
    notBeforeMs,
    fault,
    id,
  )
}
