import type { JsonObject, JsonValue, Rule } from '#core'
import { describe, expect, test } from 'vitest'
import { positionsOf, rolloutWeight } from '../../../admin/import/growthbook-shares.ts'
import { importFrom } from '../../../admin/import/index.ts'
import { evalCondition } from '../../../sdk/src/migrate/growthbook-condition.ts'
import { chooseVariation, type BucketRange } from '../../../sdk/src/migrate/growthbook-hash.ts'

function translate(document: JsonValue) {
  const translation = importFrom('growthbook', document, { environment: 'production' })
  if (!translation.ok) throw new Error(JSON.stringify(translation.issues))
  return translation
}

/** What becomes of one feature called `f`. */
function feature(definition: JsonValue, others: JsonObject = {}, savedGroups: JsonObject = {}) {
  const { operations, skipped } = translate({ features: { f: definition, ...others }, savedGroups })
  const flag = operations.find((one) => one.op === 'putFlag' && one.key === 'f')
  const settings = operations.find((one) => one.op === 'putFlagEnvironment' && one.key === 'f')
  return {
    flag: flag?.op === 'putFlag' ? flag : undefined,
    settings: settings?.op === 'putFlagEnvironment' ? settings : undefined,
    skipped,
    operations,
  }
}

function rule(definition: JsonObject): Rule | undefined {
  return feature({ defaultValue: 'none', rules: [definition] }).settings?.rules?.[0]
}

const GUARD = { attribute: 'id', operator: 'notEquals', value: 0 }

describe('values', () => {
  test('become variants named after themselves', () => {
    const { flag, settings } = feature({
      defaultValue: 'red',
      rules: [{ force: 'blue' }, { force: '' }],
    })
    expect(flag).toMatchObject({
      type: 'string',
      variants: { red: 'red', blue: 'blue', 'value-3': '' },
      seed: 'f',
    })
    expect(settings).toMatchObject({
      enabled: true,
      defaultVariant: 'red',
      environment: 'production',
    })
  })

  test('of objects are numbered, equal ones being one variant', () => {
    const { flag } = feature({
      defaultValue: { a: 1 },
      rules: [{ force: [1] }, { force: { a: 1 } }],
    })
    expect(flag?.variants).toEqual({ 'value-1': { a: 1 }, 'value-2': [1] })
  })

  test('of two types are refused with their place', () => {
    expect(feature({ defaultValue: 1, rules: [{ force: '1' }] }).skipped).toEqual([
      {
        path: '/features/f/rules/0/force',
        reason:
          'is of type string, and a value before it of type number: one flag has one type; the feature was left out',
      },
    ])
  })

  test('a default of null is the caller’s fallback; null elsewhere is refused', () => {
    expect(feature({ defaultValue: null, rules: [{ force: 1 }] }).settings).not.toHaveProperty(
      'defaultVariant',
    )
    expect(feature({ defaultValue: 1, rules: [{ force: null }] }).skipped[0]?.path).toBe(
      '/features/f/rules/0/force',
    )
    expect(feature({}).skipped[0]?.path).toBe('/features/f')
  })
})

