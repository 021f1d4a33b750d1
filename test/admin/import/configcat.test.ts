import type { JsonObject, JsonValue } from '#core'
import { describe, expect, test } from 'vitest'
import { importFrom } from '../../../admin/import/index.ts'
import { configcatPart } from '../../../sdk/src/migrate/configcat.ts'

const BASE = { t: 1, v: { s: 'rest' }, i: 'id' }
const x = { v: { s: 'x' }, i: 'id' }

function translate(document: JsonValue) {
  const translation = importFrom('configcat', document, { environment: 'production' })
  if (!translation.ok) throw new Error(JSON.stringify(translation.issues))
  return translation
}

/** What becomes of one setting called `f`. */
function setting(definition: JsonObject, others: JsonObject = {}, segments: JsonValue = []) {
  const { operations, skipped } = translate({
    p: { s: 'salt' },
    s: segments,
    f: { f: { ...BASE, ...definition }, ...others },
  })
  const item = operations.find((one) => one.op === 'putFlag' && one.key === 'f')
  const settings = operations.find((one) => one.op === 'putFlagEnvironment' && one.key === 'f')
  return {
    item: item?.op === 'putFlag' ? item : undefined,
    rules: settings?.op === 'putFlagEnvironment' ? (settings.rules ?? []) : undefined,
    paths: skipped.map(({ path }) => path),
  }
}

const when = (condition: JsonObject, others: JsonObject = {}, segments: JsonValue = []) =>
  setting({ r: [{ c: [condition], s: x }] }, others, segments).rules?.[0]?.when

const user = (c: number, compared: JsonObject, a = 'plan'): JsonObject => ({
  u: { a, c, ...compared },
})
const isThere = (attribute: string) => [
  { attribute, operator: 'exists' },
  { attribute, operator: 'notEquals', value: '' },
]

describe('a setting', () => {
  test('is a flag with a variant for each value', () => {
    const { operations, skipped, sources } = translate({ p: {}, f: { f: BASE } })
    expect(operations).toEqual([
      {
        op: 'putFlag',
        key: 'f',
        type: 'string',
        variants: { rest: 'rest' },
        visibility: 'server',
        seed: 'f',
      },
      {
        op: 'putFlagEnvironment',
        key: 'f',
        environment: 'production',
        enabled: true,
        defaultVariant: 'rest',
      },
    ])
    expect(skipped).toEqual([])
    expect(sources).toEqual(['/f/f', '/f/f'])
  })

  test.each<[number, JsonObject, string, JsonValue]>([
    [0, { b: false }, 'boolean', false],
    [1, { s: '' }, 'string', ''],
    [2, { i: 0 }, 'number', 0],
    [3, { d: 0.5 }, 'number', 0.5],
  ])('of type %i serves what stands in %j', (t, v, type, value) => {
    const { item } = setting({ t, v })
    expect(item?.type).toBe(type)
    expect(Object.values(item?.variants ?? {})).toEqual([value])
  })

  test('keeps its key as the seed where the name is none of ours', () => {
    const { operations } = translate({ f: { 'a b': BASE } })
    expect(operations[0]).toMatchObject({ seed: 'a b', metadata: { configcatKey: 'a b' } })
  })

  test('has percentages as a split in ConfigCat’s buckets; the empty text is decided now', () => {
    const p = [
      { p: 30, v: { s: 'x' }, i: 'id' },
      { p: 70, v: { s: 'y' }, i: 'id' },
    ]
    const forEmpty = configcatPart('', 'f') < 30 ? 'x' : 'y'
    expect(setting({ p, a: 'plan' }).rules).toEqual([
      {
        id: 'rule-1',
        serve: {
          split: [
            { variant: 'x', weight: 30 },
            { variant: 'y', weight: 70 },
          ],
        },
        seed: 'f',
        bucketBy: 'plan',
        bucketing: { by: 'configcat', parts: 100 },
      },
      {
        id: 'rule-1-2',
        when: { attribute: 'plan', operator: 'equals', value: '' },
        serve: { variant: forEmpty },
      },
    ])
  })

  test.each<[string, JsonObject, string]>([
    ['a type nobody knows', { t: 7 }, '/t'],
    ['a value of another type', { v: { b: true } }, '/v/s'],
    ['no value', { v: null }, '/v'],
    ['percentages below 100', { p: [{ p: 99, ...x }] }, '/p'],
    ['half a percent', { p: [{ p: 0.5, ...x }] }, '/p/0/p'],
    ['a rule that serves nothing', { r: [{ c: [] }] }, '/r/0'],
    ['a rule that serves twice', { r: [{ c: [], s: x, p: [{ p: 100, ...x }] }] }, '/r/0'],
    ['a comparator nobody knows', { r: [{ c: [user(36, { s: 'x' })], s: x }] }, '/r/0/c/0/u/c'],
    ['nothing to compare with', { r: [{ c: [user(0, { s: 'x' })], s: x }] }, '/r/0/c/0/u/l'],
    ['a hash without its length', { r: [{ c: [user(22, { l: ['x'] })], s: x }] }, '/r/0/c/0/u/l/0'],
    ['an empty condition', { r: [{ c: [{}], s: x }] }, '/r/0/c/0'],
    ['a segment that is not there', { r: [{ c: [{ s: { s: 3, c: 0 } }], s: x }] }, '/r/0/c/0/s/s'],
    [
      'a setting that is not there',
      { r: [{ c: [{ p: { f: 'no', c: 0, v: { b: true } } }], s: x }] },
      '/r/0/c/0/p/f',
    ],
    [
      'itself as a prerequisite',
      { r: [{ c: [{ p: { f: 'f', c: 0, v: { s: 'x' } } }], s: x }] },
      '/r/0/c/0/p/f',
    ],
  ])('with %s is left out and listed', (_, definition, path) => {
    const { item, paths } = setting(definition)
    expect(item).toBeUndefined()
    expect(paths).toEqual([`/f/f${path}`])
  })

  test('members that nobody knows are listed', () => {
    expect(setting({ novelty: 1, r: [{ c: [], s: x, more: 2 }] }).paths).toEqual([
      '/f/f/novelty',
      '/f/f/r/0/more',
    ])
  })
})

