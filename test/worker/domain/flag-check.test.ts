import { describe, expect, test } from 'vitest'
import { asks, flag, issuesOf, project, rule, segment, settings } from './support.ts'

/** What is said of a flag, without the place of the operation. */
const saidOf = (more: object) =>
  issuesOf(project().apply(flag('a', more))).map((issue) => issue.replace('/operations/0', ''))

/** What is said of settings. */
const saidOfSettings = (more: object) =>
  issuesOf(project().with(flag('a'), segment('vip')).apply(settings('a', more))).map((issue) =>
    issue.replace('/operations/0', ''),
  )

const saidOfRule = (more: object) =>
  saidOfSettings({ rules: [rule(more)] }).map((issue) => issue.replace('/rules/0', ''))

const saidOfCondition = (when: object) =>
  saidOfRule({ when }).map((issue) => issue.replace('/when', ''))

const fine = ['accepted']

describe('a flag', () => {
  test.each([
    ['boolean', { on: true }, { on: 'true' }],
    ['string', { a: '' }, { a: 0 }],
    ['number', { a: 0 }, { a: '0' }],
    ['object', { a: {}, b: [] }, { a: null }],
  ])('of type %s has variants of that type', (type, good, bad) => {
    expect(saidOf({ type, variants: good })).toEqual(fine)
    expect(saidOf({ type, variants: bad })[0]).toMatch(/as the type of the flag says/)
  })

  test('has 1 to 200 variants with names of 1 to 128 characters', () => {
    const variants = (n: number) =>
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`v${i}`, true]))
    expect(saidOf({ variants: variants(200) })).toEqual(fine)
    expect(saidOf({ variants: variants(201) })).toEqual([
      '/variants: must have 1 to 200 variants, has 201',
    ])
    expect(saidOf({ variants: {} })).toEqual(['/variants: must have 1 to 200 variants, has 0'])
    expect(saidOf({ variants: { ['v'.repeat(128)]: true } })).toEqual(fine)
    expect(saidOf({ variants: { ['v'.repeat(129)]: true } })).toHaveLength(1)
    expect(saidOf({ variants: { '': true } })).toHaveLength(1)
  })

  test('names only variants it has, names like constructor too', () => {
    expect(saidOf({ defaultVariant: 'on', offVariant: 'off' })).toEqual(fine)
    expect(saidOf({ defaultVariant: 'constructor' })).toEqual([
      '/defaultVariant: the flag has no variant "constructor"',
    ])
    expect(saidOf({ offVariant: 1 })).toEqual(['/offVariant: must be the name of a variant'])
  })

  test('has flat metadata', () => {
    expect(saidOf({ metadata: { owner: 'a', n: 1, b: false } })).toEqual(fine)
    expect(saidOf({ metadata: { owner: {} } })).toEqual([
      '/metadata/owner: must be a string, number or boolean',
    ])
  })
})

