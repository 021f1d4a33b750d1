import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalize, equalJson } from '#core'
import type { JsonValue } from '#core'
import { parseJson } from '#formats'
import { documents } from './documents.ts'

/** The same document with the members of every object the other way round. */
function reversed(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(reversed)
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  )
}

describe('canonical JSON', () => {
  // RFC 8785 §3.2.2, §3.2.3 and Appendix B; the numbers as IEEE 754 bits there.
  test.each([
    [
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ],
    [
      '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ],
    [
      '[-0, 1e0, 10e-1, 1e21, 1e-7, 5e-324, 9007199254740991]',
      '[0,1,1,1e+21,1e-7,5e-324,9007199254740991]',
    ],
    ['{"10":1,"9":2,"a":3,"A":4,"":5}', '{"":5,"10":1,"9":2,"A":4,"a":3}'],
    ['[[], {}, "", null]', '[[],{},"",null]'],
  ])('%s', (text, canonical) => {
    expect(canonicalize(JSON.parse(text))).toBe(canonical)
  })

  test('does not depend on the order of members', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(canonicalize(reversed(document))).toBe(canonicalize(document))
      }),
    )
  })

  test('reads back as the same document, and is its own canonical form', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const text = canonicalize(document)
        const parsed = parseJson(text)
        expect(parsed.ok && equalJson(parsed.value, document)).toBe(true)
        expect(parsed.ok && canonicalize(parsed.value)).toBe(text)
      }),
    )
  })

  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  test.each([
    ['NaN', { a: [1, Number.NaN] }, '/a/1'],
    ['Infinity', -Infinity, ''],
    ['a lone surrogate', { a: 'x\ud800' }, '/a'],
    ['a lone surrogate in a name', { a: { '\udc00': 1 } }, '/a/\udc00'],
    ['__proto__', { a: JSON.parse('{"__proto__": 1}') }, '/a/__proto__'],
    ['undefined', { 'a/b': { '~': undefined } }, '/a~1b/~0'],
    ['a hole in a list', Object.assign(Array(2), { 1: 1 }), '/0'],
    ['a function', [() => 1], '/0'],
    ['a symbol', { a: Symbol('s') }, '/a'],
    ['a bigint', { a: 1n }, '/a'],
    ['a Date', { a: new Date(0) }, '/a'],
    ['a Map', new Map([['a', 1]]), ''],
    ['a cycle', cycle, '/self/self'],
  ])('refuses %s with its place', (_, value, pointer) => {
    expect(() => canonicalize(value)).toThrow(TypeError)
    expect(() => canonicalize(value)).toThrow(`at "${pointer}`)
  })

  test('refuses what is nested too deep instead of running out of stack', () => {
    const deep = Array.from({ length: 100_000 }).reduce<unknown>((inner) => [inner], null)
    expect(() => canonicalize(deep)).toThrow('nested deeper than 1000')
  })
})
