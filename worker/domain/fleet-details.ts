/** What people ask of a fleet beside its counts: who is behind, which labels suffer, how fast changes arrive. Pure. */
import type { InstanceState, StatusReport } from '#core'
import { type FleetEntry, type FleetSummary, mergeSummaries, summarize } from './fleet.ts'

/** What a hub wants its instances to serve. */
export interface Wanted {
  readonly epoch: number
  readonly seq: number
  readonly revision: number
  /** Of a staged release: some instances are to serve this one. */
  readonly candidate?: number
  /** When the hub was first told of `revision`, milliseconds since 1970. */
  readonly announcedAtMs: number
}

export interface LabelCount {
  readonly label: string
  readonly value: string
  readonly instances: number
  readonly failed: number
  /** Not serving what they should. */
  readonly behind: number
}

export interface SdkCount {
  readonly name: string
  readonly version: string
  readonly instances: number
}

export interface SecretVersionCount {
  readonly secret: string
  readonly version: number
  readonly instances: number
}

/** Instances that look for an override file (SNAPSHOT.md §11), by the `seq` in effect; 0: none. */
export interface OverrideCount {
  readonly seq: number
  /** Why the last file was refused. */
  readonly error?: string
  readonly instances: number
}

export interface Straggler {
  readonly instance: string
  readonly state: InstanceState
  readonly revision: number
  readonly labels?: Readonly<Record<string, string>>
  /** When it last said something. */
  readonly atMs: number
}

/** How one revision reached the instances there were. */
export interface Convergence {
  readonly revision: number
  readonly announcedAtMs: number
  readonly instances: number
  readonly applied: number
  readonly failed: number
  /** Instances that applied it within `CONVERGENCE_BOUNDS_MS[i]` and not within the bound before; the last: later. */
  readonly within: readonly number[]
}

export interface FleetDetails extends FleetSummary {
  /** Open streams, also of instances that report nothing. */
  readonly sockets: number
  /** Null: nothing was announced yet. */
  readonly wanted: Wanted | null
  readonly behind: number
  /** Of those that are behind at most `MAX_STRAGGLERS`, the longest silent first. */
  readonly stragglers: readonly Straggler[]
  /** At most `MAX_GROUPS`, the largest first; so are `sdks`, `secretVersions` and `overrides`. */
  readonly labels: readonly LabelCount[]
  readonly sdks: readonly SdkCount[]
  readonly secretVersions: readonly SecretVersionCount[]
  readonly overrides: readonly OverrideCount[]
  /** Newest first, the present revision included; at most `MAX_HISTORY`. */
  readonly history: readonly Convergence[]
}

export const CONVERGENCE_BOUNDS_MS = [
  100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000,
] as const

export const MAX_STRAGGLERS = 100
export const MAX_GROUPS = 200
export const MAX_HISTORY = 50

/** `history`: of the revisions before the present one. */
export function detailsOf(
  entries: readonly FleetEntry[],
  sockets: number,
  wanted: Wanted | null,
  history: readonly Convergence[],
): FleetDetails {
  const labels = new Grouping<LabelCount>()
  const sdks = new Grouping<SdkCount>()
  const secrets = new Grouping<SecretVersionCount>()
  const overrides = new Grouping<OverrideCount>()
  const stragglers: FleetEntry[] = []
  for (const entry of entries) {
    const { report } = entry
    const behind = wanted !== null && !isConverged(report, wanted)
    if (behind) stragglers.push(entry)
    for (const [label, value] of Object.entries(report.labels ?? {})) {
      const counts = { failed: Number(report.state === 'failed'), behind: Number(behind) }
      labels.add(`${label}\n${value}`, { label, value, instances: 1, ...counts })
    }
    const { name, version } = report.sdk
    sdks.add(`${name}\n${version}`, { name, version, instances: 1 })
    const { override } = report
    if (override !== undefined) {
      overrides.add(`${override.seq}\n${override.error ?? ''}`, { ...override, instances: 1 })
    }
    for (const [secret, used] of Object.entries(report.secretVersions ?? {})) {
      secrets.add(`${secret}\n${used}`, { secret, version: used, instances: 1 })
    }
  }
  return {
    ...summarize(entries),
    sockets,
    wanted,
    behind: stragglers.length,
    stragglers: longestSilent(stragglers.map(stragglerOf)),
    labels: labels.largest(),
    sdks: sdks.largest(),
    secretVersions: secrets.largest(),
    overrides: overrides.largest(),
    history: wanted === null ? history : newest([convergenceOf(entries, wanted), ...history]),
  }
}