describe('settings', () => {
  test('target keys under variants that are there', () => {
    expect(saidOfSettings({ targets: { on: ['u1', 'u2'] } })).toEqual(fine)
    expect(saidOfSettings({ targets: { maybe: ['u1'] } })).toEqual([
      '/targets/maybe: the flag has no variant "maybe"',
    ])
    expect(saidOfSettings({ targets: { on: ['u1', 5] } })[0]).toMatch(/^\/targets\/on\/1: /)
  })

  test('have at most 100 rules with ids of their own', () => {
    const rules = (n: number) => Array.from({ length: n }, (_, i) => rule({ id: `r${i}` }))
    expect(saidOfSettings({ rules: rules(100) })).toEqual(fine)
    expect(saidOfSettings({ rules: rules(101) })).toEqual([
      '/rules: must have at most 100 elements, has 101',
    ])
    expect(saidOfSettings({ rules: [rule(), rule()] })).toEqual([
      `/rules/1/id: "one" is already an earlier rule's id`,
    ])
  })

  test('have prerequisites that are there, in variants these have', () => {
    const memory = project().with(flag('a'), flag('b'))
    const asking = (flagKey: string, variant: string) =>
      issuesOf(
        memory.apply(settings('a', { prerequisites: [{ flag: flagKey, variants: [variant] }] })),
      )
    expect(asking('b', 'on')).toEqual(fine)
    expect(asking('c', 'on')).toEqual([
      '/operations/0/prerequisites/0/flag: flag "c" does not exist',
    ])
    expect(asking('b', 'x')).toEqual([
      '/operations/0/prerequisites/0/variants/0: flag "b" has no variant "x"',
    ])
    expect(asking('a', 'on')[0]).toMatch(/prerequisites must not form a cycle/)
  })

  test('form no cycle of prerequisites through other flags', () => {
    const on = (key: string) => ({ prerequisites: [{ flag: key, variants: ['on'] }] })
    const memory = project().with(
      flag('a'),
      flag('b'),
      flag('c'),
      settings('a', on('b')),
      settings('b', on('c')),
    )
    expect(issuesOf(memory.apply(settings('c', on('a'))))[0]).toMatch(/cycle/)
    // Another environment, another chain.
    expect(issuesOf(memory.apply(settings('c', on('a'), 'staging')))).toEqual(fine)
  })

  test('form no chain of more than 10 prerequisites, wherever it grew', () => {
    const on = (i: number) => ({ prerequisites: [{ flag: `f${i}`, variants: ['on'] }] })
    const memory = project().with(...Array.from({ length: 12 }, (_, i) => flag(`f${i}`)))
    for (let i = 0; i < 10; i++) memory.with(settings(`f${i}`, on(i + 1)))
    const grown = issuesOf(memory.apply(settings('f10', on(11))))
    expect(grown).toEqual([
      '/operations/0: flag f0 in production, /prerequisites: prerequisites must not form a cycle or a chain of more than 10',
    ])
  })

  test('of a client flag have client prerequisites', () => {
    const memory = project().with(flag('hidden'), flag('shown', { visibility: 'client' }))
    const asking = settings('shown', { prerequisites: [{ flag: 'hidden', variants: ['on'] }] })
    expect(issuesOf(memory.apply(asking))[0]).toMatch(/must be visible to clients/)
    memory.with(flag('hidden', { visibility: 'client' }), asking)
    expect(issuesOf(memory.apply(flag('hidden')))[0]).toMatch(
      /^\/operations\/0: flag shown in production/,
    )
  })
})

describe('a rule', () => {
  test('serves exactly one of variant, split and ramp', () => {
    expect(saidOfRule({ serve: { variant: 'off' } })).toEqual(fine)
    expect(saidOfRule({ serve: {} })).toEqual(['/serve/variant: is required'])
    expect(saidOfRule({ serve: { variant: 'on', split: [] } })[0]).toMatch(
      /^\/serve\/variant: is not known here/,
    )
    expect(saidOfRule({ serve: 'on' })).toEqual(['/serve: must be {variant}, {split} or {ramp}'])
  })

  test('has weights that are integers and sum to at most 100,000', () => {
    const split = (...weights: readonly unknown[]) =>
      saidOfRule({ serve: { split: weights.map((weight) => ({ variant: 'on', weight })) } })
    expect(split(0, 50_000, 50_000)).toEqual(fine)
    expect(split(1)).toEqual(fine)
    expect(split(50_000, 50_001)).toEqual([
      '/serve/split: weights must sum to at most 100000, end at 100001',
    ])
    for (const weight of [-1, 0.5, '1', null, 100_001])
      expect(split(weight)[0]).toMatch(/^\/serve\/split\/0\/weight: must be an integer/)
    expect(split()).toEqual(['/serve/split: must name at least one variant'])
  })

  test('has positions that do not overlap', () => {
    const split = (...positions: readonly object[]) => saidOfRule({ serve: { split: positions } })
    const at = (from: number, weight: number) => ({ variant: 'on', weight, from })
    expect(split(at(50_000, 10), at(0, 50_000))).toEqual(fine)
    expect(split(at(0, 11), at(10, 10))[0]).toMatch(/overlap/)
  })

  test('counts in the parts of a foreign bucketer', () => {
    const shares = (weight: number) => ({
      bucketing: { by: 'unleash', parts: 100 },
      serve: { split: [{ variant: 'on', weight }] },
    })
    expect(saidOfRule(shares(100))).toEqual(fine)
    expect(saidOfRule(shares(101))[0]).toMatch(/must be an integer from 0 to 100/)
    expect(saidOfRule({ bucketing: { by: 'unleash', parts: 0 } })[0]).toMatch(/^\/bucketing\/parts/)
  })

  test('ramps up, in time that goes forward', () => {
    const ramp = (more: object) =>
      saidOfRule({
        serve: { ramp: { variant: 'on', from: 0, to: 100_000, startMs: 1, endMs: 2, ...more } },
      })
    expect(ramp({})).toEqual(fine)
    expect(ramp({ from: 5, to: 5 })).toEqual(fine)
    expect(ramp({ from: 6, to: 5 })).toEqual([
      '/serve/ramp/to: must not be less than from: a ramp grows',
    ])
    expect(ramp({ startMs: 2 })).toEqual(['/serve/ramp/endMs: must be later than startMs'])
    expect(saidOfRule({ startMs: 2, endMs: 2 })).toEqual(['/endMs: must be later than startMs'])
    expect(saidOfRule({ startMs: 2 })).toEqual(fine)
  })
})

