/** Patterns made to be slow: nested quantifiers, overlapping branches, large counts. Always the same ones. */
import { createDice } from './random.ts'

const ATOMS = [
  'a',
  'b',
  '.',
  '[ab]',
  '[^b]',
  '\\w',
  '\\W',
  '\\p{L}',
  '(?i:A)',
  'aa',
  '(?:a|ab)',
  'a?',
]
const QUANTIFIERS = [
  '*',
  '+',
  '?',
  '*?',
  '{2,}',
  '{0,7}',
  '{3}',
  '{1,20}',
  '{90}',
  '{1000}',
  '',
  '',
]

/** A text that nearly matches nearly all of them, of so many characters. */
export const evilText = (length: number): string => `${'a'.repeat(length - 1)}!`

/** One on which no state comes twice. */
export function mixedText(length: number): string {
  const dice = createDice(21)
  return dice.list(length, () => dice.pick(['a', 'b', 'a', 'b', 'A', 'é'])).join('')
}

export function evilPatterns(count: number): readonly string[] {
  const dice = createDice(20)
  const node = (depth: number): string => {
    if (depth === 0) return dice.pick(ATOMS)
    const parts = dice.list(1 + dice.below(3), () => node(depth - 1))
    return `(?:${parts.join(dice.chance(0.5) ? '|' : '')})${dice.pick(QUANTIFIERS)}`
  }
  return Array.from({ length: count }, (_, i) => {
    const body = node(1 + (i % 3))
    return dice.pick([
      `^${body}$`,
      `${body}b`,
      `(a+a+)+${body}${body}$`,
      `${body}a[ab]{${50 * (i % 10)}}c`,
    ])
  })
}
