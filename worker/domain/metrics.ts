/** What applications measure while content is released, from reports to the numbers of two groups (SNAPSHOT.md §4.4). Pure. */
import {
  edgeOfBucket,
  isJsonObject,
  type JsonValue,
  LAST_BUCKET,
  MAX_METRIC_BUCKETS,
  MAX_METRICS,
  MAX_SAMPLE,
  METRIC_NAME,
  type MetricKind,
  type MetricsReport,
  type MetricValue,
  type StatusReport,
} from '#core'
import { at, isIntegerIn, type Issues } from './issues.ts'

/** What the instances of one group have measured together. */
export interface GroupMeasures {
  readonly instances: number
  /** Of all of them together. */
  readonly forMs: number
  /** By metric. */
  readonly values: Readonly<Record<string, MetricValue>>
}

export interface Measures {
  readonly candidate: GroupMeasures
  readonly stable: GroupMeasures
}

/** One number, and what it rests on. */
export interface Level {
  readonly value: number
  /** Standard error: how far chance alone takes it. */
  readonly error: number
  readonly samples: number
  /** Of all instances together. */
  readonly minutes: number
}

const NOTHING: GroupMeasures = { instances: 0, forMs: 0, values: {} }
const MAX_NAME_CHARS = 64
const MAX_COUNT = 1_000_000_000
/** No sum of a report is larger: as many samples as there may be, each as large as it may be. */
const MAX_SUM = MAX_COUNT * MAX_METRIC_BUCKETS * MAX_SAMPLE

/** The numbers of some metrics in one deployment. Others may be named as clients please: they are not even looked at. */
export function measuresOf(
  reports: Iterable<StatusReport>,
  deployment: string,
  metrics: readonly string[],
): Measures {
  const groups = { candidate: new Sum(), stable: new Sum() }
  for (const { group, deployment: theirs, metrics: measured } of reports) {
    if (group === undefined || theirs !== deployment || measured === undefined) continue
    groups[group].add({ instances: 1, ...measured }, metrics)
  }
  return { candidate: groups.candidate.total(), stable: groups.stable.total() }
}

/** Of hubs that share no instance. */
export function mergeMeasures(parts: readonly Measures[]): Measures {
  const candidate = new Sum()
  const stable = new Sum()
  for (const part of parts) {
    candidate.add(part.candidate, Object.keys(part.candidate.values))
    stable.add(part.stable, Object.keys(part.stable.values))
  }
  return { candidate: candidate.total(), stable: stable.total() }
}

/** Undefined when it was not measured, or there is nothing that it could be computed of. */
export function levelOf(
  { forMs, values }: GroupMeasures,
  metric: string,
  kind: MetricKind,
): Level | undefined {
  const { sum, buckets } = (Object.hasOwn(values, metric) ? values[metric] : undefined) ?? {
    sum: 0,
    buckets: [],
  }
  const counts = pairsOf(buckets)
  const samples = counts.reduce((total, [, count]) => total + count, 0)
  const minutes = forMs / 60_000
  const on = { samples, minutes }
  if (kind === 'rate') {
    if (minutes === 0) return undefined
    // Of independent events the variance of a count is the count.
    return { value: samples / minutes, error: Math.sqrt(samples) / minutes, ...on }
  }
  if (samples === 0) return undefined
  if (kind === 'mean') return { value: sum / samples, error: deviation(counts, samples), ...on }
  const rank = 0.95 * samples
  // How many samples fall below the true p95 is binomial.
  const spread = Math.sqrt(rank * 0.05)
  const error = (atRank(counts, rank + spread) - atRank(counts, rank - spread)) / 2
  return { value: atRank(counts, rank), error, ...on }
}

type Counts = readonly (readonly [bucket: number, count: number])[]

/** Of the mean, each sample taken for the edge of its bucket: exact for 0 and 1. */
function deviation(counts: Counts, samples: number): number {
  const valued = counts.map(([bucket, count]) => [valueOf(bucket), count] as const)
  const mean = valued.reduce((total, [value, count]) => total + value * count, 0) / samples
  const squares = valued.reduce((total, [value, count]) => total + (value - mean) ** 2 * count, 0)
  return Math.sqrt(squares) / samples
}

function valueOf(bucket: number): number {
  return bucket === -LAST_BUCKET ? 0 : edgeOfBucket(bucket)
}

