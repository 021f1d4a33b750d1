import { describe, expect, test } from 'vitest'
import { bucketOfSample, type JsonValue, type MetricThreshold, type StatusReport } from '#core'
import { baselineOf, metricFault } from '../../../worker/domain/metrics-gate.ts'
import {
  type GroupMeasures,
  levelOf,
  type Measures,
  measuresOf,
  mergeMeasures,
} from '../../../worker/domain/metrics.ts'
import { readStatus } from '../../../worker/domain/status.ts'
import { createDice } from '../../support/random.ts'

const MINUTE_MS = 60_000
const sdk = { name: 'js', version: '1' }

function report(
  group: 'stable' | 'candidate',
  samples: Readonly<Record<string, readonly number[]>>,
  more: Partial<StatusReport> = {},
): StatusReport {
  const values = Object.entries(samples).map(([name, list]) => {
    const counts = new Map<number, number>()
    for (const sample of list) {
      const bucket = bucketOfSample(sample)
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
    }
    const buckets = [...counts].toSorted(([a], [b]) => a - b).flat()
    return [name, { sum: list.reduce((sum, sample) => sum + sample, 0), buckets }] as const
  })
  const metrics = { forMs: MINUTE_MS, values: Object.fromEntries(values) }
  const about = { instance: 'a', state: 'applied', revision: 1, seq: 1, sdk } as const
  return { ...about, group, deployment: '7', metrics, ...more }
}

const times = (count: number, value = 1): number[] => Array.from({ length: count }, () => value)

/** A group of `instances` that were watched for a minute each. */
const group = (
  instances: number,
  samples: Readonly<Record<string, readonly number[]>>,
): GroupMeasures => {
  const first = report('stable', samples)
  const others = Array.from({ length: instances - 1 }, () => report('stable', {}))
  return measuresOf([first, ...others], '7', Object.keys(samples)).stable
}

describe('measures', () => {
  test('are added up by group, of the deployment and the metrics that are asked for alone', () => {
    const measures = measuresOf(
      [
        report('candidate', { error: times(3), other: [1] }),
        report('candidate', { error: times(2) }),
        report('stable', {}),
        report('stable', { error: times(9) }, { deployment: '6' }),
        {
          instance: 'b',
          state: 'applied',
          revision: 1,
          seq: 1,
          sdk,
          group: 'stable',
          deployment: '7',
        },
      ],
      '7',
      ['error', 'constructor'],
    )
    expect(measures).toEqual({
      candidate: {
        instances: 2,
        forMs: 2 * MINUTE_MS,
        values: { error: { sum: 5, buckets: [0, 5] } },
      },
      stable: { instances: 1, forMs: MINUTE_MS, values: {} },
    })
  })

  test('of several hubs are those of all their instances', () => {
    const reports = [
      report('candidate', { ms: [1, 5, 9] }),
      report('stable', { ms: [3, 100] }),
      report('candidate', { ms: [2, 0, -4] }),
    ]
    const parts = reports.map((one) => measuresOf([one], '7', ['ms']))
    expect(mergeMeasures(parts)).toEqual(measuresOf(reports, '7', ['ms']))
  })

  test('a rate is by minute and instance, and nothing at all is a rate of 0', () => {
    expect(levelOf(group(4, { error: times(16) }), 'error', 'rate')).toEqual({
      value: 4,
      error: 1,
      samples: 16,
      minutes: 4,
    })
    expect(levelOf(group(4, {}), 'error', 'rate')).toMatchObject({ value: 0, samples: 0 })
    expect(levelOf(group(4, {}), 'error', 'mean')).toBeUndefined()
  })

  test('p95 is within 19 % of the true one', () => {
    for (const scale of [0.001, 1, 350, 1e6]) {
      const list = Array.from({ length: 1_000 }, (_, index) => scale * (1 + index / 100))
      const { value = 0 } = levelOf(group(1, { ms: list }), 'ms', 'p95') ?? {}
      const truth = scale * (1 + 949 / 100)
      expect(Math.abs(value / truth - 1)).toBeLessThan(0.19)
    }
    expect(levelOf(group(1, { ms: times(50, 0) }), 'ms', 'p95')?.value).toBe(0)
  })
})

