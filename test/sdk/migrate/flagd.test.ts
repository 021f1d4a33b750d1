import { describe, expect, test } from 'vitest'
import { contextFrom } from '../../../sdk/src/migrate.ts'
import { flagd, flagdPart } from '../../../sdk/src/migrate/flagd.ts'
import { murmur3Units } from '../../../sdk/src/migrate/murmur3.ts'

describe('the hash', () => {
  // What imurmurhash 0.1.4 answers.
  test.each([
    ['', 0],
    ['a', 1_009_084_850],
    ['ab', 2_613_040_991],
    ['abc', 3_017_643_002],
    ['abcd', 1_139_631_978],
    ['flag-key5c3d8535-f81a', 889_481_041],
    ['\u00e9', 1_153_881_266],
    ['\u65e5\u672c\u8a9e', 2_247_144_487],
    ['ab\u8000', 2_247_144_487],
    ['abcd\uffff\u65e5\u672c', 250_697_077],
    ['\ud83d\ude00\ud83d\ude00\ud83d\ude00', 3_383_971_094],
    ['\ud800x', 1_365_703_843],
    ['\u0000', 1_364_076_727],
    ['a\u0000\u0000\u0000b', 3_402_750_656],
  ])('%j', (text, hash) => {
    expect(murmur3Units(text)).toBe(hash)
  })
})

describe('buckets', () => {
  test('the part is the exact quotient, whatever the number of parts', () => {
    for (let i = 0; i < 2_000; i++) {
      const parts = [1, 3, 100, 99_991, 999_999_999, 1_000_000_000][i % 6] ?? 1
      const exact = (BigInt(murmur3Units(`key${i}`)) * BigInt(parts)) >> 32n
      expect(flagdPart(`key${i}`, parts)).toBe(Number(exact))
      expect(flagd.bucket(String(i), 'key', parts)).toBe(Number(exact) / parts)
    }
  })
})

describe('inShare', () => {
  const inShare = flagd.operators?.['inShare']
  const share = { from: 0, to: 100, parts: 100 }

  test('an attribute must be a text', () => {
    const values = ['x', '', 5, true, null, undefined, ['x'], {}]
    const expected = [true, true, false, false, false, false, false, false]
    expect(values.map((value) => inShare?.(value, share, {}))).toEqual(expected)
  })

  test('a text is put together from own members, missing ones being null', () => {
    const at = flagdPart('a-5-null', 1_000)
    const value = {
      text: [
        { attribute: 'u.n' },
        '-',
        { attribute: 'n', fallback: 5 },
        '-',
        { attribute: 'toString' },
      ],
      from: at,
      to: at + 1,
      parts: 1_000,
    }
    expect(inShare?.(undefined, value, { u: { n: 'a' } })).toBe(true)
    expect(inShare?.(undefined, value, { u: { n: 'b' } })).toBe(false)
  })
})

test('a context keeps its attributes; the key is what flagd would hash', () => {
  expect(contextFrom('flagd', { targetingKey: 5, $flagd: {}, a: { b: [1] } })).toEqual({
    targetingKey: '5',
    a: { b: [1] },
  })
  for (const none of [0, '', false, null, undefined]) {
    expect(contextFrom('flagd', { targetingKey: none, a: 1 })).toEqual({ a: 1 })
  }
  expect(contextFrom('flagd', 'no object')).toEqual({})
})
