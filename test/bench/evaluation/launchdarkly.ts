import { init, integrations } from '@launchdarkly/node-server-sdk'
import { at, COUNTRIES, members, RULES, SEED, subjects, type Peer } from './cases.ts'

const flag = (
  key: string,
  rules: readonly object[],
  fallthrough: object = { variation: 1 },
): object => ({
  key,
  on: true,
  version: 1,
  salt: SEED,
  variations: [true, false],
  offVariation: 1,
  fallthrough,
  rules,
})

const clause = (attribute: string, op: string, values: readonly string[]): object => ({
  contextKind: 'user',
  attribute,
  op,
  values,
})

const split = (on: number): object => ({
  rollout: {
    variations: [
      { variation: 0, weight: on },
      { variation: 1, weight: 100_000 - on },
    ],
  },
})

const FLAGS = [
  { ...flag('off', []), on: false },
  flag('rollout', [], split(25_000)),
  flag('targeted', [
    {
      id: 'r',
      clauses: [clause('country', 'in', COUNTRIES), clause('plan', 'in', ['pro'])],
      ...split(50_000),
    },
  ]),
  flag(
    'rules',
    RULES.map(({ version, email }, n) => ({
      id: `r${n}`,
      // It has no operator for "at least".
      clauses: [
        { ...clause('version', 'semVerLessThan', [version]), negate: true },
        clause('email', 'contains', [email]),
      ],
      variation: 0,
    })),
  ),
  flag('segment', [{ id: 'r', clauses: [clause('', 'segmentMatch', ['members'])], variation: 0 }]),
]

export async function start(): Promise<Peer> {
  const data = new integrations.TestData()
  for (const one of FLAGS) await data.usePreconfiguredFlag(structuredClone(one))
  await data.usePreconfiguredSegment({
    key: 'members',
    version: 1,
    included: [...members],
    salt: SEED,
  })
  const client = init('sdk-bench', {
    updateProcessor: data.getFactory(),
    sendEvents: false,
    diagnosticOptOut: true,
    logger: { error() {}, warn() {}, info() {}, debug() {} },
  })
  await client.waitForInitialization({ timeout: 10 })
  const contexts = subjects.map(({ id, ...attributes }) => ({
    kind: 'user',
    key: id,
    ...attributes,
  }))
  const ask = (key: string) => (n: number) => client.boolVariation(key, at(contexts, n), false)
  return {
    name: 'launchdarkly (awaits)',
    cases: {
      off: ask('off'),
      rollout: ask('rollout'),
      targeted: ask('targeted'),
      rules: ask('rules'),
      segment: ask('segment'),
    },
    close: () => client.close(),
  }
}
