import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { getPointer } from '#core'
import { parseDocument, parseJson, printDocument } from '#formats'
import type { ParseError } from '#formats'
import { documents } from '../core/documents.ts'

function refusal(text: string, maxDepth = 32): ParseError {
  const result = parseJson(text, { maxDepth })
  expect(result.ok).toBe(false)
  return result.ok ? { message: '', path: '', line: 0, column: 0, offset: 0 } : result.error
}

const placeOf = (text: string): number[] => {
  const { line, column, offset } = refusal(text)
  return [line, column, offset]
}

const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)

describe('strict JSON', () => {
  test.each([
    ['{"a":1,"a":2}', 'duplicate member "a"', '/a', 8],
    ['{"a":1,"\\u0061":2}', 'duplicate member "a"', '/a', 8],
    ['[{"x":{"é":1,"é":1}}]', 'duplicate member "é"', '/0/x/é', 14],
    ['{"__proto__":1}', '__proto__', '/__proto__', 2],
    ['{"a":[{"\\u005f_proto__":1}]}', '__proto__', '/a/0/__proto__', 8],
    ['9007199254740992', 'integer outside', '', 1],
    ['[-9007199254740993]', 'integer outside', '/0', 2],
    ['123456789012345678901234567890', 'integer outside', '', 1],
    ['[1e20]', 'integer outside', '/0', 2],
    ['9007199254740992.0', 'integer outside', '', 1],
    ['{"n":1e400}', 'too large', '/n', 6],
    ['-1e400', 'too large', '', 1],
    ['"\\ud800"', 'lone surrogate', '', 2],
    ['"a\\udc00"', 'lone surrogate', '', 3],
    ['"\\ud83d\\u0041"', 'lone surrogate', '', 2],
    ['"\\ud83dx"', 'lone surrogate', '', 2],
    ['1 2', 'unexpected "2", expected the end', '', 3],
    ['{} x', 'unexpected "x", expected the end', '', 4],
    ['\ufeff1', 'byte order mark', '', 1],
    ['', 'unexpected end of the text, expected a value', '', 1],
    ['  ', 'unexpected end', '', 3],
    ['[1,]', 'unexpected "]", expected a value', '/1', 4],
    ['[1 2]', 'unexpected "2", expected "," or "]"', '', 4],
    ['[', 'unexpected end', '/0', 2],
    ['{"a":1,}', 'expected a member name', '', 8],
    ["{'a':1}", 'expected a member name', '', 2],
    ['{a:1}', 'expected a member name', '', 2],
    ['{"a" 1}', 'expected ":"', '/a', 6],
    ['{"a":}', 'expected a value', '/a', 6],
    ['tru', 'unexpected end of the text, expected true', '', 4],
    ['nul!', 'unexpected "!", expected null', '', 4],
    ['NaN', 'unexpected "N"', '', 1],
    ['+1', 'unexpected "+"', '', 1],
    ['-', 'unexpected "-"', '', 1],
    ['.5', 'unexpected "."', '', 1],
    ['1.', 'unexpected "."', '', 2],
    ['01', 'unexpected "1"', '', 2],
    ['-01', 'unexpected "1"', '', 3],
    ['1e', 'unexpected "e"', '', 2],
    ['0x1', 'unexpected "x"', '', 2],
    ['"abc', 'does not end', '', 1],
    ['"a\nb"', 'control character', '', 3],
    ['"\\x"', 'unknown escape', '', 2],
    ['"\\', 'unknown escape', '', 2],
    ['"\\u12g4"', 'four hex digits', '', 4],
    ['"\\u12', 'four hex digits', '', 4],
    ['[1]//', 'unexpected "/"', '', 4],
    ['\u00a01', 'unexpected', '', 1],
    ['[😀]', 'unexpected "😀"', '/0', 2],
  ])('%j is refused', (text, message, path, column) => {
    expect(refusal(text)).toEqual({
      message: expect.stringContaining(message),
      path,
      line: 1,
      column,
      offset: column - 1,
    })
  })

  test('raw lone surrogates are refused', () => {
    // Not in the table above: a test's name with one does not survive the way out of workerd.
    expect(refusal('"\ud800"')).toMatchObject({ message: 'a lone surrogate', offset: 1 })
    expect(refusal('{"\udc00":1}')).toMatchObject({ message: 'a lone surrogate', offset: 2 })
    expect(refusal('"\\ud83d\ude00"')).toMatchObject({ message: 'a lone surrogate', offset: 1 })
  })

  test('names line, column and offset whatever ends the lines', () => {
    expect(placeOf('{\n  "a": 1,\n  "a": 2\n}')).toEqual([3, 3, 14])
    expect(placeOf('{\r\n  "a": 1,\r\n  "a": 2\r\n}')).toEqual([3, 3, 16])
    expect(placeOf('[1,\r2,\r!]')).toEqual([3, 1, 7])
    expect(placeOf('["é😀", !]')).toEqual([1, 9, 8])
  })

  test('cuts long names in messages', () => {
    const { message } = refusal(`{"${'x'.repeat(1000)}":1,"${'x'.repeat(1000)}":2}`)
    expect(message.length).toBeLessThan(100)
  })

  test.each([
    '9007199254740991',
    '-9007199254740991',
    '1e21',
    '1.7976931348623157e308',
    '0.1',
    '-0',
    '5e-324',
    '1E+2',
    '0e0',
    '"\\ud83d\\ude00"',
    '"😀"',
    '"\\b\\f\\n\\r\\t\\/\\\\\\""',
    '\t[ ]\r\n',
    '{"constructor":1,"toString":2,"":3}',
    '123456789012345',
    '1234567890123456',
  ])('%j is read as JSON.parse reads it', (text) => {
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) })
  })

  test('nests as deep as allowed and no deeper', () => {
    for (const nested of [lists, objects]) {
      expect(parseJson(nested(32)).ok).toBe(true)
      expect(refusal(nested(33)).message).toBe('nested deeper than 32')
      expect(parseJson(nested(1000), { maxDepth: 1000 }).ok).toBe(true)
      expect(refusal(nested(2), 1).path).not.toBe('')
      expect(refusal(nested(100_000), 1000).message).toBe('nested deeper than 1000')
    }
    expect(refusal('['.repeat(1_000_000)).offset).toBe(32)
  })

  test.each([0, -1, 1001, 1.5, Number.NaN])(
    'a maxDepth of %s is a mistake of the caller',
    (maxDepth) => {
      expect(() => parseJson('1', { maxDepth })).toThrow(TypeError)
    },
  )

  test('accepts of any text only what JSON.parse accepts, and reads it the same', () => {
    const pieces = fc.constantFrom(
      ...'{ } [ ] , : " \\ 1 -1 0 01 1.5 1e5 1e400 "a" "b" "\\u0041" "\\ud800" true null tru \n \ufeff'.split(
        ' ',
      ),
      '"a":1',
      '"__proto__":1',
    )
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
      documents.map((document) => JSON.stringify(document, null, 1)),
      fc.tuple(documents, fc.nat(), pieces).map(([document, n, piece]) => {
        const text = JSON.stringify(document)
        const at = n % (text.length + 1)
        return text.slice(0, at) + piece + text.slice(at)
      }),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseJson(text)
        const read = result.ok ? result.value : undefined
        const expected = result.ok ? JSON.parse(text) : undefined
        expect(read).toEqual(expected)
      }),
      { numRuns: 5000 },
    )
  })

  test('accepts every document that can be published', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(parseJson(JSON.stringify(document))).toEqual({
          ok: true,
          value: JSON.parse(JSON.stringify(document)),
        })
      }),
    )
  })

  test('names the place of a fault wherever it is put', () => {
    const member = fc.constantFrom('a', 'b/c', '~', '')
    fc.assert(
      fc.property(fc.array(fc.oneof(member, fc.nat(2)), { maxLength: 6 }), (tokens) => {
        const fault = tokens.reduceRight<string>((inner, token) => {
          if (typeof token === 'string') return `{"x":0,${JSON.stringify(token)}:${inner}}`
          return `[${'0,'.repeat(token)}${inner}]`
        }, '1e999')
        const { path, offset } = refusal(fault)
        expect(getPointer(JSON.parse(fault), path)).toBe(Infinity)
        expect(fault.slice(offset, offset + 5)).toBe('1e999')
      }),
    )
  })

  test('reads a megabyte in time', () => {
    const rows = Array.from({ length: 6000 }, (_, id) => ({
      id,
      name: `name ${id}`,
      tags: ['a', 'b'],
      url: `https://example.com/${id}`,
      on: id % 2 === 0,
      rate: id / 7,
      text: 'é'.repeat(40),
    }))
    const text = JSON.stringify(rows)
    expect(text.length).toBeGreaterThan(800_000)
    const started = performance.now()
    expect(parseJson(text).ok).toBe(true)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('a document', () => {
  test('in JSON is read strictly and printed for people', () => {
    expect(parseDocument('{"a":1,"a":1}', 'json').ok).toBe(false)
    expect(printDocument({ a: [1] }, 'json')).toBe('{\n  "a": [\n    1\n  ]\n}\n')
  })

  test('reads back as it was printed', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const value: unknown = JSON.parse(JSON.stringify(document))
        expect(parseDocument(printDocument(document, 'json'), 'json')).toEqual({ ok: true, value })
      }),
    )
  })
})
