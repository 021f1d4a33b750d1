/** What samples say of a change, held against evaluating the whole contexts. */
import { describe, expect, test } from 'vitest'
import {
  compile,
  type Condition,
  type ContextSample,
  type EvaluationContext,
  type Flag,
  hashText,
  type Rule,
  type Segment,
  type SnapshotBody,
} from '#core'
import { startSampling } from '../../../sdk/src/client/sampling.ts'
import { blastRadius } from '../../../worker/domain/blast-radius.ts'
import { readSamples } from '../../../worker/domain/samples.ts'
import { bodyOf } from '../../sdk/verify/signer.ts'
import { createDice } from '../../support/random.ts'

const NOW_MS = 1_800_000_000_000

const flagOf = (parts: Partial<Flag> = {}): Flag => ({
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 'seed',
  offVariant: 'off',
  defaultVariant: 'off',
  ...parts,
})
const rule = (when: Condition | undefined, parts: Partial<Rule> = {}): Rule => ({
  id: 'r',
  ...(when !== undefined && { when }),
  serve: { variant: 'on' },
  ...parts,
})
const is = (attribute: string, value: string): Condition => ({
  attribute,
  operator: 'equals',
  value,
})
const bodyWith = (checkout: Flag, others: Partial<SnapshotBody> = {}): SnapshotBody =>
  bodyOf({ ...others, flags: { checkout, ...others.flags } })

const sampleOf = (parts: Partial<ContextSample> & { user?: string } = {}): ContextSample => {
  const { user, ...others } = parts
  return {
    flag: 'checkout',
    ...(user !== undefined && { key: hashText(user) >>> 0 }),
    ...others,
  }
}
const radius = (before: SnapshotBody, after: SnapshotBody, samples: readonly ContextSample[]) =>
  blastRadius(before, after, samples, NOW_MS)

describe('a change', () => {
  const pro = sampleOf({ user: 'ada', attributes: { plan: 'pro' } })
  const free = sampleOf({ user: 'bob', attributes: { plan: 'free' } })

  test('of a rule tells from which variant to which, and how many', () => {
    const before = bodyWith(flagOf({ rules: [rule(is('plan', 'pro'))] }))
    const after = bodyWith(flagOf({ rules: [rule(is('plan', 'free'))] }))
    expect(radius(before, after, [pro, free, free])).toEqual([
      {
        environment: 'production',
        flag: 'checkout',
        samples: 3,
        changed: 3,
        unknown: 0,
        moves: [
          { from: 'off', to: 'on', samples: 2 },
          { from: 'on', to: 'off', samples: 1 },
        ],
      },
    ])
  })

  test('of a value alone is a change, too', () => {
    const before = bodyWith(flagOf({ type: 'string', variants: { off: 'a' } }))
    const after = bodyWith(flagOf({ type: 'string', variants: { off: 'b' } }))
    expect(radius(before, after, [pro])).toMatchObject([
      { changed: 1, moves: [{ from: 'off', to: 'off', samples: 1 }] },
    ])
  })

  test('that takes the flag away leads to the fallback', () => {
    const before = bodyWith(flagOf())
    expect(radius(before, bodyOf(), [pro])).toMatchObject([
      { changed: 1, moves: [{ from: 'off', to: null }] },
    ])
  })

  test('that reaches no flag of the samples says nothing', () => {
    const body = bodyWith(flagOf())
    const other = bodyWith(flagOf(), { flags: { other: flagOf({ enabled: false }) } })
    expect(radius(body, other, [pro, free])).toEqual([])
  })

  test('of a segment, or of a flag that another depends on, reaches those that ask it', () => {
    const segments = (plan: string): Readonly<Record<string, Segment>> => ({
      outer: { when: { operator: 'inSegment', value: 'inner' } },
      inner: { when: is('plan', plan) },
    })
    const asks = flagOf({ rules: [rule({ operator: 'inSegment', value: ['outer'] })] })
    expect(
      radius(
        bodyWith(asks, { segments: segments('pro') }),
        bodyWith(asks, { segments: segments('free') }),
        [pro, free],
      ),
    ).toMatchObject([{ flag: 'checkout', changed: 2, unknown: 0 }])
    const depends = flagOf({
      prerequisites: [{ flag: 'base', variants: ['on'] }],
      defaultVariant: 'on',
    })
    expect(
      radius(
        bodyWith(depends, { flags: { base: flagOf({ defaultVariant: 'on' }) } }),
        bodyWith(depends, { flags: { base: flagOf({ enabled: false }) } }),
        [pro],
      ),
    ).toMatchObject([{ flag: 'checkout', changed: 1 }])
  })

  test('of targets, ids of a segment and comparisons with an id finds those who are named', () => {
    const before = bodyWith(flagOf())
    for (const after of [
      bodyWith(flagOf({ targets: { on: ['ada', 'eve'] } })),
      bodyWith(flagOf({ rules: [rule({ operator: 'inSegment', value: 's' })] }), {
        segments: { s: { ids: ['ada'] } },
      }),
      bodyWith(flagOf({ rules: [rule(is('targetingKey', 'ada'))] })),
    ]) {
      expect(radius(before, after, [pro, free])).toMatchObject([{ changed: 1, unknown: 0 }])
    }
  })

  test('of a share moves those, and only those, that it moves', () => {
    const split = (weight: number) =>
      bodyWith(
        flagOf({ rules: [rule(undefined, { serve: { split: [{ variant: 'on', weight }] } })] }),
      )
    const users = Array.from({ length: 2_000 }, (_, index) => `user-${index}`)
    const [before, after] = [split(10_000), split(35_000)]
    const expected = users.filter((targetingKey) => {
      const [was, now] = [before, after].map(
        (body) =>
          compile(body).details('checkout', undefined, null, { targetingKey }, NOW_MS).variant,
      )
      return was !== now
    })
    const samples = users.map((user) => sampleOf({ user }))
    expect(radius(before, after, samples)).toMatchObject([
      { samples: 2_000, changed: expected.length, moves: [{ from: 'off', to: 'on' }] },
    ])
    expect(expected.length).toBeGreaterThan(400)
  })
})

