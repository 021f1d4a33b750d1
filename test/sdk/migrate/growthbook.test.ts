import { describe, expect, test } from 'vitest'
import { bucketers, contextFrom } from '../../../sdk/src/migrate.ts'
import { evalCondition } from '../../../sdk/src/migrate/growthbook-condition.ts'
import { growthbookHash } from '../../../sdk/src/migrate/growthbook-hash.ts'
import { growthbook } from '../../../sdk/src/migrate/growthbook.ts'

describe('buckets', () => {
  test('1000 parts are hash version 1, 10000 parts are version 2', () => {
    expect(growthbook.bucket('a', 'seed', 1_000)).toBe(growthbookHash('seed', 'a', 1))
    expect(growthbook.bucket('a', 'seed', 10_000)).toBe(0.0505)
  })

  test('other parts have no hash and throw, so that the rule is passed over', () => {
    expect(() => growthbook.bucket('a', 'seed', 100)).toThrow(RangeError)
  })

  test('text past ASCII is hashed by UTF-16 units, as in the JavaScript SDK', () => {
    expect(growthbookHash('s', 'ü', 2)).toBe(growthbookHash('s', '\u00fc', 2))
    // FNV-1a of the one unit 0xfc after "s", written out.
    const hash =
      Math.imul((Math.imul(0x811c9dc5 ^ 0x73, 0x01000193) ^ 0xfc) >>> 0, 0x01000193) >>> 0
    let again = 0x811c9dc5
    for (const digit of String(hash)) again = Math.imul(again ^ digit.charCodeAt(0), 0x01000193)
    expect(growthbookHash('s', 'ü', 2)).toBe(((again >>> 0) % 10_000) / 10_000)
  })
})

describe('conditions', () => {
  test.each([
    ['a missing attribute is null, and null is 0 to $lt', {}, { age: { $lt: 60 } }, true],
    ['a missing attribute is the text "null" to an equal text', {}, { a: 'null' }, true],
    ['a number equals the text that reads as it', { n: '5' }, { n: 5 }, true],
    ['a list equals the text of its elements', { n: ['a', null, 'b'] }, { n: 'a,,b' }, true],
    ['a path leads through lists by index', { l: [{ a: 1 }] }, { 'l.0.a': 1 }, true],
    ['any of no conditions holds', {}, { $or: [] }, true],
    ['none of no conditions does not hold', {}, { $nor: [] }, false],
    ['$alli compares texts in any case', { t: ['A', 'b'] }, { t: { $alli: ['a', 'B'] } }, true],
    ['$notRegex holds where the pattern is not found', { a: 'x' }, { a: { $notRegex: 'y' } }, true],
    [
      '$notRegex of no regular expression does not hold',
      { a: 'x' },
      { a: { $notRegex: '(' } },
      false,
    ],
    ['$regex of no regular expression does not hold', { a: '(' }, { a: { $regex: '(' } }, false],
    ['an operator that is not known does not hold', { a: 1 }, { a: { $near: 1 } }, false],
    ['members of prototypes are not attributes', {}, { constructor: { $exists: true } }, false],
    ['a condition that is no object does not hold', {}, 5, false],
  ])('%s', (_, attributes, condition, expected) => {
    expect(evalCondition(attributes, condition)).toBe(expected)
  })

  test('a saved group that asks itself contains nobody', () => {
    const groups = {
      a: { type: 'condition', condition: { $savedGroup: { id: 'b' } } },
      b: { type: 'condition', condition: { $savedGroup: { id: 'a' } } },
    }
    expect(evalCondition({}, { $savedGroup: { id: 'a' } }, groups)).toBe(false)
    expect(evalCondition({}, { $not: { $savedGroup: { id: 'a' } } }, groups)).toBe(true)
  })

  test('neither being in a malformed group nor not being in it holds', () => {
    const groups = { broken: 'no list' }
    expect(evalCondition({ id: 1 }, { id: { $inGroup: 'broken' } }, groups)).toBe(false)
    expect(evalCondition({ id: 1 }, { id: { $notInGroup: 'broken' } }, groups)).toBe(false)
    expect(evalCondition({ id: 1 }, { id: { $notInGroup: 'unknown' } }, groups)).toBe(true)
  })

  test('a pattern that makes other engines explode takes linear time', () => {
    const text = `${'a'.repeat(50_000)}!`
    expect(evalCondition({ text }, { text: { $regex: '^(a+)+$' } })).toBe(false)
    expect(evalCondition({ text }, { text: { $regexi: '(A|AA)+!$' } })).toBe(true)
  })

  test('look-around throws rather than being taken for no match', () => {
    expect(() => evalCondition({ a: 'x' }, { a: { $regex: 'x(?=y)' } })).toThrow(SyntaxError)
  })

  test.each([
    ['\\u0041\\x42', 'AB', true],
    ['^.$', '\r', false],
    ['^[^]$', '\n', true],
    ['[]', 'a', false],
    ['^[[]$', '[', true],
    ['^\\s$', '\u00a0', true],
    ['^[\\s]$', '\u2028', true],
    ['^\\S$', '\u00a0', false],
    ['^\\a\\Z$', 'aZ', true],
    ['^[\\b]$', '\b', true],
    ['\\cJ', '\n', true],
    ['^\\/\\-\\_$', '/-_', true],
    ['a{,2}', 'a{,2}', true],
  ])('pattern %j on %j means what it means in JavaScript', (pattern, text, expected) => {
    expect(new RegExp(pattern).test(text)).toBe(expected)
    expect(evalCondition({ text }, { text: { $regex: pattern } })).toBe(expected)
  })
})

describe('operators', () => {
  const inRanges = growthbook.operators?.['inRanges']
  const filter = { seed: 'seed', hashVersion: 2, ranges: [[0, 0.1]] }

  test('inRanges holds for what the hash puts in one of the ranges', () => {
    expect(inRanges?.('a', filter, {})).toBe(true)
    expect(inRanges?.('b', filter, {})).toBe(false)
  })

  test('inRanges does not hold for a missing, empty or zero attribute', () => {
    const all = { ...filter, ranges: [[0, 1]] }
    expect([undefined, null, '', 0].map((value) => inRanges?.(value, all, {}))).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(inRanges?.(7, all, {})).toBe(true)
  })
})

describe('contextFrom', () => {
  test('keeps the attributes and takes the targeting key from the id', () => {
    expect(contextFrom('growthbook', { id: 7, plan: 'pro' })).toEqual({
      id: 7,
      plan: 'pro',
      targetingKey: '7',
    })
  })

  test('gives a context that has only a targeting key the id GrowthBook hashes', () => {
    expect(contextFrom('growthbook', { targetingKey: 'u' })).toEqual({ targetingKey: 'u', id: 'u' })
  })

  test.each([undefined, null, 5, 'text', []])('survives %j', (attributes) => {
    expect(contextFrom('growthbook', attributes).targetingKey).toBeUndefined()
  })
})

test('all bucketers are there by the names rules use', () => {
  expect(Object.keys(bucketers)).toEqual(
    expect.arrayContaining(['growthbook', 'launchdarkly', 'configcat']),
  )
})