describe('rules', () => {
  test('a forced value is served to all that its condition takes', () => {
    expect(rule({ id: 'fr', force: 'a', condition: { plan: { $in: ['pro'] } } })).toEqual({
      id: 'fr',
      when: { attribute: 'plan', operator: 'in', value: ['pro'] },
      serve: { variant: 'a' },
    })
  })

  test('a rollout goes by GrowthBook’s hash; the end of its coverage counts', () => {
    expect(rule({ force: 'a', coverage: 0.25, hashAttribute: 'company' })).toEqual({
      id: 'rule-1',
      when: { ...GUARD, attribute: 'company' },
      serve: { split: [{ variant: 'a', weight: 251 }] },
      bucketBy: 'company',
      bucketing: { by: 'growthbook', parts: 1_000 },
    })
  })

  test('an experiment is a split with gaps where it covers nobody', () => {
    expect(
      rule({ variations: ['a', 'b'], coverage: 0.5, hashVersion: 2, key: 'exp', seed: 's' }),
    ).toEqual({
      id: 'rule-1',
      when: GUARD,
      serve: {
        split: [
          { variant: 'a', weight: 2_500 },
          { variant: 'b', weight: 2_500, from: 5_000 },
        ],
      },
      seed: 's',
      bucketBy: 'id',
      bucketing: { by: 'growthbook', parts: 10_000 },
    })
  })

  test('a variation that passes people on is a gap', () => {
    const meta = [{ key: 'holdout', passthrough: true }, { key: 'b' }]
    expect(rule({ variations: ['a', 'b'], meta })?.serve).toEqual({
      split: [{ variant: 'b', weight: 500, from: 500 }],
    })
  })

  test('filters and namespaces are conditions on the hash', () => {
    const namespaced = rule({ variations: ['a', 'b'], namespace: ['ns', 0, 0.4] })
    const inNamespace = {
      attribute: 'id',
      operator: 'growthbook.inRanges',
      value: { seed: '__ns', hashVersion: 1, ranges: [[0, 0.4]] },
    }
    expect(namespaced?.when).toEqual({ all: [GUARD, inNamespace] })
    const filters = [{ seed: 'x', ranges: [[0.5, 1]], attribute: 'company' }]
    const filtered = rule({ force: 'a', filters, namespace: ['ns', 0, 0.4] })
    expect(filtered?.when).toEqual({
      attribute: 'company',
      operator: 'growthbook.inRanges',
      value: { seed: 'x', hashVersion: 2, ranges: [[0.5, 1]] },
    })
  })

  test('a rule that never serves anyone is left out and listed', () => {
    const { settings, skipped } = feature({
      defaultValue: 'a',
      rules: [{ variations: ['b'] }, { force: 'c', coverage: 0.5, hashVersion: 3 }],
    })
    expect(settings).not.toHaveProperty('rules')
    expect(skipped.map(({ path }) => path)).toEqual([
      '/features/f/rules/0/variations',
      '/features/f/rules/1/hashVersion',
    ])
  })

  test('what only sticky buckets ask is listed, and the rule imported', () => {
    const { settings, skipped } = feature({
      defaultValue: 'a',
      rules: [{ variations: ['a', 'b'], fallbackAttribute: 'device', minBucketVersion: 1 }],
    })
    expect(settings?.rules).toHaveLength(1)
    expect(skipped.map(({ path }) => path)).toEqual([
      '/features/f/rules/0/fallbackAttribute',
      '/features/f/rules/0/minBucketVersion',
    ])
  })

  test('a bandit, whose weights move at GrowthBook, is refused', () => {
    const { flag, skipped } = feature({
      defaultValue: 'a',
      rules: [{ contextualVariations: ['a', 'b'] }],
    })
    expect(flag).toBeUndefined()
    expect(skipped[0]?.path).toBe('/features/f/rules/0')
  })

  test('ids are GrowthBook’s, made unique', () => {
    const rules = [{ id: 'x', force: 'a' }, { id: 'x', force: 'b' }, { force: 'a' }]
    expect(feature({ defaultValue: 'a', rules }).settings?.rules?.map(({ id }) => id)).toEqual([
      'x',
      'x-2',
      'rule-3',
    ])
  })
})

