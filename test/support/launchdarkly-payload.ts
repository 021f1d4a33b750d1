/** Random LaunchDarkly flags, segments and contexts: every kind of clause and rollout, odd values among them. */
import type { LDContext } from '@launchdarkly/node-server-sdk'
import type { JsonObject, JsonValue } from '#core'
import type { Dice } from './random.ts'

const FLAGS = ['a', 'b', 'c', 'd']
const SEGMENTS = ['s', 't', 'u']

export interface Payload {
  readonly [name: string]: JsonObject
  readonly flags: Readonly<Record<string, JsonObject>>
  readonly segments: Readonly<Record<string, JsonObject>>
}

/** Keys end with `seed`, so that many payloads can live in one client. */
export function randomPayload(dice: Dice, seed: number): Payload {
  const segments = SEGMENTS.map((name, i) => randomSegment(dice, `${name}${seed}`, seed, i))
  const flags = FLAGS.map((name, i) => randomFlag(dice, `${name}${seed}`, seed, i))
  return {
    flags: Object.fromEntries(FLAGS.map((name, i) => [`${name}${seed}`, flags[i] ?? {}])),
    segments: Object.fromEntries(SEGMENTS.map((name, i) => [`${name}${seed}`, segments[i] ?? {}])),
  }
}

const maybe = (dice: Dice, chance: number, member: () => JsonObject): JsonObject =>
  dice.chance(chance) ? member() : {}

function randomFlag(dice: Dice, key: string, seed: number, index: number): JsonObject {
  const variations = dice.pick<JsonValue[]>([
    [true, false],
    ['red', 'green', 'blue'],
    [0, 1, 2.5, -1],
    [{ a: 1 }, { a: 2 }, []],
  ])
  const variation = (): number => dice.below(variations.length)
  const serving = (): JsonObject =>
    dice.chance(0.5)
      ? { variation: variation() }
      : { rollout: randomRollout(dice, variations.length) }
  const contextTargets = (): JsonObject => ({
    contextTargets: dice.list(1 + dice.below(3), () => ({
      contextKind: dice.pick(['user', 'organization', 'organization', 'a.b']),
      variation: variation(),
      values: dice.list(dice.below(3), () => randomKey(dice)),
    })),
  })
  return {
    key,
    version: 1,
    on: dice.chance(0.9),
    salt: dice.pick(['salt', 'pepper', '']),
    variations,
    ...maybe(dice, 0.8, () => ({ offVariation: variation() })),
    fallthrough: serving(),
    targets: dice.list(dice.below(3), () => ({
      variation: variation(),
      values: dice.list(dice.below(3), () => randomKey(dice)),
    })),
    ...maybe(dice, 0.3, contextTargets),
    rules: dice.list(dice.below(4), () => ({
      ...maybe(dice, 0.5, () => ({ id: dice.pick(['r1', 'r2']) })),
      clauses: dice.list(dice.below(3), () =>
        randomClause(
          dice,
          SEGMENTS.map((name) => `${name}${seed}`),
        ),
      ),
      ...serving(),
    })),
    prerequisites: dice.list(dice.chance(0.2) ? 1 + dice.below(2) : 0, () => ({
      key: dice.chance(0.1) || index === 0 ? 'nowhere' : `${FLAGS[dice.below(index)] ?? ''}${seed}`,
      variation: dice.below(3),
    })),
    ...maybe(dice, 0.1, () => ({ clientSideAvailability: { usingEnvironmentId: true } })),
  }
}

function randomRollout(dice: Dice, count: number): JsonObject {
  const cuts = dice.list(dice.below(3), () => dice.below(100_001)).toSorted((a, b) => a - b)
  const total = dice.pick([100_000, 100_000, 60_000, 120_000])
  const variations = [...cuts, total].map((cut, i) => ({
    variation: dice.below(count),
    weight: Math.max(0, cut - (cuts[i - 1] ?? 0)),
  }))
  return {
    variations,
    ...maybe(dice, 0.3, () => ({ contextKind: dice.pick(['user', 'organization', 'device']) })),
    ...maybe(dice, 0.4, () => ({
      bucketBy: dice.pick([
        'key',
        'country',
        'age',
        '/address/city',
        '/address/key',
        'email',
        'kind',
      ]),
    })),
    ...maybe(dice, 0.3, () => ({ kind: dice.pick(['experiment', 'rollout']) })),
    ...maybe(dice, 0.3, () => ({ seed: dice.pick([61, 0, -7]) })),
  }
}

function randomSegment(dice: Dice, key: string, seed: number, index: number): JsonObject {
  const keys = (): JsonValue => dice.list(dice.below(4), () => randomKey(dice))
  const contexts = (): JsonValue =>
    dice.list(1 + dice.below(2), () => ({
      ...maybe(dice, 0.8, () => ({
        contextKind: dice.pick(['user', 'organization', 'device', 'a.b']),
      })),
      values: keys(),
    }))
  return {
    key,
    version: 1,
    salt: dice.pick(['grain', '']),
    ...maybe(dice, 0.6, () => ({ included: keys() })),
    ...maybe(dice, 0.6, () => ({ excluded: keys() })),
    ...maybe(dice, 0.3, () => ({ includedContexts: contexts() })),
    ...maybe(dice, 0.3, () => ({ excludedContexts: contexts() })),
    rules: dice.list(dice.below(3), () => ({
      id: 'rule',
      clauses: dice.list(dice.below(3), () =>
        randomClause(
          dice,
          SEGMENTS.slice(0, index).map((name) => `${name}${seed}`),
        ),
      ),
      ...maybe(dice, 0.4, () => ({ weight: dice.pick([0, 30_000, 50_000, 100_000]) })),
      ...maybe(dice, 0.3, () => ({ bucketBy: dice.pick(['country', 'age', '/address/city']) })),
      ...maybe(dice, 0.3, () => ({ rolloutContextKind: dice.pick(['user', 'organization']) })),
    })),
  }
}