/** The sample that so many others do not pass, within 19 %: the edges of a bucket are that far apart, and between them goes rank. */
function atRank(counts: Counts, wanted: number): number {
  let rank = wanted
  for (const [bucket, count] of counts) {
    if (rank > count) {
      rank -= count
      continue
    }
    const low = valueOf(bucket - 1)
    return bucket === -LAST_BUCKET ? 0 : low + (valueOf(bucket) - low) * (rank / count)
  }
  return valueOf(counts.at(-1)?.[0] ?? -LAST_BUCKET)
}

function pairsOf(buckets: readonly number[]): [number, number][] {
  const pairs: [number, number][] = []
  for (let index = 0; index + 1 < buckets.length; index += 2) {
    pairs.push([buckets[index] ?? 0, buckets[index + 1] ?? 0])
  }
  return pairs
}

/** Adds up what instances, or groups of them, measured. */
class Sum {
  #instances = 0
  #forMs = 0
  readonly #values = new Map<string, { sum: number; readonly buckets: Map<number, number> }>()

  add({ instances, forMs, values }: GroupMeasures, metrics: readonly string[]): void {
    this.#instances += instances
    this.#forMs += forMs
    for (const metric of metrics) {
      const value = Object.hasOwn(values, metric) ? values[metric] : undefined
      if (value === undefined) continue
      const total = this.#values.get(metric) ?? { sum: 0, buckets: new Map<number, number>() }
      this.#values.set(metric, total)
      total.sum += value.sum
      for (const [bucket, count] of pairsOf(value.buckets)) {
        total.buckets.set(bucket, (total.buckets.get(bucket) ?? 0) + count)
      }
    }
  }

  total(): GroupMeasures {
    if (this.#instances === 0) return NOTHING
    const values = [...this.#values].map(([metric, { sum, buckets }]) => {
      const sorted = [...buckets].toSorted(([a], [b]) => a - b)
      return [metric, { sum, buckets: sorted.flat() }] as const
    })
    return { instances: this.#instances, forMs: this.#forMs, values: Object.fromEntries(values) }
  }
}

/** The `metrics` of a status report; undefined after an issue. Members it does not know are left out. */
export function readMetrics(
  metrics: JsonValue,
  path: string,
  issues: Issues,
): MetricsReport | undefined {
  const { forMs, values } = isJsonObject(metrics) ? metrics : {}
  const isWhole = isIntegerIn(forMs, at(path, 'forMs'), issues, 0, Number.MAX_SAFE_INTEGER)
  const place = at(path, 'values')
  if (values === undefined || !isJsonObject(values)) {
    issues.add(place, 'must be an object')
    return undefined
  }
  const entries = Object.entries(values)
  if (entries.length > MAX_METRICS) {
    issues.add(place, `must have at most ${MAX_METRICS} members`)
    return undefined
  }
  const read = entries.map(([name, value]) => {
    if (METRIC_NAME.test(name)) return [name, readValue(value, at(place, name), issues)] as const
    issues.add(at(place, name.slice(0, MAX_NAME_CHARS)), `a name matches ${METRIC_NAME.source}`)
    return [name, undefined] as const
  })
  const whole = read.filter(
    (entry): entry is readonly [string, MetricValue] => entry[1] !== undefined,
  )
  if (!isWhole || whole.length < entries.length) return undefined
  return { forMs, values: Object.fromEntries(whole) }
}

function readValue(value: JsonValue, path: string, issues: Issues): MetricValue | undefined {
  const { sum, buckets } = isJsonObject(value) ? value : {}
  const isSum = typeof sum === 'number' && Math.abs(sum) <= MAX_SUM
  if (!isSum) issues.add(at(path, 'sum'), 'must be a finite number')
  const read = readPairs(buckets, at(path, 'buckets'), issues)
  return isSum && read !== undefined ? { sum, buckets: read } : undefined
}

function readPairs(buckets: JsonValue | undefined, path: string, issues: Issues) {
  const isPairs = Array.isArray(buckets) && buckets.length % 2 === 0
  if (!isPairs || buckets.length > 2 * MAX_METRIC_BUCKETS) {
    issues.add(path, `must be a list of at most ${MAX_METRIC_BUCKETS} pairs`)
    return undefined
  }
  const numbers: number[] = []
  for (const [index, number] of buckets.entries()) {
    const isCount = index % 2 === 1
    const least = isCount ? 1 : (numbers.at(-2) ?? -LAST_BUCKET - 1) + 1
    const most = isCount ? MAX_COUNT : LAST_BUCKET
    if (!isIntegerIn(number, at(path, index), issues, least, most)) return undefined
    numbers.push(number)
  }
  return numbers
}
