/** Explanations: what they say of each step, and that they never say something else than the evaluator does. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate, explain } from '#core'
import type { EvaluationContext, Explanation, JsonValue, SnapshotBody } from '#core'
import { ATTRIBUTE_KINDS } from '../../../sdk/src/core/explain-condition.ts'
import { MORE_OPERATORS } from '../../../sdk/src/core/more-operators.ts'
import { OPERATORS } from '../../../sdk/src/core/operators.ts'
import { bodyOf, flag, on } from './bodies.ts'

const NOW = 1_000_000
const ALL = Object.keys({ ...OPERATORS, ...MORE_OPERATORS })
const steps = (
  given: object,
  context: EvaluationContext,
  segments: unknown = {},
): Explanation['steps'] =>
  explain(bodyOf({ f: given }, segments), 'f', context, { nowMs: NOW }).steps

const ruleStep = (rule: object, context: EvaluationContext, segments?: unknown): unknown =>
  steps({ ...flag, rules: [{ id: 'r', serve: on, ...rule }] }, context, segments).find(
    ({ step }) => step === 'rule',
  )

describe('steps', () => {
  test('come in the order of the evaluation, and after the one that decides nothing is asked', () => {
    const given = {
      ...flag,
      prerequisites: [{ flag: 'other', variants: ['on'] }],
      targets: { on: ['ada'] },
      rules: [
        { id: 'first', when: { attribute: 'plan', operator: 'equals', value: 'pro' }, serve: on },
        { id: 'second', serve: on },
        { id: 'third', serve: on },
      ],
    }
    const body = bodyOf({ f: given, other: { ...flag, defaultVariant: 'on' } })
    const answer = explain(body, 'f', { targetingKey: 'bob', plan: 'free' }, { nowMs: NOW })
    expect(answer).toMatchObject({ flagKey: 'f', value: true, variant: 'on' })
    expect(answer.steps).toEqual([
      { step: 'enabled', enabled: true, outcome: 'passed' },
      { step: 'prerequisite', flag: 'other', wanted: ['on'], served: 'on', outcome: 'met' },
      { step: 'targets', outcome: 'not matched' },
      {
        step: 'rule',
        id: 'first',
        outcome: 'not matched',
        when: {
          attribute: 'plan',
          operator: 'equals',
          value: 'pro',
          seen: 'free',
          holds: false,
          why: 'comparison fails',
        },
      },
      { step: 'rule', id: 'second', outcome: 'served', variant: 'on' },
      { step: 'rule', id: 'third', outcome: 'not asked' },
      { step: 'default', outcome: 'not asked' },
    ])
  })

  test('a flag that is off says so and asks nothing', () => {
    expect(steps({ ...flag, enabled: false, rules: [{ id: 'r', serve: on }] }, {})).toEqual([
      { step: 'enabled', enabled: false, outcome: 'disabled' },
      { step: 'targets', outcome: 'not asked' },
      { step: 'rule', id: 'r', outcome: 'not asked' },
      { step: 'default', outcome: 'not asked' },
    ])
  })

  test('a target decides, and the default comes last', () => {
    const targeted = { ...flag, targets: { on: ['ada'] } }
    expect(steps(targeted, { targetingKey: 'ada' })).toContainEqual({
      step: 'targets',
      outcome: 'served',
      variant: 'on',
    })
    expect(steps(targeted, { targetingKey: 'bob' }).at(-1)).toEqual({
      step: 'default',
      outcome: 'served',
      variant: 'off',
    })
  })

  test.each([
    ['not there', {}, 'no such flag', undefined],
    ['off', { other: { ...flag, enabled: false } }, 'not enabled', undefined],
    ['on with another variant', { other: flag }, 'another variant', 'off'],
    [
      'one that asks back',
      {
        other: { ...flag, defaultVariant: 'on', prerequisites: [{ flag: 'f', variants: ['on'] }] },
      },
      'a circle, or too deep',
      undefined,
    ],
  ])('a prerequisite that is %s is not met', (_, others, why, served) => {
    const given = { ...flag, prerequisites: [{ flag: 'other', variants: ['on', 'x'] }] }
    const answer = explain(bodyOf({ f: given, ...others }), 'f', {}, { nowMs: NOW })
    expect(answer.reason).toBe('DISABLED')
    const step = answer.steps.find((one) => one.step === 'prerequisite')
    expect(step).toMatchObject({ flag: 'other', outcome: 'not met' })
    if (why !== 'a circle, or too deep') expect(step).toMatchObject({ why })
    if (served !== undefined) expect(step).toMatchObject({ served })
  })
})

describe('rules', () => {
  test('a split tells the bucket and where the cuts are', () => {
    const serve = {
      split: [
        { variant: 'on', weight: 25_000 },
        { variant: 'off', weight: 25_000 },
      ],
    }
    const shares = [
      { variant: 'on', from: 0, to: 25_000, fromCut: 0, toCut: 2 ** 30 },
      { variant: 'off', from: 25_000, to: 50_000, fromCut: 2 ** 30, toCut: 2 ** 31 },
    ]
    const outcomes = new Set<unknown>()
    for (let i = 0; i < 50; i++) {
      const answer = explain(
        bodyOf({ f: { ...flag, rules: [{ id: 'r', serve }] } }),
        'f',
        { targetingKey: `user-${i}` },
        { nowMs: NOW },
      )
      const step = answer.steps.find((one) => one.step === 'rule')
      if (step?.bucket === undefined) throw new Error('no bucket')
      const { bucket, outcome, variant } = step
      outcomes.add(variant ?? outcome)
      expect(step.shares).toEqual(shares)
      const taken = shares.find(({ fromCut, toCut }) => fromCut <= bucket && bucket < toCut)
      expect(variant).toBe(taken?.variant)
      expect(outcome).toBe(taken ? 'served' : 'outside share')
      if (taken) expect(answer.flagMetadata['bucket']).toBe(bucket)
    }
    expect(outcomes).toEqual(new Set(['off', 'on', 'outside share']))
  })

  test('a ramp tells the share of the time that is asked about', () => {
    const ramp = { variant: 'on', from: 0, to: 100_000, startMs: 0, endMs: 2 * NOW }
    expect(ruleStep({ serve: { ramp } }, { targetingKey: 'ada' })).toMatchObject({
      shares: [{ variant: 'on', from: 0, to: 50_000, fromCut: 0, toCut: 2 ** 31 }],
    })
  })

  test('a rule outside its schedule was not asked further', () => {
    expect(ruleStep({ startMs: NOW + 1 }, {})).toEqual({
      step: 'rule',
      id: 'r',
      outcome: 'outside schedule',
      schedule: { startMs: NOW + 1 },
    })
    expect(ruleStep({ startMs: NOW, endMs: NOW + 1 }, {})).toMatchObject({ outcome: 'served' })
    expect(ruleStep({ endMs: NOW }, {})).toMatchObject({ outcome: 'outside schedule' })
  })

  const split = { split: [{ variant: 'on', weight: 100_000 }] }
  test.each([
    ['nothing to hash', { serve: split }, 'missing bucketing value'],
    ['no bucketer', { serve: split, bucketing: { by: 'acme' } }, 'missing bucketer'],
    ['no bucketer for one variant', { bucketing: { by: 'acme' } }, 'missing bucketer'],
    [
      'an unknown operator under not',
      { when: { not: { attribute: 'a', operator: 'resembles', value: 1 } } },
      'condition not understood',
    ],
  ])('a rule with %s is skipped', (_, rule, why) => {
    expect(ruleStep(rule, {})).toMatchObject({ outcome: 'skipped', why })
  })

  test('a bucketer that throws is told apart from nothing to hash', () => {
    const bucketers = {
      acme: {
        bucket: (): number => {
          throw new Error('boom')
        },
      },
    }
    const body = bodyOf({
      f: { ...flag, rules: [{ id: 'r', serve: split, bucketing: { by: 'acme' } }] },
    })
    const why = (context: EvaluationContext): unknown =>
      explain(body, 'f', context, { nowMs: NOW, bucketers }).steps.find(
        ({ step }) => step === 'rule',
      )
    expect(why({ targetingKey: 'ada' })).toMatchObject({ why: 'bucketer failed' })
    expect(why({})).toMatchObject({ why: 'missing bucketing value' })
  })
})

describe('conditions', () => {
  const whyNot = (when: object, context: EvaluationContext): unknown => ruleStep({ when }, context)

  test.each<[object, EvaluationContext, object]>([
    [{ attribute: 'a', operator: 'equals', value: 5 }, {}, { why: 'attribute is missing' }],
    [
      { attribute: 'a', operator: 'equals', value: 5 },
      { a: '5' },
      { why: 'attribute is of another type', seen: '5' },
    ],
    [{ attribute: 'a', operator: 'lt', value: 5 }, { a: 7 }, { why: 'comparison fails', seen: 7 }],
    [
      { attribute: 'a.b', operator: 'semverGt', value: '1.0.0' },
      { a: { b: 'v2' } },
      { why: 'attribute is of another type', seen: 'v2' },
    ],
    [{ attribute: 'a', operator: 'notIn', value: [1] }, { a: 1 }, { why: 'comparison fails' }],
    [{ attribute: 'a', operator: 'resembles', value: 1 }, { a: 1 }, { why: 'unknown operator' }],
    [{ attribute: 'a', operator: 'in', value: 1 }, { a: 1 }, { why: 'value cannot be read' }],
    [{ attribute: 'a', operator: 'acme.is', value: 1 }, { a: 1 }, { why: 'missing bucketer' }],
    [{ operator: 'inSegment', value: 's' }, {}, { why: 'in no such segment' }],
  ])('%j for %j', (when, context, expected) => {
    expect(whyNot(when, context)).toMatchObject({ when: { ...expected, holds: false } })
  })

  test('every node of a tree says whether it holds, below all and any and not', () => {
    const yes = { attribute: 'a', operator: 'exists' }
    const no = { attribute: 'b', operator: 'exists' }
    expect(ruleStep({ when: { all: [yes, { any: [no, yes] }, { not: yes }] } }, { a: 1 })).toEqual({
      step: 'rule',
      id: 'r',
      outcome: 'not matched',
      when: {
        all: [
          { ...yes, seen: 1, holds: true },
          {
            any: [
              { ...no, holds: false, why: 'attribute is missing' },
              { ...yes, seen: 1, holds: true },
            ],
            holds: true,
          },
          { not: { ...yes, seen: 1, holds: true }, holds: false },
        ],
        holds: false,
      },
    })
  })

  test('segments are explained once each, those behind them too', () => {
    const segments = {
      outer: { when: { operator: 'inSegment', value: ['inner', 'nobody'] } },
      inner: { ids: ['ada'], excludedIds: ['eve'] },
      unasked: { ids: ['ada'] },
    }
    const given = {
      ...flag,
      rules: [{ id: 'r', when: { operator: 'inSegment', value: 'outer' }, serve: on }],
    }
    const of = (targetingKey: string): unknown =>
      explain(bodyOf({ f: given }, segments), 'f', { targetingKey }, { nowMs: NOW }).segments
    expect(of('ada')).toMatchObject({
      outer: { contains: true, why: 'condition holds' },
      inner: { contains: true, why: 'listed' },
      nobody: { contains: false, why: 'no such segment' },
    })
    expect(Object.keys(of('ada') as object)).toHaveLength(3)
    expect(of('eve')).toMatchObject({
      outer: { contains: false, why: 'condition does not hold' },
      inner: { contains: false, why: 'excluded' },
    })
    expect(of('bob')).toMatchObject({ inner: { contains: false, why: 'not listed' } })
  })

  test('a circle of segments ends, and says that it cannot be read', () => {
    const segments = {
      a: { when: { operator: 'inSegment', value: 'b' } },
      b: { when: { operator: 'inSegment', value: 'a' } },
    }
    const given = {
      ...flag,
      rules: [{ id: 'r', when: { operator: 'notInSegment', value: 'a' }, serve: on }],
    }
    const answer = explain(bodyOf({ f: given }, segments), 'f', {}, { nowMs: NOW })
    expect(answer.steps.find(({ step }) => step === 'rule')).toMatchObject({
      outcome: 'skipped',
      when: { why: 'segment cannot be read' },
    })
    expect(answer.segments).toMatchObject({ a: { why: 'cannot be read' } })
  })

  test('no operator is unknown to the explanation', () => {
    const missing = ALL.filter((name) => !Object.hasOwn(ATTRIBUTE_KINDS, name))
    expect(missing).toEqual([])
  })
})

describe('with nothing to explain', () => {
  test.each([
    ['a flag that is not there', {}, 'FLAG_NOT_FOUND'],
    ['a flag that does not fit the grammar', { f: { ...flag, rules: 7 } }, 'PARSE_ERROR'],
    ['a flag that is none', { f: null }, 'PARSE_ERROR'],
  ])('%s has no steps', (_, flags, errorCode) => {
    const answer = explain(bodyOf(flags), 'f', {}, { nowMs: NOW })
    expect(answer).toMatchObject({ reason: 'ERROR', errorCode, steps: [] })
  })

  test('members that throw do not', () => {
    const thrower = Object.defineProperty({}, 'a', {
      enumerable: true,
      get: () => {
        throw new Error('boom')
      },
    }) as EvaluationContext
    const when = { attribute: 'a', operator: 'exists' }
    const body = bodyOf({ f: { ...flag, rules: [{ id: 'r', when, serve: on }] } })
    expect(explain(body, 'f', thrower, { nowMs: NOW })).toMatchObject({
      errorCode: 'INVALID_CONTEXT',
      steps: [],
    })
  })

  test('a served variant that is not there still has its steps', () => {
    const body = bodyOf({ f: { ...flag, rules: [{ id: 'r', serve: { variant: 'gone' } }] } })
    const answer = explain(body, 'f', {}, { nowMs: NOW })
    expect(answer).toMatchObject({ errorCode: 'PARSE_ERROR' })
    expect(answer.steps).toContainEqual({ step: 'rule', id: 'r', outcome: 'served' })
  })
})

const rarely = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(one, { nil: undefined, freq: 1 })

// Generated flags: few names and values, so that conditions, segments, targets and prerequisites meet.
const name = fc.constantFrom('a', 'b', 'c', 'd.e', 'targetingKey')
const scalar = fc.constantFrom<JsonValue[]>('x', 'y', 0, 5, true, null, '1.2.3')
const variant = fc.constantFrom('on', 'on', 'off', 'off', 'gone')
const share = fc.constantFrom(0, 1, 10_000, 25_000, 30_000)
const time = fc.constantFrom(NOW - 5, NOW, NOW + 5)
const operator = fc.constantFrom(
  ...ALL,
  ...Array.from({ length: 30 }, (_, i) => ['equals', 'in', 'exists', 'notEquals'][i % 4] ?? ''),
  'notEquals',
  'notIn',
  'notExists',
  'resembles',
  'acme.is',
  'acme.throws',
)
const leaf = fc.oneof(
  fc.record({ attribute: name, operator, value: fc.oneof(scalar, fc.array(scalar)) }),
  fc.record({
    operator: fc.constantFrom('inSegment', 'notInSegment'),
    value: fc.oneof(fc.constantFrom('s1', 's2', 's3'), fc.array(fc.constantFrom('s1', 's4'))),
  }),
  fc.record({
    operator: fc.constant('percentage'),
    value: fc.oneof(fc.record({ from: share, to: share }), fc.constant({ to: 50_000, seed: 'z' })),
  }),
)
const { condition } = fc.letrec<{ condition: unknown }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.record({ all: fc.array(tie('condition'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('condition'), { maxLength: 3 }) }),
    fc.record({ not: tie('condition') }),
  ),
}))
const serve = fc.oneof(
  fc.record({ variant }),
  fc.record({
    split: fc.array(
      fc.record({ variant, weight: share, from: share }, { requiredKeys: ['variant', 'weight'] }),
      { maxLength: 3 },
    ),
  }),
  fc.record({ ramp: fc.record({ variant, from: share, to: share, startMs: time, endMs: time }) }),
)
const rule = fc.record(
  {
    id: fc.constantFrom('r1', 'r2', 'r3'),
    when: condition,
    serve,
    seed: fc.constant('other'),
    bucketBy: name,
    bucketing: rarely(
      fc.constantFrom({ by: 'acme' }, { by: 'nobody' }, { by: 'broken', parts: 9e4 }),
    ),
    startMs: fc.constantFrom(0, 0, 0, NOW, NOW + 1),
    endMs: fc.constantFrom(NOW, NOW + 1, NOW + 1, NOW + 1),
  },
  { requiredKeys: ['id', 'serve'] },
)
const generatedFlag = fc.record(
  {
    type: fc.constant('boolean'),
    variants: fc.constant({ on: true, off: false }),
    enabled: fc.constantFrom(true, true, true, false),
    seed: fc.constantFrom('s', 't'),
    offVariant: variant,
    defaultVariant: variant,
    prerequisites: fc.array(
      fc.record({ flag: fc.constantFrom('f1', 'f2', 'f3', 'f4'), variants: fc.array(variant) }),
      { maxLength: 1 },
    ),
    targets: rarely(fc.dictionary(variant, fc.array(fc.constantFrom('x', 'y')), { maxKeys: 2 })),
    rules: fc.array(rule, { maxLength: 4, size: 'max' }),
    metadata: fc.constant({ ruleId: 'mine', bucket: 3, skipped: 'mine' }),
  },
  { requiredKeys: ['type', 'variants', 'enabled', 'seed'] },
)
const segment = fc.record(
  {
    ids: fc.array(fc.constantFrom('x', 'y')),
    excludedIds: fc.array(fc.constantFrom('x', 'y')),
    when: condition,
  },
  { requiredKeys: [] },
)
const generatedBody: fc.Arbitrary<SnapshotBody> = fc
  .tuple(
    fc.record({ f1: generatedFlag, f2: generatedFlag, f3: generatedFlag }),
    fc.record({ s1: segment, s2: segment, s3: segment }),
  )
  .map(([flags, segments]) => bodyOf(flags, segments))
const context = fc.record(
  {
    targetingKey: fc.constantFrom('x', 'y', 'z', ''),
    a: fc.oneof(scalar, fc.array(scalar)),
    b: scalar,
    c: scalar,
    d: fc.record({ e: scalar }),
  },
  { requiredKeys: [] },
)

const bucketers = {
  acme: {
    bucket: (value: string): number => (value.length % 4) / 4,
    operators: {
      is: (attribute: unknown, value: JsonValue): boolean => attribute === value,
      throws: (): boolean => {
        throw new Error('boom')
      },
    },
  },
  broken: {
    bucket: (): number => {
      throw new Error('boom')
    },
  },
}

/** The step that decided, in the words of an evaluation. */
function decided({ steps: all }: Explanation): object {
  for (const step of all) {
    if (step.outcome === 'disabled') return { reason: 'DISABLED' }
    if (step.outcome === 'not met' && step.step === 'prerequisite') {
      return { reason: 'DISABLED', prerequisite: step.flag }
    }
    if (step.outcome !== 'served') continue
    const { variant: served } = step
    return { variant: served, ...(step.step === 'rule' && { ruleId: step.id }) }
  }
  throw new Error('no step decided')
}

