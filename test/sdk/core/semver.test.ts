import { expect, test } from 'vitest'
import { compareSemver } from '#core'

test('versions are ordered as SemVer 2.0.0 §11 orders them', () => {
  const ordered =
    '1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0 2.1.0 2.1.1'.split(
      ' ',
    )
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) {
      expect(Math.sign(compareSemver(a, b) ?? Number.NaN)).toBe(Math.sign(i - j))
    }
  }
  expect(compareSemver('1.0.0+a', '1.0.0+b')).toBe(0)
})

test('what is not a version compares with nothing', () => {
  expect(compareSemver('1.0', '1.0.0')).toBeUndefined()
  expect(compareSemver('1.0.0', 'v1.0.0')).toBeUndefined()
})

test('numbers of any size are ordered, whatever they are compared with', () => {
  const ordered = [
    '0.0.0',
    '1.2.3-0',
    '1.2.3',
    '99999.0.9',
    '99999.0.10',
    '100000.0.0-rc.1',
    '100000.0.0',
    '131072.0.0',
    '9007199254740993.0.0',
    '9007199254740993.0.1',
  ]
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) {
      expect(Math.sign(compareSemver(a, b) ?? Number.NaN), `${a} ${b}`).toBe(Math.sign(i - j))
    }
  }
})

test.each([
  '',
  '.',
  '1..2',
  '1.2.',
  '.1.2',
  '01.2.3',
  '1.2.03',
  '1.2.3.4',
  '1.2.3 ',
  '1.2.٣',
  '-1.2.3',
])('"%s" is no version', (text) => {
  expect(compareSemver(text, '1.0.0')).toBeUndefined()
})