describe('ranges', () => {
  const fractions: readonly [string, readonly BucketRange[]][] = [
    [
      'overlapping',
      [
        [0.2, 0.7],
        [0.5, 0.9],
      ],
    ],
    [
      'out of order',
      [
        [0.6, 1],
        [0, 0.3],
      ],
    ],
    [
      'inverted and outside',
      [
        [0.5, 0.1],
        [-1, 0.25],
        [0.9, 7],
      ],
    ],
    [
      'of a third',
      [
        [0, 1 / 3],
        [1 / 3, 2 / 3],
        [2 / 3, 1],
      ],
    ],
    [
      'on the doubles between parts',
      [
        [0.1 + 0.2, 0.7 - 0.1],
        [0.6, 0.6000000001],
      ],
    ],
  ]
  test.each(fractions)('%s take exactly what GrowthBook gives them', (_, ranges) => {
    for (const parts of [1_000, 10_000]) {
      const positions = positionsOf(ranges, parts)
      for (let part = 0; part < parts; part++) {
        const taken = positions.filter(({ from, weight }) => part >= from && part < from + weight)
        expect(taken.length).toBeLessThan(2)
        if ((taken[0]?.index ?? -1) !== chooseVariation(part / parts, ranges))
          expect.fail(`part ${part}`)
      }
    }
  })

  test.each([-1, 0, 1e-9, 0.0005, 0.001, 0.1, 0.25, 0.333, 0.999, 1, 2])(
    'coverage %d takes every fraction up to it',
    (coverage) => {
      for (const parts of [1_000, 10_000]) {
        let expected = 0
        while (expected < parts && expected / parts <= coverage) expected++
        expect(rolloutWeight(coverage, parts)).toBe(expected)
      }
    },
  )
})

describe('conditions', () => {
  const when = (condition: JsonObject, savedGroups: JsonObject = {}) =>
    feature({ defaultValue: false, rules: [{ force: true, condition }] }, {}, savedGroups).settings
      ?.rules?.[0]?.when

  test('that mean the same here are native', () => {
    expect(
      when({
        $or: [{ a: { $in: [1, 'x'] } }, { $not: { b: { $exists: true }, c: { $nin: [2] } } }],
      }),
    ).toEqual({
      any: [
        { attribute: 'a', operator: 'in', value: [1, 'x'] },
        {
          not: {
            all: [
              { attribute: 'b', operator: 'exists' },
              { attribute: 'c', operator: 'notIn', value: [2] },
            ],
          },
        },
      ],
    })
    expect(when({ $or: [], a: { $exists: false } })).toEqual({
      attribute: 'a',
      operator: 'notExists',
    })
  })

  test.each<[string, JsonObject]>([
    ['equality, which coerces', { a: 'x' }],
    ['comparison, for which null is 0', { a: { $lt: 5 } }],
    ['a list with null, which a missing attribute is', { a: { $in: [null] } }],
    ['a path', { 'a.b': { $exists: true } }],
    ['a part of it', { a: { $in: [1] }, b: { $gt: 1 } }],
  ])('%s stays GrowthBook’s as a whole', (_, condition) => {
    expect(when(condition)).toEqual({ operator: 'growthbook.condition', value: condition })
  })

  test('deeper than ours may nest stay GrowthBook’s', () => {
    let condition: JsonObject = { a: { $in: [1] } }
    for (let i = 0; i < 6; i++) condition = { $not: condition }
    expect(when(condition)).toEqual({ operator: 'growthbook.condition', value: condition })
  })

  test('a saved group asked natively is a segment, one of an attribute', () => {
    const { operations, settings } = feature(
      {
        defaultValue: false,
        rules: [{ force: true, condition: { id: { $inGroup: 'g' }, email: { $notInGroup: 'g' } } }],
      },
      {},
      { g: ['a', 1] },
    )
    expect(operations.filter(({ op }) => op === 'putSegment')).toEqual([
      {
        op: 'putSegment',
        key: 'g.id',
        visibility: 'server',
        when: { attribute: 'id', operator: 'in', value: ['a', 1] },
      },
      {
        op: 'putSegment',
        key: 'g.email',
        visibility: 'server',
        when: { attribute: 'email', operator: 'in', value: ['a', 1] },
      },
    ])
    expect(settings?.rules?.[0]?.when).toEqual({
      all: [
        { operator: 'inSegment', value: 'g.id' },
        { operator: 'notInSegment', value: 'g.email' },
      ],
    })
  })

  test('saved groups asked by other operators travel with them', () => {
    const condition = { id: { $inGroup: 'g' }, age: { $gt: 1 } }
    expect(when(condition, { g: ['a'], h: ['b'] })).toEqual({
      operator: 'growthbook.conditionWithGroups',
      value: { condition, savedGroups: { g: ['a'] } },
    })
  })

  test.each<[string, JsonObject, string]>([
    ['a negated operator that is not known', { a: { $not: { $near: 1 } } }, '/a/$not/$near'],
    ['one among none of which may hold', { $nor: [{ a: { $near: 1 } }] }, '/$nor/0/a/$near'],
    [
      'one inside others',
      { $or: [{ a: { $not: { $elemMatch: { b: { $x: 1 } } } } }] },
      '/$or/0/a/$not/$elemMatch/b/$x',
    ],
    ['one at the top under a negation', { $not: { $where: 'x' } }, '/$not/$where'],
    ['a pattern with look-around', { a: { $regex: '(?<=x)y' } }, '/a/$regex'],
    ['a list that is none', { $and: {} }, '/$and'],
  ])('%s is refused with its place', (_, condition, path) => {
    const { flag, skipped } = feature({ defaultValue: false, rules: [{ force: true, condition }] })
    expect(flag).toBeUndefined()
    expect(skipped[0]?.path).toBe(`/features/f/rules/0/condition${path}`)
  })

  test.each<[string, JsonObject, JsonObject, JsonValue, string]>([
    ['an operator that is not known never holds', { a: { $near: 1 } }, { a: 1 }, false, '/a/$near'],
    [
      'and does not stop others',
      { $or: [{ a: { $near: 1 } }, { b: 2 }] },
      { b: 2 },
      true,
      '/$or/0/a/$near',
    ],
    [
      'a name at the top is an attribute',
      { $tags: { $elemMatch: { $eq: 'x' } } },
      { $tags: ['x'] },
      true,
      '/$tags',
    ],
  ])('%s, and is listed', (_, condition, attributes, expected, path) => {
    const { settings, skipped } = feature({
      defaultValue: false,
      rules: [{ force: true, condition }],
    })
    expect(skipped.map((one) => one.path)).toEqual([`/features/f/rules/0/condition${path}`])
    const asked = settings?.rules?.[0]?.when
    const operator = asked !== undefined && 'operator' in asked ? asked : undefined
    expect(operator?.operator).toBe('growthbook.condition')
    expect(evalCondition(attributes, operator?.value ?? null)).toBe(expected)
  })
})

