/** How new content is released: the settings of an environment, and deployments as the API tells of them. */
import {
  type CustomStrategy,
  type FreezeWindow,
  type GateSettings,
  MAX_SAMPLE,
  METRIC_NAME,
  type MetricThreshold,
  type NamedRing,
  type StrategyName,
} from '#core'
import * as v from 'valibot'
import { listOf } from './answer.ts'
import { MAX_REASON_CHARS, MAX_TIME_MS } from './limits.ts'
import { dictionary, integer, named, reason, scopeName, strict, text } from './schema.ts'

const MAX_MINUTES = 10_080
const MAX_COUNT = 1_000_000_000
const MAX_LABEL_NAME = 64
const MAX_LABEL_VALUE = 128

const strategyNames = [
  'all-at-once',
  'linear-20-6m',
  'canary-10-20m',
  'ramp-1-5-10-25-50-100',
] as const satisfies readonly StrategyName[]

function numberIn(min: number, max: number) {
  return v.pipe(v.number(), v.minValue(min), v.maxValue(max))
}

/** Who comes first: instances that have one of the values of each label. */
const ring: v.GenericSchema<NamedRing> = named(
  'Ring',
  strict({
    name: text(MAX_LABEL_NAME),
    labels: dictionary(
      v.pipe(v.array(text(MAX_LABEL_VALUE, 0)), v.minLength(1), v.maxLength(100)),
      {
        min: 1,
        max: 16,
        name: (name) =>
          name === '' || name.length > MAX_LABEL_NAME ? 'must have 1 to 64 characters' : null,
      },
    ),
  }),
)

const customStrategy: v.GenericSchema<CustomStrategy> = named(
  'CustomStrategy',
  strict({
    growth: v.picklist(['LINEAR', 'EXPONENTIAL']),
    factor: integer(1, 100),
    minutes: numberIn(0, MAX_MINUTES),
    bake: numberIn(0, MAX_MINUTES),
    rings: v.exactOptional(v.pipe(v.array(ring), v.minLength(1), v.maxLength(16))),
  }),
)

export const strategy: v.GenericSchema<StrategyName | CustomStrategy> = named(
  'Strategy',
  v.lazy((input) => (typeof input === 'string' ? v.picklist(strategyNames) : customStrategy)),
)

const metricThreshold: v.GenericSchema<MetricThreshold> = named(
  'MetricThreshold',
  v.pipe(
    strict({
      metric: v.pipe(v.string(), v.regex(METRIC_NAME)),
      /** Samples a minute and instance, their mean, or the value that 95 % of them do not pass. */
      kind: v.picklist(['rate', 'mean', 'p95']),
      max: v.exactOptional(numberIn(0, MAX_SAMPLE)),
      /** So many times what instances without the candidate measure. */
      relativeToStable: v.exactOptional(numberIn(1, 1_000)),
      /** Default 10. */
      minSamples: v.exactOptional(integer(1, MAX_COUNT)),
    }),
    v.check(
      ({ max, relativeToStable }) => max !== undefined || relativeToStable !== undefined,
      'must have max, relativeToStable or both',
    ),
  ),
)

export const gate: v.GenericSchema<GateSettings> = named(
  'Gate',
  strict({
    failedPercent: v.exactOptional(numberIn(0, 100)),
    failedInstances: v.exactOptional(integer(1, MAX_COUNT)),
    metrics: v.exactOptional(v.pipe(v.array(metricThreshold), v.maxLength(16))),
    action: v.exactOptional(v.picklist(['rollback', 'pause', 'notify'])),
  }),
)

export const freezeWindows: v.GenericSchema<readonly FreezeWindow[]> = v.pipe(
  v.array(
    v.pipe(
      strict({
        fromMs: integer(0, MAX_TIME_MS),
        toMs: integer(0, MAX_TIME_MS),
        reason: v.exactOptional(text(MAX_REASON_CHARS)),
      }),
      v.check(({ fromMs, toMs }) => fromMs < toMs, 'toMs must be after fromMs'),
    ),
  ),
  v.maxLength(100),
)

/** Of a request for a deployment: as in the settings, or `emergency`. */
export const requestedStrategy: v.GenericSchema<StrategyName | 'emergency' | CustomStrategy> =
  v.lazy((input) =>
    typeof input === 'string' ? v.picklist([...strategyNames, 'emergency']) : customStrategy,
  )

export const createDeploymentBody = strict({
  environment: scopeName,
  /** Content as of this revision; absent: the newest. */
  revision: v.exactOptional(integer(1, Number.MAX_SAFE_INTEGER)),
  /** Absent: that of the environment. */
  strategy: v.exactOptional(requestedStrategy),
  /** Although this content failed before. */
  again: v.exactOptional(v.boolean()),
  reason,
})

export const actBody = strict({ reason })

const statuses = [
  'queued',
  'running',
  'baking',
  'paused',
  'complete',
  'rolled-back',
  'cancelled',
] as const

/** Shares are parts of 100,000 of the instances; times milliseconds since 1970, null: not yet or never. */
export const deployment = named(
  'Deployment',
  v.object({
    id: v.string(),
    environment: v.string(),
    /** Content as of this revision is released … */
    revision: v.number(),
    /** … in place of content as of this one. */
    stableRevision: v.number(),
    status: v.picklist(statuses),
    /** Who has it now. */
    share: v.number(),
    strategy: v.string(),
    /** By step; 0 for a step that is a ring. */
    shares: listOf(v.number()),
    /** The first steps. */
    rings: v.exactOptional(listOf(ring)),
    stepMs: v.number(),
    bakeMs: v.number(),
    author: v.string(),
    reason: v.string(),
    createdAtMs: v.number(),
    startedAtMs: v.nullable(v.number()),
    /** When it goes on by itself. */
    dueAtMs: v.nullable(v.number()),
    endedAtMs: v.nullable(v.number()),
    /** What happened, oldest first. */
    story: listOf(
      v.object({
        atMs: v.number(),
        what: v.string(),
        by: v.string(),
        share: v.number(),
        ring: v.exactOptional(v.string()),
        why: v.exactOptional(v.string()),
      }),
    ),
  }),
)