describe('a threshold', () => {
  const judge = (threshold: MetricThreshold, candidate: GroupMeasures, stable: GroupMeasures) =>
    metricFault([threshold], { candidate, stable })
  const none: GroupMeasures = { instances: 0, forMs: 0, values: {} }
  const rate = { metric: 'error', kind: 'rate' } as const

  test.each<[string, MetricThreshold, GroupMeasures, GroupMeasures, string | undefined]>([
    [
      'at the maximum is let pass',
      { ...rate, max: 10 },
      group(2, { error: times(20) }),
      none,
      undefined,
    ],
    [
      'over the maximum is a fault',
      { ...rate, max: 10 },
      group(2, { error: times(21) }),
      none,
      'error: rate 10.5 with the candidate, at most 10 is let pass',
    ],
    [
      'of too few samples says nothing',
      { ...rate, max: 1 },
      group(1, { error: times(9) }),
      none,
      undefined,
    ],
    [
      'of as many samples as asked for says something',
      { ...rate, max: 1, minSamples: 2 },
      group(1, { error: times(2) }),
      none,
      'error: rate 2 with the candidate, at most 1 is let pass',
    ],
    [
      'beside a stable group that does better is a fault',
      { ...rate, relativeToStable: 1.5 },
      group(4, { error: times(100) }),
      group(8, { error: times(80) }),
      'error: rate 25 with the candidate, 10 without: at most 1.5 times that is let pass',
    ],
    [
      'beside a stable group that does better by chance is none',
      { ...rate, relativeToStable: 1.5 },
      group(1, { error: times(25) }),
      group(8, { error: times(80) }),
      undefined,
    ],
    [
      'beside a stable group that does as badly is none',
      { ...rate, relativeToStable: 1.5 },
      group(1, { error: times(15) }),
      group(8, { error: times(80) }),
      undefined,
    ],
    [
      'beside a stable group without a single one is a fault',
      { ...rate, relativeToStable: 1.5 },
      group(1, { error: times(16) }),
      group(1, {}),
      'error: rate 16 with the candidate, 0 without: at most 1.5 times that is let pass',
    ],
    [
      'beside nobody is judged by the maximum alone',
      { ...rate, relativeToStable: 1.5 },
      group(1, { error: times(16) }),
      none,
      undefined,
    ],
    [
      'of a mean compares what failed with what was tried',
      { metric: 'failed', kind: 'mean', relativeToStable: 2, minSamples: 50 },
      group(1, { failed: [...times(200), ...times(300, 0)] }),
      group(3, { failed: [...times(50), ...times(450, 0)] }),
      'failed: mean 0.4 with the candidate, 0.1 without: at most 2 times that is let pass',
    ],
    [
      'beside a stable group of too few samples says nothing',
      { metric: 'failed', kind: 'mean', relativeToStable: 2, minSamples: 50 },
      group(1, { failed: times(100) }),
      group(3, { failed: times(49, 0) }),
      undefined,
    ],
    [
      'of a metric that nobody measured says nothing',
      { metric: 'other', kind: 'p95', max: 1 },
      group(1, { error: times(100) }),
      none,
      undefined,
    ],
  ])('%s', (_, threshold, candidate, stable, fault) => {
    expect(judge(threshold, candidate, stable)).toBe(fault)
  })

  test('that two groups differ by chance alone rolls hardly anything back', () => {
    const dice = createDice(11)
    const draw = (count: number): number[] =>
      Array.from({ length: count }, () => (dice.chance(0.1) ? 1 : 0))
    const threshold = { metric: 'failed', kind: 'mean', relativeToStable: 1.2 } as const
    let faults = 0
    for (let run = 0; run < 200; run++) {
      const failed: number[] = []
      const others: number[] = []
      // Looked at thirty times while the numbers grow.
      const looks = Array.from({ length: 30 }, () => {
        failed.push(...draw(10))
        others.push(...draw(40))
        return judge(threshold, group(1, { failed }), group(4, { failed: others }))
      })
      if (looks.some((fault) => fault !== undefined)) faults++
    }
    expect(faults).toBeLessThanOrEqual(4)
  })

  test('is compared with what the stable group measured last when there is none left', () => {
    const thresholds = [{ ...rate, relativeToStable: 2 }]
    const before: Measures = { candidate: none, stable: group(40, { error: times(400) }) }
    const baseline = baselineOf(thresholds, before)
    const now = (errors: number) => ({
      candidate: group(10, { error: times(errors) }),
      stable: none,
    })
    expect(metricFault(thresholds, now(200), baseline)).toBeUndefined()
    expect(metricFault(thresholds, now(300), baseline)).toMatch(/^error: rate 30 /)
    // And stays known when the next step finds nobody.
    expect(baselineOf(thresholds, now(1), baseline)).toEqual(baseline)
  })
})