test('an explanation always agrees with the evaluation: value, variant, reason, and the step that decided', () => {
  const reached = new Map<string, number>()
  fc.assert(
    fc.property(generatedBody, context, fc.boolean(), (body, asked, hasBucketers) => {
      const options = { nowMs: NOW, fallback: 'fallback', ...(hasBucketers && { bucketers }) }
      const details = evaluate(body, 'f1', asked, options)
      const answer = explain(body, 'f1', asked, options)
      const { steps: all, segments: _, ...rest } = answer
      expect(rest).toEqual(details)
      if (details.errorCode === 'PARSE_ERROR' && all.length === 0) return
      const { flagMetadata } = details
      const expected = decided(answer)
      if ('reason' in expected) {
        if (details.errorCode === undefined) expect(details.reason).toBe('DISABLED')
        if ('prerequisite' in expected) {
          expect(flagMetadata['prerequisite']).toBe(expected.prerequisite)
        }
      } else {
        expect('variant' in expected ? expected.variant : undefined).toBe(details.variant)
        if ('ruleId' in expected) expect(flagMetadata['ruleId']).toBe(expected.ruleId)
      }
      const skipped = all.flatMap((step) =>
        step.step === 'rule' && step.outcome === 'skipped' ? [step.id] : [],
      )
      if (skipped.length > 0) expect(flagMetadata['skipped']).toBe(skipped.join())
      else expect(flagMetadata['skipped'] ?? 'mine').toBe('mine')
      for (const step of all) {
        if (step.step !== 'rule') continue
        reached.set(step.outcome, (reached.get(step.outcome) ?? 0) + 1)
        if (step.outcome === 'served' && step.bucket !== undefined) {
          expect(flagMetadata['bucket']).toBe(step.bucket)
          const { bucket } = step
          const taken = step.shares?.find((one) => one.fromCut <= bucket && bucket < one.toCut)
          if (step.variant !== undefined) expect(taken?.variant).toBe(step.variant)
        }
        if (step.when && step.outcome === 'served') expect(step.when.holds).toBe(true)
        if (step.when && step.outcome === 'not matched') expect(step.when.holds).toBe(false)
      }
    }),
    { numRuns: 3_000 },
  )
  // A property over flags that never get anywhere would say nothing.
  for (const outcome of [
    'served',
    'not matched',
    'outside share',
    'outside schedule',
    'skipped',
    'not asked',
  ]) {
    expect(reached.get(outcome) ?? 0).toBeGreaterThan(20)
  }
})
