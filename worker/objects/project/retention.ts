/**
 * The end of old contents, where a project says how many revisions it keeps. What a revision was (who, why, which items, their
 * hashes) stays; what its items said goes, in batches, unless something still needs it. Without that setting all is kept.
 */
import { releaseBlobs } from './blobs.ts'
import { readProject } from './project-row.ts'
import { all, first } from './sql.ts'

/** The fewest that a project can keep. */
export const MIN_KEPT_REVISIONS = 10
/** Versions of items that one transaction takes. */
const BATCH = 500

/** Whether there is anything to prune now. Asked whenever the alarm is set, so it must be cheap. */
export function isPruneDue(sql: SqlStorage): boolean {
  const oldest = oldestToKeep(sql)
  if (oldest === undefined) return false
  const { oldestRevision = 1, historyRetentionRevisions: kept } = readProject(sql) ?? {}
  // So that not every commit has an alarm of its own: a tenth more than is said may be there.
  const slack = Math.max(1, Math.floor((kept ?? 0) / 10))
  return oldest >= oldestRevision + slack || hasOlder(sql, oldestRevision)
}

/** Prunes a batch; more is due afterwards when there is more. */
export function pruneHistory(storage: DurableObjectStorage): void {
  const { sql } = storage
  const oldest = oldestToKeep(sql)
  if (oldest === undefined) return
  storage.transactionSync(() => {
    const floor = Math.max(oldest, readProject(sql)?.oldestRevision ?? 1)
    // First: nobody is to read a revision of which a part is gone.
    sql.exec('UPDATE project SET oldest_revision = ? WHERE id = 1', floor)
    const rows = all<{
      kind: string
      key: string
      layer: string
      revision: number
      sha256: string | null
    }>(
      sql,
      `SELECT kind, key, layer, revision, sha256 FROM item_version
       WHERE until <= ? AND pruned = 0 ORDER BY until LIMIT ?`,
      floor,
      BATCH,
    )
    for (const { kind, key, layer, revision } of rows) {
      sql.exec(
        'UPDATE item_version SET pruned = 1 WHERE kind = ? AND key = ? AND layer = ? AND revision = ?',
        kind,
        key,
        layer,
        revision,
      )
    }
    releaseBlobs(
      sql,
      rows.flatMap(({ sha256 }) => sha256 ?? []),
    )
  })
}

function hasOlder(sql: SqlStorage, revision: number): boolean {
  const query = 'SELECT 1 AS one FROM item_version WHERE until <= ? AND pruned = 0 LIMIT 1'
  return first(sql, query, revision) !== undefined
}

/** Contents at this revision and later ones stay; undefined: all do. */
function oldestToKeep(sql: SqlStorage): number | undefined {
  const project = readProject(sql)
  const kept = project?.historyRetentionRevisions ?? null
  if (project === undefined || project.deletedAtMs !== null || kept === null) return undefined
  const needed = first<{ revision: number | null }>(
    sql,
    `SELECT MIN(revision) AS revision FROM (
       SELECT stable_revision AS revision FROM release
       UNION ALL SELECT revision FROM deployment WHERE status IN ('queued', 'running', 'baking', 'paused')
       UNION ALL SELECT json_extract(state, '$.stableRevision') FROM deployment
         WHERE status IN ('queued', 'running', 'baking', 'paused'))`,
  )
  const last = project.revision - Math.max(kept, MIN_KEPT_REVISIONS) + 1
  return Math.max(1, Math.min(last, needed?.revision ?? last))
}
