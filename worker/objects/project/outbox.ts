/**
 * The rows that drive publishing (STORAGE.md §1). A row of `outbox` says what is committed and not yet everywhere; it goes
 * when the head is built and its three effects are done. `head` has the newest signed head, whose order outlives it.
 */
import { all, first } from './sql.ts'
import type { Audience } from '#core'
import type { Head } from './interface.ts'

export interface Target {
  readonly environment: string
  readonly audience: Audience
}

export const AUDIENCES: readonly Audience[] = ['server', 'client']

// Types, not interfaces: exec() wants an index signature, which only a type has implicitly.
export type OutboxRow = {
  readonly environment: string
  readonly audience: Audience
  /** Committed; the head has to show it. */
  readonly revision: number
  /** 1: the head shows `revision`, what is left are the effects of this head. */
  readonly built: number
  readonly bodyDone: number
  readonly headDone: number
  readonly announceDone: number
  /** Failed rounds since the last commit. */
  readonly attempts: number
  readonly notBeforeMs: number
}

type HeadColumns = {
  readonly environment: string
  readonly audience: Audience
  readonly epoch: number
  readonly seq: number
  readonly revision: number
  readonly sha256: string
  readonly size: number
  /** JSON list of hashes. */
  readonly externals: string
  /** The claim of that name as JSON; null: nothing is being released. */
  readonly candidate: string | null
  /** Null: nothing is served any more, only the order counts. */
  readonly manifest: string | null
  readonly signedAtMs: number
  readonly expMs: number
}

export type HeadRow = Omit<HeadColumns, 'externals'> & { readonly externals: readonly string[] }

const OUTBOX = `environment, audience, revision, built, body_done AS bodyDone, head_done AS headDone,
  announce_done AS announceDone, attempts, not_before_ms AS notBeforeMs`

const HEAD = `environment, audience, epoch, seq, revision, sha256, size, externals, candidate, manifest,
  signed_at_ms AS signedAtMs, exp_ms AS expMs`

/** Asks for a head that shows `revision`. What is still to be done for the head before stays to be done. */
export function requestBuild(
  sql: SqlStorage,
  target: Target,
  revision: number,
  nowMs: number,
): void {
  sql.exec(
    `INSERT INTO outbox (environment, audience, revision, built, body_done, head_done, announce_done, attempts, not_before_ms)
     VALUES (?1, ?2, ?3, 0, 1, 1, 1, 0, ?4)
     ON CONFLICT DO UPDATE SET revision = ?3, built = 0, attempts = 0, not_before_ms = ?4`,
    target.environment,
    target.audience,
    revision,
    nowMs,
  )
}

/** Asks for the three effects to be undone: KV's head, the sockets. Building then finds no environment. */
export function requestRetraction(
  sql: SqlStorage,
  target: Target,
  revision: number,
  nowMs: number,
): void {
  requestBuild(sql, target, revision, nowMs)
  setEffects(sql, target, 0)
}

export function readOutbox(sql: SqlStorage, target: Target): OutboxRow | undefined {
  const query = `SELECT ${OUTBOX} FROM outbox WHERE environment = ? AND audience = ?`
  return first<OutboxRow>(sql, query, target.environment, target.audience)
}

/** Rows that may be worked on at `nowMs`. */
export function dueRows(sql: SqlStorage, nowMs: number): readonly OutboxRow[] {
  return all<OutboxRow>(sql, `SELECT ${OUTBOX} FROM outbox WHERE not_before_ms <= ?`, nowMs)
}

/** Says that the head shows `revision`; a later commit meanwhile keeps the row unbuilt. */
export function setBuilt(sql: SqlStorage, target: Target, revision: number): void {
  sql.exec(
    'UPDATE outbox SET built = 1 WHERE environment = ? AND audience = ? AND revision <= ?',
    target.environment,
    target.audience,
    revision,
  )
}

export function setEffects(sql: SqlStorage, target: Target, done: 0 | 1): void {
  sql.exec(
    `UPDATE outbox SET body_done = ?1, head_done = ?1, announce_done = ?1
     WHERE environment = ?2 AND audience = ?3`,
    done,
    target.environment,
    target.audience,
  )
}

export type Effect = 'body' | 'head' | 'announce'

export function setEffectDone(sql: SqlStorage, target: Target, effect: Effect): void {
  sql.exec(
    `UPDATE outbox SET ${effect}_done = 1 WHERE environment = ? AND audience = ?`,
    target.environment,
    target.audience,
  )
}