describe('prerequisites', () => {
  const parent = { defaultValue: 'off', rules: [{ force: 'on', coverage: 0.5 }] }
  const gate = (condition: JsonObject, id = 'p') => ({
    parentConditions: [{ id, condition, gate: true }],
  })
  const plain = (condition: JsonObject, id = 'p') => ({ parentConditions: [{ id, condition }] })

  test('a gate before everything is a prerequisite, and leaves the caller’s fallback', () => {
    const { settings } = feature(
      { defaultValue: 1, rules: [gate({ value: 'on' }), { force: 2 }] },
      { p: parent },
    )
    expect(settings).toMatchObject({
      prerequisites: [{ flag: 'p', variants: ['on'] }],
      defaultVariant: '1',
    })
    expect(settings).not.toHaveProperty('offVariant')
  })

  test('one that all rules share leaves the default', () => {
    const rules = [
      { ...plain({ value: 'on' }), force: 2, condition: { a: 1 } },
      { ...plain({ value: 'on' }), force: 3 },
    ]
    const { settings } = feature({ defaultValue: 1, rules }, { p: parent })
    expect(settings).toMatchObject({
      prerequisites: [{ flag: 'p', variants: ['on'] }],
      offVariant: '1',
    })
  })

  test.each<[string, JsonValue]>([
    ['of one rule among others', [{ ...plain({ value: 'on' }), force: 2 }, { force: 3 }]],
    [
      'that is a gate after a rule that serves',
      [{ force: 2, condition: { a: 1 } }, gate({ value: 'on' })],
    ],
    [
      'that holds where the other has no value',
      [{ ...plain({ value: { $ne: 'on' } }, 'null'), force: 2 }],
    ],
    ['that asks a feature which was left out', [{ ...plain({ value: true }, 'mixed'), force: 2 }]],
    ['that leads back', [{ ...plain({ value: 2 }, 'f'), force: 2 }]],
  ])('one %s is refused', (_, rules) => {
    const others = {
      p: parent,
      null: {
        defaultValue: null,
        rules: [
          { force: 'on', coverage: 0.5 },
          { force: 'x', coverage: 0.1 },
        ],
      },
      mixed: { defaultValue: 1, rules: [{ force: 'x' }] },
    }
    const { flag, skipped } = feature({ defaultValue: 1, rules }, others)
    expect(flag).toBeUndefined()
    expect(skipped.some(({ path }) => path.startsWith('/features/f/rules/'))).toBe(true)
  })

  test('a feature stands after those it asks', () => {
    const rules = [gate({ value: 'on' }), { force: 2 }]
    const { operations } = feature({ defaultValue: 1, rules }, { p: parent })
    expect(operations.map((one) => ('key' in one ? one.key : ''))).toEqual(['p', 'p', 'f', 'f'])
  })

  test('one that can never be met, and one that always is, are decided now', () => {
    const rules = [
      { ...plain({ value: true }, 'nowhere'), force: 2 },
      { ...plain({ value: null }, 'nowhere'), force: 3 },
    ]
    const { settings, skipped } = feature({ defaultValue: 1, rules })
    expect(settings?.rules?.map(({ serve }) => serve)).toEqual([{ variant: '3' }])
    expect(settings).not.toHaveProperty('prerequisites')
    expect(skipped.map(({ path }) => path)).toEqual(['/features/f/rules/0'])
  })
})

