import { GrowthBookClient } from '@growthbook/growthbook'
import { at, COUNTRIES, members, RULES, SEED, subjects, type Peer } from './cases.ts'

const split = (coverage: number): object => ({
  force: true,
  coverage,
  hashAttribute: 'id',
  seed: SEED,
})

const targeted = {
  defaultValue: false,
  rules: [{ condition: { country: { $in: COUNTRIES }, plan: 'pro' }, ...split(0.5) }],
}

const FEATURES = {
  off: { defaultValue: false },
  rollout: { defaultValue: false, rules: [split(0.25)] },
  targeted,
  rules: {
    defaultValue: false,
    rules: RULES.map(({ version, email }) => ({
      // It has no operator for texts but regular expressions.
      condition: { version: { $vgte: version }, email: { $regex: email.replace('.', '\\.') } },
      force: true,
    })),
  },
  segment: {
    defaultValue: false,
    rules: [{ condition: { id: { $inGroup: 'members' } }, force: true }],
  },
}

export const flagsOf = (flags: number): object =>
  Object.fromEntries(Array.from({ length: flags }, (_, n) => [`flag-${n}`, targeted]))

export const load = (features: object): GrowthBookClient =>
  new GrowthBookClient({ log: () => undefined }).initSync({
    payload: JSON.parse(JSON.stringify({ features, savedGroups: { members } })),
  })

export function start(): Peer {
  const client = load(FEATURES)
  const contexts = subjects.map((attributes) => ({ attributes }))
  const ask = (key: string) => (n: number) => client.isOn(key, at(contexts, n))
  return {
    name: 'growthbook',
    cases: {
      off: ask('off'),
      rollout: ask('rollout'),
      targeted: ask('targeted'),
      rules: ask('rules'),
      segment: ask('segment'),
    },
    close: () => client.destroy(),
  }
}
