/** Bodies and contexts nobody should make: nothing throws, and one bad flag harms no other. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile, evaluate } from '#core'
import type { EvaluationContext, SnapshotBody } from '#core'
import { bodyOf, flag, on } from './bodies.ts'

function boom(): never {
  throw new Error('boom')
}

const thrower = (name: string): object =>
  Object.defineProperty({}, name, { get: boom, enumerable: true })

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
const asContext = (given: unknown): EvaluationContext => given as EvaluationContext

describe('hostile input', () => {
  test('a context whose members throw gets the fallback and INVALID_CONTEXT', () => {
    const body = bodyOf({
      given: {
        ...flag,
        rules: [{ id: 'r', when: { attribute: 'a', operator: 'exists' }, serve: on }],
      },
    })
    const throwing = asContext(thrower('a'))
    expect(compile(body).value('given', 'boolean', true, throwing, 0)).toBe(true)
    expect(evaluate(body, 'given', throwing, { fallback: 'f' })).toMatchObject({
      value: 'f',
      reason: 'ERROR',
      errorCode: 'INVALID_CONTEXT',
    })
  })

  test('a flag whose members throw, or whose condition contains itself, harms no other', () => {
    const cycle: Record<string, unknown> = { not: undefined }
    cycle['not'] = cycle
    const deep = Array.from({ length: 50_000 }).reduce<unknown>((not) => ({ not }), { all: [] })
    const flags = {
      thrower: thrower('type'),
      cycle: { ...flag, rules: [{ id: 'r', when: cycle, serve: on }] },
      deep: { ...flag, rules: [{ id: 'r', when: deep, serve: on }] },
      good: { ...flag, defaultVariant: 'on' },
    }
    const { details } = compile(bodyOf(flags))
    expect(details('thrower', 'boolean', true, {}, 0).errorCode).toBe('PARSE_ERROR')
    for (const key of ['cycle', 'deep']) {
      expect(details(key, 'boolean', true, {}, 0)).toMatchObject({
        value: false,
        flagMetadata: { skipped: 'r' },
      })
    }
    expect(details('good', 'boolean', false, {}, 0).value).toBe(true)
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['flags that are null', bodyOf(null)],
    ['members that throw', thrower('flags')],
  ])('a body that is %s has no flags', (_, given: unknown) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
    const body = given as SnapshotBody
    const { value, details, flagKeys } = compile(body)
    expect(value('0', 'boolean', true, {}, 0)).toBe(true)
    expect(details('0', 'boolean', true, {}, 0)).toMatchObject({ value: true, reason: 'ERROR' })
    expect(flagKeys()).toEqual([])
  })

  test('whatever bodies and contexts are, evaluation does not throw and says the same twice', () => {
    const names = fc
      .constantFrom(
        'type variants enabled seed rules targets prerequisites id when serve split ramp variant weight'.split(
          ' ',
        ),
        'from to all any not value attribute operator ids on off __proto__ constructor a flag'.split(
          ' ',
        ),
        'bucketBy bucketing by parts startMs endMs metadata defaultVariant'.split(' '),
      )
      .chain((some) => fc.constantFrom(...some))
    const leaf = fc.oneof(
      names,
      fc.constantFrom(
        'boolean',
        'equals',
        'in',
        'inSegment',
        'notExists',
        'percentage',
        'semverGt',
      ),
      fc.constantFrom<unknown>(undefined, null, true, false, 0, 1, -1, Number.NaN, 1e9, 50_000),
      fc.constantFrom<unknown>(new Date(0), Symbol('s'), 5n, boom, thrower('a')),
    )
    const { anything } = fc.letrec<{ anything: unknown }>((tie) => ({
      anything: fc.oneof(
        { maxDepth: 6 },
        leaf,
        fc.array(tie('anything'), { maxLength: 4 }),
        fc.dictionary(names, tie('anything'), { maxKeys: 6 }),
      ),
    }))
    const plausible = fc.record(
      {
        type: fc.constant('boolean'),
        variants: fc.constant({ on: true, off: false }),
        enabled: fc.constant(true),
        seed: fc.constant('s'),
        rules: fc.array(
          fc.record(
            {
              id: fc.constant('r'),
              when: fc.oneof(
                anything,
                fc.record({
                  attribute: names,
                  operator: fc.constantFrom(
                    'equals',
                    'in',
                    'lt',
                    'percentage',
                    'inSegment',
                    'before',
                  ),
                  value: anything,
                }),
              ),
              serve: fc.oneof(anything, fc.constant(on)),
              bucketBy: names,
            },
            { requiredKeys: ['id', 'serve'] },
          ),
          { maxLength: 3 },
        ),
        prerequisites: fc.oneof(anything, fc.constant([{ flag: 'a', variants: ['on'] }])),
      },
      { requiredKeys: ['type', 'variants', 'enabled', 'seed', 'rules'] },
    )
    const flags = fc.dictionary(names, fc.oneof(plausible, anything), { maxKeys: 4 })
    const segments = fc.dictionary(names, fc.oneof(fc.record({ when: anything }), anything))
    fc.assert(
      fc.property(flags, segments, anything, names, (given, parts, context, key) => {
        const asked = asContext(context)
        const evaluator = compile(bodyOf(given, parts))
        for (const one of [key, 'a']) {
          const first = evaluator.details(one, undefined, 'f', asked, 0)
          expect(evaluator.details(one, undefined, 'f', asked, 0)).toEqual(first)
          const value = evaluator.value(one, 'boolean', true, asked, 0)
          expect(typeof value).toBe('boolean')
        }
      }),
      { numRuns: 10_000 },
    )
  })
})
