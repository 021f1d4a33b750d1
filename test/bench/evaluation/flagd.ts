import { FlagdCore } from '@openfeature/flagd-core'
import { at, COUNTRIES, members, RULES, subjects, type Peer } from './cases.ts'

const common = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' }

const fractional = (on: number): unknown => ({
  fractional: [
    ['on', on],
    ['off', 100 - on],
  ],
})

const targeted = {
  ...common,
  targeting: {
    if: [
      { and: [{ in: [{ var: 'country' }, COUNTRIES] }, { '==': [{ var: 'plan' }, 'pro'] }] },
      fractional(50),
      'off',
    ],
  },
}

const FLAGS = {
  off: { ...common, state: 'DISABLED' },
  rollout: { ...common, targeting: fractional(25) },
  targeted,
  rules: {
    ...common,
    targeting: {
      if: [
        ...RULES.flatMap(({ version, email }) => [
          {
            and: [
              { sem_ver: [{ var: 'version' }, '>=', version] },
              { in: [email, { var: 'email' }] },
            ],
          },
          'on',
        ]),
        'off',
      ],
    },
  },
  segment: {
    ...common,
    targeting: { if: [{ in: [{ var: 'targetingKey' }, { $ref: 'members' }] }, 'on', 'off'] },
  },
}

export const textOf = (flags: number): string =>
  JSON.stringify({
    flags: Object.fromEntries(Array.from({ length: flags }, (_, n) => [`flag-${n}`, targeted])),
  })

export function start(): Peer {
  const core = new FlagdCore()
  core.setConfigurations(JSON.stringify({ $evaluators: { members }, flags: FLAGS }))
  const contexts = subjects.map(({ id, ...attributes }) => ({ targetingKey: id, ...attributes }))
  const ask = (key: string) => (n: number) =>
    core.resolveBooleanEvaluation(key, false, at(contexts, n)).value
  return {
    name: 'flagd-core',
    cases: {
      off: ask('off'),
      rollout: ask('rollout'),
      targeted: ask('targeted'),
      rules: ask('rules'),
      segment: ask('segment'),
    },
  }
}
