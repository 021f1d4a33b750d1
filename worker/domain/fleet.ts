/** Counts what instances report of themselves. Pure: who is still there is decided where the reports are kept. */
import { INSTANCE_STATES, type InstanceState, type StatusReport } from '#core'

/** The last word of one instance. */
export interface FleetEntry {
  readonly report: StatusReport
  /** When it came, milliseconds since 1970. */
  readonly atMs: number
  /** When it first said that it serves its revision; absent until it does. */
  readonly appliedAtMs?: number
}

/** What is kept of an instance after it said `report`. */
export function nextEntry(
  before: FleetEntry | undefined,
  report: StatusReport,
  atMs: number,
): FleetEntry {
  if (report.state !== 'applied') return { report, atMs }
  const isSame =
    before?.report.instance === report.instance && before.report.revision === report.revision
  return { report, atMs, appliedAtMs: (isSame ? before.appliedAtMs : undefined) ?? atMs }
}

/** Instances by state that reported one revision, under one deployment if any. */
export interface RevisionCount extends Readonly<Record<InstanceState, number>> {
  readonly revision: number
  readonly deployment?: string
}

export interface FleetFailure {
  readonly instance: string
  readonly revision: number
  readonly code: string
  readonly config?: string
}

export interface FleetSummary {
  /** That reported and are still there. Those that do not report are in none of these numbers. */
  readonly instances: number
  /** Newest revision first. */
  readonly byRevision: readonly RevisionCount[]
  /** At most `MAX_FAILURES`, newest first. */
  readonly failures: readonly FleetFailure[]
}

export const MAX_FAILURES = 100

export function summarize(entries: Iterable<FleetEntry>): FleetSummary {
  const counts = new Map<string, Counting>()
  const failed: FleetEntry[] = []
  let instances = 0
  for (const entry of entries) {
    const { state, revision, deployment } = entry.report
    instances++
    countOf(counts, revision, deployment)[state]++
    if (state === 'failed') failed.push(entry)
  }
  failed.sort((a, b) => b.atMs - a.atMs)
  return {
    instances,
    byRevision: newestFirst(counts),
    failures: failed.slice(0, MAX_FAILURES).map(failureOf),
  }
}

/** Of several hubs that share no instance. */
export function mergeSummaries(parts: readonly FleetSummary[]): FleetSummary {
  const counts = new Map<string, Counting>()
  for (const { revision, deployment, ...states } of parts.flatMap((part) => part.byRevision)) {
    const sum = countOf(counts, revision, deployment)
    for (const state of INSTANCE_STATES) sum[state] += states[state]
  }
  return {
    instances: parts.reduce((sum, part) => sum + part.instances, 0),
    byRevision: newestFirst(counts),
    failures: parts.flatMap((part) => part.failures).slice(0, MAX_FAILURES),
  }
}

type Counting = { -readonly [Member in keyof RevisionCount]: RevisionCount[Member] }

function countOf(
  counts: Map<string, Counting>,
  revision: number,
  deployment: string | undefined,
): Counting {
  const key = `${revision}/${deployment ?? ''}`
  const count = counts.get(key) ?? {
    revision,
    ...(deployment !== undefined && { deployment }),
    applying: 0,
    applied: 0,
    failed: 0,
    stale: 0,
    quarantined: 0,
  }
  counts.set(key, count)
  return count
}

function newestFirst(counts: ReadonlyMap<string, Counting>): readonly RevisionCount[] {
  return [...counts.values()].toSorted((a, b) => b.revision - a.revision)
}

function failureOf({ report }: FleetEntry): FleetFailure {
  const { instance, revision, error } = report
  return {
    instance,
    revision,
    code: error?.code ?? 'unknown',
    ...(error?.config !== undefined && { config: error.config }),
  }
}