describe('nothing is said', () => {
  const before = bodyWith(flagOf())
  const user = sampleOf({ user: 'ada', attributes: { plan: 'pro' }, absent: ['team'] })

  test.each<[string, Flag, number]>([
    ['of an attribute that no sample has', flagOf({ rules: [rule(is('country', 'DE'))] }), 1],
    [
      'of one that was looked for and is not there: something',
      flagOf({ rules: [rule(is('team', 'a'))] }),
      0,
    ],
    [
      'of the text of a targeting key',
      flagOf({ rules: [rule({ attribute: 'targetingKey', operator: 'endsWith', value: '@x' })] }),
      1,
    ],
    [
      'of another vendor’s arithmetic',
      flagOf({ rules: [rule(undefined, { bucketing: { by: 'unleash' } })] }),
      1,
    ],
    [
      'of an operator of another vendor',
      flagOf({ rules: [rule({ attribute: 'plan', operator: 'unleash.x', value: '' })] }),
      1,
    ],
    [
      'of another attribute that is hashed',
      flagOf({ rules: [rule(undefined, { bucketBy: 'company' })] }),
      1,
    ],
    [
      'of whether there is a targeting key: something',
      flagOf({ rules: [rule({ attribute: 'targetingKey', operator: 'exists' })] }),
      0,
    ],
  ])('%s', (_, after, unknown) => {
    expect(radius(before, bodyWith(after), [user])).toMatchObject([{ samples: 1, unknown }])
  })
})

test('samples say of random flags and contexts what the contexts themselves say', async () => {
  const dice = createDice(42)
  const plans = ['pro', 'free', 'team']
  const randomRule = (id: string): Rule => {
    const conditions: readonly Condition[] = [
      is('plan', dice.pick(plans)),
      { attribute: 'user.age', operator: 'gte', value: dice.below(80) },
      { attribute: 'tags', operator: 'contains', value: dice.pick(['a', 'b']) },
      { operator: 'percentage', value: { to: dice.below(100_000) } },
      { operator: 'notInSegment', value: 'listed' },
    ]
    const when = dice.chance(0.5)
      ? { all: [dice.pick(conditions), { not: dice.pick(conditions) }] }
      : dice.pick(conditions)
    const serve = dice.chance(0.5)
      ? { variant: 'on' }
      : { split: [{ variant: 'on', weight: dice.below(100_000) }] }
    return { id, when, serve }
  }
  for (let run = 0; run < 40; run++) {
    const segments = { listed: { ids: ['user-1', 'user-2'] } }
    const randomBody = () =>
      bodyWith(flagOf({ rules: [randomRule('1'), randomRule('2')] }), { segments })
    const [before, after] = [randomBody(), randomBody()]
    const posted: string[] = []
    const named = bodyOf({
      flags: {
        checkout: flagOf({
          rules: [
            ...(before.flags['checkout']?.rules ?? []),
            ...(after.flags['checkout']?.rules ?? []),
          ],
        }),
      },
      segments,
    })
    const contexts: EvaluationContext[] = Array.from({ length: 5 }, () => ({
      ...(dice.chance(0.9) && { targetingKey: `user-${dice.below(20)}` }),
      ...(dice.chance(0.8) && { plan: dice.pick(plans) }),
      ...(dice.chance(0.8) && { user: { age: dice.below(100), name: 'Ada' } }),
      ...(dice.chance(0.8) && { tags: ['a', 'b'].slice(dice.below(2)) }),
    }))
    const sampler = startSampling(
      {
        url: 'https://x.test',
        key: 'k',
        sampling: { attributes: ['plan', 'user.age', 'tags', 'targetingKey'] },
        fetch: async (_input, init) => {
          if (typeof init?.body === 'string') posted.push(init.body)
          return new Response(null, { status: 202 })
        },
      },
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of it that is asked
      { url: 'https://x.test', snapshot: { body: named } as never },
    )
    for (const context of contexts) sampler.sample('checkout', context)
    await sampler.close()
    expect(posted.join()).not.toMatch(/user-|Ada/)
    const samples = readSamples(JSON.parse(posted[0] ?? ''))
    if (!samples.ok) return expect.fail(JSON.stringify(samples.error))
    const changed = contexts.filter((context) => {
      const [was, now] = [before, after].map(
        (body) => compile(body).details('checkout', undefined, null, context, NOW_MS).variant,
      )
      return was !== now
    })
    const [impact] = radius(before, after, samples.value)
    expect(impact).toMatchObject({ samples: 5, unknown: 0, changed: changed.length })
  }
})
