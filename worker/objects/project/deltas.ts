/** The last deltas of each audience (STORAGE.md §1): how readers that are a little behind get to the newest head. */
import type { SnapshotBody } from '#core'
import {
  deltaText,
  diffBodies,
  MAX_DELTA_BYTES,
  MAX_DELTAS,
  MAX_DELTAS_BYTES,
} from '../../domain/delta.ts'
import { all, first } from './sql.ts'
import type { Target } from './outbox.ts'

export interface BuiltDelta {
  readonly from: number
  readonly to: number
  /** Canonical. */
  readonly text: string
}

/** The delta between two bodies' texts; undefined when it would not be worth its while. */
export function buildDelta(before: string, after: string): BuiltDelta | undefined {
  const delta = diffBodies(bodyOf(before), bodyOf(after))
  const text = deltaText(delta)
  // In UTF-16 units a text is never longer than its UTF-8.
  if (text.length > MAX_DELTA_BYTES || text.length > after.length / 2) return undefined
  if (new TextEncoder().encode(text).length > MAX_DELTA_BYTES) return undefined
  return { from: delta.from, to: delta.to, text }
}

/** Keeps the delta that leads to the head `seq`; undefined: there is no way from what came before. */
export function keepDelta(
  sql: SqlStorage,
  target: Target,
  seq: number,
  delta: BuiltDelta | undefined,
): void {
  const { environment, audience } = target
  if (delta === undefined) {
    sql.exec('DELETE FROM delta WHERE environment = ? AND audience = ?', environment, audience)
    return
  }
  sql.exec(
    'INSERT OR REPLACE INTO delta (environment, audience, seq, text) VALUES (?, ?, ?, ?)',
    environment,
    audience,
    seq,
    delta.text,
  )
  sql.exec(
    `DELETE FROM delta WHERE environment = ?1 AND audience = ?2 AND seq NOT IN
     (SELECT seq FROM delta WHERE environment = ?1 AND audience = ?2 ORDER BY seq DESC LIMIT ?3)`,
    environment,
    audience,
    MAX_DELTAS,
  )
}

/** The text of the delta that leads to the head `seq`. */
export function deltaTo(sql: SqlStorage, target: Target, seq: number): string | undefined {
  const query = 'SELECT text FROM delta WHERE environment = ? AND audience = ? AND seq = ?'
  return first<{ text: string }>(sql, query, target.environment, target.audience, seq)?.text
}

/** A JSON list of the deltas that lead to the newest content, newest first, as far as they fit; undefined without any. */
export function deltaList(sql: SqlStorage, target: Target): string | undefined {
  const query = 'SELECT text FROM delta WHERE environment = ? AND audience = ? ORDER BY seq DESC'
  let bytes = 0
  const fitting = all<{ text: string }>(sql, query, target.environment, target.audience)
    .map(({ text }) => text)
    .filter((text) => (bytes += new TextEncoder().encode(text).length) <= MAX_DELTAS_BYTES)
  return fitting.length === 0 ? undefined : `[${fitting.join(',')}]`
}

function bodyOf(text: string): SnapshotBody {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by buildSnapshot
  return JSON.parse(text) as SnapshotBody
}
