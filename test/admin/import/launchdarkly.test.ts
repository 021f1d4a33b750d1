import type { JsonObject, JsonValue } from '#core'
import { describe, expect, test } from 'vitest'
import { importFrom } from '../../../admin/import/index.ts'
import { launchdarklyBucket } from '../../../sdk/src/migrate/launchdarkly.ts'

function translate(document: JsonValue) {
  const translation = importFrom('launchdarkly', document, { environment: 'production' })
  if (!translation.ok) throw new Error(JSON.stringify(translation.issues))
  return translation
}

const BASE = {
  key: 'f',
  on: true,
  salt: 'salt',
  variations: ['a', 'b', 'c'],
  offVariation: 0,
  fallthrough: { variation: 1 },
}

/** What becomes of one flag called `f`. */
function flag(definition: JsonObject, flags: JsonObject = {}, segments: JsonObject = {}) {
  const { operations, skipped } = translate({
    flags: { f: { ...BASE, ...definition }, ...flags },
    segments,
  })
  const item = operations.find((one) => one.op === 'putFlag' && one.key === 'f')
  const settings = operations.find((one) => one.op === 'putFlagEnvironment' && one.key === 'f')
  return {
    item: item?.op === 'putFlag' ? item : undefined,
    settings: settings?.op === 'putFlagEnvironment' ? settings : undefined,
    paths: skipped.map(({ path }) => path),
    skipped,
  }
}

function segment(definition: JsonObject) {
  const { operations, skipped } = translate({
    flags: {},
    segments: { s: { key: 's', salt: 'grain', ...definition } },
  })
  const [operation] = operations
  return { operation: operation?.op === 'putSegment' ? operation : undefined, skipped }
}

const when = (clause: JsonObject, segments: JsonObject = {}) =>
  flag({ rules: [{ id: 'r', clauses: [clause], variation: 0 }] }, {}, segments).settings?.rules?.[0]
    ?.when

describe('flags', () => {
  test('keep their key and name their variants by index', () => {
    const { item, settings, paths } = flag({})
    expect(item).toEqual({
      op: 'putFlag',
      key: 'f',
      type: 'string',
      variants: { 0: 'a', 1: 'b', 2: 'c' },
      visibility: 'server',
      seed: 'f.salt',
    })
    expect(settings).toEqual({
      op: 'putFlagEnvironment',
      key: 'f',
      environment: 'production',
      enabled: true,
      offVariant: '0',
      defaultVariant: '1',
    })
    expect(paths).toEqual([])
  })

  test('that are off serve their off variation, or the caller’s fallback without one', () => {
    expect(flag({ on: false, fallthrough: null }).settings).toMatchObject({
      enabled: false,
      offVariant: '0',
    })
    expect(flag({ on: false, offVariation: null }).settings).not.toHaveProperty('offVariant')
  })

  test.each<[string, JsonObject, string]>([
    ['variations of two types', { variations: ['a', 1] }, '/variations/1'],
    ['a variation of null', { variations: ['a', null] }, '/variations/1'],
    ['no variations', { variations: [] }, '/variations'],
    ['an off variation that is not there', { offVariation: 3 }, '/offVariation'],
    [
      'a fallthrough that is not there',
      { fallthrough: { variation: -1 } },
      '/fallthrough/variation',
    ],
    ['no fallthrough', { fallthrough: null }, '/fallthrough'],
    ['a fallthrough of nothing', { fallthrough: {} }, '/fallthrough/rollout'],
    ['a migration', { migration: { checkRatio: 1 } }, '/migration'],
    [
      'an attribute that is no reference',
      { rules: [{ clauses: [{ op: 'in', attribute: '', values: [] }], variation: 0 }] },
      '/rules/0/clauses/0/attribute',
    ],
    [
      'a negated operator that is not known',
      {
        rules: [
          { clauses: [{ op: 'near', attribute: 'a', values: [], negate: true }], variation: 0 },
        ],
      },
      '/rules/0/clauses/0/op',
    ],
    [
      'a pattern with look-around',
      {
        rules: [{ clauses: [{ op: 'matches', attribute: 'a', values: ['(?=x)'] }], variation: 0 }],
      },
      '/rules/0/clauses/0/values/0',
    ],
    [
      'a weight that is no whole number',
      { fallthrough: { rollout: { variations: [{ variation: 0, weight: 0.5 }] } } },
      '/fallthrough/rollout/variations/0/weight',
    ],
    ['being deleted', { deleted: true }, '/deleted'],
  ])('with %s are left out and listed', (_, definition, path) => {
    const { item, paths } = flag(definition)
    expect(item).toBeUndefined()
    expect(paths).toContain(`/flags/f${path}`)
  })

  test('that clients may see are imported for servers, and listed', () => {
    const { item, paths } = flag({
      clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: false },
    })
    expect(item?.visibility).toBe('server')
    expect(paths).toEqual(['/flags/f/clientSideAvailability'])
    expect(flag({ clientSideAvailability: { usingEnvironmentId: false } }).paths).toEqual([])
  })

  test('with unknown members are imported, and the members listed', () => {
    const { item, paths } = flag({ novelty: 1, rules: [{ clauses: [], variation: 0, 'a/b': 1 }] })
    expect(item).toBeDefined()
    expect(paths).toEqual(['/flags/f/novelty', '/flags/f/rules/0/a~1b'])
  })
})

