/**
 * Random Unleash documents and contexts, asked of Unleash's own Node SDK and of ours after the import: not one may differ.
 * What Unleash draws at random is kept out: every context can be stuck to something.
 */
import { compile, type JsonValue } from '#core'
import * as fc from 'fast-check'
import UnleashClient from 'unleash-client/lib/client.js'
import type { FeatureInterface } from 'unleash-client/lib/feature.js'
import type { RepositoryInterface } from 'unleash-client/lib/repository/index.js'
import { defaultStrategies } from 'unleash-client/lib/strategy/index.js'
import { expect, test } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { bucketers, contextFrom } from '../../sdk/src/migrate.ts'
import { bodyOf } from '../support/imported.ts'

const NAMES = ['f0', 'f1', 'f2', 'f3']
const FIELDS = [
  'userId',
  'sessionId',
  'remoteAddress',
  'appName',
  'plan',
  'version',
  'ip',
  'a.b',
  'gone',
]
const TEXTS = [
  '',
  ' ',
  'a',
  'A',
  'abc',
  'aBCd',
  'ä',
  '你好😊',
  '12',
  '12.0',
  '0',
  '-1.5',
  '1e3',
  'NaN',
  'true',
  '1.2.3',
  '1.2.4-beta.2',
  '1.2.4-beta.11',
  '1.2.4+build',
  '2.0',
  'v1.2.3',
  '10.0.0.1',
  '10.200.3.4',
  '10.0.0.0/8',
  '192.168.1.77/26',
  '192.168.1.100',
  '01.2.3.4',
  '2001:db8::1',
  '2001:db8::/33',
  '2001:db8:8000::5',
  '::ffff:10.0.0.1',
  'fe80::1%eth0',
  '::/0',
  '1:2:3:4:5:6:7::',
]
const PATTERNS = [
  '^a',
  'b+C$',
  '(?i)ABC',
  '[[:alpha:]]{2}',
  '\\d\\.\\d',
  '^.$',
  'ä|好',
  '\\bdb8\\b',
]
const DATES = [
  '2022-01-29T13:00:00.000Z',
  '2022-01-29',
  '2022-01-29T15:00:00+02:00',
  'never',
  '1643461200000',
]

const text = fc.constantFrom(...TEXTS)
const field = fc.constantFrom(...FIELDS)

const constraint = fc.oneof(
  fc.record({
    contextName: field,
    operator: fc.constantFrom(
      'IN',
      'NOT_IN',
      'STR_STARTS_WITH',
      'STR_ENDS_WITH',
      'STR_CONTAINS',
      'IN_CIDR',
    ),
    values: fc.array(text, { maxLength: 4 }),
    inverted: fc.boolean(),
    caseInsensitive: fc.boolean(),
  }),
  fc.record({
    contextName: field,
    operator: fc.constantFrom(
      ...['EQ', 'GT', 'GTE', 'LT', 'LTE'].flatMap((name) => [`NUM_${name}`, `SEMVER_${name}`]),
      'NO_SUCH_OPERATOR',
    ),
    value: text,
    inverted: fc.boolean(),
  }),
  fc.record({
    contextName: field,
    operator: fc.constant('REGEX'),
    value: fc.constantFrom(...PATTERNS),
    inverted: fc.boolean(),
    caseInsensitive: fc.boolean(),
  }),
  fc.record({
    contextName: field,
    operator: fc.constantFrom('DATE_AFTER', 'DATE_BEFORE'),
    value: fc.constantFrom(...DATES),
    inverted: fc.boolean(),
  }),
  fc.record({ contextName: field, operator: fc.constant('REGEX'), value: fc.constant('(a') }),
)

const stickiness = fc.constantFrom('default', 'sessionId', 'clientId')
const variants = fc.array(
  fc.record(
    {
      name: fc.constantFrom('red', 'green', 'blue', 'disabled'),
      weight: fc.integer({ min: 0, max: 1000 }),
      weightType: fc.constantFrom('variable', 'fix'),
      stickiness,
      payload: fc.record({ type: fc.constantFrom('string', 'number', 'json', 'csv'), value: text }),
      overrides: fc.array(
        fc.record({ contextName: field, values: fc.array(text, { maxLength: 3 }) }),
        {
          maxLength: 2,
        },
      ),
    },
    { requiredKeys: ['name', 'weight'] },
  ),
  { maxLength: 4 },
)

const percentage = fc.oneof(
  fc.integer({ min: -1, max: 101 }).map(String),
  fc.constantFrom('33.4', '0.5'),
)
const list = fc.array(text, { maxLength: 4 }).map((texts) => texts.join(', '))
const groupId = fc.constantFrom('g', 'f0', 'ünïcode', '')
const parameters = fc.record(
  {
    rollout: percentage,
    percentage,
    groupId,
    stickiness: fc.constantFrom('default', 'userId', 'sessionId', 'clientId', 'gone'),
    userIds: list,
    IPs: list,
  },
  { requiredKeys: ['rollout', 'percentage'] },
)

