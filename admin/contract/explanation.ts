/** What an evaluation answers, and the explanation of one (EVALUATION.md §6 and §10). Not strict, as all answers. */
import type { ExplainedCondition } from '#core'
import { isJsonObject } from '#core'
import * as v from 'valibot'
import { listOf } from './answer.ts'
import { dictionary, jsonValue, named } from './schema.ts'

/** Seen in a request's context, so it is JSON. */
const seen = v.unknown()

const explainedCondition: v.GenericSchema<ExplainedCondition> = named(
  'ExplainedCondition',
  v.lazy((input) => {
    if (isJsonObject(input) && Object.hasOwn(input, 'all')) return allOf
    if (isJsonObject(input) && Object.hasOwn(input, 'any')) return anyOf
    return isJsonObject(input) && Object.hasOwn(input, 'not') ? negation : comparison
  }),
)
const allOf = v.object({ all: listOf(explainedCondition), holds: v.boolean() })
const anyOf = v.object({ any: listOf(explainedCondition), holds: v.boolean() })
const negation = v.object({ not: explainedCondition, holds: v.boolean() })
const comparison = v.object({
  attribute: v.exactOptional(v.string()),
  operator: v.string(),
  value: v.exactOptional(jsonValue),
  seen: v.exactOptional(seen),
  holds: v.boolean(),
  why: v.exactOptional(
    v.picklist([
      'attribute is missing',
      'attribute is of another type',
      'comparison fails',
      'in no such segment',
      'in the segment',
      'unknown operator',
      'value cannot be read',
      'segment cannot be read',
      'missing bucketer',
      'bucketer failed',
    ]),
  ),
})

const explainedShare = v.object({
  variant: v.string(),
  from: v.number(),
  to: v.number(),
  fromCut: v.number(),
  toCut: v.number(),
})

const explanationStep = named(
  'ExplanationStep',
  v.variant('step', [
    v.object({
      step: v.literal('enabled'),
      enabled: v.boolean(),
      outcome: v.picklist(['passed', 'disabled']),
    }),
    v.object({
      step: v.literal('prerequisite'),
      flag: v.string(),
      wanted: listOf(v.string()),
      served: v.exactOptional(v.string()),
      outcome: v.picklist(['met', 'not met', 'not asked']),
      why: v.exactOptional(
        v.picklist(['no such flag', 'not enabled', 'another variant', 'a circle, or too deep']),
      ),
    }),
    v.object({
      step: v.literal('targets'),
      outcome: v.picklist(['served', 'not matched', 'not asked']),
      variant: v.exactOptional(v.string()),
    }),
    v.object({
      step: v.literal('rule'),
      id: v.string(),
      outcome: v.picklist([
        'served',
        'not matched',
        'outside share',
        'outside schedule',
        'skipped',
        'not asked',
      ]),
      why: v.exactOptional(
        v.picklist([
          'condition not understood',
          'missing bucketing value',
          'missing bucketer',
          'bucketer failed',
        ]),
      ),
      variant: v.exactOptional(v.string()),
      bucket: v.exactOptional(v.number()),
      shares: v.exactOptional(listOf(explainedShare)),
      schedule: v.exactOptional(
        v.object({ startMs: v.exactOptional(v.number()), endMs: v.exactOptional(v.number()) }),
      ),
      when: v.exactOptional(explainedCondition),
    }),
    v.object({
      step: v.literal('default'),
      outcome: v.picklist(['served', 'not asked']),
      variant: v.exactOptional(v.string()),
    }),
  ]),
)

const explainedSegment = named(
  'ExplainedSegment',
  v.object({
    contains: v.boolean(),
    why: v.picklist([
      'excluded',
      'listed',
      'condition holds',
      'condition does not hold',
      'not listed',
      'no such segment',
      'cannot be read',
    ]),
    when: v.exactOptional(explainedCondition),
  }),
)

/** `steps` and `segments` are there when one flag was asked for. */
export const evaluationDetails = named(
  'EvaluationDetails',
  v.object({
    flagKey: v.string(),
    /** Absent when the caller's fallback would be served. */
    value: v.exactOptional(jsonValue),
    variant: v.exactOptional(v.string()),
    reason: v.string(),
    errorCode: v.exactOptional(v.string()),
    errorMessage: v.exactOptional(v.string()),
    flagMetadata: named(
      'Metadata',
      v.custom<Readonly<Record<string, string | number | boolean>>>(
        (value) => typeof value === 'object' && value !== null,
      ),
    ),
    steps: v.exactOptional(listOf(explanationStep)),
    segments: v.exactOptional(
      dictionary(explainedSegment, { max: Number.MAX_SAFE_INTEGER, name: () => null }),
    ),
  }),
)