describe('targets', () => {
  test('of users are ours, a key listed twice where it is first', () => {
    const targets = [
      { variation: 2, values: ['x', 'y', ''] },
      { variation: 0, values: ['x', 'z'] },
    ]
    expect(flag({ targets }).settings?.targets).toEqual({ 2: ['x', 'y'], 0: ['z'] })
  })

  test('of other kinds are rules, and so are those of users after them', () => {
    const { settings } = flag({
      targets: [
        { variation: 0, values: ['u'] },
        { variation: 1, values: ['v'] },
      ],
      contextTargets: [
        { contextKind: 'user', variation: 0, values: [] },
        { contextKind: 'organization', variation: 2, values: ['o'] },
        { contextKind: 'user', variation: 1, values: [] },
      ],
    })
    expect(settings?.targets).toEqual({ 0: ['u'] })
    expect(settings?.rules).toEqual([
      {
        id: 'target',
        when: { attribute: 'organization.key', operator: 'in', value: ['o'] },
        serve: { variant: '2' },
      },
      {
        id: 'target-2',
        when: { attribute: 'user.key', operator: 'in', value: ['v'] },
        serve: { variant: '1' },
      },
    ])
  })
})

describe('rollouts', () => {
  const variations = [
    { variation: 0, weight: 0 },
    { variation: 2, weight: 60_000 },
    { variation: 1, weight: 30_000 },
  ]
  const split = [
    { variant: '0', weight: 0 },
    { variant: '2', weight: 60_000 },
    { variant: '1', weight: 40_000 },
  ]

  test('by key are a split whose last part takes what is left over; who has no key gets the first share', () => {
    const { settings } = flag({ fallthrough: { rollout: { variations } } })
    expect(settings?.rules).toEqual([
      {
        id: 'fallthrough',
        serve: { split },
        bucketBy: 'user.key',
        bucketing: { by: 'launchdarkly' },
      },
    ])
    expect(settings?.defaultVariant).toBe('2')
  })

  test('of a rule have a second rule for who has no key', () => {
    const clause = { op: 'in', attribute: 'kind', values: ['organization'] }
    const rules = [
      {
        id: 'r',
        clauses: [clause],
        rollout: { variations, contextKind: 'organization', seed: 61 },
      },
    ]
    const condition = { attribute: 'kind', operator: 'in', value: ['organization'] }
    expect(flag({ rules }).settings?.rules).toEqual([
      {
        id: 'r',
        when: condition,
        serve: { split },
        seed: '61',
        bucketBy: 'organization.key',
        bucketing: { by: 'launchdarkly' },
      },
      { id: 'r-2', when: condition, serve: { variant: '2' } },
    ])
  })

  test('by an attribute ask first whether it can be hashed; the empty text is decided now', () => {
    const { settings } = flag({
      fallthrough: { rollout: { variations, bucketBy: '/address/city', contextKind: 'user' } },
    })
    expect(settings?.rules).toEqual([
      {
        id: 'fallthrough',
        when: { not: { attribute: 'user.address.city', operator: 'launchdarkly.bucketable' } },
        serve: { variant: '2' },
      },
      {
        id: 'fallthrough-2',
        serve: { split },
        bucketBy: 'user.address.city',
        bucketing: { by: 'launchdarkly' },
      },
    ])
    expect(settings?.defaultVariant).toBe(launchdarklyBucket('', 'f.salt') < 0.6 ? '2' : '1')
  })

  test('of experiments go by the key, whatever they say', () => {
    const rollout = { variations, kind: 'experiment', bucketBy: 'country' }
    expect(flag({ fallthrough: { rollout } }).settings?.rules?.[0]?.bucketBy).toBe('user.key')
  })
})