const strategy = fc
  .record(
    {
      name: fc.constantFrom(
        'default',
        'userWithId',
        'gradualRolloutUserId',
        'gradualRolloutSessionId',
        'flexibleRollout',
        'flexibleRollout',
        'remoteAddress',
        'somebodysOwn',
      ),
      parameters,
      constraints: fc.array(constraint, { maxLength: 2 }),
      segments: fc.array(fc.constantFrom(1, 2, 404), { maxLength: 2 }),
      variants,
    },
    { requiredKeys: ['name', 'parameters'] },
  )
  // Variants stuck to a field that is not there are drawn at random.
  .filter(
    ({ parameters: { stickiness: stuckTo = '' }, variants: some = [] }) =>
      !['gone', 'userId'].includes(stuckTo) || some.length === 0,
  )

const dependency = fc.record(
  {
    feature: fc.constantFrom(...NAMES, 'missing'),
    enabled: fc.boolean(),
    variants: fc.array(fc.constantFrom('red', 'green', 'disabled', 'other'), { maxLength: 2 }),
  },
  { requiredKeys: ['feature'] },
)

const state = fc.record({
  version: fc.constant(2),
  segments: fc.tuple(
    ...[1, 2].map((id) =>
      fc.record({ id: fc.constant(id), constraints: fc.array(constraint, { maxLength: 2 }) }),
    ),
  ),
  features: fc.tuple(
    ...NAMES.map((name) =>
      fc.record(
        {
          name: fc.constant(name),
          enabled: fc.boolean(),
          strategies: fc.array(strategy, { maxLength: 3 }),
          variants,
          dependencies: fc.array(dependency, { maxLength: 2 }),
        },
        { requiredKeys: ['name', 'enabled', 'strategies'] },
      ),
    ),
  ),
})

const value = fc.oneof(text, fc.integer({ min: -2, max: 20 }), fc.boolean(), fc.constant(null))
const context = fc.record(
  {
    userId: fc.oneof(text, fc.integer({ min: 0, max: 99_999 }).map(String)),
    sessionId: fc.oneof(
      fc.constantFrom(...TEXTS.filter((one) => one !== '')),
      fc.integer({ min: 0, max: 99_999 }).map(String),
    ),
    remoteAddress: text,
    appName: text,
    currentTime: fc.constantFrom('2022-01-29T13:00:00.001Z', '2022-01-01T00:00:00Z', new Date(0)),
    properties: fc.record(
      {
        plan: value,
        version: value,
        ip: value,
        'a.b': value,
        userId: text,
        clientId: fc.constantFrom('7', 'ä8'),
      },
      { requiredKeys: ['clientId'] },
    ),
  },
  { requiredKeys: ['sessionId', 'properties', 'currentTime'] },
)

test('no answer differs from Unleash’s own', () => {
  let compared = 0
  const strategies = [...defaultStrategies]
  fc.assert(
    fc.property(
      state,
      fc.array(context, { minLength: 10, maxLength: 10 }),
      (document, contexts) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Unleash would have parsed
        const features = document.features as unknown as FeatureInterface[]
        const segments = new Map<number, unknown>(document.segments.map((one) => [one.id, one]))
        const repository = {
          getToggle: (name: string) => features.find((feature) => feature.name === name),
          getSegment: (id: number) => segments.get(id),
        }
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the two functions its client calls
        const theirs = new UnleashClient(repository as unknown as RepositoryInterface, strategies)
        const parsed: JsonValue = JSON.parse(JSON.stringify(document))
        const translation = importFrom('unleash', parsed, { environment: 'production' })
        if (!translation.ok) throw new Error('refused')
        const ours = compile(bodyOf('production', translation.operations), { bucketers })
        for (const asked of contexts) {
          const adapted = contextFrom('unleash', asked)
          for (const name of NAMES) {
            const on = ours.value(name, 'boolean', false, adapted, Number.NaN)
            // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- properties may be null, as in the specification
            const theirContext = asked as unknown as Parameters<typeof theirs.isEnabled>[1]
            expect(on).toBe(theirs.isEnabled(name, theirContext, () => false))
            const none = { name: 'disabled', enabled: false }
            const variant = ours.value(`${name}.variant`, 'object', none, adapted, Number.NaN)
            const expected = theirs.getVariant(name, theirContext)
            const { feature_enabled, featureEnabled: _, ...rest } = expected
            expect({ ...rest, feature_enabled }).toEqual({
              ...Object(variant),
              feature_enabled: on,
            })
            compared += 2
          }
        }
      },
    ),
    { numRuns: 400 },
  )
  process.stdout.write(`unleash-client: ${compared} answers compared\n`)
})