/** Of several hubs that share no instance. */
export function mergeDetails(parts: readonly FleetDetails[]): FleetDetails {
  const labels = new Grouping<LabelCount>()
  const sdks = new Grouping<SdkCount>()
  const secrets = new Grouping<SecretVersionCount>()
  const overrides = new Grouping<OverrideCount>()
  const history = new Map<number, Convergence>()
  let wanted: Wanted | null = null
  for (const part of parts) {
    const theirs: Wanted | null = part.wanted
    if (theirs !== null && (wanted === null || isNewer(theirs, wanted))) wanted = theirs
    for (const one of part.labels) labels.add(`${one.label}\n${one.value}`, one)
    for (const one of part.sdks) sdks.add(`${one.name}\n${one.version}`, one)
    for (const one of part.secretVersions) secrets.add(`${one.secret}\n${one.version}`, one)
    for (const one of part.overrides) overrides.add(`${one.seq}\n${one.error ?? ''}`, one)
    for (const one of part.history) {
      const known = history.get(one.revision)
      history.set(one.revision, known === undefined ? one : mergeConvergence(known, one))
    }
  }
  return {
    ...mergeSummaries(parts),
    sockets: sum(parts.map((part) => part.sockets)),
    wanted,
    behind: sum(parts.map((part) => part.behind)),
    stragglers: longestSilent(parts.flatMap((part) => part.stragglers)),
    labels: labels.largest(),
    sdks: sdks.largest(),
    secretVersions: secrets.largest(),
    overrides: overrides.largest(),
    history: newest([...history.values()]),
  }
}

/** How `wanted` has reached those who reported by now. */
export function convergenceOf(
  entries: readonly FleetEntry[],
  { revision, announcedAtMs }: Wanted,
): Convergence {
  const within = Array.from({ length: CONVERGENCE_BOUNDS_MS.length + 1 }, () => 0)
  let applied = 0
  let failed = 0
  for (const { report, appliedAtMs } of entries) {
    if (report.revision !== revision) continue
    if (report.state === 'failed') failed++
    if (report.state !== 'applied' || appliedAtMs === undefined) continue
    applied++
    const took = appliedAtMs - announcedAtMs
    const bound = CONVERGENCE_BOUNDS_MS.findIndex((ms) => took <= ms)
    const slot = bound === -1 ? CONVERGENCE_BOUNDS_MS.length : bound
    within[slot] = (within[slot] ?? 0) + 1
  }
  return { revision, announcedAtMs, instances: entries.length, applied, failed, within }
}

/** The newest `MAX_HISTORY`, newest first. */
export function newest(history: readonly Convergence[]): readonly Convergence[] {
  return history.toSorted((a, b) => b.announcedAtMs - a.announcedAtMs).slice(0, MAX_HISTORY)
}

/** Whether an instance serves what it should; being stale does not make it wrong. */
function isConverged({ state, revision }: StatusReport, wanted: Wanted): boolean {
  if (state !== 'applied' && state !== 'stale') return false
  return revision === wanted.revision || revision === wanted.candidate
}

function isNewer(a: Wanted, b: Wanted): boolean {
  return a.epoch - b.epoch > 0 || (a.epoch === b.epoch && a.seq > b.seq)
}

function mergeConvergence(a: Convergence, b: Convergence): Convergence {
  return {
    revision: a.revision,
    announcedAtMs: Math.min(a.announcedAtMs, b.announcedAtMs),
    instances: a.instances + b.instances,
    applied: a.applied + b.applied,
    failed: a.failed + b.failed,
    within: a.within.map((count, slot) => count + (b.within[slot] ?? 0)),
  }
}

function stragglerOf({ report, atMs }: FleetEntry): Straggler {
  const { instance, state, revision, labels } = report
  return { instance, state, revision, ...(labels !== undefined && { labels }), atMs }
}

function longestSilent(stragglers: readonly Straggler[]): readonly Straggler[] {
  return stragglers.toSorted((a, b) => a.atMs - b.atMs).slice(0, MAX_STRAGGLERS)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Adds up the counts of what is alike. Instances choose the names, so there is a bound to how many are told apart. */
class Grouping<T extends LabelCount | SdkCount | SecretVersionCount | OverrideCount> {
  readonly #groups = new Map<string, { readonly of: T; counts: [number, number, number] }>()

  add(key: string, one: T): void {
    const [failed, behind] = 'behind' in one ? [one.failed, one.behind] : [0, 0]
    const known = this.#groups.get(key)
    if (known !== undefined) {
      known.counts[0] += one.instances
      known.counts[1] += failed
      known.counts[2] += behind
    } else if (this.#groups.size < 10 * MAX_GROUPS) {
      this.#groups.set(key, { of: one, counts: [one.instances, failed, behind] })
    }
  }

  largest(): readonly T[] {
    return [...this.#groups.values()]
      .map(({ of, counts: [instances, failed, behind] }) => ({
        ...of,
        instances,
        ...('behind' in of && { failed, behind }),
      }))
      .toSorted((a, b) => b.instances - a.instances)
      .slice(0, MAX_GROUPS)
  }
}
