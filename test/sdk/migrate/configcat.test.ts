import { describe, expect, test } from 'vitest'
import { contextFrom } from '../../../sdk/src/migrate.ts'
import { configcat } from '../../../sdk/src/migrate/configcat.ts'
import { configcatCondition } from '../../../sdk/src/migrate/configcat-condition.ts'
import { sha256Hex } from '../../../sdk/src/migrate/sha256.ts'

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

test('a bucket is the first 7 hex digits of SHA-1 of key and value, modulo 100', async () => {
  for (const [key, value] of [
    ['isAwesomeFeatureEnabled', 'user-1'],
    ['stringDefaultCat', 'a@configcat.com'],
    ['', 'ü'],
    ['k', ''],
  ] as const) {
    const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(key + value))
    const digits = [...new Uint8Array(digest)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
    const expected = (Number.parseInt(digits.slice(0, 7), 16) % 100) / 100
    expect(configcat.bucket(value, key, 100)).toBe(expected)
  }
})

test('a fixed vector, so that the arithmetic never moves', () => {
  // SHA-1 of "abc" is a9993e3…: 0xa9993e3 % 100
  expect(configcat.bucket('c', 'ab', 100)).toBe((0xa9993e3 % 100) / 100)
})

test('SHA-256 is that of the platform, at every length around a block', async () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) % 256)
    expect(sha256Hex(bytes)).toBe(await digestOf(bytes))
  }
})

describe('a condition', () => {
  test.each<[unknown, Record<string, unknown>, boolean | undefined]>([
    [undefined, { c: 29, s: 'x' }, undefined],
    [null, { c: 1, l: ['x'] }, undefined],
    ['', { c: 29, s: 'x' }, undefined],
    [true, { c: 28, s: 'true' }, true],
    [5, { c: 0, l: ['5'] }, true],
    [new Date(1500), { c: 28, s: '1.5' }, true],
    [['a'], { c: 28, s: '["a"]' }, true],
    [['a'], { c: 35, l: ['b'] }, true],
    ['["a"]', { c: 34, l: ['a'] }, true],
    ['a', { c: 35, l: ['b'] }, undefined],
    [[1], { c: 35, l: ['b'] }, undefined],
    ['1,5', { c: 10, d: 1.5 }, true],
    ['0x10', { c: 11, d: 16 }, undefined],
    ['NaN', { c: 11, d: 1 }, true],
    ['NaN', { c: 10, d: 1 }, false],
    [' ', { c: 12, d: 1 }, undefined],
    [1_000, { c: 18, d: 1_001 }, true],
    [new Date(1500), { c: 19, d: 1 }, true],
    [new Date(1500), { c: 14, d: 1 }, undefined],
    ['soon', { c: 19, d: 0 }, undefined],
    ['v1.2.3', { c: 4, l: ['', ' 1.2.3+b '] }, true],
    ['1.2.3', { c: 5, l: ['1.2.3.4'] }, false],
    ['1.2.3', { c: 4, l: ['1.2.3', 'x'] }, false],
    ['1.2', { c: 5, l: ['2.0.0'] }, undefined],
    ['1.2.3', { c: 9, s: 'x' }, false],
    ['2.0.0-rc.1', { c: 6, s: '2.0.0' }, true],
    ['x', { c: 99, s: 'x' }, undefined],
    ['x', { s: 'x' }, undefined],
    ['x', { c: 22, l: ['x_y', '_', 5] }, false],
  ])('on %j, %j answers %j', (attribute, condition, expected) => {
    expect(configcatCondition(attribute, condition)).toBe(expected)
  })

  test('hashes whole texts, elements of lists and ends by bytes, with the salt', async () => {
    const hash = (text: string) => digestOf(new TextEncoder().encode(`${text}salt`))
    const salted = { salt: 'salt' }
    expect(configcatCondition('é', { c: 20, s: await hash('é'), ...salted })).toBe(true)
    expect(configcatCondition('é', { c: 17, l: [await hash('é')], ...salted })).toBe(false)
    expect(configcatCondition(['b', 'é'], { c: 26, l: [await hash('é')], ...salted })).toBe(true)
    const start = `2_${await hash('é')}`
    expect(configcatCondition('éa', { c: 22, l: [start], ...salted })).toBe(true)
    expect(configcatCondition('aé', { c: 22, l: [start], ...salted })).toBe(false)
    expect(configcatCondition('aé', { c: 24, l: [start], ...salted })).toBe(true)
    expect(configcatCondition('a', { c: 25, l: [start], ...salted })).toBe(true)
  })
})

describe('a user as a context', () => {
  test('has its attributes by ConfigCat’s names, as texts', () => {
    const user = {
      identifier: 'u',
      email: 'a@b.c',
      custom: { age: 5, at: new Date(2500), tags: ['x'], Email: 'other', none: null },
    }
    expect(contextFrom('configcat', user)).toEqual({
      targetingKey: 'u',
      Identifier: 'u',
      Email: 'a@b.c',
      age: '5',
      at: new Date(2500),
      tags: '["x"]',
    })
  })

  test('may come from OpenFeature', () => {
    const context = { targetingKey: 'u', country: 'DE', plan: 'pro' }
    expect(contextFrom('configcat', context)).toEqual({
      targetingKey: 'u',
      Identifier: 'u',
      Country: 'DE',
      plan: 'pro',
    })
  })

  test('without an identifier has the empty one, and what is no user has none', () => {
    expect(contextFrom('configcat', {})).toEqual({ Identifier: '' })
    expect(contextFrom('configcat', null)).toEqual({})
    expect(contextFrom('configcat', 'u')).toEqual({})
  })
})
