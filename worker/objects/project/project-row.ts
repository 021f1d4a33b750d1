/** The one row of `project`. An object that never wrote has no tables: asking it stores nothing. */
import { fail, ok } from '../../domain/errors.ts'
import { all, first } from './sql.ts'
import type { Result } from '../../domain/errors.ts'

// A type, not an interface: exec() wants an index signature, which only a type has implicitly.
export type ProjectRow = {
  readonly name: string
  readonly createdAtMs: number
  readonly epoch: number
  /** The newest committed one. */
  readonly revision: number
  readonly deletedAtMs: number | null
  readonly displayName: string | null
  readonly description: string | null
  /** Null: for ever. */
  readonly auditRetentionDays: number | null
  /** Null: all. */
  readonly historyRetentionRevisions: number | null
  /** Contents of earlier revisions are gone. */
  readonly oldestRevision: number
}

/** What people say of a project; a new one says nothing. */
export const NO_SETTINGS = {
  displayName: null,
  description: null,
  auditRetentionDays: null,
  historyRetentionRevisions: null,
}

/** Whether this object has ever written. */
export function hasTables(sql: SqlStorage): boolean {
  const query = `SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = 'project'`
  return all(sql, query).length > 0
}

/** The row, also of a deleted project. Undefined when there never was one. */
export function readProject(sql: SqlStorage): ProjectRow | undefined {
  return first<ProjectRow>(
    sql,
    `SELECT name, created_at_ms AS createdAtMs, epoch, revision, deleted_at_ms AS deletedAtMs,
       display_name AS displayName, description, audit_retention_days AS auditRetentionDays,
       history_retention_revisions AS historyRetentionRevisions, oldest_revision AS oldestRevision
     FROM project WHERE id = 1`,
  )
}

/** The row of a project that is there; `name` is for the message. */
export function liveProject(row: ProjectRow | undefined, name: string): Result<ProjectRow> {
  if (row !== undefined && row.deletedAtMs === null) return ok(row)
  return fail({ reason: 'not_found', noun: 'project', name })
}

export function insertProject(sql: SqlStorage, row: ProjectRow): void {
  sql.exec(
    `INSERT OR REPLACE INTO project (id, name, created_at_ms, epoch, revision, deleted_at_ms)
     VALUES (1, ?, ?, ?, ?, NULL)`,
    row.name,
    row.createdAtMs,
    row.epoch,
    row.revision,
  )
}

export function setSettings(
  sql: SqlStorage,
  settings: Pick<ProjectRow, keyof typeof NO_SETTINGS>,
): void {
  sql.exec(
    `UPDATE project SET display_name = ?, description = ?, audit_retention_days = ?,
       history_retention_revisions = ? WHERE id = 1`,
    settings.displayName,
    settings.description,
    settings.auditRetentionDays,
    settings.historyRetentionRevisions,
  )
}

export function setRevision(sql: SqlStorage, revision: number): void {
  sql.exec('UPDATE project SET revision = ? WHERE id = 1', revision)
}

export function setDeleted(sql: SqlStorage, atMs: number): void {
  sql.exec('UPDATE project SET deleted_at_ms = ? WHERE id = 1', atMs)
}
