/**
 * Deployments and releases as rows (STORAGE.md §1). A row of `release` says that an environment does not simply show the
 * newest revision: what its stable content is, and who is replacing it. Without one it does.
 */
import { ringsOf, shareOf } from '../../domain/deployment.ts'
import { all, first } from './sql.ts'
import type { ManifestClaims } from '#core'
import type { Deployment } from '../../domain/deployment.ts'

// A type, not an interface: exec() wants an index signature, which only a type has implicitly.
export type ReleaseRow = {
  readonly environment: string
  /** Content as of this revision is what everybody outside of a candidate's share gets. */
  readonly stableRevision: number
  /** The active one. */
  readonly deployment: number | null
}

/** A deployment and what is known beside its state. */
export interface StoredDeployment {
  readonly deployment: Deployment
  /** Names the content it releases, whatever the revision. */
  readonly content: string
}

/** What heads of an environment have to show. */
export interface ReleasePlan {
  /** Undefined: the newest revision. */
  readonly stableRevision: number | undefined
  readonly candidate:
    | (Pick<NonNullable<ManifestClaims['candidate']>, 'share' | 'seed' | 'deployment' | 'rings'> & {
        readonly revision: number
      })
    | undefined
}

export function readRelease(sql: SqlStorage, environment: string): ReleaseRow | undefined {
  return first<ReleaseRow>(
    sql,
    'SELECT environment, stable_revision AS stableRevision, deployment FROM release WHERE environment = ?',
    environment,
  )
}

export function writeRelease(sql: SqlStorage, row: ReleaseRow): void {
  sql.exec(
    'INSERT OR REPLACE INTO release (environment, stable_revision, deployment) VALUES (?, ?, ?)',
    row.environment,
    row.stableRevision,
    row.deployment,
  )
}

/** From now on the environment shows the newest revision. */
export function dropRelease(sql: SqlStorage, environment: string): void {
  sql.exec('DELETE FROM release WHERE environment = ?', environment)
}

export function readPlan(sql: SqlStorage, environment: string): ReleasePlan {
  const release = readRelease(sql, environment)
  if (release === undefined) return { stableRevision: undefined, candidate: undefined }
  const { stableRevision, deployment: id } = release
  const active = id === null ? undefined : readDeployment(sql, id)?.deployment
  if (active === undefined) return { stableRevision, candidate: undefined }
  const share = shareOf(active)
  const rings = ringsOf(active).map(({ labels }) => labels)
  if (share === 0 && rings.length === 0) return { stableRevision, candidate: undefined }
  const { revision, seed } = active
  const candidate = {
    revision,
    share,
    seed,
    deployment: active.id,
    ...(rings.length > 0 && { rings }),
  }
  return { stableRevision, candidate }
}

export function isSamePlan(one: ReleasePlan, other: ReleasePlan): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

interface Stored extends Record<string, SqlStorageValue> {
  readonly content: string
  readonly state: string
}

const STORED = 'SELECT content, state FROM deployment'

function stored({ content, state }: Stored): StoredDeployment {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this file stores deployments there and nothing else
  return { content, deployment: JSON.parse(state) as Deployment }
}

export function readDeployment(sql: SqlStorage, id: number): StoredDeployment | undefined {
  const row = first<Stored>(sql, `${STORED} WHERE id = ?`, id)
  return row && stored(row)
}

/** Stores a new one; answers it with its id. */
export function insertDeployment(
  sql: SqlStorage,
  deployment: Omit<Deployment, 'id'>,
  content: string,
): Deployment {
  const { environment, revision, status } = deployment
  const { id } = first<{ id: number }>(
    sql,
    `INSERT INTO deployment (environment, revision, status, failed, due_at_ms, content, state)
     VALUES (?, ?, ?, 0, NULL, ?, '') RETURNING id`,
    environment,
    revision,
    status,
    content,
  ) ?? { id: 0 }
  const whole: Deployment = { ...deployment, id: String(id) }
  writeDeployment(sql, whole, false)
  return whole
}

/** `failed`: it is not to be offered again. */
export function writeDeployment(sql: SqlStorage, deployment: Deployment, failed: boolean): void {
  sql.exec(
    'UPDATE deployment SET status = ?, failed = MAX(failed, ?), due_at_ms = ?, state = ? WHERE id = ?',
    deployment.status,
    failed ? 1 : 0,
    deployment.dueAtMs,
    JSON.stringify(deployment),
    Number(deployment.id),
  )
}

/** The one that waits for its turn; there is never more than one. */
export function queuedDeployment(
  sql: SqlStorage,
  environment: string,
): StoredDeployment | undefined {
  const row = first<Stored>(
    sql,
    `${STORED} WHERE environment = ? AND status = 'queued' ORDER BY id DESC LIMIT 1`,
    environment,
  )
  return row && stored(row)
}

export function dueDeployments(sql: SqlStorage, nowMs: number): readonly StoredDeployment[] {
  return all<Stored>(sql, `${STORED} WHERE due_at_ms <= ? ORDER BY id`, nowMs).map(stored)
}

export function deploymentsOfRevision(
  sql: SqlStorage,
  revision: number,
): readonly StoredDeployment[] {
  return all<Stored>(sql, `${STORED} WHERE revision = ? ORDER BY environment, id`, revision).map(
    stored,
  )
}

/** Newest first, `limit` of those below `before`. */
export function listDeployments(
  sql: SqlStorage,
  environment: string | undefined,
  before: number,
  limit: number,
): readonly StoredDeployment[] {
  return all<Stored>(
    sql,
    `${STORED} WHERE id < ? AND (?2 IS NULL OR environment = ?2) ORDER BY id DESC LIMIT ?3`,
    before,
    environment ?? null,
    limit,
  ).map(stored)
}

/** Whether this content failed in the environment, and was not everywhere since. */
export function hasFailed(sql: SqlStorage, environment: string, content: string): boolean {
  const last = first<{ failed: number }>(
    sql,
    `SELECT failed FROM deployment WHERE environment = ? AND content = ?
       AND (failed = 1 OR status = 'complete') ORDER BY id DESC LIMIT 1`,
    environment,
    content,
  )
  return last?.failed === 1
}

/** Says that all had this content until now. */
export function noteApplied(
  sql: SqlStorage,
  environment: string,
  content: string,
  nowMs: number,
): void {
  sql.exec(
    `INSERT INTO applied_content (environment, content, until_ms) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET until_ms = MAX(until_ms, excluded.until_ms)`,
    environment,
    content,
    nowMs,
  )
}

export function wasApplied(
  sql: SqlStorage,
  environment: string,
  content: string,
  sinceMs: number,
): boolean {
  const query = `SELECT 1 AS one FROM applied_content WHERE environment = ? AND content = ? AND until_ms >= ?`
  return first(sql, query, environment, content, sinceMs) !== undefined
}

/** A later environment of that name is another one. */
export function dropDeploymentsOf(sql: SqlStorage, environment: string): void {
  for (const table of ['deployment', 'release', 'applied_content']) {
    sql.exec(`DELETE FROM ${table} WHERE environment = ?`, environment)
  }
}
