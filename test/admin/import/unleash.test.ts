import type { JsonValue, Rule } from '#core'
import { describe, expect, test } from 'vitest'
import { feature, flag, paths, settings, translate, type Members } from './unleash-translated.ts'

/** The rules of the flag `f` for these strategies. */
function rulesOf(...strategies: JsonValue[]): readonly Rule[] | undefined {
  return settings(translate(feature({ strategies })), 'f')?.rules
}

describe('a toggle', () => {
  test('becomes a boolean flag of its name, on where no strategy is asked', () => {
    const { operations, sources, skipped } = translate(
      feature({ strategies: [], description: 'D', type: 'release', project: 'web', stale: true }),
    )
    expect(operations).toEqual([
      {
        op: 'putFlag',
        key: 'f',
        type: 'boolean',
        variants: { on: true, off: false },
        visibility: 'server',
        offVariant: 'off',
        defaultVariant: 'off',
        description: 'D',
        metadata: { unleashType: 'release', unleashProject: 'web', unleashStale: true },
      },
      {
        op: 'putFlagEnvironment',
        key: 'f',
        environment: 'production',
        enabled: true,
        defaultVariant: 'on',
        prerequisites: [],
        rules: [],
      },
    ])
    expect(sources).toEqual(['/features/0', '/features/0'])
    expect(skipped).toEqual([])
  })

  test('keeps its bucket at every percentage, and its seed at 100', () => {
    const parameters = { rollout: '100', stickiness: 'default', groupId: 'g' }
    expect(rulesOf({ name: 'flexibleRollout', parameters })).toEqual([
      {
        id: 'strategy-1',
        serve: { split: [{ variant: 'on', weight: 100 }] },
        seed: 'g:',
        bucketBy: '$unleash.stickiness',
        bucketing: { by: 'unleash', parts: 100 },
      },
    ])
  })

  test.each([
    ['-3', 0],
    ['0.9', 0],
    ['33.7', 33],
    ['250', 100],
    [50, 50],
  ])('a rollout of %j per cent takes %d parts', (rollout, weight) => {
    const rules = rulesOf({ name: 'flexibleRollout', parameters: { rollout } })
    expect(rules?.[0]?.serve).toEqual({ split: [{ variant: 'on', weight }] })
  })

  test('has its strategies as rules in order, each with its segments and constraints', () => {
    const translation = translate({
      features: [
        {
          name: 'f',
          enabled: true,
          strategies: [
            {
              name: 'userWithId',
              parameters: { userIds: '1 , 2' },
              segments: [7],
              constraints: [
                { contextName: 'plan', operator: 'IN', values: [' pro '], inverted: true },
              ],
            },
            { name: 'remoteAddress', parameters: { IPs: '10.0.0.0/8,::1' } },
          ],
        },
      ],
      segments: [
        {
          id: 7,
          name: 'EU users',
          constraints: [{ contextName: 'n', operator: 'NUM_GT', value: '3' }],
        },
      ],
    })
    expect(translation.skipped).toEqual([])
    expect(translation.operations[0]).toEqual({
      op: 'putSegment',
      key: 'utf8-EU-20users',
      visibility: 'server',
      when: { all: [{ attribute: 'n', operator: 'unleash.numGt', value: '3' }] },
    })
    expect(settings(translation, 'f')).toMatchObject({
      rules: [
        {
          when: {
            all: [
              { attribute: 'plan', operator: 'notIn', value: ['pro'] },
              { operator: 'inSegment', value: 'utf8-EU-20users' },
              { attribute: '$unleash.userId', operator: 'in', value: ['1', '2'] },
            ],
          },
        },
        {
          when: {
            any: [
              { attribute: '$unleash.remoteAddress', operator: 'in', value: ['10.0.0.0/8', '::1'] },
              {
                attribute: '$unleash.remoteAddress',
                operator: 'unleash.inCidr',
                value: ['10.0.0.0/8'],
              },
            ],
          },
        },
      ],
    })
  })

  test('with a name that is no key is written out, and says its name', () => {
    const translation = translate(feature({ name: 'Hellø' }))
    expect(flag(translation, 'utf8-Hell-c3-b8')).toMatchObject({
      metadata: { unleashName: 'Hellø' },
    })
  })

  test('whose name cannot be written out is listed, and so is what depends on it', () => {
    const long = 'é'.repeat(100)
    const translation = translate({
      features: [
        { name: long, enabled: true, strategies: [] },
        { name: 'child', enabled: true, strategies: [], dependencies: [{ feature: long }] },
      ],
    })
    expect(paths(translation)).toEqual(['/features/0/name', '/features/1/dependencies/0/feature'])
    expect(settings(translation, 'child')).toMatchObject({ enabled: false })
  })

  test('defined twice counts as it is defined last', () => {
    const translation = translate({
      features: [
        { name: 'f', enabled: true, strategies: [] },
        { name: 'f', enabled: false, strategies: [] },
      ],
    })
    expect(paths(translation)).toEqual(['/features/0'])
    expect(settings(translation, 'f')).toMatchObject({ enabled: false })
  })
})

describe('dependencies', () => {
  const parent = {
    name: 'p',
    enabled: true,
    strategies: [],
    variants: [{ name: 'red', weight: 1 }],
  }
  const child = (dependency: Members): JsonValue => ({
    features: [
      { name: 'c', enabled: true, strategies: [], dependencies: [{ feature: 'p', ...dependency }] },
      parent,
    ],
  })

  test.each<[Members, JsonValue]>([
    [{}, [{ flag: 'p', variants: ['on'] }]],
    [{ enabled: true, variants: [] }, [{ flag: 'p', variants: ['on'] }]],
    [{ enabled: false }, [{ flag: 'p.off', variants: ['on'] }]],
    [
      { variants: ['red', 'other'] },
      [
        { flag: 'p', variants: ['on'] },
        { flag: 'p.variant', variants: ['red'] },
      ],
    ],
  ])('on a parent with %j become prerequisites', (dependency, prerequisites) => {
    const translation = translate(child(dependency))
    expect(settings(translation, 'c')).toMatchObject({ enabled: true, prerequisites })
    expect(translation.skipped).toEqual([])
  })

  test('on a parent that depends on others itself are never met, as in Unleash', () => {
    const translation = translate({
      features: [
        { name: 'c', enabled: true, strategies: [], dependencies: [{ feature: 'm' }] },
        { name: 'm', enabled: true, strategies: [], dependencies: [{ feature: 'p' }] },
        parent,
      ],
    })
    expect(settings(translation, 'c')).toMatchObject({ enabled: false })
    expect(settings(translation, 'm')).toMatchObject({ enabled: true })
    expect(paths(translation)).toEqual(['/features/0/dependencies/0/feature'])
  })

  test('on variants the parent does not have are never met', () => {
    const translation = translate(child({ variants: ['blue'] }))
    expect(settings(translation, 'c')).toMatchObject({ enabled: false })
    expect(paths(translation)).toEqual(['/features/0/dependencies/0/variants'])
  })
})