describe('clauses', () => {
  test.each<[JsonObject, JsonValue]>([
    [
      { op: 'in', attribute: 'plan', values: ['x', 1, {}] },
      { attribute: 'user.plan', operator: 'in', value: ['x', 1] },
    ],
    [
      { op: 'startsWith', attribute: 'plan', values: ['x', 1] },
      { attribute: 'user.plan', operator: 'startsWith', value: ['x'] },
    ],
    [
      { op: 'lessThan', attribute: 'age', values: [3, 7, '9'] },
      { attribute: 'user.age', operator: 'lt', value: 7 },
    ],
    [
      { op: 'greaterThanOrEqual', attribute: 'age', values: [3, 7] },
      { attribute: 'user.age', operator: 'gte', value: 3 },
    ],
    [
      { op: 'after', attribute: 'at', values: ['1970-01-01T00:00:01Z', 'x'] },
      { attribute: 'user.at', operator: 'after', value: 1_000 },
    ],
    [
      { op: 'matches', attribute: 'a', values: ['^x', '('] },
      { attribute: 'user.a', operator: 'matches', value: ['^x'] },
    ],
    [{ op: 'contains', attribute: 'a', values: [5] }, { any: [] }],
    [
      { op: 'in', attribute: '/a/b', contextKind: 'organization', values: ['x'], negate: true },
      {
        all: [
          { attribute: 'organization.a.b', operator: 'exists' },
          { not: { attribute: 'organization.a.b', operator: 'in', value: ['x'] } },
        ],
      },
    ],
  ])('%j are native', (clause, expected) => {
    expect(when(clause)).toEqual(expected)
  })

  test.each<[string, JsonObject]>([
    ['versions, which may lack parts', { op: 'semVerEqual', attribute: 'v', values: ['2'] }],
    ['null, which only elements of lists equal', { op: 'in', attribute: 'a', values: [null] }],
    ['a name with a dot', { op: 'in', attribute: 'a.b', values: ['x'], negate: true }],
    ['a kind with a dot', { op: 'in', attribute: 'a', contextKind: 'org.eu', values: ['x'] }],
  ])('%s stay LaunchDarkly’s', (_, clause) => {
    expect(when(clause)).toEqual({ operator: 'launchdarkly.clause', value: clause })
  })

  test('of segments ask those that are there', () => {
    const clause = { op: 'segmentMatch', attribute: '', values: ['s', 'nowhere'] }
    const segments = { s: { key: 's', included: ['u'] } }
    expect(when(clause, segments)).toEqual({ operator: 'inSegment', value: ['s'] })
    expect(when({ ...clause, negate: true }, segments)).toEqual({
      operator: 'notInSegment',
      value: ['s'],
    })
    expect(when(clause)).toEqual({ any: [] })
    expect(when({ ...clause, negate: true })).toEqual({ all: [] })
  })

  test('an operator that is not known never holds and is listed; the other rules go on', () => {
    const { settings, paths } = flag({
      rules: [
        { id: 'r', clauses: [{ op: 'near', attribute: 'a', values: ['x'] }], variation: 0 },
        { id: 's', clauses: [{ op: 'in', attribute: 'a', values: ['x'] }], variation: 2 },
      ],
    })
    expect(settings?.rules).toEqual([
      { id: 'r', when: { any: [] }, serve: { variant: '0' } },
      {
        id: 's',
        when: { attribute: 'user.a', operator: 'in', value: ['x'] },
        serve: { variant: '2' },
      },
    ])
    expect(paths).toEqual(['/flags/f/rules/0/clauses/0/op'])
  })

  test('a rule without clauses never matches and is listed', () => {
    const { settings, paths } = flag({ rules: [{ variation: 0 }] })
    expect(settings).not.toHaveProperty('rules')
    expect(paths).toEqual(['/flags/f/rules/0'])
  })
})

describe('prerequisites', () => {
  const parent = { ...BASE, key: 'p' }

  test('ask for a variation', () => {
    const { settings } = flag({ prerequisites: [{ key: 'p', variation: 2 }] }, { p: parent })
    expect(settings).toMatchObject({
      enabled: true,
      prerequisites: [{ flag: 'p', variants: ['2'] }],
    })
  })

  test.each<[string, JsonObject]>([
    ['a flag that is not there', { key: 'nowhere', variation: 0 }],
    ['a flag that is deleted', { key: 'gone', variation: 0 }],
    ['a variation that is not there', { key: 'p', variation: 3 }],
  ])('on %s leave the flag off, as LaunchDarkly does, and listed', (_, prerequisite) => {
    const { settings, paths } = flag(
      { prerequisites: [prerequisite] },
      { p: parent, gone: { ...parent, deleted: true } },
    )
    expect(settings).toMatchObject({ enabled: false, offVariant: '0' })
    expect(paths).toContain('/flags/f/prerequisites/0')
  })

  test('that lead back, or to a flag that was left out, leave the flag out', () => {
    const back = flag(
      { prerequisites: [{ key: 'p', variation: 0 }] },
      { p: { ...parent, prerequisites: [{ key: 'f', variation: 0 }] } },
    )
    expect(back.item).toBeUndefined()
    expect(back.paths.toSorted()).toEqual([
      '/flags/f/prerequisites/0/key',
      '/flags/p/prerequisites/0/key',
    ])
    const left = flag(
      { prerequisites: [{ key: 'p', variation: 0 }] },
      { p: { ...parent, variations: [] } },
    )
    expect(left.item).toBeUndefined()
  })

  test('longer than our evaluator follows leave the flag out', () => {
    const flags = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [
        `p${i}`,
        {
          ...BASE,
          key: `p${i}`,
          prerequisites: i === 0 ? [] : [{ key: `p${i - 1}`, variation: 0 }],
        },
      ]),
    )
    const { operations, skipped } = translate({ flags })
    expect(operations.filter(({ op }) => op === 'putFlag')).toHaveLength(11)
    expect(skipped.map(({ path }) => path)).toEqual(['/flags/p11/prerequisites'])
  })
})

