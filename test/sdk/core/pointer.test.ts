import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapePointer, formatPointer, getPointer, parsePointer } from '#core'

describe('a JSON pointer', () => {
  // RFC 6901 §5.
  const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'm~n': 8, ' ': 7, 'k"l': 6 }
  test.each([
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/m~0n', 8],
    ['/ ', 7],
    ['/k"l', 6],
  ])('%s finds its value', (pointer, value) => {
    expect(getPointer(document, pointer)).toEqual(value)
  })

  test.each([
    'foo',
    '/foo/2',
    '/foo/-',
    '/foo/00',
    '/foo/length',
    '/gone',
    '/foo/0/x',
    '/m~n',
    '/~2',
    '/toString',
    '/__proto__',
    '/constructor/name',
  ])('%s finds nothing', (pointer) => {
    expect(getPointer(document, pointer)).toBeUndefined()
  })

  test('reads back as the tokens it was written from', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (tokens) => {
        expect(parsePointer(formatPointer(tokens))).toEqual(tokens)
      }),
    )
    expect(escapePointer('~/~1')).toBe('~0~1~01')
  })
})
