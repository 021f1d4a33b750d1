import { compile, type JsonObject, type JsonValue, type SnapshotBody } from '#core'
import { describe, expect, test } from 'vitest'
import { changeSet } from '../../../admin/contract/change-set.ts'
import { parseWith } from '../../../admin/contract/schema.ts'
import { importFrom, VENDORS } from '../../../admin/import/index.ts'
import { bucketers } from '../../../sdk/src/migrate.ts'

const request = { environment: 'production' }
const ENABLED = { state: 'ENABLED' }
const ON_OFF = { on: true, off: false }

/** A translation; throws when the document was refused. */
function translated(document: JsonValue) {
  const translation = importFrom('flagd', document, request)
  if (!translation.ok) throw new Error(JSON.stringify(translation.issues))
  return translation
}

function issuesOf(document: JsonValue) {
  const translation = importFrom('flagd', document, request)
  return translation.ok ? [] : translation.issues.map(({ path }) => path)
}

const flagsOf = (members: JsonObject) => ({
  flags: { f: { ...ENABLED, variants: ON_OFF, ...members } },
})

/** What `f` of the document answers after the import: its variant, or `fallback`. */
function answerOf(document: JsonValue, context: Record<string, unknown>, nowMs = 0): string {
  const { operations } = translated(document)
  const base = operations.find((operation) => operation.op === 'putFlag')
  const settings = operations.find((operation) => operation.op === 'putFlagEnvironment')
  if (base?.op !== 'putFlag' || settings?.op !== 'putFlagEnvironment') return 'left out'
  const { op: _op, key: _key, visibility: _visibility, description: _description, ...flag } = base
  const { op: _, key, environment: _environment, ...own } = settings
  const body: SnapshotBody = {
    format: 1,
    project: 'p',
    environment: 'e',
    audience: 'server',
    revision: 1,
    configs: {},
    flags: { [key]: { ...flag, seed: 's', ...own } },
    segments: {},
    secrets: {},
  }
  const evaluator = compile(body, { bucketers })
  return evaluator.details(key, undefined, null, context, nowMs).variant ?? 'fallback'
}

/** `on` when the condition holds for the context. */
function holds(condition: JsonValue, context: Record<string, unknown>): boolean {
  const targeting = { if: [condition, 'on', 'off'] }
  const answer = answerOf(flagsOf({ defaultVariant: 'off', targeting }), context)
  if (answer === 'left out') throw new Error('the condition was not translated')
  return answer === 'on'
}

/** Beside a flag that is imported in any case: alone it would refuse the document where it breaks flagd's schema. */
const besideAnother = (flag: JsonObject): JsonValue => ({
  flags: { ...flagsOf(flag).flags, other: { ...ENABLED, variants: ON_OFF } },
})

const isLeftOut = (condition: JsonValue) =>
  !translated(
    besideAnother({ defaultVariant: 'off', targeting: { if: [condition, 'on', 'off'] } }),
  ).sources.includes('/flags/f')

