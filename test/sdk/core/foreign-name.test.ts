import { keyFromName, nameFromKey } from '#core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

describe('keys from foreign names', () => {
  test('a name that is a key stays as it is', () => {
    expect(keyFromName('Feature.A_b-1')).toBe('Feature.A_b-1')
  })

  test.each([
    ['Hellø', 'utf8-Hell-c3-b8'],
    ['a b', 'utf8-a-20b'],
    ['-x', 'utf8--2dx'],
    ['__proto__', 'utf8-__proto__'],
    ['utf8-x', 'utf8-utf8-2dx'],
    ["!~*'()", 'utf8--21-7e-2a-27-28-29'],
  ])('%s becomes %s and back', (name, key) => {
    expect(keyFromName(name)).toBe(key)
    expect(nameFromKey(key)).toBe(name)
  })

  test.each([[''], ['\ud800'], ['x'.repeat(129)], ['😊'.repeat(20)]])('%j has no key', (name) => {
    expect(keyFromName(name)).toBeUndefined()
  })

  test('no two names share a key, and each key gives its name back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 10 }), (name) => {
        const key = keyFromName(name)
        expect(key === undefined).toBe(name === '' || /\p{Surrogate}/u.test(name))
        if (key === undefined) return
        expect(key).toMatch(KEY)
        expect(nameFromKey(key)).toBe(name)
      }),
      { examples: [['utf8-'], ['utf8--41'], ['%41'], ['-41']] },
    )
  })

  test('what only looks like an escaped name is left alone', () => {
    expect(nameFromKey('utf8-a-zz')).toBe('utf8-a-zz')
  })
})