const OPERATORS = [
  ...[
    'in',
    'in',
    'startsWith',
    'endsWith',
    'contains',
    'matches',
    'before',
    'after',
    'segmentMatch',
  ],
  ...['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'],
  ...['semVerEqual', 'semVerLessThan', 'semVerGreaterThan'],
  'near',
]

function randomClause(dice: Dice, segments: readonly string[]): JsonObject {
  const op = dice.pick(OPERATORS)
  const negate = maybe(dice, 0.4, () => ({ negate: dice.chance(0.7) }))
  if (op === 'segmentMatch') {
    return {
      op,
      attribute: '',
      values: dice.list(1 + dice.below(2), () => dice.pick([...segments, 'nowhere'])),
      ...negate,
    }
  }
  const values = dice.list(dice.below(4), () => randomValue(dice, op))
  return {
    op,
    attribute: dice.pick([
      'key',
      'country',
      'age',
      'email',
      '/address/city',
      'tags',
      'anonymous',
      'kind',
      'joined',
      'version',
      'a.b',
      'missing',
      '/kind',
    ]),
    values,
    ...maybe(dice, 0.7, () => ({
      contextKind: dice.pick(['user', 'user', 'organization', 'a.b']),
    })),
    ...negate,
  }
}

function randomValue(dice: Dice, op: string): JsonValue {
  if (dice.chance(0.15)) return dice.pick<JsonValue>([null, {}, [], true, 5, 'x'])
  if (op.startsWith('semVer'))
    return dice.pick(['1', '1.2', '1.2.3', '2.0.0-rc.1', 'v2', '2.0.0+x', 'x', '2-beta'])
  if (op === 'before' || op === 'after')
    return dice.pick<JsonValue>([
      '2020-01-01T00:00:00Z',
      '2021-06-01T12:00:00+02:00',
      1_600_000_000_000,
      'soon',
    ])
  if (op === 'matches') return dice.pick(['^u', 'DE|FR', '[0-9]+$', '(', 'a.*c', '@x\\.com'])
  if (op.startsWith('less') || op.startsWith('greater')) return dice.pick([0, 5, 18, 30.5])
  return dice.pick<JsonValue>([
    'DE',
    'u1',
    'user',
    'organization',
    'x.com',
    'a',
    18,
    true,
    false,
    '',
    'Berlin',
  ])
}

// Not `organization:o1`: with us that is the targeting key of the organization, should a context have no user.
const randomKey = (dice: Dice): string => dice.pick(['u1', 'u2', 'u3', 'o1', 'o2', 'x:y', ''])

function randomKindKey(dice: Dice): string {
  if (dice.chance(0.5)) return `u${dice.below(1000)}`
  return dice.pick(['u1', 'u2', 'o1', 'o2', 'x:y', 'organization:o1'])
}

function randomKind(dice: Dice): JsonObject {
  const some = (name: string, values: readonly JsonValue[]): JsonObject =>
    maybe(dice, 0.6, () => ({ [name]: dice.pick(values) }))
  return {
    key: randomKindKey(dice),
    ...some('country', ['DE', 'FR', 'US', '', null, ['DE', 'US'], []]),
    ...some('age', [0, 17, 18, 30.5, '18', null, [5, 40]]),
    ...some('email', ['a@x.com', 'abc', '']),
    ...some('address', [{ city: 'Berlin', key: 'k1' }, { city: 7 }, 'Berlin', null]),
    ...some('tags', [['a', 'b'], [], [null, 5], 'a']),
    ...some('anonymous', [true, false]),
    ...some('joined', ['2020-06-01T00:00:00Z', 1_610_000_000_000, 'soon', '2021-06-01T10:00:00Z']),
    ...some('version', ['1', '1.2.3', '2.0.0', '2.0.0-beta', 'x', 'v2']),
    ...some('a.b', ['DE', 5]),
  }
}

export function randomContext(dice: Dice): LDContext {
  const kind = (name: string): LDContext => ({
    kind: name,
    ...randomKind(dice),
    key: randomKindKey(dice),
  })
  return dice.pick<() => LDContext>([
    () => kind('user'),
    () => kind('user'),
    () => kind('organization'),
    () => {
      const { key, country, email, ...custom } = randomKind(dice)
      return JSON.parse(JSON.stringify({ key, country, email, custom }))
    },
    () => ({
      kind: 'multi',
      organization: kind('organization'),
      ...(dice.chance(0.7) ? { user: kind('user') } : {}),
      ...(dice.chance(0.3) ? { 'a.b': kind('a.b') } : {}),
    }),
  ])()
}