describe('a flag', () => {
  test('is one operation for what is the same everywhere and one for the environment', () => {
    const { operations, skipped, sources } = translated({
      $schema: 'https://flagd.dev/schema/v0/flags.json',
      metadata: { flagSetId: 'demo', version: 1 },
      flags: {
        'cart.failure': {
          ...ENABLED,
          description: 'Fails',
          variants: { '10%': 0.1, '100%': 1, off: 0 },
          defaultVariant: 'off',
          metadata: { version: 2 },
        },
      },
    })
    expect(operations).toEqual([
      {
        op: 'putFlag',
        key: 'cart.failure',
        type: 'number',
        variants: { '10%': 0.1, '100%': 1, off: 0 },
        visibility: 'server',
        description: 'Fails',
        metadata: { flagSetId: 'demo', version: 2 },
      },
      {
        op: 'putFlagEnvironment',
        key: 'cart.failure',
        environment: 'production',
        enabled: true,
        defaultVariant: 'off',
      },
    ])
    expect(sources).toEqual(['/flags/cart.failure', '/flags/cart.failure'])
    expect(skipped).toEqual([])
    expect(parseWith(changeSet, { reason: 'r', operations }).ok).toBe(true)
  })

  test.each([
    [{ a: true }, 'boolean'],
    [{ a: 'x', b: '' }, 'string'],
    [{ a: 0.1, b: 1, c: 0 }, 'number'],
    [{ a: {}, b: { x: [1] } }, 'object'],
  ])('with the variants %j is of the type %s', (variants, type) => {
    expect(translated(flagsOf({ variants })).operations[0]).toMatchObject({ type })
  })

  test('that is disabled serves nobody', () => {
    const document = flagsOf({ state: 'DISABLED', defaultVariant: 'on' })
    expect(answerOf(document, {})).toBe('fallback')
  })

  test.each([[{}], [{ defaultVariant: null }]])(
    'without a default variant leaves the default to the code (%j)',
    (members) => {
      expect(answerOf(flagsOf(members), {})).toBe('fallback')
      const targeting = { if: [{ '===': [{ var: 'a' }, 1] }, null, 'on'] }
      expect(answerOf(flagsOf({ ...members, targeting }), { a: 1 })).toBe('fallback')
      expect(answerOf(flagsOf({ ...members, targeting }), { a: 2 })).toBe('on')
    },
  )

  test('may stand in a list with its key, as the daemon takes it', () => {
    const { operations, sources } = translated({
      flags: [{ key: 'f', ...ENABLED, variants: ON_OFF }],
    })
    expect(operations).toMatchObject([{ key: 'f' }, { key: 'f' }])
    expect(sources).toEqual(['/flags/0', '/flags/0'])
  })

  test('with a name that is none here is left out, not renamed', () => {
    const { operations, skipped } = translated({
      flags: { 'a b/c': { ...ENABLED, variants: ON_OFF } },
    })
    expect(operations).toEqual([])
    expect(skipped).toMatchObject([{ path: '/flags/a b~1c' }])
  })

  test('with a default that is no variant is left out', () => {
    expect(translated(flagsOf({ defaultVariant: 'toString' }))).toMatchObject({
      operations: [],
      skipped: [{ path: '/flags/f/defaultVariant' }],
    })
  })

  test('with members nobody knows is imported without them, and they are listed', () => {
    const { operations, skipped } = translated({ ...flagsOf({ owner: 'me' }), sources: [] })
    expect(operations).toHaveLength(2)
    expect(skipped.map(({ path }) => path)).toEqual(['/sources', '/flags/f/owner'])
  })
})

describe('a document that is not flagd’s', () => {
  test.each<[JsonValue, string]>([
    [null, ''],
    [[], ''],
    [{}, '/flags'],
    [{ flags: 1 }, '/flags'],
    [{ flags: [{ ...ENABLED, variants: ON_OFF }] }, '/flags/0/key'],
    [{ flags: { f: null } }, '/flags/f'],
    [{ flags: { f: { variants: ON_OFF } } }, '/flags/f/state'],
    [flagsOf({ state: 'ON' }), '/flags/f/state'],
    [{ flags: { f: ENABLED } }, '/flags/f/variants'],
    [flagsOf({ variants: {} }), '/flags/f/variants'],
    [flagsOf({ variants: { on: true, off: 'false' } }), '/flags/f/variants/off'],
    [flagsOf({ variants: { on: null } }), '/flags/f/variants/on'],
    [flagsOf({ variants: { on: [] } }), '/flags/f/variants/on'],
    [flagsOf({ defaultVariant: 1 }), '/flags/f/defaultVariant'],
    [flagsOf({ targeting: 'x' }), '/flags/f/targeting'],
    [flagsOf({ metadata: { a: {} } }), '/flags/f/metadata/a'],
    [{ ...flagsOf({}), metadata: { a: null } }, '/metadata/a'],
    [{ ...flagsOf({}), $evaluators: [] }, '/$evaluators'],
  ])('%j is refused at %j', (document, path) => {
    expect(issuesOf(document)).toEqual([path])
  })

  test('keys that are there twice in a list are refused', () => {
    const flag = { key: 'f', ...ENABLED, variants: ON_OFF }
    expect(issuesOf({ flags: [flag, flag] })).toEqual(['/flags/1/key'])
  })
})

