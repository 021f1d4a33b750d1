import { once } from 'node:events'
import { Unleash } from 'unleash-client'
import type { FeatureInterface } from 'unleash-client/lib/feature.js'
import { at, COUNTRIES, members, RULES, SEED, subjects, type Peer } from './cases.ts'

const strategy = (rollout: number, constraints: unknown[]): unknown => ({
  name: 'flexibleRollout',
  parameters: { rollout: String(rollout), stickiness: 'default', groupId: SEED },
  constraints,
})

const targeted = [
  strategy(50, [
    { contextName: 'country', operator: 'IN', values: COUNTRIES },
    { contextName: 'plan', operator: 'IN', values: ['pro'] },
  ]),
]

const FLAGS = [
  { name: 'off', enabled: false, strategies: [strategy(100, [])] },
  { name: 'rollout', enabled: true, strategies: [strategy(25, [])] },
  { name: 'targeted', enabled: true, strategies: targeted },
  {
    name: 'rules',
    enabled: true,
    strategies: RULES.map(({ version, email }) =>
      strategy(100, [
        { contextName: 'version', operator: 'SEMVER_GTE', value: version },
        { contextName: 'email', operator: 'STR_CONTAINS', values: [email] },
      ]),
    ),
  },
  {
    name: 'segment',
    enabled: true,
    strategies: [strategy(100, [{ contextName: 'userId', operator: 'IN', values: members }])],
  },
]

export const flagsOf = (flags: number): unknown[] =>
  Array.from({ length: flags }, (_, n) => ({
    name: `flag-${n}`,
    enabled: true,
    strategies: targeted,
  }))

/** As from a server: parsed from text. */
export async function load(features: readonly unknown[]): Promise<Unleash> {
  const data: FeatureInterface[] = JSON.parse(JSON.stringify(features))
  const unleash = new Unleash({
    appName: 'bench',
    // Never answers: the flags come from the bootstrap.
    url: 'http://127.0.0.1:9/api/',
    refreshInterval: 0,
    disableMetrics: true,
    disableAutoStart: true,
    skipInstanceCountWarning: true,
    storageProvider: { set: () => Promise.resolve(), get: () => Promise.resolve(undefined) },
    bootstrap: { data },
  })
  unleash.on('error', () => {})
  unleash.on('warn', () => {})
  const ready = once(unleash, 'ready')
  await unleash.start()
  await ready
  return unleash
}

export async function start(): Promise<Peer> {
  const unleash = await load(FLAGS)
  const contexts = subjects.map(({ id, ...properties }) => ({ userId: id, properties }))
  const ask = (key: string) => (n: number) => unleash.isEnabled(key, at(contexts, n))
  return {
    name: 'unleash-client',
    cases: {
      off: ask('off'),
      rollout: ask('rollout'),
      targeted: ask('targeted'),
      rules: ask('rules'),
      segment: ask('segment'),
    },
    close: () => unleash.destroy(),
  }
}
