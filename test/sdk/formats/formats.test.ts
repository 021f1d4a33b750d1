import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equalJson, type DocumentFormat, type JsonValue } from '#core'
import { editDocument, parseDocument, printDocument } from '#formats'
import { documents } from '../core/documents.ts'

const said = (format: DocumentFormat, text: string): string => {
  const result = parseDocument(text, format)
  if (result.ok) return 'accepted'
  const { line, column, path, message } = result.error
  return `${line}:${column} ${path} ${message}`
}

const valueOf = (format: DocumentFormat, text: string): JsonValue => {
  const result = parseDocument(text, format)
  if (!result.ok) throw new Error(`${result.error.line}: ${result.error.message}`)
  return result.value
}

/** JSON has no `-0` of its own. */
const expectSame = (a: JsonValue, b: JsonValue): void => {
  expect(equalJson(a, b), JSON.stringify([a, b])).toBe(true)
}

const texts = fc.string({ unit: 'binary' }).filter((text) => !/\p{Surrogate}/u.test(text))
const flat = fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_.-]{0,8}$/), texts)

/** Without null, and an object at the top: what TOML can hold. */
const hasNull = (value: JsonValue): boolean =>
  value === null || (typeof value === 'object' && Object.values(value).some(hasNull))
const isObject = (value: JsonValue): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

describe('what is printed is read again the same', () => {
  test.each(['json', 'jsonc', 'yaml'] as const)('in %s, any document', (format) => {
    fc.assert(
      fc.property(documents, (document) => {
        expectSame(valueOf(format, printDocument(document, format)), document)
      }),
    )
  })

  test('in TOML, any object without null', () => {
    const held = documents.filter((document) => isObject(document) && !hasNull(document))
    fc.assert(
      fc.property(held, (document) => {
        expectSame(valueOf('toml', printDocument(document, 'toml')), document)
      }),
    )
  })

  test('in ENV, any object of texts', () => {
    fc.assert(
      fc.property(flat, (document) => {
        expect(valueOf('env', printDocument(document, 'env'))).toEqual({ ...document })
      }),
    )
  })

  test('in INI, texts and sections of texts', () => {
    const held = fc.dictionary(
      fc.stringMatching(/^[A-Za-z][\w.-]{0,8}$/),
      fc.oneof(
        texts,
        flat.map((one) => ({ ...one })),
      ),
    )
    fc.assert(
      fc.property(held, (document) => {
        expect(valueOf('ini', printDocument(document, 'ini'))).toEqual({ ...document })
      }),
    )
  })
})

test.each([
  ['toml', { a: { b: null } }, 'TOML has no null (at "/a/b")'],
  ['toml', [1], 'TOML holds an object'],
  ['env', { a: { b: 'c' } }, 'ENV holds texts only'],
  ['env', { a: 1 }, 'ENV holds texts only'],
  ['env', { 'a b': 'c' }, 'a name in ENV has letters'],
  ['ini', { a: { b: { c: 'd' } } }, 'one level of sections (at "/a/b")'],
  ['ini', { a: [1] }, 'INI holds texts only'],
] as const)('%s cannot hold %j, and says so', (format, document, message) => {
  expect(() => printDocument(document, format)).toThrow(message)
})