test('an unknown vendor is told the known ones', () => {
  for (const vendor of ['nobody', 'constructor', '__proto__', '']) {
    const translation = importFrom(vendor, {}, request)
    expect(translation.ok).toBe(false)
    if (!translation.ok) expect(translation.issues[0]?.message).toContain(VENDORS.join(', '))
  }
})

describe('targeting', () => {
  test('a chain of ifs asks in order', () => {
    const targeting = {
      if: [
        { '===': [{ var: 'plan' }, 'pro'] },
        { if: [{ '===': [{ var: 'beta' }, true] }, 'both', 'pro'] },
        { '===': [{ var: 'beta' }, true] },
        'beta',
        null,
      ],
    }
    const variants = { both: 1, pro: 2, beta: 3, none: 0 }
    const document = flagsOf({ variants, defaultVariant: 'none', targeting })
    expect(answerOf(document, { plan: 'pro', beta: true })).toBe('both')
    expect(answerOf(document, { plan: 'pro' })).toBe('pro')
    expect(answerOf(document, { beta: true })).toBe('beta')
    expect(answerOf(document, { plan: 'free' })).toBe('none')
  })

  test('truths are names of variants, and a missing else is the default', () => {
    const variants = { true: 'yes', false: 'no', other: 'x' }
    const isPro = { '===': [{ var: 'plan' }, 'pro'] }
    const short = flagsOf({ variants, defaultVariant: 'other', targeting: isPro })
    expect(answerOf(short, { plan: 'pro' })).toBe('true')
    expect(answerOf(short, {})).toBe('false')
    const single = flagsOf({ variants, defaultVariant: 'other', targeting: { if: [isPro] } })
    expect(answerOf(single, {})).toBe('false')
    const open = flagsOf({ variants, defaultVariant: 'other', targeting: { if: [isPro, true] } })
    expect(answerOf(open, { plan: 'pro' })).toBe('true')
    expect(answerOf(open, {})).toBe('other')
  })

  test('both branches the same stays as it is written', () => {
    const targeting = { if: [{ '==': [{ var: 'product_id' }, 'OLJCESPC7Z'] }, 'off', 'off'] }
    const { operations, skipped } = translated(flagsOf({ defaultVariant: 'off', targeting }))
    expect(skipped).toEqual([])
    expect(operations[1]).toMatchObject({
      rules: [
        {
          id: 'flagd-1',
          when: { attribute: 'product_id', operator: 'equals', value: 'OLJCESPC7Z' },
          serve: { variant: 'off' },
        },
        { id: 'flagd-2', serve: { variant: 'off' } },
      ],
    })
  })

  test('{} is none', () => {
    expect(translated(flagsOf({ targeting: {} })).operations[1]).not.toHaveProperty('rules')
  })

  test('evaluators are followed, also from one another', () => {
    const document = {
      ...flagsOf({ defaultVariant: 'off', targeting: { if: [{ $ref: 'a' }, 'on', 'off'] } }),
      $evaluators: {
        a: { and: [{ $ref: 'b' }, { var: 'x' }] },
        b: { ends_with: [{ var: 'email' }, '@faas.com'] },
      },
    }
    expect(answerOf(document, { email: 'ada@faas.com', x: true })).toBe('on')
    expect(answerOf(document, { email: 'ada@faas.com' })).toBe('off')
  })

  test.each([
    ['a circle', { a: { '!': { $ref: 'b' } }, b: { $ref: 'a' } }],
    ['a name that is not there', { b: true }],
    ['a name of every object', {}],
  ])('evaluators that are %s leave the flag out', (what, $evaluators) => {
    const name = what.includes('every') ? 'constructor' : 'a'
    const document = {
      ...flagsOf({ targeting: { if: [{ $ref: name }, 'on', 'off'] } }),
      $evaluators,
    }
    expect(translated(document).operations).toEqual([])
  })

  test('references that blow up end', () => {
    const $evaluators = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `e${at}`,
        at === 29 ? { var: 'a' } : { and: [{ $ref: `e${at + 1}` }, { $ref: `e${at + 1}` }] },
      ]),
    )
    const document = { ...flagsOf({ targeting: { if: [{ $ref: 'e0' }, 'on'] } }), $evaluators }
    expect(translated(document).operations).toEqual([])
  })

  test.each<[string, JsonValue, string]>([
    ['a share of a half', { fractional: [['on', 0.5]] }, '/flags/f/targeting/fractional/0/1'],
    ['half a part', { fractional: [['on', 0.5]] }, '/flags/f/targeting/fractional/0/1'],
    ['a share that is a text', { fractional: [['on', '1']] }, '/flags/f/targeting/fractional/0/1'],
    [
      'a share that moves with time',
      {
        fractional: [
          ['off', 1],
          ['on', { '-': [{ var: '$flagd.timestamp' }, 1] }],
        ],
      },
      '/flags/f/targeting/fractional/1/1',
    ],
    ['a share without a list', { fractional: ['on', 1] }, '/flags/f/targeting/fractional/0'],
    [
      'a share of two variants',
      { fractional: [['on', 1, 'off']] },
      '/flags/f/targeting/fractional/0',
    ],
    ['a share of no variant', { fractional: [['maybe', 1]] }, '/flags/f/targeting/fractional'],
    ['a sum', { if: [{ '+': [1, 2] }, 'on'] }, '/flags/f/targeting/if/0/+'],
    ['an unknown operation', { surely: [1] }, '/flags/f/targeting/surely'],
    ['two operations', { if: [true, 'on'], and: [true] }, '/flags/f/targeting'],
    ['a number as an answer', { if: [true, 1] }, '/flags/f/targeting/if/1'],
    [
      'the time among alternatives',
      { if: [{ or: [{ '<': [{ var: '$flagd.timestamp' }, 9] }, { var: 'a' }] }, 'on'] },
      '/flags/f/targeting/if/1',
    ],
    [
      'the time and an attribute',
      { if: [{ '<': [{ var: '$flagd.timestamp' }, { var: 'until' }] }, 'on'] },
      '/flags/f/targeting/if/0/<',
    ],
    [
      'two attributes',
      { if: [{ '===': [{ var: 'a' }, { var: 'b' }] }, 'on'] },
      '/flags/f/targeting/if/0/===',
    ],
    ['an unknown variant', { if: [true, 'maybe'] }, '/flags/f/targeting/if/1'],
  ])('%s leaves the flag out, with its place', (_, targeting, path) => {
    const { sources, skipped } = translated(besideAnother({ defaultVariant: 'off', targeting }))
    expect(sources).toEqual(['/flags/other', '/flags/other'])
    expect(skipped).toHaveLength(1)
    expect(skipped[0]).toMatchObject({ path, reason: expect.stringContaining('left out') })
  })

  test.each<[string, JsonValue, Record<string, unknown>, number, string]>([
    ['an attribute that names a variant', { var: 'a' }, { a: 'on' }, 0, 'on'],
    ['one that names none', { var: 'a' }, { a: 'maybe' }, 0, 'fallback'],
    ['one that is missing', { var: 'a' }, {}, 0, 'off'],
    ['a missing one with a default', { var: ['a', 'on'] }, {}, 0, 'on'],
    [
      'the time before',
      { if: [{ '>=': [{ var: '$flagd.timestamp' }, 9] }, 'on'] },
      {},
      8_999,
      'off',
    ],
    [
      'the time from then on',
      { if: [{ '>=': [{ var: '$flagd.timestamp' }, 9] }, 'on'] },
      {},
      9_000,
      'on',
    ],
    [
      'a time that never comes',
      {
        if: [
          {
            and: [
              { '<': [{ var: '$flagd.timestamp' }, 5] },
              { '>': [{ var: '$flagd.timestamp' }, 5] },
            ],
          },
          'on',
          'off',
        ],
      },
      {},
      5_000,
      'off',
    ],
    [
      'a weight that depends on an attribute',
      {
        fractional: [
          ['on', { if: [{ var: 'all' }, 100, 0] }],
          ['off', { if: [{ var: 'all' }, 0, 1] }],
        ],
      },
      { targetingKey: 'k', all: true },
      0,
      'on',
    ],
    [
      'weights that follow the clock, at their end',
      {
        fractional: [
          ['on', { '-': [{ var: '$flagd.timestamp' }, 100] }],
          ['off', { '-': [200, { var: '$flagd.timestamp' }] }],
        ],
      },
      { targetingKey: 'k' },
      200_000,
      'on',
    ],
    [
      'weights that follow the clock, at their start',
      {
        fractional: [
          ['on', { '-': [{ var: '$flagd.timestamp' }, 100] }],
          ['off', { '-': [200, { var: '$flagd.timestamp' }] }],
        ],
      },
      { targetingKey: 'k' },
      100_999,
      'off',
    ],
  ])('by %s', (_, targeting, context, nowMs, expected) => {
    const document = flagsOf({ defaultVariant: 'off', targeting })
    expect(answerOf(document, context, nowMs)).toBe(expected)
  })

  test('by an operation that answers null for what it cannot read gets the default', () => {
    const variants = { true: 'T', false: 'F', none: 'N' }
    const answer = (targeting: JsonValue, context: Record<string, unknown>): string =>
      answerOf(flagsOf({ variants, defaultVariant: 'none', targeting }), context)
    const semVer = { sem_ver: [{ var: 'v' }, '<', '2.0.0'] }
    expect(['1.0', '2.1.0', 'x'].map((v) => answer(semVer, { v }))).toEqual([
      'true',
      'false',
      'none',
    ])
    const startsWith = { starts_with: [{ var: 'v' }, 'a'] }
    expect(['ab', 'b', 5].map((v) => answer(startsWith, { v }))).toEqual(['true', 'false', 'none'])
  })

  test('that breaks the schema and leaves no flag refuses the document at its place', () => {
    expect(issuesOf(flagsOf({ targeting: { if: [{ surely: [1] }, 'on'] } }))).toEqual([
      '/flags/f/targeting/if/0/surely',
    ])
    expect(issuesOf(flagsOf({ targeting: { and: [{ '!': { '===': [1] } }] } }))).toEqual([
      '/flags/f/targeting/and/0/!/===',
    ])
  })

  test.each<[string, JsonValue, Record<string, unknown>, string, string]>([
    [
      'a number where a text belongs never fits',
      { if: [{ ends_with: [{ var: 'a' }, 7] }, 'on', 'off'] },
      { a: '7' },
      'off',
      '/if/0/ends_with/1',
    ],
    [
      'and answers the default by itself',
      { starts_with: [{ var: 'a' }, 7] },
      { a: '7' },
      'off',
      '/starts_with/1',
    ],
    [
      'what is no version is in no range, nor outside one',
      { if: [{ sem_ver: [{ var: 'a' }, '!=', '1.2.3.4'] }, 'on', 'off'] },
      { a: '1.2.3' },
      'off',
      '/if/0/sem_ver/2',
    ],
    [
      'a weight below nothing is nothing',
      {
        fractional: [
          ['off', -40],
          ['on', 1],
        ],
      },
      { targetingKey: 'k' },
      'on',
      '/fractional/0/1',
    ],
  ])(
    'that breaks the schema is imported beside other flags where flagd’s answer is known: %s',
    (_, targeting, context, expected, place) => {
      const document = besideAnother({ defaultVariant: 'off', targeting })
      expect(answerOf(document, context)).toBe(expected)
      expect(translated(document).skipped.map(({ path }) => path)).toEqual([
        `/flags/f/targeting${place}`,
      ])
    },
  )

  test('a disabled flag is imported without what cannot be translated: it serves nobody', () => {
    const targeting = { surely: [1] }
    const { operations, skipped } = translated(flagsOf({ state: 'DISABLED', targeting }))
    expect(operations[1]).toMatchObject({ enabled: false })
    expect(operations[1]).not.toHaveProperty('rules')
    expect(skipped).toMatchObject([{ path: '/flags/f/targeting/surely' }])
  })
})

