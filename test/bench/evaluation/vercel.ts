import { evaluate, type DatafileInput } from '@vercel/flags-core'
import { at, COUNTRIES, members, RULES, subjects, type Peer } from './cases.ts'

const half = { type: 'split', base: ['user', 'id'], weights: [50_000, 50_000], defaultVariant: 0 }

const environments = (production: unknown): object => ({
  variants: [false, true],
  seed: 7,
  environments: { production },
})

const DATA = {
  definitions: {
    off: environments(0),
    rollout: environments({ fallthrough: { ...half, weights: [75_000, 25_000] } }),
    targeted: environments({
      rules: [
        {
          conditions: [
            [['user', 'country'], 'oneOf', COUNTRIES],
            [['user', 'plan'], 'eq', 'pro'],
          ],
          outcome: half,
        },
      ],
      fallthrough: 0,
    }),
    rules: environments({
      rules: RULES.map(({ version, email }) => ({
        conditions: [
          [['user', 'version'], 'gte', version],
          [['user', 'email'], 'contains', email],
        ],
        outcome: 1,
      })),
      fallthrough: 0,
    }),
    segment: environments({
      rules: [{ conditions: [['segment', 'oneOf', ['members']]], outcome: 1 }],
      fallthrough: 0,
    }),
  },
  segments: { members: { include: { user: { id: members } } } },
}

/** Its function without the client, which awaits several times. Versions are compared as texts: it knows no others. */
export function start(): Peer {
  const { definitions, segments }: DatafileInput = JSON.parse(JSON.stringify(DATA))
  const contexts = subjects.map((user) => ({ user }))
  const ask = (key: string) => {
    const definition = definitions[key]
    if (!definition) throw new Error(key)
    return (n: number) =>
      evaluate<boolean>({
        definition,
        environment: 'production',
        entities: at(contexts, n),
        defaultValue: false,
        ...(segments && { segments }),
      }).value ?? false
  }
  return {
    name: 'vercel (evaluate)',
    cases: {
      off: ask('off'),
      rollout: ask('rollout'),
      targeted: ask('targeted'),
      rules: ask('rules'),
      segment: ask('segment'),
    },
  }
}
