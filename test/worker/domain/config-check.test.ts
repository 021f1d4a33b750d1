import { describe, expect, test } from 'vitest'
import { findPlace } from '#formats'
import { config, errorOf, issuesOf, override, project } from './support.ts'

const saidOf = (source: string) => issuesOf(project().apply(config(source))).join('\n')

const saidOfOverride = (source: string) =>
  issuesOf(project().with(config('{}')).apply(override(source))).join('\n')

describe('the source of a config', () => {
  test('is refused with line and column when it is not strict JSON', () => {
    expect(saidOf('{\n  "a": 1,\n  "a": 2\n}')).toBe(
      '/operations/0/source: line 3, column 3 (/a): duplicate member "a"',
    )
    expect(saidOf('{"__proto__": 1}')).toMatch(/line 1, column 2 .*__proto__/)
    expect(saidOf('{"a": 9007199254740993}')).toMatch(/line 1, column 7/)
    expect(saidOf('{"a": "\\ud800"}')).toMatch(/surrogate/)
    expect(saidOf('')).toMatch(/\/operations\/0\/source: must be a string of 1 to/)
    expect(saidOf('['.repeat(33) + ']'.repeat(33))).toMatch(/nested deeper than 32/)
    expect(saidOf('{"a": 1,}')).toMatch(/line 1, column 9/)
  })

  test('may be any JSON value', () => {
    for (const source of ['{}', '[]', 'null', '0', '"text"', ' { "a" : null }\r\n']) {
      expect(saidOf(source), source).toBe('accepted')
    }
  })

  test('must not use the reserved members, however they are written', () => {
    expect(saidOf('{\n "a": [ {"b": {"$external": 1}} ]\n}')).toBe(
      '/operations/0/source: line 2, column 16 (/a/0/b/$external): the member $external is reserved',
    )
    expect(saidOf('{"\\u0024external": 1}')).toMatch(/line 1, column 2 /)
    expect(saidOf('{"a": {"$unset": true}}')).toMatch(/a base layer has nothing below it to remove/)
    expect(saidOf('{"price": "$5", "$other": 1}')).toBe('accepted')
  })

  test('of an override may remove, and nothing else by that name', () => {
    expect(saidOfOverride('{"a": {"$unset": true}}')).toBe('accepted')
    for (const source of [
      '{"a": {"$unset": false}}',
      '{"a": {"$unset": true, "b": 1}}',
      '{"a": [{"$unset": true}]}',
      '{"$external": {}}',
    ]) {
      expect(saidOfOverride(source), source).toMatch(/reserved/)
    }
  })

  test('may have 10 MiB and no more, counted in UTF-8', () => {
    const limit = 10 * 1024 * 1024
    expect(saidOf(`"${'a'.repeat(limit - 2)}"`)).toBe('accepted')
    const tooLarge = { reason: 'too_large', what: 'config settings', limit }
    expect(errorOf(project().apply(config(`"${'a'.repeat(limit - 1)}"`)))).toMatchObject({
      ...tooLarge,
      actual: limit + 1,
    })
    expect(errorOf(project().apply(config(`"${'é'.repeat(limit / 2)}"`)))).toMatchObject({
      ...tooLarge,
      actual: limit + 2,
    })
  })

  test('of several layers must not resolve to more than that', () => {
    const half = (name: string) => JSON.stringify({ [name]: 'a'.repeat(6 * 1024 * 1024) })
    expect(errorOf(project().apply(config(half('base')), override(half('own'))))).toMatchObject({
      reason: 'too_large',
      what: 'config settings resolved in production',
    })
    expect(project().apply(config(half('same')), override(half('same'))).ok).toBe(true)
  })

  test('may be many that make the body too large only together', () => {
    const sixtyKb = JSON.stringify('a'.repeat(60_000))
    const configs = (n: number) => Array.from({ length: n }, (_, i) => config(sixtyKb, `c${i}`))
    const memory = project().with(...configs(300))
    expect(memory.apply(config(sixtyKb, 'one-more')).ok).toBe(true)
    const more = Array.from({ length: 60 }, (_, i) => config(sixtyKb, `more${i}`))
    expect(errorOf(memory.apply(...more))).toMatchObject({
      reason: 'too_large',
      what: 'snapshot body of production',
      limit: 20 * 1024 * 1024,
    })
  })
})

describe('the place of a member', () => {
  const source = '{ "a" : [1, {"b\\"\\u0063": "x}]"}, [ ]],\r\n\t"c":{"d":null}}'

  test.each<[readonly (string | number)[], number, number]>([
    [[], 1, 1],
    [['a'], 1, 3],
    [['a', 0], 1, 10],
    [['a', 1, 'b"c'], 1, 14],
    [['a', 2], 1, 35],
    [['c'], 2, 2],
    [['c', 'd'], 2, 7],
  ])('%j is found', (tokens, line, column) => {
    expect(findPlace(source, 'json', tokens)).toMatchObject({ line, column })
  })
})