describe('a condition', () => {
  test.each<[JsonValue, Record<string, unknown>, boolean]>([
    [{ '==': [{ var: 'a' }, 'x'] }, { a: 'x' }, true],
    [{ '==': ['x', { var: ['a'] }] }, { a: 'y' }, false],
    [{ '!=': [{ var: 'a' }, 'x'] }, {}, true],
    [{ '===': [{ var: 'a' }, 1] }, { a: '1' }, false],
    [{ '!==': [{ var: 'a' }, null] }, {}, false],
    [{ '===': [{ var: 'a' }, null] }, {}, true],
    [{ '===': [{ var: ['a', 'x'] }, 'x'] }, {}, true],
    [{ '===': [{ var: 'a.b' }, true] }, { a: { b: true } }, true],
    [{ '===': [{ var: '$flagd.flagKey' }, 'f'] }, {}, true],
    // A missing attribute is null, and null is less than 18.
    [{ '<': [{ var: 'age' }, 18] }, {}, true],
    [{ '<': [{ var: 'age' }, 18] }, { age: 18 }, false],
    [{ '>=': [{ var: 'age' }, 18] }, {}, false],
    [{ '>': [18, { var: 'age' }] }, { age: 17 }, true],
    [{ '<=': [1, { var: 'n' }, 3] }, { n: 3 }, true],
    [{ '<': [1, { var: 'n' }, 3] }, { n: 3 }, false],
    [{ in: ['@faas.com', { var: 'email' }] }, { email: 'ada@faas.com' }, true],
    [{ in: ['@faas.com', { var: 'email' }] }, {}, false],
    [{ in: [{ var: 'a' }, ['x', 1]] }, { a: 1 }, true],
    [{ in: [{ var: 'a' }, ['x', 1]] }, { a: '1' }, false],
    [{ in: [{ var: 'a' }, ['x', null]] }, {}, true],
    [{ in: [{ var: 'a' }, []] }, { a: 'x' }, false],
    [{ starts_with: [{ var: 'a' }, 'ab'] }, { a: 'abc' }, true],
    [{ ends_with: [{ var: 'a' }, 'bc'] }, { a: 'abd' }, false],
    [{ '!': [{ var: 'a' }] }, {}, true],
    [{ '!': { var: 'a' } }, { a: 'x' }, false],
    [{ '!!': [{ var: 'a' }] }, { a: 0 }, false],
    [{ var: 'a' }, { a: '' }, false],
    [{ var: 'a' }, { a: '0' }, true],
    [{ var: 'a' }, { a: {} }, true],
    [{ and: [{ var: 'a' }, { var: 'b' }] }, { a: 1 }, false],
    [{ or: [{ var: 'a' }, { var: 'b' }] }, { b: 1 }, true],
    [{ if: [{ var: 'a' }, { var: 'b' }, { var: 'c' }] }, { a: 1, c: 1 }, false],
    [{ if: [{ var: 'a' }, { var: 'b' }, { var: 'c' }] }, { c: 1 }, true],
    [{ sem_ver: [{ var: 'v' }, '^', '3.0.0'] }, { v: '3.9.1-rc.1' }, true],
    [{ sem_ver: [{ var: 'v' }, '^', '3.0.0'] }, { v: '4.0.0-rc.1' }, false],
    [{ sem_ver: [{ var: 'v' }, '~', '3.1.0'] }, { v: '3.1.0-rc.1' }, true],
    [{ sem_ver: [{ var: 'v' }, '~', '3.1.0'] }, { v: '3.2.0' }, false],
    [{ sem_ver: [{ var: 'v' }, '!=', '3.1.0'] }, { v: 'no version' }, false],
    [{ sem_ver: [{ var: 'v' }, '!=', '3.1.0'] }, { v: '3.1.1' }, true],
    [{ sem_ver: [{ var: 'v' }, '>=', '3.1.0'] }, { v: '3.1.0+build' }, true],
    [{ sem_ver: [{ var: 'v' }, '=', 'v3.1'] }, { v: '3.1.0' }, true],
    [{ sem_ver: [{ var: 'v' }, '^', '3'] }, { v: 'V3.9.9' }, true],
    [{ sem_ver: [{ var: 'v' }, '=', '3'] }, { v: 3 }, true],
    [{ sem_ver: [{ var: 'v' }, '=', '3'] }, { v: 'x3' }, false],
    [{ sem_ver: ['2.0.0', '<', { var: 'v' }] }, { v: '2.0.1' }, true],
    [{ sem_ver: [{ var: 'v' }, '<', { var: 'w' }] }, { v: '2.0.1', w: '2.1' }, true],
    [{ sem_ver: [{ var: 'v' }, '!=', { var: 'w' }] }, { v: '2.0.1' }, false],
    [
      {
        fractional: [
          [false, 0],
          [true, 1],
        ],
      },
      { targetingKey: 'k' },
      true,
    ],
    [
      {
        fractional: [
          [true, 0],
          ['', 1],
        ],
      },
      { targetingKey: 'k' },
      false,
    ],
    [{ fractional: [[true, 1]] }, {}, false],
  ])('%j of %j is %j', (condition, context, expected) => {
    expect(holds(condition, context)).toBe(expected)
  })

  test.each<[JsonValue]>([
    [{ '==': [{ var: 'a' }, 1] }],
    [{ '==': [{ var: 'a' }, '1'] }],
    [{ '==': [{ var: 'a' }, ''] }],
    [{ '!=': [{ var: 'a' }, true] }],
    [{ '==': [{ var: 'a' }, null] }],
    [{ '<': [{ var: 'a' }, 'x'] }],
    [{ '<': [{ var: 'a' }] }],
    [{ in: [1, { var: 'a' }] }],
    [{ in: [{ var: 'a' }, 'text'] }],
    [{ in: [{ var: 'a' }, [{ var: 'b' }]] }],
    [{ starts_with: ['abc', { var: 'a' }] }],
    [{ ends_with: [{ var: 'a' }] }],
    [{ sem_ver: [{ var: 'a' }, '*', '1.0.0'] }],
    [{ '===': [{ var: 'a.0' }, 'x'] }],
    [{ '===': [{ var: '' }, 'x'] }],
    [{ '===': [{ var: 1 }, 'x'] }],
    [{ missing: ['a'] }],
    [{ some: [{ var: 'a' }, { '===': [{ var: '' }, 1] }] }],
  ])('%j has no exact counterpart, so the flag is left out', (condition) => {
    expect(isLeftOut(condition)).toBe(true)
  })

  test('what was translated but for a corner is noted', () => {
    const targeting = {
      if: [{ and: [{ '<': [{ var: 'age' }, 18] }, { in: ['@', { var: 'email' }] }] }, 'on', 'off'],
    }
    const { operations, skipped } = translated(flagsOf({ defaultVariant: 'off', targeting }))
    expect(operations).toHaveLength(2)
    expect(skipped.map(({ path }) => path)).toEqual([
      '/flags/f/targeting/if/0/and/0/<',
      '/flags/f/targeting/if/0/and/1/in',
    ])
  })
})
