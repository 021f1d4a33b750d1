import { describe, expect, test } from 'vitest'
import { contextFrom } from '../../../sdk/src/migrate.ts'
import { attributePath, clauseHolds } from '../../../sdk/src/migrate/launchdarkly-clause.ts'
import { launchdarkly, launchdarklyBucket } from '../../../sdk/src/migrate/launchdarkly.ts'
import { sha1 } from '../../../sdk/src/migrate/sha1.ts'

function hex(text: string): string {
  return sha1(text)
    .map((word) => word.toString(16).padStart(8, '0'))
    .join('')
}

describe('SHA-1', () => {
  test.each([
    ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
    ],
    ['a'.repeat(1_000_000), '34aa973cd4c4daa4f61eeb2bdbad27316534016f'],
  ])('has the digests of FIPS 180', (text, digest) => {
    expect(hex(text)).toBe(digest)
  })

  test('agrees with WebCrypto on every length around the blocks, past ASCII too', async () => {
    for (let length = 0; length < 140; length++) {
      for (const text of [
        'x'.repeat(length),
        'ü€😀'.repeat(length),
        `\ud800${'y'.repeat(length)}`,
      ]) {
        const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
        const words = new DataView(digest)
        expect(sha1(text)).toEqual([0, 4, 8, 12, 16].map((at) => words.getUint32(at)))
      }
    }
  })
})

describe('buckets', () => {
  // The vectors that LaunchDarkly's SDKs share.
  test.each([
    ['userKeyA', 'hashKey.saltyA', 0.42157587],
    ['userKeyB', 'hashKey.saltyA', 0.6708485],
    ['userKeyC', 'hashKey.saltyA', 0.10343106],
    ['userKeyA', '61', 0.09801207],
    ['userKeyB', '61', 0.14483777],
    ['userKeyC', '61', 0.9242641],
    ['33333', 'hashKey.saltyA', 0.54771423],
  ])('%s under %s', (value, seed, expected) => {
    expect(launchdarkly.bucket(value, seed, 100_000)).toBeCloseTo(expected, 7)
  })

  test('a secondary key of old SDKs moves people', () => {
    expect(launchdarklyBucket('userKeyA', 'hashKey.saltyA', 'mySecondary')).not.toBe(
      launchdarklyBucket('userKeyA', 'hashKey.saltyA'),
    )
    expect(launchdarklyBucket('a', 's', 'b')).toBe(launchdarklyBucket('a.b', 's'))
  })
})

describe('operators', () => {
  const { bucketable, inShare } = launchdarkly.operators ?? {}

  test('texts and whole numbers can be hashed, nothing else', () => {
    const values = ['', 'x', 0, 5, 1.5, true, null, undefined, ['x'], {}]
    const expected = [true, true, true, true, false, false, false, false, false, false]
    expect(values.map((value) => bucketable?.(value, null, {}))).toEqual(expected)
  })

  test('what cannot be hashed is at 0 of a share', () => {
    expect(inShare?.(undefined, { seed: 's', weight: 1 }, {})).toBe(true)
    expect(inShare?.(undefined, { seed: 's', weight: 0 }, {})).toBe(false)
    expect(inShare?.('userKeyA', { seed: 'hashKey.saltyA', weight: 42_157 }, {})).toBe(false)
    expect(inShare?.('userKeyA', { seed: 'hashKey.saltyA', weight: 42_158 }, {})).toBe(true)
  })
})

describe('clauses', () => {
  const context = contextFrom('launchdarkly', {
    kind: 'user',
    key: 'u',
    version: '2.1',
    tags: ['a', 'b'],
    address: { city: 'Berlin', 'a/b': 1 },
  })
  const holds = (clause: object): boolean => clauseHolds(clause, context)

  test.each([
    ['semVerEqual', 'version', ['2.1.0'], true],
    ['semVerLessThan', 'version', ['2.1.0'], false],
    ['semVerGreaterThan', 'version', ['2'], true],
    ['semVerEqual', 'version', ['v2.1.0'], false],
    ['in', 'tags', ['b'], true],
    ['matches', 'key', ['(', '^u$'], true],
    ['startsWith', 'key', [5, 'u'], true],
    ['unknown', 'key', ['u'], false],
  ])('%s on %s of %j', (op, attribute, values, expected) => {
    expect(holds({ op, attribute, values })).toBe(expected)
  })

  test('a missing attribute does not match, not even negated', () => {
    const clause = { op: 'in', attribute: 'missing', values: ['x'] }
    expect([holds(clause), holds({ ...clause, negate: true })]).toEqual([false, false])
  })

  test('a clause with a context kind names its attribute by reference, one without literally', () => {
    const clause = { op: 'in', values: ['Berlin'], attribute: '/address/city' }
    expect(holds({ ...clause, contextKind: 'user' })).toBe(true)
    expect(holds(clause)).toBe(false)
    expect(holds({ op: 'in', values: [1], attribute: '/address/a~1b', contextKind: 'user' })).toBe(
      true,
    )
  })

  test.each(['', '/', '//a', '/a//b', '/a~2', '/a~', '/_meta/x', 5])(
    '%j is no reference',
    (reference) => {
      expect(attributePath(reference, false)).toBeUndefined()
    },
  )
})

describe('contextFrom', () => {
  test('a single kind is an attribute of its own', () => {
    expect(contextFrom('launchdarkly', { kind: 'user', key: 'u', email: 'e', _meta: {} })).toEqual({
      user: { key: 'u', email: 'e', anonymous: false },
      kind: ['user'],
      targetingKey: 'u',
    })
  })

  test('several kinds stand side by side, and the user is the target', () => {
    const context = contextFrom('launchdarkly', {
      kind: 'multi',
      organization: { key: 'o', anonymous: true },
      user: { key: 'u' },
    })
    expect(context).toEqual({
      organization: { key: 'o', anonymous: true },
      user: { key: 'u', anonymous: false },
      kind: ['organization', 'user'],
      targetingKey: 'u',
    })
  })

  test('without a user the target is written as LaunchDarkly writes keys', () => {
    const kinds = { organization: { key: 'o:1' }, device: { key: '5%' } }
    expect(contextFrom('launchdarkly', { kind: 'multi', ...kinds }).targetingKey).toBe(
      'device:5%25:organization:o%3A1',
    )
  })

  test('a user of before 2022 has its custom attributes beside the others', () => {
    const user = { key: 5, name: 'N', email: null, custom: { plan: 'pro', name: 'M', key: 'x' } }
    expect(contextFrom('launchdarkly', user)).toEqual({
      user: { key: '5', name: 'N', plan: 'pro', anonymous: false },
      kind: ['user'],
      targetingKey: '5',
    })
  })

  test('an OpenFeature context is a user, or of the kind it says, with all its attributes', () => {
    expect(contextFrom('launchdarkly', { targetingKey: 'u', plan: 'pro' })).toEqual({
      user: { key: 'u', plan: 'pro', anonymous: false },
      kind: ['user'],
      targetingKey: 'u',
    })
    expect(contextFrom('launchdarkly', { kind: 'organization', targetingKey: 'o' })).toEqual({
      organization: { key: 'o', anonymous: false },
      kind: ['organization'],
      targetingKey: 'organization:o',
    })
  })

  test.each([
    undefined,
    null,
    5,
    [],
    {},
    { kind: 'multi' },
    { kind: 'kind', key: 'x' },
    { kind: 'user', key: '' },
  ])('%j has no kind and nobody to target', (context) => {
    expect(contextFrom('launchdarkly', context)).toEqual({ kind: [], targetingKey: undefined })
  })
})
