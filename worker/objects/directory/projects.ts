/** Project names and their epochs. Each function runs inside the caller's transaction. */
import { type Result, fail, ok } from '../../domain/errors.ts'
import type { ProjectEntry } from './interface.ts'
import { revokeTokensOf } from './tokens.ts'

type ProjectRow = { readonly [Member in keyof ProjectEntry]: ProjectEntry[Member] }

export function listProjects(sql: SqlStorage): readonly ProjectEntry[] {
  return sql
    .exec<ProjectRow>(
      `SELECT name, created_at_ms AS createdAtMs, epoch FROM project
       WHERE deleted_at_ms IS NULL ORDER BY name`,
    )
    .toArray()
}

/** Registers the name. One that was deleted comes back with the next epoch, so that old heads stay old. */
export function registerProject(
  sql: SqlStorage,
  name: string,
  nowMs: number,
): Result<ProjectEntry> {
  const [known] = sql
    .exec<{ epoch: number; deleted: number | null }>(
      'SELECT epoch, deleted_at_ms AS deleted FROM project WHERE name = ?',
      name,
    )
    .toArray()
  if (known !== undefined && known.deleted === null) {
    return fail({ reason: 'already_exists', noun: 'project', name })
  }
  const epoch = (known?.epoch ?? 0) + 1
  sql.exec(
    `INSERT INTO project (name, created_at_ms, epoch) VALUES (?1, ?2, ?3)
     ON CONFLICT (name) DO UPDATE SET created_at_ms = ?2, epoch = ?3, deleted_at_ms = NULL`,
    name,
    nowMs,
    epoch,
  )
  return ok({ name, createdAtMs: nowMs, epoch })
}

/** Forgets the name, and revokes the tokens that were for it alone: they must not open a later project of that name. */
export function unregisterProject(
  sql: SqlStorage,
  name: string,
  nowMs: number,
): Result<{ name: string }> {
  const { rowsWritten } = sql.exec(
    'UPDATE project SET deleted_at_ms = ? WHERE name = ? AND deleted_at_ms IS NULL',
    nowMs,
    name,
  )
  if (rowsWritten === 0) return fail({ reason: 'not_found', noun: 'project', name })
  revokeTokensOf(sql, name, nowMs)
  return ok({ name })
}
