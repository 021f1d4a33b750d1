/** Samples of the application, counted for one content of one staged release at a time (SNAPSHOT.md §4.4). Pure but for its clock. */
import {
  bucketOfSample,
  MAX_METRIC_BUCKETS,
  MAX_METRICS,
  MAX_SAMPLE,
  METRIC_NAME,
  type MetricsReport,
  type MetricValue,
} from '../core/metrics.ts'

/** Of what a report says; the rest of it has room in 8,192 bytes beside this. */
const MAX_CHARACTERS = 4_000

export interface Metrics {
  /** Whether there is something to tell: content is being released, and the application has measured before. */
  readonly isCounting: boolean
  /**
   * `scope`: names content, group and deployment; undefined: nothing is being released. Another one starts from zero: whether
   * it was another.
   */
  enter(scope: string | undefined): boolean
  /** Counts a sample. What is no metric, or one too many, is dropped. */
  track(name: string, value: number): void
  report(): MetricsReport | undefined
}

interface Counting {
  sum: number
  readonly buckets: Map<number, number>
}

/** `onDrop`: told once why something was dropped. */
export function createMetrics(now: () => number, onDrop: (why: string) => void): Metrics {
  const values = new Map<string, Counting>()
  let scope: string | undefined
  let sinceMs = 0
  let isUsed = false
  let wasDropped = false
  const drop = (why: string): void => {
    if (!wasDropped) onDrop(why)
    wasDropped = true
  }
  return {
    get isCounting() {
      return isUsed && scope !== undefined
    },
    enter(next) {
      if (next === scope) return false
      scope = next
      sinceMs = now()
      values.clear()
      return true
    },
    track(name, value) {
      if (typeof name !== 'string' || !METRIC_NAME.test(name))
        return drop(`a metric's name matches ${METRIC_NAME.source}`)
      if (!Number.isFinite(value)) return drop(`${name}: a sample is a finite number`)
      isUsed = true
      if (scope === undefined) return
      let counting = values.get(name)
      if (!counting) {
        if (values.size >= MAX_METRICS) return drop(`${name}: at most ${MAX_METRICS} metrics`)
        counting = { sum: 0, buckets: new Map() }
        values.set(name, counting)
      }
      counting.sum += Math.max(-MAX_SAMPLE, Math.min(MAX_SAMPLE, value))
      const bucket = bucketOfSample(value)
      counting.buckets.set(bucket, (counting.buckets.get(bucket) ?? 0) + 1)
    },
    report() {
      if (scope === undefined || !isUsed) return undefined
      const written: Record<string, MetricValue> = {}
      let characters = 0
      for (const [name, counting] of values) {
        const value = { sum: counting.sum, buckets: pairs(counting.buckets) }
        characters += name.length + JSON.stringify(value).length + 4
        if (characters > MAX_CHARACTERS) break
        written[name] = value
      }
      return { forMs: Math.max(0, Math.round(now() - sinceMs)), values: written }
    },
  }
}

function pairs(buckets: ReadonlyMap<number, number>): readonly number[] {
  const sorted = Array.from(buckets).toSorted(([a], [b]) => a - b)
  const tooMany = Math.max(0, sorted.length - MAX_METRIC_BUCKETS)
  // The high end is what is asked for: the lowest are told apart no longer.
  const lowest = sorted.slice(0, tooMany).reduce((sum, [, count]) => sum + count, 0)
  return sorted
    .slice(tooMany)
    .flatMap(([bucket, count], index) => [bucket, index === 0 ? count + lowest : count])
}
