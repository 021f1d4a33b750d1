import { expect, test } from 'vitest'
import { configcat } from '../../../sdk/src/migrate/configcat.ts'

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
