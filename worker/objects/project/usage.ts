/** How flags are used, as rows: written by reports, read by people. No revision, no audit, never part of a snapshot. */
import { nextUsage } from '../../domain/stale.ts'
import { all, first } from './sql.ts'
import type { Audience } from '#core'
import type { Items } from '../../domain/items.ts'
import type { Usage, VariantCounts } from '../../domain/stale.ts'
import type { EvaluationCounts, FlagUsage, ProjectUsage } from './interface.ts'

type UsageColumns = { readonly [Member in keyof Usage]: Usage[Member] }

const USAGE = `last_evaluated_at_ms AS lastEvaluatedAtMs, last_variant AS lastVariant,
  variant_since_ms AS variantSinceMs, total`

export interface Report {
  readonly environment: string
  readonly audience: Audience
  readonly counts: EvaluationCounts
}

/** Counts a report in. What names no flag or variant that this audience has is dropped: keys of clients are public. */
export function recordUsage(
  sql: SqlStorage,
  items: Items,
  { environment, audience, counts }: Report,
  nowMs: number,
): void {
  if (items.environment(environment) === undefined) return
  for (const [flagKey, reported] of Object.entries(counts)) {
    const flag = items.flag(flagKey)
    if (flag === undefined || (audience === 'client' && flag.visibility !== 'client')) continue
    const known = Object.entries(reported).filter(
      ([variant]) => variant === '' || Object.hasOwn(flag.variants, variant),
    )
    if (known.length > 0) writeUsage(sql, environment, flagKey, Object.fromEntries(known), nowMs)
  }
}

function writeUsage(
  sql: SqlStorage,
  environment: string,
  flagKey: string,
  counts: VariantCounts,
  nowMs: number,
): void {
  const before = first<UsageColumns>(
    sql,
    `SELECT ${USAGE} FROM flag_usage WHERE environment = ? AND flag = ?`,
    environment,
    flagKey,
  )
  const usage = nextUsage(before, counts, nowMs)
  sql.exec(
    `INSERT OR REPLACE INTO flag_usage
       (environment, flag, last_evaluated_at_ms, last_variant, variant_since_ms, total)
     VALUES (?, ?, ?, ?, ?, ?)`,
    environment,
    flagKey,
    usage.lastEvaluatedAtMs,
    usage.lastVariant,
    usage.variantSinceMs,
    usage.total,
  )
}

/** The usage of all flags that are there now, or of one. */
export function readUsage(sql: SqlStorage, flagKey: string | undefined): ProjectUsage {
  const only = flagKey ?? null
  // A flag that was deleted and made again is as old as its last beginning.
  const flags = all<{ key: string; createdAtMs: number }>(
    sql,
    `SELECT v.key, MIN(r.at_ms) AS createdAtMs
     FROM item_version v JOIN revision r ON r.revision = v.revision
     WHERE v.kind = 'flag' AND v.layer = 'base' AND v.sha256 IS NOT NULL AND (?1 IS NULL OR v.key = ?1)
       AND v.revision > COALESCE((
         SELECT MAX(d.revision) FROM item_version d
         WHERE d.kind = 'flag' AND d.key = v.key AND d.layer = 'base' AND d.sha256 IS NULL), 0)
     GROUP BY v.key ORDER BY v.key`,
    only,
  )
  const usages = new Map<string, [string, Usage][]>()
  const rows = all<UsageColumns & { environment: string; flag: string }>(
    sql,
    `SELECT environment, flag, ${USAGE} FROM flag_usage
     WHERE ?1 IS NULL OR flag = ?1 ORDER BY environment`,
    only,
  )
  for (const { environment, flag, ...usage } of rows) {
    const known = usages.get(flag)
    if (known === undefined) usages.set(flag, [[environment, usage]])
    else known.push([environment, usage])
  }
  const { last } = first<{ last: number | null }>(
    sql,
    'SELECT MAX(last_evaluated_at_ms) AS last FROM flag_usage',
  ) ?? { last: null }
  return {
    lastReportAtMs: last,
    flags: flags.map(({ key, createdAtMs }): FlagUsage => ({
      key,
      createdAtMs,
      environments: Object.fromEntries(usages.get(key) ?? []),
    })),
  }
}

export function dropUsageOfFlag(sql: SqlStorage, flagKey: string): void {
  sql.exec('DELETE FROM flag_usage WHERE flag = ?', flagKey)
}

/** A later environment of that name is another one. */
export function dropUsageOfEnvironment(sql: SqlStorage, environment: string): void {
  sql.exec('DELETE FROM flag_usage WHERE environment = ?', environment)
}
