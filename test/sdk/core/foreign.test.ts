/** EVALUATION.md §9: an application's own arithmetic, which may be missing or throw. */
import { describe, expect, test } from 'vitest'
import { evaluate } from '#core'
import type { Bucketers, EvaluationContext, EvaluationDetails } from '#core'
import { bodyOf, flag, on } from './bodies.ts'

const rule = (more: object): object => ({ ...flag, rules: [{ id: 'r', serve: on, ...more }] })

describe('foreign bucketers and operators', () => {
  const bucketers: Bucketers = {
    half: {
      bucket: (value, seed, parts) => (value === `${seed}${parts}` ? 0.5 : 0),
      operators: { is: (attribute, value, context) => attribute === value && 'b' in context },
    },
    faulty: {
      bucket: () => {
        throw new Error('no')
      },
      operators: {
        fails: () => {
          throw new Error('no')
        },
      },
    },
  }
  const details = (
    given: unknown,
    context: EvaluationContext,
    segments: unknown = {},
  ): EvaluationDetails => evaluate(bodyOf({ given }, segments), 'given', context, { bucketers })

  test('place a context among parts of their own, and no bucket is told', () => {
    const serve = {
      split: [
        { variant: 'off', weight: 5 },
        { variant: 'on', weight: 1 },
      ],
    }
    const given = rule({ serve, bucketing: { by: 'half', parts: 10 } })
    const answer = details(given, { targetingKey: 's10' })
    expect(answer).toMatchObject({ value: true, reason: 'SPLIT', flagMetadata: { ruleId: 'r' } })
    expect(answer.flagMetadata).not.toHaveProperty('bucket')
    expect(details(given, { targetingKey: 'other' }).variant).toBe('off')
  })

  test('answer for operators with a dot, whole lists included', () => {
    const given = rule({ when: { attribute: 'a', operator: 'half.is', value: 'x' } })
    expect(details(given, { a: 'x', b: 1 }).value).toBe(true)
    expect(details(given, { a: ['x'], b: 1 }).value).toBe(false)
    expect(details(given, { a: 'x' }).value).toBe(false)
  })

  test.each([
    ['a bucketer that is not there', { bucketing: { by: 'gone' } }],
    ['a bucketer that is inherited', { bucketing: { by: 'toString' } }],
    [
      'a bucketer that throws',
      { bucketing: { by: 'faulty' }, serve: { split: [{ variant: 'on', weight: 100_000 }] } },
    ],
    ['an operator that is not there', { when: { attribute: 'a', operator: 'half.gone' } }],
    ['an operator that throws', { when: { attribute: 'a', operator: 'faulty.fails' } }],
    ['its negation', { when: { not: { attribute: 'a', operator: 'faulty.fails' } } }],
    ['a segment that asks it', { when: { not: { operator: 'inSegment', value: 's' } } }],
  ])('%s: the rule is passed over', (_, more) => {
    const segments = { s: { when: { attribute: 'a', operator: 'faulty.fails' } } }
    const answer = details(rule(more), { targetingKey: 'u' }, segments)
    expect(answer).toMatchObject({
      value: false,
      reason: 'DEFAULT',
      flagMetadata: { skipped: 'r' },
    })
  })
})