describe('segments', () => {
  test('of users are lists; whoever is included is not excluded', () => {
    const { operation } = segment({ included: ['a', 'b'], excluded: ['b', 'c'], rules: [] })
    expect(operation).toEqual({
      op: 'putSegment',
      key: 's',
      visibility: 'server',
      ids: ['a', 'b'],
      excludedIds: ['c'],
      when: { any: [] },
    })
  })

  test('with other kinds keep LaunchDarkly’s order: included, excluded, rules', () => {
    const { operation } = segment({
      included: ['a'],
      includedContexts: [
        { contextKind: 'organization', values: ['o'] },
        { contextKind: 'user', values: ['b'] },
      ],
      excluded: ['x'],
      rules: [
        {
          clauses: [{ op: 'in', attribute: 'plan', values: ['pro'] }],
          weight: 50_000,
          bucketBy: 'country',
        },
      ],
    })
    expect(operation).toEqual({
      op: 'putSegment',
      key: 's',
      visibility: 'server',
      ids: ['a', 'b'],
      when: {
        any: [
          { attribute: 'organization.key', operator: 'in', value: ['o'] },
          {
            all: [
              { not: { attribute: 'user.key', operator: 'in', value: ['x'] } },
              { attribute: 'user.plan', operator: 'in', value: ['pro'] },
              {
                attribute: 'user.country',
                operator: 'launchdarkly.inShare',
                value: { seed: 's.grain', weight: 50_000 },
              },
            ],
          },
        ],
      },
    })
  })

  test.each<[string, JsonObject, string]>([
    ['a big segment', { unbounded: true, generation: 1 }, '/segments/s/unbounded'],
    [
      'more than 10,000 keys',
      { included: Array.from({ length: 10_001 }, (_, i) => `u${i}`) },
      '/segments/s/included',
    ],
    [
      'a cycle',
      { rules: [{ clauses: [{ op: 'segmentMatch', values: ['s'] }] }] },
      '/segments/s/rules/0/clauses/0/values/0',
    ],
  ])('%s is left out and listed', (_, definition, path) => {
    const { operation, skipped } = segment(definition)
    expect(operation).toBeUndefined()
    expect(skipped.map((one) => one.path)).toContain(path)
  })

  test('that were left out take with them the flags that ask them', () => {
    const clauses = [{ op: 'segmentMatch', attribute: '', values: ['s'] }]
    const { item, paths } = flag(
      { rules: [{ clauses, variation: 0 }] },
      {},
      { s: { unbounded: true } },
    )
    expect(item).toBeUndefined()
    expect(paths).toContain('/flags/f/rules/0/clauses/0/values/0')
  })
})

describe('documents', () => {
  test.each<[JsonValue, string]>([
    [null, ''],
    [{}, '/flags'],
    [{ flags: [] }, '/flags'],
    [{ flags: {}, segments: 'x' }, '/segments'],
    [{ data: { flags: 5 } }, '/data/flags'],
  ])('%j is refused at %j', (document, path) => {
    const translation = importFrom('launchdarkly', document, { environment: 'production' })
    expect(translation).toMatchObject({ ok: false, issues: [{ path }] })
  })

  test('may come as they are streamed, or as a file of values', () => {
    const streamed = translate({
      path: '/',
      data: { flags: { f: { ...BASE, variations: [] } }, segments: {} },
    })
    expect(streamed.skipped[0]?.path).toBe('/data/flags/f/variations')
    const { operations, skipped } = translate({ flagValues: { simple: 5 } })
    expect(operations[0]).toMatchObject({ key: 'simple', type: 'number', variants: { 0: 5 } })
    expect(operations[1]).toMatchObject({ enabled: true, defaultVariant: '0' })
    expect(skipped).toEqual([])
  })
})