describe('a condition', () => {
  const leaf = { attribute: 'plan', operator: 'equals', value: 'pro' }

  test('nests at most 6 deep', () => {
    const nested = (depth: number): object => (depth === 0 ? leaf : { not: nested(depth - 1) })
    expect(saidOfCondition(nested(6))).toEqual(fine)
    expect(saidOfCondition(nested(7))[0]).toMatch(/must nest at most 6 deep/)
  })

  test('is one thing', () => {
    expect(saidOfCondition({ all: [], any: [] })[0]).toMatch(/any: is not known here/)
    expect(saidOfCondition({ all: leaf })).toEqual(['/all: must be a list'])
    expect(saidOfCondition({})).toEqual([
      ': operator: is required'.replace(': operator', '/operator'),
    ])
  })

  test.each<[string, readonly unknown[], readonly unknown[]]>([
    ['equals', ['a', 1, true, null], [['a'], {}, undefined]],
    ['in', [['a', 1, null], []], ['a', [[]], undefined]],
    ['contains', ['a', ['a', 'b']], [1, ['a', 1], undefined]],
    ['matches', ['^a+$', ['x']], ['(?=a)', '(', 5]],
    ['gte', [1, -0.5], ['1', null]],
    ['before', ['2026-02-28T00:00:00Z', 5], ['2026-02-30T00:00:00Z', '2026-02-28', 'soon']],
    ['semverGte', ['1.2.3-rc.1+b'], ['1.2', 'v1.2.3', 1]],
    ['exists', [undefined], [true]],
    ['ipInCidr', ['10.0.0.0/8', ['::1/128']], ['10.0.0.0/33', 'localhost']],
    [
      'percentage',
      [{ to: 50_000 }, { from: 1, to: 2, seed: 's' }],
      [{ from: 2, to: 1 }, { to: 100_001 }, 5],
    ],
  ])('with %s takes values it can read and refuses others, negated too', (operator, good, bad) => {
    const negation = `not${operator.charAt(0).toUpperCase()}${operator.slice(1)}`
    for (const name of [operator, negation]) {
      for (const value of good)
        expect(saidOfCondition({ attribute: 'a', operator: name, value }), String(value)).toEqual(
          fine,
        )
      for (const value of bad) {
        expect(
          saidOfCondition({ attribute: 'a', operator: name, value })[0],
          String(value),
        ).toMatch(/^\/value: must be/)
      }
    }
  })

  test('needs an operator that is known', () => {
    for (const operator of ['equal', 'notnotEquals', 'constructor', 'not', '', 5]) {
      expect(saidOfCondition({ attribute: 'a', operator, value: 'x' })[0]).toMatch(
        /^\/operator: must be one of equals, in/,
      )
    }
    expect(saidOfCondition({ attribute: 'a', operator: 'unleash.strategy', value: {} })).toEqual(
      fine,
    )
  })

  test('names an attribute, and none for a segment', () => {
    expect(saidOfCondition({ operator: 'equals', value: 1 })[0]).toMatch(/^\/attribute: /)
    expect(saidOfCondition(asks('vip'))).toEqual(fine)
    expect(saidOfCondition({ ...asks('vip'), attribute: 'a' })[0]).toMatch(/must be absent/)
  })
})
