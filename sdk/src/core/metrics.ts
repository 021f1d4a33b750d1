/** What applications measure while content is released step by step, as SNAPSHOT.md §4.4 counts it. */

export const METRIC_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** Names one instance reports. */
export const MAX_METRICS = 16
/** Of one metric in one report. */
export const MAX_METRIC_BUCKETS = 24
/** Samples are cut to this, either way. */
export const MAX_SAMPLE = 1e15
/** Buckets are numbered from the negative of this to this. */
export const LAST_BUCKET = 200
/** Four to a doubling: the edges are 19 % apart. */
const BUCKETS_A_DOUBLING = 4

export interface MetricValue {
  readonly sum: number
  /** `[bucket, samples, bucket, samples, …]`, buckets rising. */
  readonly buckets: readonly number[]
}

export interface MetricsReport {
  /** For how long samples have been counted. */
  readonly forMs: number
  readonly values: Readonly<Record<string, MetricValue>>
}

/** Of a finite sample. */
export function bucketOfSample(value: number): number {
  if (value <= 0) return -LAST_BUCKET
  const bucket = Math.ceil(Math.log2(value) * BUCKETS_A_DOUBLING)
  // Never `-0`, which JSON would write as another number than it reads.
  return Math.max(-LAST_BUCKET, Math.min(LAST_BUCKET, bucket)) + 0
}

/** The largest sample of a bucket. */
export function edgeOfBucket(bucket: number): number {
  return 2 ** (bucket / BUCKETS_A_DOUBLING)
}
