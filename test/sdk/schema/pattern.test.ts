import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compilePattern, OutOfFuel } from '../../../sdk/src/schema/pattern.ts'
import { evilPatterns, evilText } from '../../support/evil-patterns.ts'

const PLENTY = 1e9
const matches = (source: string, text: string): boolean =>
  compilePattern(source).test(text, { left: PLENTY })

const SOURCES = [
  '^\\d+$',
  'a|b',
  '^(?!variables$).+$',
  '(?<=a)b',
  '^(?!^lucene\\.|x\\.).*',
  '(a+)+$',
  '^\\S(|(.|\\n)*\\S)$',
  '^[\\w-]+$',
  '^\\p{L}+$',
  'x{2,4}y',
  '^(?:[1-9]\\d{0,2}|1\\d{3})$',
  '\\bfo+\\b',
  'a(?=b(?!c))',
  '(?<!x)y',
  '^(ab|a)(bc|c)?$',
  '^[^]$',
  '\\u{1F432}*',
  '^🐲*$',
  '^\\W+$',
  '.(?<=a.)$',
  '(?=(?<=a)b)b',
  '(?<name>a)b',
  '^(?=.*[A-Z])(?=.*\\d).{4,}$',
  '[\\s\\S]',
  '^$',
  '(?:)',
  '\\Bx',
  '^[a-z]{2,3}$',
  '^[^a]*$',
  '\\x41|\\cA',
]

test('a pattern matches what ECMAScript says', () => {
  const text = fc.string({
    unit: fc.constantFrom(...Array.from('abcxy1 .ZA_fo\n🐲é-')),
    maxLength: 12,
  })
  for (const source of SOURCES) {
    const own = compilePattern(source)
    const theirs = new RegExp(source, 'u')
    const differs = (input: string) => own.test(input, { left: PLENTY }) !== theirs.test(input)
    expect(fc.sample(text, 200).filter(differs), source).toEqual([])
  }
})

test('needless escapes of signs are taken as schemas in use have them', () => {
  expect(matches('^a\\-\\_\\:$', 'a-_:')).toBe(true)
  expect(matches('^{}]$', '{}]')).toBe(true)
  expect(matches('^[\\w-.]+$', 'a-.')).toBe(true)
})

test('what cannot be is refused with the place', () => {
  for (const source of [
    '(',
    ')',
    '[a',
    'a**',
    '*',
    '\\1',
    '\\k<a>',
    '(?#a)',
    'a{2,1}',
    '\\p{Nope}',
    '\\q',
    '(?=a)*',
    '[b-a]',
  ]) {
    expect(() => compilePattern(source), source).toThrow(/^pattern at \d+: /)
  }
  expect(() => compilePattern('(a{1000}){1000}')).toThrow(/too large/)
})

test('counts of a single class may be as large as texts are', () => {
  expect(matches('^[a-z]{1,65535}$', 'a'.repeat(65_535))).toBe(true)
  expect(matches('^[a-z]{1,65535}$', 'a'.repeat(65_536))).toBe(false)
})

test('a pattern made to backtrack costs what its size allows, or ends', () => {
  const text = evilText(300)
  const counts = { refused: 0, asked: 0, ended: 0 }
  for (const source of evilPatterns(150)) {
    let pattern
    try {
      pattern = compilePattern(source)
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError)
      counts.refused++
      continue
    }
    const fuel = { left: PLENTY }
    try {
      pattern.test(text, fuel)
      counts.asked++
    } catch (error) {
      expect(error).toBeInstanceOf(OutOfFuel)
      counts.ended++
    }
    expect(PLENTY - fuel.left).toBeLessThanOrEqual((text.length + 1) * (pattern.size + 1))
  }
  expect(counts.asked).toBeGreaterThan(50)
})
