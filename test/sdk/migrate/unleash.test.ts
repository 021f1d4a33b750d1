import type { JsonValue } from '#core'
import { describe, expect, test } from 'vitest'
import { bucketers, contextFrom } from '../../../sdk/src/migrate.ts'

/** The bucket as Unleash counts it, from 1. */
function normalized(by: 'unleash' | 'unleashVariant', value: string, seed: string, parts: number) {
  const bucketer = bucketers[by]
  return Math.round((bucketer?.bucket(value, seed, parts) ?? Number.NaN) * parts) + 1
}

function holds(name: string, attribute: unknown, value: JsonValue, context: object = {}): boolean {
  const operator = bucketers['unleash']?.operators?.[name]
  if (operator === undefined) throw new Error(`no operator ${name}`)
  return operator(attribute, value, { ...context })
}

describe('buckets', () => {
  // From the tests of Unleash's SDKs: murmur3 of "gr1:123" and "groupX:999".
  test.each([
    ['123', 'gr1:', 73],
    ['999', 'groupX:', 25],
  ])('a rollout puts %s of %s at %d', (value, seed, bucket) => {
    expect(normalized('unleash', value, seed, 100)).toBe(bucket)
  })

  test.each([
    ['123', 'gr1:', 96],
    ['999', 'groupX:', 60],
  ])('variants put %s of %s at %d', (value, seed, bucket) => {
    expect(normalized('unleashVariant', value, seed, 100)).toBe(bucket)
  })

  // Computed with unleash-client 6.12.1, which takes the low byte of each UTF-16 unit.
  test.each([
    ['ä', 'g:', 'unleash', 881],
    ['你好😊', 'ünï:', 'unleashVariant', 323],
  ] as const)('%s keeps its place beyond ASCII', (value, seed, by, bucket) => {
    expect(normalized(by, value, seed, 1000)).toBe(bucket)
  })

  test('fractions are in [0, 1)', () => {
    for (let i = 0; i < 1_000; i++) {
      const fraction = bucketers['unleash']?.bucket(`u${i}`, 'g:', 7)
      expect(fraction).toBeGreaterThanOrEqual(0)
      expect(fraction).toBeLessThan(1)
    }
  })
})

describe('operators', () => {
  test.each<[string, unknown, JsonValue, boolean]>([
    ['numEq', '12.0', '12', true],
    ['numEq', 12, '12', true],
    ['numEq', '', '0', true],
    ['numEq', undefined, '0', false],
    ['numEq', null, '0', false],
    ['numEq', 'x', 'x', false],
    ['numGt', '1e3', '999', true],
    ['numLte', '-1', '-1', true],
    ['numLt', 'Infinity', '1', false],
    ['dateAfter', '2022-01-30T00:00:00Z', '2022-01-29T13:00:00.000Z', true],
    ['dateAfter', '2022-01-29T13:00:00.000Z', '2022-01-29T13:00:00.000Z', false],
    ['dateBefore', 0, '1970-01-01T00:00:00.001Z', true],
    ['dateBefore', 'never', '2022-01-29T13:00:00.000Z', false],
    ['dateBefore', 0, 'never', false],
    ['containsIgnoringCase', 'xÄBc', ['äb'], true],
    ['startsWithIgnoringCase', 'TEsT', ['x', 'tes'], true],
    ['endsWithIgnoringCase', undefined, [''], false],
    ['endsWithIgnoringCase', 'a.COM', 'com', false],
  ])('%s of %j and %j is %j', (name, attribute, value, expected) => {
    expect(holds(name, attribute, value)).toBe(expected)
  })

  test('without a time in the context dates are compared with the clock', () => {
    expect(holds('dateAfter', undefined, '2020-01-01T00:00:00Z')).toBe(true)
    expect(holds('dateAfter', undefined, '9999-01-01T00:00:00Z')).toBe(false)
  })

  test.each<[string, string, boolean]>([
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.77/24', true],
    ['10.0.1.1', '10.0.0.0/23', true],
    ['10.0.2.1', '10.0.0.0/23', false],
    ['10.0.0.1', '0.0.0.0/0', true],
    ['10.0.0.1', '10.0.0.1/33', false],
    ['010.0.0.1', '10.0.0.1', false],
    ['10.0.0.1 ', '10.0.0.1', false],
    ['10.0.0', '10.0.0.0/8', false],
    ['10.0.0.0/16', '10.0.0.0/8', true],
    ['10.1.0.0/4', '10.0.0.0/8', false],
    ['2001:db8::1', '2001:DB8::/32', true],
    ['2001:db8:8000::1', '2001:db8::/33', false],
    ['2001:db8:7fff::1', '2001:db8::/33', true],
    ['::1', '::/0', true],
    ['fe80::1%eth0', 'fe80::/10', true],
    ['::ffff:10.0.0.1', '::ffff:a00:1', true],
    ['::ffff:10.0.0.1', '10.0.0.0/8', false],
    ['10.0.0.1', '::/0', false],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8/128', true],
    ['1:2:3:4:5:6:7:8:9', '::/0', false],
    ['1::2::3', '::/0', false],
    ['1:2:3:4:5:6:7::8', '::/0', false],
    [':1:2:3:4:5:6:7', '::/0', false],
    ['12345::', '::/0', false],
    ['', '::/0', false],
  ])('inCidr of %j and %j is %j', (address, range, expected) => {
    expect(holds('inCidr', address, ['not one', range])).toBe(expected)
  })

  test('rollout takes the first parts, and nobody without a value', () => {
    const value = { seed: 'gr1:', to: 73 }
    expect(holds('rollout', '123', value)).toBe(true)
    expect(holds('rollout', '123', { ...value, to: 72 })).toBe(false)
    for (const none of ['', undefined, null]) {
      expect(holds('rollout', none, { ...value, to: 100 })).toBe(false)
    }
  })

  test('values of another kind than the importer writes never hold, nor throw', () => {
    const names = Object.keys(bucketers['unleash']?.operators ?? {})
    const hostile = [null, true, 5, 'x', [], [null, {}], {}, { seed: 1, to: 'x' }, { seed: null }]
    for (const name of names.filter((one) => !one.startsWith('num'))) {
      for (const value of hostile)
        expect([name, value, holds(name, {}, value)]).toEqual([name, value, false])
    }
  })
})