describe('a condition', () => {
  test('on texts is native; a missing or empty attribute answers neither yes nor no', () => {
    expect(when(user(0, { l: ['a', 'b'] }))).toEqual({
      attribute: 'plan',
      operator: 'in',
      value: ['a', 'b'],
    })
    expect(when(user(29, { s: 'a' }))).toEqual({
      all: [...isThere('plan'), { not: { attribute: 'plan', operator: 'equals', value: 'a' } }],
    })
    expect(when(user(2, { l: [''] }))).toEqual({
      all: [...isThere('plan'), { attribute: 'plan', operator: 'contains', value: [''] }],
    })
    expect(when(user(30, { l: [] }))).toEqual({ any: [] })
  })

  test('on anything else stays ConfigCat’s', () => {
    expect(when(user(15, { d: 18 }, 'age'))).toEqual({
      attribute: 'age',
      operator: 'configcat.condition',
      value: { c: 15, d: 18 },
    })
    expect(when(user(20, { s: 'hash' }))).toMatchObject({ value: { c: 20, salt: 'saltf' } })
  })

  test('that compares hashes needs the salt', () => {
    const { operations, skipped } = translate({
      f: { f: { ...BASE, r: [{ c: [user(20, { s: 'hash' })], s: x }] } },
    })
    expect(operations).toEqual([])
    expect(skipped[0]?.path).toBe('/f/f/r/0/c/0/u')
  })

  test('of a segment stands in the rule, and not being in one must be known', () => {
    const r = [
      { a: 'plan', c: 28, s: 'pro' },
      { a: 'age', c: 14, d: 18 },
    ]
    const segments = [{ n: 'Adults', r }]
    const isPro = { attribute: 'plan', operator: 'equals', value: 'pro' }
    const age = { attribute: 'age', operator: 'configcat.condition' }
    expect(when({ s: { s: 0, c: 0 } }, {}, segments)).toEqual({
      all: [isPro, { ...age, value: { c: 14, d: 18 } }],
    })
    expect(when({ s: { s: 0, c: 1 } }, {}, segments)).toEqual({
      any: [
        { all: [...isThere('plan'), { not: isPro }] },
        { all: [isPro, { ...age, value: { c: 14, d: 18, is: false } }] },
      ],
    })
  })

  test('on another setting asks what leads to its value', () => {
    const other = {
      t: 0,
      v: { b: false },
      r: [
        { c: [user(28, { s: 'a' })], s: { v: { b: true } } },
        { c: [user(28, { s: 'b' })], s: { v: { b: false } } },
      ],
    }
    const is = (value: string) => ({ attribute: 'plan', operator: 'equals', value })
    const serves = (c: number, b: boolean) => when({ p: { f: 'o', c, v: { b } } }, { o: other })
    expect(serves(0, true)).toEqual(is('a'))
    expect(serves(1, true)).toEqual({ not: is('a') })
    expect(serves(0, false)).toEqual({
      any: [{ all: [{ not: is('a') }, is('b')] }, { all: [{ not: is('a') }, { not: is('b') }] }],
    })
  })

  test('on a setting that was left out leaves the asking one out, too', () => {
    const { item, paths } = setting(
      { r: [{ c: [{ p: { f: 'o', c: 0, v: { b: true } } }], s: x }] },
      { o: { t: 9, v: {} } },
    )
    expect(item).toBeUndefined()
    expect(paths).toEqual(['/f/o/t', '/f/f/r/0/c/0/p/f'])
  })
})

test('settings that ask each other again and again end', () => {
  const asks = (name: string): JsonObject => ({ p: { f: name, c: 0, v: { s: 'x' } } })
  const f: Record<string, JsonObject> = {
    s0: { ...BASE, r: [{ c: [user(28, { s: 'a' })], s: x }] },
  }
  for (let i = 1; i <= 60; i++) {
    const before = `s${i - 1}`
    const rules = [user(28, { s: 'a' }), user(28, { s: 'b' })].map((one) => ({
      c: [asks(before), one],
      s: x,
    }))
    f[`s${i}`] = { ...BASE, r: rules }
  }
  const { operations, skipped } = translate({ f })
  expect(operations.length).toBeGreaterThan(2)
  expect(skipped[0]?.reason).toMatch(/parts once translated|nest deeper/)
})

test.each<[string, JsonObject]>([
  ['rules', { r: Array.from({ length: 101 }, () => ({ c: [], s: x })) }],
  ['conditions', { r: [{ c: Array.from({ length: 101 }, () => user(28, { s: 'a' })), s: x }] }],
])('too many %s leave the setting out', (_, definition) => {
  expect(setting(definition).item).toBeUndefined()
})

test.each<[JsonValue, string]>([
  [[], ''],
  [{}, '/f'],
  [{ f: [] }, '/f'],
  [{ f: {}, p: 1 }, '/p'],
  [{ f: {}, s: [1] }, '/s'],
  [{ f: {}, s: {} }, '/s'],
])('%j is refused at %j', (document, path) => {
  const translation = importFrom('configcat', document, { environment: 'production' })
  expect(translation.ok ? [] : translation.issues.map((issue) => issue.path)).toEqual([path])
})