describe('documents', () => {
  test.each<[JsonValue, string]>([
    [null, ''],
    [[], ''],
    [{}, '/features'],
    [{ features: [] }, '/features'],
    [{ features: {}, savedGroups: 5 }, '/savedGroups'],
  ])('%j is refused at %j', (document, path) => {
    const translation = importFrom('growthbook', document, { environment: 'production' })
    expect(translation).toMatchObject({ ok: false, issues: [{ path }] })
  })

  test('what is encrypted, or has no counterpart, is listed', () => {
    const { operations, skipped } = translate({
      encryptedFeatures: 'x.y',
      experiments: [{ key: 'visual' }],
      savedGroups: { g: [] },
      novelty: 1,
    })
    expect(operations).toEqual([])
    expect(skipped.map(({ path }) => path)).toEqual([
      '/novelty',
      '/encryptedFeatures',
      '/experiments/0',
      '/savedGroups/g',
    ])
  })

  test('a saved group that is encrypted is not taken for an empty one', () => {
    const { operations, skipped } = translate({
      encryptedSavedGroups: 'x.y',
      features: {
        f: {
          defaultValue: false,
          rules: [{ force: true, condition: { id: { $notInGroup: 'g' } } }],
        },
      },
    })
    expect(operations).toEqual([])
    expect(skipped.at(-1)?.path).toBe('/features/f/rules/0/condition')
  })

  test('unknown members are listed with their places and harm nothing', () => {
    const { flag, skipped } = feature({
      defaultValue: 1,
      owner: 'x',
      rules: [{ force: 2, 'a/b': 1 }],
    })
    expect(flag).toBeDefined()
    expect(skipped.map(({ path }) => path)).toEqual([
      '/features/f/owner',
      '/features/f/rules/0/a~1b',
    ])
  })

  test('names that are no keys are written out, and hashed as they are', () => {
    const { operations } = translate({
      features: { 'a:b/ü': { defaultValue: 1, rules: [{ variations: [1, 2] }] } },
    })
    const [flag] = operations
    expect(flag).toMatchObject({
      key: 'utf8-a-3ab-2f-c3-bc',
      seed: 'a:b/ü',
      metadata: { growthbookName: 'a:b/ü' },
    })
  })

  test('a document nested deeper than the stack is listed', () => {
    let condition: JsonValue = { a: 1 }
    for (let i = 0; i < 100_000; i++) condition = { $not: condition }
    const { operations, skipped } = translate({
      features: { f: { defaultValue: 1, rules: [{ force: 2, condition }] } },
    })
    expect(operations).toEqual([])
    expect(skipped[0]?.path).toBe('/features/f')
  })
})
