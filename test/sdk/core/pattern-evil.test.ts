import { expect, test } from 'vitest'
import { compilePattern } from '../../../sdk/src/core/pattern.ts'
import { evilPatterns, evilText, mixedText } from '../../support/evil-patterns.ts'

// `npm run bench -- patterns` times them. Here a pattern that backtracked would never end.
test('a pattern made to backtrack is refused, or asks of each character only what the program has places for', () => {
  const counts = { refused: 0, asked: 0 }
  const original = String.fromCodePoint
  const text = evilText(25_000) + mixedText(25_000)
  for (const source of evilPatterns(1_000)) {
    let find: (text: string) => boolean
    try {
      find = compilePattern(source)
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError)
      counts.refused++
      continue
    }
    let looks = 0
    // Classes look at a character through this, and nothing else does.
    String.fromCodePoint = (...points: number[]) => {
      looks++
      return original(...points)
    }
    try {
      expect(typeof find(text)).toBe('boolean')
    } finally {
      String.fromCodePoint = original
    }
    // A test stands for one class of the pattern, and is asked once for each character there is, however often it comes.
    expect(looks).toBeLessThanOrEqual(new Set(text).size * source.length)
    counts.asked++
  }
  expect(counts.refused).toBeGreaterThan(100)
  expect(counts.asked).toBeGreaterThan(400)
})