const random = (): number => 0.5

describe('contexts', () => {
  test('fields and properties stand side by side as text, fields first', () => {
    const { $unleash: _, ...attributes } = contextFrom(
      'unleash',
      {
        userId: '7',
        appName: null,
        properties: {
          userId: 'other',
          appName: 'web',
          age: 5,
          beta: false,
          none: null,
          list: [1, 2],
        },
      },
      { random },
    )
    expect(attributes).toEqual({
      targetingKey: '7',
      userId: '7',
      appName: 'web',
      age: '5',
      beta: 'false',
      list: '1,2',
    })
  })

  test('strategies see fields only, constraints properties too', () => {
    const context = contextFrom(
      'unleash',
      { properties: { userId: '7', remoteAddress: 'x' } },
      { random },
    )
    expect(context).toMatchObject({ userId: '7', remoteAddress: 'x' })
    expect(context['$unleash']).toMatchObject({ userId: undefined, remoteAddress: undefined })
    expect(context.targetingKey).toBeUndefined()
  })

  test.each([
    [{ userId: 'u', sessionId: 's', remoteAddress: 'r' }, 'u', 'u'],
    [{ userId: '', sessionId: 's', remoteAddress: 'r' }, 's', 's'],
    [{ remoteAddress: 'r' }, '2147483648', 'r'],
    [{ userId: 12, sessionId: 's' }, '12', 's'],
    [{}, '2147483648', '2147483648'],
  ])(
    '%j sticks to %s in rollouts and to %s in variants',
    (context, stickiness, variantStickiness) => {
      const { $unleash } = contextFrom('unleash', context, { random })
      expect($unleash).toMatchObject({ stickiness, variantStickiness, random: '2147483648' })
    },
  )

  test('chance is Math.random when none is given', () => {
    const draws = Array.from({ length: 20 }, () =>
      JSON.stringify(contextFrom('unleash', {})['$unleash']),
    )
    expect(new Set(draws).size).toBeGreaterThan(1)
  })

  test('the time is kept to the millisecond, the host name in lower case', () => {
    const time = new Date(1_643_461_200_123)
    const options = { random, hostname: 'Web-1' }
    for (const currentTime of [time, time.toISOString(), time.getTime()]) {
      const { $unleash } = contextFrom('unleash', { currentTime }, options)
      expect($unleash).toMatchObject({ currentTime: 1_643_461_200_123, hostname: 'web-1' })
    }
  })

  test('a targetingKey of its own stays', () => {
    expect(contextFrom('unleash', { userId: '7', targetingKey: 'k' }).targetingKey).toBe('k')
  })

  test.each([
    [undefined],
    [null],
    ['text'],
    [[1]],
    [{ properties: 'text' }],
    [JSON.parse('{"__proto__":{"userId":"7"},"properties":{"__proto__":{"plan":"pro"}}}')],
    [{ properties: { bad: Object.create(null) } }],
    [{ userId: Symbol('7'), properties: { x: () => 1 } }],
  ])('of %o it makes one, and does not throw', (context: unknown) => {
    const made = contextFrom('unleash', context, { random })
    expect(made['$unleash']).toMatchObject({ userId: undefined, stickiness: '2147483648' })
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
  })

  test('another vendor is a mistake in the code', () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JavaScript could pass
    expect(() => contextFrom('toString' as 'unleash', {})).toThrow(TypeError)
  })
})
