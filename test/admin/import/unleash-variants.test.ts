import type { JsonValue } from '#core'
import { describe, expect, test } from 'vitest'
import { feature, flag, paths, settings, translate, type Members } from './unleash-translated.ts'

function variant(name: string, more: Members = {}): JsonValue {
  return { name, weight: 500, ...more }
}

function payload(value: string): Members {
  return { payload: { type: 'string', value } }
}

describe('variants', () => {
  test('are a second flag, asked only where the first is on', () => {
    const priced = { payload: { type: 'number', value: '1.20' } }
    const translation = translate(
      feature({ variants: [variant('red', priced), variant('blue', { weight: 250 })] }),
    )
    expect(flag(translation, 'f.variant')).toMatchObject({
      type: 'object',
      offVariant: 'disabled',
      defaultVariant: 'disabled',
      variants: {
        disabled: { name: 'disabled', enabled: false },
        red: { name: 'red', enabled: true, ...priced },
        blue: { name: 'blue', enabled: true },
      },
    })
    expect(settings(translation, 'f.variant')).toMatchObject({
      enabled: true,
      prerequisites: [{ flag: 'f', variants: ['on'] }],
      rules: [
        {
          id: 'variants',
          serve: {
            split: [
              { variant: 'red', weight: 500 },
              { variant: 'blue', weight: 250 },
            ],
          },
          seed: 'f:',
          bucketing: { by: 'unleashVariant', parts: 750 },
          bucketBy: '$unleash.variantStickiness',
        },
      ],
    })
  })

  test('stuck to a field are drawn at random without it, as Unleash does', () => {
    const translation = translate(feature({ variants: [variant('red', { stickiness: 'plan' })] }))
    expect(settings(translation, 'f.variant')).toMatchObject({
      rules: [
        { id: 'variants', bucketBy: 'plan' },
        { id: 'variants-random', bucketBy: '$unleash.random' },
      ],
    })
  })

  test('of a strategy go with the strategy; one name for two values is kept apart and listed', () => {
    const translation = translate(
      feature({
        strategies: [
          {
            name: 'default',
            constraints: [],
            variants: [{ name: 'a', weight: 1, ...payload('1') }],
          },
          { name: 'default', variants: [{ name: 'a', weight: 1, ...payload('2') }] },
        ],
      }),
    )
    expect(flag(translation, 'f.variant')).toMatchObject({
      variants: {
        a: { name: 'a', ...payload('1') },
        'a (2)': { name: 'a', ...payload('2') },
      },
    })
    expect(paths(translation)).toEqual(['/features/0/strategies/1/variants/0'])
  })

  test('get another key where a toggle has theirs, which is listed', () => {
    const translation = translate({
      features: [
        { name: 'f', enabled: true, strategies: [], variants: [variant('red')] },
        { name: 'f.variant', enabled: true, strategies: [] },
      ],
    })
    expect(flag(translation, 'f.variant')).toMatchObject({ type: 'boolean' })
    expect(flag(translation, 'f.variant-2')).toMatchObject({ type: 'object' })
    expect(paths(translation)).toEqual(['/features/0/variants'])
  })

  test.each<[JsonValue, string]>([
    [{}, '/features/0/variants'],
    [[{ name: 'red' }], '/features/0/variants/0'],
    [[{ name: 'red', weight: -1 }], '/features/0/variants/0'],
    [[{ name: 'red', weight: 1.5 }], '/features/0/variants/0'],
    [[{ weight: 1 }], '/features/0/variants/0'],
    [[null], '/features/0/variants/0'],
    [
      [{ name: 'red', weight: 1, overrides: [{ contextName: 'userId' }] }],
      '/features/0/variants/0/overrides/0',
    ],
    [[{ name: 'red', weight: 2_000_000_000 }], '/features/0/variants'],
  ])('%j is listed and chooses none', (variants, path) => {
    const translation = translate(feature({ variants }))
    expect(settings(translation, 'f.variant')?.rules ?? []).toEqual([])
    expect(paths(translation)).toEqual([path])
  })

  test.each(['', 'x'.repeat(129), '__proto__', 'constructor'])('may be called %j', (name) => {
    const translation = translate(feature({ variants: [variant(name)] }))
    const variants = flag(translation, 'f.variant')?.variants ?? {}
    const names = Object.keys(variants)
    expect(names).toHaveLength(2)
    expect(names.every((one) => one.length >= 1 && one.length <= 128 && one !== '__proto__')).toBe(
      true,
    )
    expect(Object.values(variants)).toContainEqual({ name, enabled: true })
  })
})