describe('metrics in a report', () => {
  const base = { instance: 'a', state: 'applied', revision: 1, seq: 1, sdk }
  const value = { sum: 3, buckets: [-200, 4, 0, 3] }
  const read = (metrics: JsonValue) => readStatus({ ...base, metrics })

  test.each<[string, JsonValue]>([
    ['nothing yet', { forMs: 0, values: {} }],
    ['a metric', { forMs: 61_000, values: { 'checkout.failed': value } }],
  ])('are read: %s', (_, metrics) => {
    expect(read(metrics)).toEqual({ ok: true, value: { ...base, metrics } })
  })

  test.each<[string, JsonValue, string]>([
    ['a list', [], '/metrics/forMs'],
    ['no time', { values: {} }, '/metrics/forMs'],
    ['negative time', { forMs: -1, values: {} }, '/metrics/forMs'],
    ['values that are a list', { forMs: 1, values: [] }, '/metrics/values'],
    ['a name with a space', { forMs: 1, values: { 'a b': value } }, '/metrics/values/a b'],
    ['a value that is a number', { forMs: 1, values: { a: 1 } }, '/metrics/values/a/sum'],
    [
      'half a pair',
      { forMs: 1, values: { a: { sum: 1, buckets: [1] } } },
      '/metrics/values/a/buckets',
    ],
    [
      'falling buckets',
      { forMs: 1, values: { a: { sum: 1, buckets: [2, 1, 2, 1] } } },
      '/metrics/values/a/buckets/2',
    ],
    [
      'a bucket past the last',
      { forMs: 1, values: { a: { sum: 1, buckets: [201, 1] } } },
      '/metrics/values/a/buckets/0',
    ],
    [
      'an empty bucket',
      { forMs: 1, values: { a: { sum: 1, buckets: [2, 0] } } },
      '/metrics/values/a/buckets/1',
    ],
    [
      'more samples than anybody has',
      { forMs: 1, values: { a: { sum: 1, buckets: [2, 1e10] } } },
      '/metrics/values/a/buckets/1',
    ],
    [
      'a sum without end',
      { forMs: 1, values: { a: { sum: 1e300, buckets: [] } } },
      '/metrics/values/a/sum',
    ],
    [
      '25 buckets',
      { forMs: 1, values: { a: { sum: 1, buckets: Array.from({ length: 50 }, (_, i) => i + 1) } } },
      '/metrics/values/a/buckets',
    ],
    [
      '17 metrics',
      {
        forMs: 1,
        values: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`m${i}`, value])),
      },
      '/metrics/values',
    ],
  ])('are refused: %s', (_, metrics, path) => {
    const result = read(metrics)
    const issues = expect.arrayContaining([expect.objectContaining({ path })])
    expect(result).toMatchObject({ ok: false, error: { reason: 'invalid', issues } })
  })

  test('lose what is not known', () => {
    const more = { forMs: 1, host: 'x', values: { a: { ...value, unit: 'ms' } } }
    expect(read(more)).toMatchObject({
      ok: true,
      value: { metrics: { forMs: 1, values: { a: value } } },
    })
    expect(JSON.stringify(read(more))).not.toMatch(/host|unit/)
  })
})
