/** Samples of contexts as rows (STORAGE.md §1): kept for a day, read by nothing but a dry run. */
import type { ContextSample } from '#core'
import type { Items } from '../../domain/items.ts'
import { all, first } from './sql.ts'
import type { Audience } from '#core'

export const SAMPLE_TTL_MS = 24 * 60 * 60 * 1000
/** The newest of a flag, in an environment. */
const MAX_OF_FLAG = 200
const MAX_OF_ENVIRONMENT = 20_000

export interface SampleReport {
  readonly environment: string
  readonly audience: Audience
  readonly samples: readonly ContextSample[]
}

/** What names no flag that this audience has is dropped: keys of clients are public. */
export function storeSamples(
  sql: SqlStorage,
  items: Items,
  { environment, audience, samples }: SampleReport,
  nowMs: number,
): void {
  dropExpiredSamples(sql, nowMs)
  if (items.environment(environment) === undefined) return
  const { count } = first<{ count: number }>(
    sql,
    'SELECT COUNT(*) AS count FROM context_sample WHERE environment = ?',
    environment,
  ) ?? { count: 0 }
  let room = MAX_OF_ENVIRONMENT - count
  for (const { flag: flagKey, ...sample } of samples) {
    const flag = items.flag(flagKey)
    if (flag === undefined || (audience === 'client' && flag.visibility !== 'client')) continue
    const isReplaced = dropOldest(sql, environment, flagKey)
    if (!isReplaced && room-- <= 0) return
    sql.exec(
      'INSERT INTO context_sample (environment, flag, at_ms, sample) VALUES (?, ?, ?, ?)',
      environment,
      flagKey,
      nowMs,
      JSON.stringify(sample),
    )
  }
}

/** Makes room for one more of a flag; whether anything had to go. */
function dropOldest(sql: SqlStorage, environment: string, flag: string): boolean {
  const oldest = first<{ id: number }>(
    sql,
    `SELECT id FROM context_sample WHERE environment = ? AND flag = ?
     ORDER BY id DESC LIMIT 1 OFFSET ?`,
    environment,
    flag,
    MAX_OF_FLAG - 1,
  )
  if (oldest === undefined) return false
  sql.exec(
    'DELETE FROM context_sample WHERE environment = ? AND flag = ? AND id <= ?',
    environment,
    flag,
    oldest.id,
  )
  return true
}

/** Of the last day. */
export function readSamplesOf(
  sql: SqlStorage,
  environment: string,
  nowMs: number,
): readonly ContextSample[] {
  return all<{ flag: string; sample: string }>(
    sql,
    'SELECT flag, sample FROM context_sample WHERE environment = ? AND at_ms > ?',
    environment,
    nowMs - SAMPLE_TTL_MS,
  ).map(({ flag, sample }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written above, from a sample that was read
    return { ...(JSON.parse(sample) as Omit<ContextSample, 'flag'>), flag }
  })
}

export function dropExpiredSamples(sql: SqlStorage, nowMs: number): void {
  sql.exec('DELETE FROM context_sample WHERE at_ms <= ?', nowMs - SAMPLE_TTL_MS)
}

export function dropSamplesOfFlag(sql: SqlStorage, flagKey: string): void {
  sql.exec('DELETE FROM context_sample WHERE flag = ?', flagKey)
}

/** A later environment of that name is another one. */
export function dropSamplesOfEnvironment(sql: SqlStorage, environment: string): void {
  sql.exec('DELETE FROM context_sample WHERE environment = ?', environment)
}