describe('what is refused, with its place', () => {
  test.each([
    ['jsonc', '{\n // x\n "a": 1,\n "a": 2,\n}', '4:2 /a duplicate member "a"'],
    ['jsonc', '{"a": 1,,}', 'expected a member name'],
    ['jsonc', '[1 /* x', '1:4  a comment that does not end'],
    ['jsonc', '// \ud800\n1', '1:4  a lone surrogate'],
    ['yaml', 'a: 1\nb:\n  c: 1\n  c: 2', '4:3 /b/c duplicate member "c"'],
    ['yaml', '__proto__: 1', '1:1 /__proto__ a member must not be named __proto__'],
    ['yaml', 'a: 9007199254740993', '1:4 /a an integer outside'],
    ['yaml', 'a: 0xffffffffffffffff', '1:4 /a an integer outside'],
    ['yaml', 'a: 1e400', 'too large'],
    ['yaml', 'a: .inf', '1:4 /a '],
    ['yaml', 'a: .nan', 'not a number'],
    ['yaml', 'a: "\\ud800"', '1:4 /a a lone surrogate'],
    ['yaml', 'a: !!str 1', ' /a a tag'],
    ['yaml', '!!map {a: 1}', 'a tag'],
    ['yaml', 'a: &a {x: 1}\nb:\n  <<: *a', '3:3 /b a merge key'],
    ['yaml', '%YAML 1.1\n---\na: yes', '1:1  a directive'],
    ['yaml', 'a: 1\n---\nb: 2', '2:1  a second document'],
    ['yaml', '1: a', '1:1  a key that is not a text'],
    ['yaml', '? [a]\n: 1', 'a key that is not a text'],
    ['yaml', 'a: *b', 'no anchor before it'],
    ['yaml', 'a: &a [*a]', '1:8 /a/0 the alias "a" leads into itself'],
    ['yaml', 'a: [1', 'must be sufficiently indented and end with a ]'],
    ['yaml', '['.repeat(100_000), '1:33  nested deeper than 32'],
    ['yaml', '- '.repeat(100_000), 'nested deeper than 32'],
    ['yaml', '}'.repeat(500_000), 'more than 250000 words'],
    ['yaml', `[${','.repeat(100_000)}]`, 'Unexpected ,'],
    ['yaml', 'a'.repeat(1_048_577), 'more than 1048576 characters'],
    ['toml', 'a = 1\na = 2', '2:1  trying to redefine'],
    ['toml', '[x]\n__proto__ = 1', '2:1 /x/__proto__ a member must not be named'],
    ['toml', 'x = 1\na = 9007199254740993', '2:1 /a an integer outside'],
    ['toml', 'a = inf', 'too large'],
    ['toml', 'a = nan', 'not a number'],
    ['toml', `a=${'['.repeat(32)}${']'.repeat(32)}`, 'nested deeper than 32'],
    ['toml', `a=${'['.repeat(100_000)}`, 'nested'],
    ['toml', `${'a.'.repeat(100_000)}a = 1`, 'nested deeper than 32'],
    ['toml', 'a = 1\nb = = 2', '2:5  '],
    ['env', 'A=1\nA=2', '2:1 /A duplicate member "A"'],
    ['env', '__proto__=1', '__proto__'],
    ['env', 'A="x\ny', '1:3 /A an unterminated quoted value'],
    ['env', 'A="x" y', 'text after a quoted value'],
    ['env', '# c\nNAME', '2:1  "NAME" has no value'],
    ['ini', '[a]\nx = 1\n[a]', '3:1 /a duplicate member "a"'],
    ['ini', '[a]\nx = 1\nx = 2', '3:1 /a/x duplicate member "x"'],
    ['ini', '[__proto__]\nx = 1', '__proto__'],
    ['ini', 'nothing', 'has no "="'],
    ['ini', '[a', 'must end with "]"'],
    ['ini', 'a = "x', 'a string that does not end'],
  ] as const)('%s %j', (format, text, message) => {
    expect(said(format, text)).toContain(message)
  })

  test('aliases that multiply are refused before they do', () => {
    const levels = 'bcdefghi'.split('').map((name, index) => {
      const below = Array.from({ length: 9 }, () => `*${'abcdefghi'.charAt(index)}`)
      return `${name}: &${name} [${below.join(',')}]`
    })
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${levels.join('\n')}`
    expect(said('yaml', bomb)).toContain('aliases that repeat more than a million characters')
  })
})

test.each([
  ['jsonc', '\ufeff{\n // c\n "a": [1, /* x */ 2,],\n}', { a: [1, 2] }],
  ['yaml', '\ufeffa: yes\non: no', { a: 'yes', on: 'no' }],
  ['yaml', '# nothing\n', null],
  ['yaml', 'a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
  ['yaml', 'a: 2001-01-01', { a: '2001-01-01' }],
  [
    'toml',
    '\ufeffa = 1979-05-27 07:32:00Z\n[[b]]\nc = 1.0',
    { a: '1979-05-27 07:32:00Z', b: [{ c: 1 }] },
  ],
  ['env', '\ufeffexport A=b # c\nB=\'$X $5\'\nC="\\$X"', { A: 'b', B: '$$X $$5', C: '$$X' }],
  [
    'ini',
    '\ufefftop = 1\r\n; c\r\n[s t]\r\na = #x\r\nb = " y "\r\n',
    { top: '1', 's t': { a: '#x', b: ' y ' } },
  ],
] as const)('%s %j is read', (format, text, document) => {
  expect(valueOf(format, text)).toEqual(document)
})

describe('a change in place', () => {
  const edited = (
    format: DocumentFormat,
    text: string,
    path: string,
    value?: JsonValue,
  ): string => {
    const result = editDocument(text, format, path, value)
    return result.ok ? result.text : `refused: ${result.error.message}`
  }

  test.each([
    ['json', '{"a":1,"b":2}', '/a', 5, '{"a":5,"b":2}'],
    ['json', '{"a":1,"b":2}', '/b', undefined, '{"a":1}'],
    ['json', '{\n  "a": 1\n}\n', '/b', { c: 1 }, '{\n  "a": 1,\n  "b": {\n    "c": 1\n  }\n}\n'],
    ['json', '{\n  "a": 1,\n  "b": 2\n}\n', '/b', undefined, '{\n  "a": 1\n}\n'],
    ['json', '[1,2]', '/-', 3, '[1,2, 3]'],
    ['json', '{}', '/a/b', 1, '{"a": {"b":1}}'],
    [
      'jsonc',
      '{\n  // one\n  "a": 1, // x\n  "b": 2 // y\n}\n',
      '/c',
      3,
      '{\n  // one\n  "a": 1, // x\n  "b": 2, // y\n  "c": 3\n}\n',
    ],
    ['jsonc', '{\n  "a": 1, // x\n  "b": 2, // y\n}\n', '/a', undefined, '{\n  "b": 2, // y\n}\n'],
    ['yaml', '# top\na: 1 # one\nb:   2\n', '/a', 5, '# top\na: 5 # one\nb:   2\n'],
    [
      'yaml',
      'a: 1 # one\nb:\n  c: 1 # see\n# end\n',
      '/b/d',
      'x',
      'a: 1 # one\nb:\n  c: 1 # see\n  d: x\n# end\n',
    ],
    ['yaml', 'a: 1 # one\nb: 2\n', '/a', undefined, 'b: 2\n'],
    ['yaml', 'l:\n  - 1 # a\n  - 2\nz: 1\n', '/l/-', 3, 'l:\n  - 1 # a\n  - 2\n  - 3\nz: 1\n'],
    ['yaml', 'l:\n  - 1 # a\n  - 2\nz: 1\n', '/l/0', undefined, 'l:\n  - 2\nz: 1\n'],
    ['yaml', 'a: {b: 1, c: 2} # x\n', '/a/b', 'y', 'a: {b: y, c: 2} # x\n'],
    ['yaml', 'a:\nb: 1\n', '/a', 'y', 'a: y\nb: 1\n'],
    ['yaml', 'a: 1 # x\nb: 1\n', '/b', { c: [1] }, 'a: 1 # x\nb:\n  c:\n    - 1\n'],
    ['yaml', '# only this\n', '/a', 1, '# only this\na: 1\n'],
    [
      'toml',
      '# top\na = 1 # one\n\n[b] # see\nc = 2\n',
      '/a',
      5,
      '# top\na = 5 # one\n\n[b] # see\nc = 2\n',
    ],
    [
      'toml',
      'a = 1 # one\n\n[b] # see\nc = 2 # x\n\n[z]\n',
      '/b/d',
      'x',
      'a = 1 # one\n\n[b] # see\nc = 2 # x\nd = "x"\n\n[z]\n',
    ],
    ['toml', 'a = 1 # one\nb = 2\n', '/a', undefined, 'b = 2\n'],
    ['toml', '[a]\nb = 1\n# about c\n[c]\nd = 1\n', '/a', undefined, '# about c\n[c]\nd = 1\n'],
    ['toml', 'a = [1, 2] # x\n', '/a/-', 3, 'a = [1, 2, 3] # x\n'],
    ['toml', 'a = { b = 1 } # x\n', '/a/c', 3, 'a = { b = 1, c = 3 } # x\n'],
    ['toml', '[[p]]\nn = 1 # x\n[z]\n', '/p/0/m', 2, '[[p]]\nn = 1 # x\nm = 2\n[z]\n'],
    ['env', '# c\nA=1 # one\nexport B="2"\n', '/A', 'x y', '# c\nA="x y" # one\nexport B="2"\n'],
    ['env', 'A=1', '/B', '2', 'A=1\nB=2\n'],
    ['env', 'A=1\nB=2\n', '/A', undefined, 'B=2\n'],
    [
      'ini',
      '; c\n[s]\na = 1\n\n[t]\nb = 2\n',
      '/s/b',
      'x',
      '; c\n[s]\na = 1\nb = x\n\n[t]\nb = 2\n',
    ],
    ['ini', 'a = 1\n', '/s', { b: '1' }, 'a = 1\n[s]\nb = 1\n'],
  ] as const)('in %s %j sets %s to %j', (format, text, path, value, expected) => {
    expect(edited(format, text, path, value)).toBe(expected)
  })

  test.each([
    ['json', '{"a":1}', '/a/b', 1, 'neither an object nor a list'],
    ['json', '[1]', '/5', 1, 'not an index'],
    ['json', '{}', '/a', undefined, 'is not there'],
    ['json', '{}', 'a', 1, 'not a JSON pointer'],
    ['json', '{}', '/__proto__', 1, '__proto__'],
    ['json', '{}', '', undefined, 'cannot be removed'],
    ['toml', 'a = 1', '/a', null, 'TOML has no null'],
    ['env', 'A=1', '/A', 2, 'ENV holds texts only'],
    ['env', 'A=1', '/B', { c: 1 }, 'ENV holds texts only'],
    ['yaml', 'a: [', '/a', 2, 'end with a ]'],
    ['yaml', 'a: &x {b: 1}\nc: *x\n', '/a', undefined, 'cannot be changed in place'],
    ['yaml', 'a: &x {b: 1}\nc: *x\n', '/c/b', 2, 'cannot be changed in place'],
  ] as const)('in %s %j refuses to set %s to %j', (format, text, path, value, message) => {
    expect(edited(format, text, path, value)).toContain(message)
  })

  test.each(['json', 'jsonc', 'yaml', 'toml'] as const)(
    'in %s says exactly what was asked, of any document',
    (format) => {
      const held = documents.filter((one) => isObject(one) && (format !== 'toml' || !hasNull(one)))
      fc.assert(
        fc.property(held, held, fc.nat(), (document, value, pick) => {
          const text = printDocument(document, format)
          const names = Object.keys(document as object)
          const name = names[pick % (names.length + 1)] ?? 'new one'
          const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
          const changed = valueOf(format, edited(format, text, path, value))
          expectSame(changed, { ...(document as object), [name]: value })
          if (names.includes(name)) {
            const { [name]: _, ...others } = document as Record<string, JsonValue>
            expectSame(valueOf(format, edited(format, text, path)), others)
          }
        }),
        { numRuns: 60 },
      )
    },
  )
})