/** Removes the row when nothing is left to do. */
export function settleOutbox(sql: SqlStorage, target: Target): void {
  sql.exec(
    `DELETE FROM outbox WHERE environment = ? AND audience = ?
     AND built = 1 AND body_done = 1 AND head_done = 1 AND announce_done = 1`,
    target.environment,
    target.audience,
  )
}

/** Leaves the row alone until `notBeforeMs`; a failure counts as an attempt. */
export function postpone(
  sql: SqlStorage,
  target: Target,
  notBeforeMs: number,
  failed: boolean,
): void {
  sql.exec(
    `UPDATE outbox SET attempts = attempts + ?, not_before_ms = ? WHERE environment = ? AND audience = ?`,
    failed ? 1 : 0,
    notBeforeMs,
    target.environment,
    target.audience,
  )
}

/**
 * When something is to be done next: an outbox row, a re-signing, a key to tell of, the end of a secret's grace period, data keys
 * under a retired project key, a deployment. Undefined: never.
 */
export function nextDueMs(sql: SqlStorage, resignAfterMs: number): number | undefined {
  // One by one: a query may join five at most.
  const times = DUE.flatMap((query) => first<{ dueMs: number | null }>(sql, query)?.dueMs ?? [])
  const signedAtMs = first<{ dueMs: number | null }>(sql, FIRST_SIGNED)?.dueMs ?? undefined
  if (signedAtMs !== undefined) times.push(signedAtMs + resignAfterMs)
  return times.length === 0 ? undefined : Math.min(...times)
}

const FIRST_SIGNED = 'SELECT MIN(signed_at_ms) AS dueMs FROM head WHERE manifest IS NOT NULL'

const DUE: readonly string[] = [
  'SELECT MIN(not_before_ms) AS dueMs FROM outbox',
  'SELECT MIN(not_before_ms) AS dueMs FROM sdk_key WHERE told = 0',
  'SELECT MIN(grace_until_ms) AS dueMs FROM secret_value WHERE grace_until_ms IS NOT NULL',
  `SELECT MIN(not_before_ms) AS dueMs FROM project_key
   WHERE retired_at_ms IS NOT NULL AND destroyed_at_ms IS NULL`,
  'SELECT MIN(due_at_ms) AS dueMs FROM deployment WHERE due_at_ms IS NOT NULL',
]

// Heads

export function readHead(sql: SqlStorage, target: Target): HeadRow | undefined {
  const query = `SELECT ${HEAD} FROM head WHERE environment = ? AND audience = ?`
  const row = first<HeadColumns>(sql, query, target.environment, target.audience)
  return row && withExternals(row)
}

/** Heads that are served, signed at `beforeMs` or earlier. */
export function headsSignedBefore(sql: SqlStorage, beforeMs: number): readonly HeadRow[] {
  const query = `SELECT ${HEAD} FROM head WHERE manifest IS NOT NULL AND signed_at_ms <= ?`
  return all<HeadColumns>(sql, query, beforeMs).map(withExternals)
}

export function writeHead(sql: SqlStorage, head: HeadRow): void {
  sql.exec(
    `INSERT OR REPLACE INTO head (environment, audience, epoch, seq, revision, sha256, size, externals, candidate, manifest, signed_at_ms, exp_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    head.environment,
    head.audience,
    head.epoch,
    head.seq,
    head.revision,
    head.sha256,
    head.size,
    JSON.stringify(head.externals),
    head.candidate,
    head.manifest,
    head.signedAtMs,
    head.expMs,
  )
}

/** Stops serving a head; its order stays, so that a later one is newer. Answers the hashes nobody needs for it any more. */
export function retractHead(sql: SqlStorage, target: Target): readonly string[] {
  const head = readHead(sql, target)
  if (head === undefined) return []
  sql.exec(
    'UPDATE head SET manifest = NULL WHERE environment = ? AND audience = ?',
    target.environment,
    target.audience,
  )
  sql.exec(
    'DELETE FROM delta WHERE environment = ? AND audience = ?',
    target.environment,
    target.audience,
  )
  return [head.sha256, ...head.externals]
}

/** Makes every head one that is to be signed anew. */
export function forgetSigning(sql: SqlStorage): void {
  sql.exec('UPDATE head SET signed_at_ms = 0 WHERE manifest IS NOT NULL')
}

/** What the rest of the Worker knows of a head; null when nothing is served. */
export function servedHead(row: HeadRow | undefined): Head | null {
  if (row === undefined || row.manifest === null) return null
  const { epoch, seq, manifest, revision, sha256, size } = row
  return { epoch, seq, manifest, revision, sha256, size }
}

function withExternals(row: HeadColumns): HeadRow {
  const externals: unknown = JSON.parse(row.externals)
  return { ...row, externals: Array.isArray(externals) ? externals.filter(isText) : [] }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
