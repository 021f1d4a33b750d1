/** What vectors in JSON cannot say: clocks, dates, NaN, prototypes, and one evaluator asked many times. */
import { describe, expect, test, vi } from 'vitest'
import { bucketOf, compile, evaluate } from '#core'
import type { EvaluationContext } from '#core'
import { bodyOf, flag, on } from './bodies.ts'

const when = (operator: string, value?: unknown, attribute = 'a'): object => ({
  ...flag,
  rules: [{ id: 'r', when: { attribute, operator, value }, serve: on }],
})
const ask = (given: unknown, context: EvaluationContext): boolean =>
  compile(bodyOf({ given })).value('given', 'boolean', false, context, 0)

describe('values JSON does not have', () => {
  test.each([
    ['equals', Number.NaN, Number.NaN, false],
    ['equals', 0, -0, true],
    ['in', [1, 2, 3, 4, 5, 6, 7, 8, 9, 0], -0, true],
    ['in', [1, 2, 3, 4, 5, 6, 7, 8, 9, 0], Number.NaN, false],
    ['gt', 5, Infinity, true],
    ['lt', 5, -Infinity, true],
    ['lte', 5, Number.NaN, false],
    ['notLte', 5, Number.NaN, true],
    ['exists', undefined, Number.NaN, true],
    ['exists', undefined, undefined, false],
    ['equals', 1, 1n, false],
    ['equals', 'x', Symbol('x'), false],
    ['contains', '', () => '', false],
  ])('%s %s asked about %s', (operator, value, attribute, holds) => {
    expect(ask(when(operator, value), { a: attribute })).toBe(holds)
  })

  test.each([
    [new Date('2026-01-01T00:00:00Z'), true],
    [new Date('2026-01-01T00:00:00.001Z'), false],
    [new Date(Number.NaN), false],
    [{ [Symbol.toStringTag]: 'Date' }, false],
    [Infinity, false],
    [-Infinity, false],
  ])('a date of %s', (attribute, holds) => {
    expect(ask(when('before', '2026-01-01T00:00:00.001Z'), { a: attribute })).toBe(holds)
  })

  test('texts are compared by UTF-16 units, half a character included', () => {
    expect(ask(when('contains', '\udf00'), { a: '🌀' })).toBe(true)
    expect(ask(when('equals', '\udf00'), { a: '\ufffd' })).toBe(false)
  })

  test('a text of hostile length is read in linear time', () => {
    const long = `1.0.0-${'1'.repeat(500_000)}\n`
    const started = performance.now()
    expect(ask(when('semverGt', '1.0.0'), { a: long })).toBe(false)
    expect(ask(when('before', 0), { a: `2026-01-01T00:00:00.${'1'.repeat(500_000)}` })).toBe(false)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('own members only', () => {
  test('an inherited attribute is missing', () => {
    class User {
      get plan(): string {
        return 'pro'
      }
    }
    const inherited: EvaluationContext = Object.create({ a: 'x', targetingKey: 'u' })
    expect(ask(when('exists'), inherited)).toBe(false)
    expect(ask(when('exists', undefined, 'user.plan'), { user: new User() })).toBe(false)
    expect(ask({ ...flag, targets: { on: ['u'] } }, inherited)).toBe(false)
    expect(ask(when('percentage', { to: 100_000 }, 'targetingKey'), inherited)).toBe(false)
  })

  test('a flag named __proto__ is a flag, and its metadata reach no prototype', () => {
    const body = bodyOf(
      JSON.parse(
        `{"__proto__": ${JSON.stringify({ ...flag, metadata: {} }).replace(
          '{}',
          '{"__proto__": "polluted"}',
        )}}`,
      ),
    )
    const details = compile(body).details('__proto__', 'boolean', true, {}, 0)
    expect(details.value).toBe(false)
    expect(Object.getPrototypeOf(details.flagMetadata)).toBe(Object.prototype)
    expect(compile(body).flagKeys()).toEqual(['__proto__'])
  })

  test('an inherited flag, segment or variant is not there', () => {
    const body = bodyOf(Object.create({ given: flag }), Object.create({ s: { ids: ['u'] } }))
    expect(evaluate(body, 'given').errorCode).toBe('FLAG_NOT_FOUND')
    expect(compile(body).flagKeys()).toEqual([])
  })
})

describe('the clock', () => {
  const timed = { ...flag, rules: [{ id: 'r', startMs: 10, serve: on }] }

  test('is not read by a flag that does not ask', () => {
    const now = vi.fn<() => number>(() => 0)
    const { value } = compile(bodyOf({ plain: when('exists'), timed }))
    value('plain', 'boolean', false, { a: 1 }, now)
    expect(now).not.toHaveBeenCalled()
  })

  test('is read once an evaluation, by whatever number of rules', () => {
    let ms = 5
    const now = vi.fn<() => number>(() => ms++)
    const many = {
      ...flag,
      rules: ['1', '2', '3'].map((id) => ({ id, startMs: 6, serve: on })),
      prerequisites: [{ flag: 'timed', variants: ['off'] }],
    }
    const { value } = compile(bodyOf({ many, timed }))
    expect(value('many', 'boolean', false, {}, now)).toBe(false)
    expect(now).toHaveBeenCalledTimes(1)
    expect(value('many', 'boolean', false, {}, now)).toBe(true)
  })

  test('that is not a number puts every time-bound rule outside its time', () => {
    const ramp = { ramp: { variant: 'on', from: 100_000, to: 100_000, startMs: 0, endMs: 1 } }
    const body = bodyOf({ timed, ramped: { ...flag, rules: [{ id: 'r', serve: ramp }] } })
    expect(evaluate(body, 'timed').value).toBe(false)
    expect(evaluate(body, 'ramped', { targetingKey: 'u' }).value).toBe(false)
  })
})

const names = (layer: number): string[] => Array.from({ length: 20 }, (_, i) => `${layer}-${i}`)

describe('an evaluator', () => {
  test('asks the right person after another, through prerequisites, segments and shared seeds', () => {
    const half = { split: [{ variant: 'on', weight: 50_000 }] }
    const { value } = compile(
      bodyOf(
        {
          half: { ...flag, rules: [{ id: 'r', serve: half }] },
          after: {
            ...flag,
            defaultVariant: 'on',
            prerequisites: [{ flag: 'half', variants: ['on'] }],
          },
          member: {
            ...flag,
            rules: [{ id: 'r', when: { operator: 'inSegment', value: 's' }, serve: on }],
          },
        },
        { s: { when: { attribute: 'targetingKey', operator: 'startsWith', value: 'a' } } },
      ),
    )
    for (const targetingKey of ['a1', 'b1', 'a2', 'b2', 'a1', 'b3', 'b4', 'a5', 'b6']) {
      const isOn = bucketOf(targetingKey, 's') < 2 ** 31
      const context = { targetingKey }
      expect(value('half', 'boolean', false, context, 0)).toBe(isOn)
      expect(value('after', 'boolean', false, context, 0)).toBe(isOn)
      expect(value('member', 'boolean', false, context, 0)).toBe(targetingKey.startsWith('a'))
    }
  })

  test('compiles a flag at its first use only, and again for nobody', () => {
    const read = vi.fn<() => unknown>(() => flag)
    const flags = Object.defineProperty({}, 'given', { enumerable: true, get: read })
    const { value } = compile(bodyOf(flags))
    expect(read).not.toHaveBeenCalled()
    for (let i = 0; i < 3; i++) value('given', 'boolean', true, {}, 0)
    expect(read).toHaveBeenCalledTimes(1)
  })

  test('may be asked by a context or a clock while it reads them', () => {
    const timed = {
      ...flag,
      rules: [
        {
          id: 'r',
          startMs: 10,
          when: { attribute: 'plan', operator: 'equals', value: 'pro' },
          serve: on,
        },
      ],
    }
    const given = {
      ...flag,
      rules: [
        {
          id: 'r',
          startMs: 10,
          when: {
            all: [
              { attribute: 'plan', operator: 'exists' },
              { attribute: 'name', operator: 'equals', value: 'outer' },
              { attribute: 'plan', operator: 'equals', value: 'free' },
            ],
          },
          serve: on,
        },
      ],
    }
    const { value, details } = compile(bodyOf({ given, timed }))
    const inner = (): boolean =>
      value('timed', 'boolean', false, { plan: 'pro', name: 'inner' }, 20)
    const context = {
      plan: 'free',
      get name() {
        return inner() ? 'outer' : 'inner'
      },
    }
    const clock = (): number => (inner() ? 15 : 0)
    expect(value('given', 'boolean', false, context, clock)).toBe(true)
    expect(details('given', 'boolean', false, context, clock)).toMatchObject({ value: true })
    expect(value('given', 'boolean', false, context, 5)).toBe(false)
  })

  test('names no rule of a prerequisite among those passed over', () => {
    const unreadable = { id: 'hidden', when: { attribute: 'a', operator: 'unheardOf' }, serve: on }
    const body = bodyOf({
      other: { ...flag, rules: [unreadable] },
      given: {
        ...flag,
        prerequisites: [{ flag: 'other', variants: ['off'] }],
        rules: [{ ...unreadable, id: 'own' }],
      },
    })
    expect(evaluate(body, 'given').flagMetadata['skipped']).toBe('own')
  })

  test('answers quickly though prerequisites and segments fan out a thousandfold', () => {
    const layers = Array.from({ length: 10 }, (_, i) => i)
    const flags = Object.fromEntries(
      layers.flatMap((layer) =>
        names(layer).map((name) => [
          name,
          {
            ...flag,
            prerequisites:
              layer === 9 ? [] : names(layer + 1).map((key) => ({ flag: key, variants: ['off'] })),
            rules: [{ id: 'r', when: { operator: 'inSegment', value: '0-0' }, serve: on }],
          },
        ]),
      ),
    )
    const segments = Object.fromEntries(
      layers
        .slice(0, 7)
        .flatMap((layer) =>
          names(layer).map((name) => [
            name,
            layer === 6 ? {} : { when: { operator: 'inSegment', value: names(layer + 1) } },
          ]),
        ),
    )
    const { value } = compile(bodyOf(flags, segments))
    const started = performance.now()
    expect(value('0-0', 'boolean', true, {}, 0)).toBe(false)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})
