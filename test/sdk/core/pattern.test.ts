import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../sdk/src/core/pattern.ts'

/** Pattern, text, whether it is found. RE2 syntax: github.com/google/re2/wiki/Syntax. */
const cases: readonly (readonly [string, string, boolean])[] = [
  ['', '', true],
  ['', 'x', true],
  ['a', 'bab', true],
  ['^a', 'ba', false],
  ['a$', 'ba', true],
  ['^$', '', true],
  ['^$', 'x', false],
  ['x|', 'zzz', true],
  ['(a|b)*c', 'ababc', true],
  ['x{2,3}y', 'xxy', true],
  ['^x{2,3}$', 'xxxx', false],
  ['^x{2,3}?$', 'xxx', true],
  ['^x{2,}$', 'xxxx', true],
  ['^(xy){2}$', 'xyxy', true],
  ['^x{0}$', '', true],
  ['a{,2}', 'a{,2}', true],
  ['^(a*)*$', 'aaa', true],
  ['^()*$', '', true],
  ['\\bfoo\\b', 'a foo b', true],
  ['\\bfoo\\b', 'afoo b', false],
  ['\\Boo\\b', 'foo', true],
  ['\\Aab\\z', 'ab', true],
  ['^b$', 'a\nb', false],
  ['(?m)^b$', 'a\nb\nc', true],
  ['.', '\n', false],
  ['(?s).', '\n', true],
  ['^.$', '😀', true],
  ['(?i)abc', 'xABC', true],
  ['(?i)straße', 'STRASSE', false],
  ['^(?i:a)b$', 'Ab', true],
  ['^(?i:a)b$', 'AB', false],
  ['^(?i)a(?-i)b$', 'Ab', true],
  ['^(?i)a(?-i)b$', 'AB', false],
  ['(?P<year>\\d{4})', 'in 2026', true],
  ['[^a-c]', 'abc', false],
  ['[[:alpha:]]+\\d', 'ab1', true],
  ['^[[:^digit:]]$', '5', false],
  ['[\\]a-]', '-', true],
  ['[]a]', ']', true],
  ['^[^\\d\\s]+$', 'ab', true],
  ['^[^\\D]$', '5', true],
  ['\\d', '٣', false],
  ['\\p{Greek}', 'aλ', true],
  ['\\pL', '1', false],
  ['^\\PL$', '1', true],
  ['^\\p{^L}$', '1', true],
  ['\\Qa.b\\E+', 'a.bbb', true],
  ['\\Qa.b', 'axb', false],
  ['^a\\Q\\Eb\\Q\\E$', 'ab', true],
  ['\\x41\\x{1F600}\\101', 'A😀A', true],
  ['\\.\\*\\/', '.*/', true],
]

describe('a pattern', () => {
  it.each(cases)('%j in %j: %j', (pattern, text, found) => {
    expect(compilePattern(pattern)(text)).toBe(found)
  })

  it.each([
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '(?P=x)',
    '\\1',
    '\\y',
    '\\Z',
    'a**',
    'a+*',
    '*a',
    '(*)',
    '(',
    'a)',
    '[a',
    '[z-a]',
    'a{1001}',
    'a{3,2}',
    '(x{100}){100}',
    '\\p{Nope}',
    '[[:nope:]]',
    '\\x{110000}',
    '\\',
    `${'('.repeat(200)}a`,
  ])('%j is refused with a SyntaxError, as RE2 refuses it', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(SyntaxError)
  })

  it('agrees with RegExp where both mean the same', () => {
    const leaf = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\b', '^', '$', '1')
    const pattern = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.tuple(tie('node'), tie('node')).map((parts) => parts.join('')),
        fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`),
        fc
          .tuple(tie('node'), fc.constantFrom('*', '+', '?', '{0,2}', '{2}', '{1,}'))
          .map(([a, q]) => `(?:${a})${q}`),
      ),
    })).node
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '\n'), maxLength: 8 }),
        (source, text) => {
          // Dot: RegExp leaves out more line ends than RE2; the alphabet here has only \n.
          expect([source, text, compilePattern(source)(text)]).toEqual([
            source,
            text,
            new RegExp(source, 'u').test(text),
          ])
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('answers the same on the second call, when its states are known', () => {
    const found = compilePattern('(a|b)*a(a|b){12}c')
    const text = Array.from({ length: 5000 }, (_, i) => 'ab'[((i * i * 7919) >> 5) & 1]).join('')
    expect([found(text), found(`${text}c`), found(text)]).toEqual([false, found(`${text}c`), false])
  })
})
