/**
 * Whether a flag has had its day: nobody asked for it for 30 days, or everybody got the same for 30 days. Signals, not
 * verdicts: they are as good as what applications report (createClient's `events`). Pure; the clock is an argument.
 */
import type { FlagLifecycle } from '#core'

const STALE_AFTER_MS = 30 * 24 * 60 * 60 * 1000

/** How one environment uses one flag, as far as it was reported. Times are those of the reports. */
export interface Usage {
  readonly lastEvaluatedAtMs: number
  /** Empty: the caller's fallback. Of several in one report, the one served most. */
  readonly lastVariant: string
  /** Since when only `lastVariant` was served. */
  readonly variantSinceMs: number
  readonly total: number
}

/** Evaluations by variant; the empty name counts fallbacks. At least one, each a positive integer. */
export type VariantCounts = Readonly<Record<string, number>>

/** What the usage becomes with a report that arrived at `nowMs`. */
export function nextUsage(before: Usage | undefined, counts: VariantCounts, nowMs: number): Usage {
  const served = Object.entries(counts).toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  const lastVariant = served[0]?.[0] ?? ''
  const isSame = served.length === 1 && before?.lastVariant === lastVariant
  const reported = served.reduce((sum, [, count]) => sum + count, 0)
  return {
    // Reports may overtake each other, and clocks be set back.
    lastEvaluatedAtMs: Math.max(nowMs, before?.lastEvaluatedAtMs ?? 0),
    lastVariant,
    variantSinceMs: isSame ? before.variantSinceMs : nowMs,
    total: Math.min((before?.total ?? 0) + reported, Number.MAX_SAFE_INTEGER),
  }
}

export interface Signals {
  readonly notEvaluatedFor30d: boolean
  /** Evaluated in these 30 days, and one and the same variant was served all the time. */
  readonly constantFor30d: boolean
}

export interface Staleness extends Signals {
  /** One of the signals, on a flag that is meant to go, in a project whose applications report. */
  readonly isStale: boolean
}

/** The signals of one environment. */
export function signalsOf(usage: Usage, createdAtMs: number, nowMs: number): Signals {
  return signals([usage], createdAtMs, nowMs)
}

/**
 * The signals over all environments that use the flag, and what follows. A flag younger than 30 days has none. One that
 * is meant to stay (kind `operational`, `permission`, `killswitch`, or `temporary: false`) has them and is not stale.
 * `lastReportAtMs`: when anything was last reported for any flag; null: never.
 */
export function judgeFlag(
  flag: FlagLifecycle,
  createdAtMs: number,
  usages: readonly Usage[],
  lastReportAtMs: number | null,
  nowMs: number,
): Staleness {
  const found = signals(usages, createdAtMs, nowMs)
  // Where nothing is reported at all, nothing follows from a flag that is not.
  const isReporting = lastReportAtMs !== null && nowMs - lastReportAtMs < STALE_AFTER_MS
  const hasSignal = found.notEvaluatedFor30d || found.constantFor30d
  return { ...found, isStale: hasSignal && isReporting && isMeantToGo(flag) }
}

function signals(usages: readonly Usage[], createdAtMs: number, nowMs: number): Signals {
  const isLongAgo = (atMs: number): boolean => nowMs - atMs >= STALE_AFTER_MS
  if (!isLongAgo(createdAtMs)) return { notEvaluatedFor30d: false, constantFor30d: false }
  const recent = usages.filter(({ lastEvaluatedAtMs }) => !isLongAgo(lastEvaluatedAtMs))
  const [first] = recent
  if (first === undefined) return { notEvaluatedFor30d: true, constantFor30d: false }
  const isConstant = recent.every(
    ({ lastVariant, variantSinceMs }) =>
      lastVariant === first.lastVariant && isLongAgo(variantSinceMs),
  )
  return { notEvaluatedFor30d: false, constantFor30d: isConstant }
}

function isMeantToGo({ kind, temporary }: FlagLifecycle): boolean {
  if (temporary === false) return false
  return kind === undefined || kind === 'release' || kind === 'experiment'
}
