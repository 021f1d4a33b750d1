import { getClient, PollingMode } from '@configcat/sdk'
import { at, COUNTRIES, members, RULES, subjects, type Peer } from './cases.ts'

// Numbers of config_v6.json.
const [TEXT_IS_ONE_OF, TEXT_CONTAINS, SEMVER_GTE, TEXT_EQUALS] = [0, 2, 9, 28]

const on = { v: { b: true }, i: 'on' }
const off = { v: { b: false }, i: 'off' }
const split = (share: number): object[] => [
  { p: share, ...on },
  { p: 100 - share, ...off },
]
const flag = (more: object): object => ({ t: 0, ...off, ...more })
const one = (a: string, c: number, value: object): object => ({ u: { a, c, ...value } })

const FLAGS = {
  off: flag({}),
  rollout: flag({ p: split(25) }),
  targeted: flag({
    r: [
      {
        c: [
          one('Country', TEXT_IS_ONE_OF, { l: COUNTRIES }),
          one('plan', TEXT_EQUALS, { s: 'pro' }),
        ],
        p: split(50),
      },
    ],
  }),
  rules: flag({
    r: RULES.map(({ version, email }) => ({
      c: [one('version', SEMVER_GTE, { s: version }), one('Email', TEXT_CONTAINS, { l: [email] })],
      s: on,
    })),
  }),
  segment: flag({ r: [{ c: [{ s: { s: 0, c: 0 } }], s: on }] }),
}

export async function start(): Promise<Peer> {
  const config = JSON.stringify({
    p: { u: 'https://127.0.0.1', r: 0, s: 'salt' },
    s: [{ n: 'members', r: [{ a: 'Identifier', c: TEXT_IS_ONE_OF, l: members }] }],
    f: FLAGS,
  })
  const client = getClient(
    'bench00000000000000000/bench00000000000000000',
    PollingMode.ManualPoll,
    {
      offline: true,
      logger: { log: () => undefined },
      cache: { get: () => `${Date.now()}\netag\n${config}`, set: () => undefined },
    },
  )
  await client.waitForReady()
  await client.forceRefreshAsync()
  const contexts = subjects.map(({ id, email, country, ...custom }) => ({
    identifier: id,
    email,
    country,
    custom,
  }))
  const snapshot = client.snapshot()
  const ask = (key: string) => (n: number) => snapshot.getValue(key, false, at(contexts, n))
  return {
    name: 'configcat (snapshot)',
    cases: {
      off: ask('off'),
      rollout: ask('rollout'),
      targeted: ask('targeted'),
      rules: ask('rules'),
      segment: ask('segment'),
    },
    close: () => client.dispose(),
  }
}
