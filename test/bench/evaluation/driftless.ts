import { compile } from '#core'
import type { Flag, SnapshotBody } from '#core'
import { at, COUNTRIES, members, RULES, SEED, subjects, type Peer } from './cases.ts'

const flag: Omit<Flag, 'rules'> = {
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: SEED,
  offVariant: 'off',
  defaultVariant: 'off',
}

const targeted: Flag = {
  ...flag,
  rules: [
    {
      id: 'dach-pro',
      when: {
        all: [
          { attribute: 'country', operator: 'in', value: COUNTRIES },
          { attribute: 'plan', operator: 'equals', value: 'pro' },
        ],
      },
      serve: {
        split: [
          { variant: 'on', weight: 50_000 },
          { variant: 'off', weight: 50_000 },
        ],
      },
    },
  ],
}

const FLAGS: Readonly<Record<string, Flag>> = {
  off: { ...flag, enabled: false },
  rollout: {
    ...flag,
    rules: [{ id: 'quarter', serve: { split: [{ variant: 'on', weight: 25_000 }] } }],
  },
  targeted,
  rules: {
    ...flag,
    rules: RULES.map(({ version, email }, n) => ({
      id: `rule-${n}`,
      when: {
        all: [
          { attribute: 'version', operator: 'semverGte', value: version },
          { attribute: 'email', operator: 'contains', value: email },
        ],
      },
      serve: { variant: 'on' },
    })),
  },
  segment: {
    ...flag,
    rules: [
      {
        id: 'members',
        when: { operator: 'inSegment', value: 'members' },
        serve: { variant: 'on' },
      },
    ],
  },
}

export const bodyOf = (flags: Readonly<Record<string, Flag>>): SnapshotBody => ({
  format: 1,
  project: 'bench',
  environment: 'production',
  audience: 'server',
  revision: 1,
  configs: {},
  segments: { members: { ids: members } },
  secrets: {},
  flags,
})

/** As it comes: text. */
export const textOf = (flags: number): string =>
  JSON.stringify(
    bodyOf(Object.fromEntries(Array.from({ length: flags }, (_, n) => [`flag-${n}`, targeted]))),
  )

function askers(): { readonly value: Peer; readonly details: Peer } {
  const parsed: SnapshotBody = JSON.parse(JSON.stringify(bodyOf(FLAGS)))
  const { value, details } = compile(parsed)
  const contexts = subjects.map(({ id, ...attributes }) => ({ targetingKey: id, ...attributes }))
  const cases = (ask: (key: string) => (n: number) => boolean): Peer['cases'] => ({
    off: ask('off'),
    rollout: ask('rollout'),
    targeted: ask('targeted'),
    rules: ask('rules'),
    segment: ask('segment'),
  })
  return {
    value: {
      name: 'driftless',
      cases: cases((key) => (n) => value(key, 'boolean', false, at(contexts, n), Date.now)),
    },
    details: {
      name: 'driftless, details',
      cases: cases((key) => (n) => details(key, 'boolean', false, at(contexts, n), Date.now).value),
    },
  }
}

export const start = (): Peer => askers().value
export const startDetails = (): Peer => askers().details
