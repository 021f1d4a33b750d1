/** How long `matches` takes at worst: patterns made to backtrack, each on a text of 50 kB. Aim: refused, or under 100 ms. */
import { compilePattern } from '#core'
import { evilPatterns, evilText, mixedText } from '../support/evil-patterns.ts'
import { percentile } from './statistics.ts'

const PATTERNS = 1_000
const CHARACTERS = 50_000

export async function run(): Promise<void> {
  for (const text of [evilText(CHARACTERS), mixedText(CHARACTERS)]) {
    const times: number[] = []
    let worst = { ms: 0, source: '' }
    for (const source of evilPatterns(PATTERNS)) {
      try {
        const find = compilePattern(source)
        // The better of two: the machine may be busy with something else.
        const ms = Math.min(timeOf(find, text), timeOf(find, text))
        times.push(ms)
        if (ms > worst.ms) worst = { ms, source }
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
      }
    }
    const [half, most] = [percentile(times, 0.5), percentile(times, 0.99)]
    console.log(
      `${text.slice(0, 8)}…: ${PATTERNS - times.length} of ${PATTERNS} patterns refused; 50 kB in ${half.toFixed(1)} ms (median), ` +
        `${most.toFixed(1)} ms (99 %), ${worst.ms.toFixed(1)} ms at worst, by ${worst.source.slice(0, 60)}`,
    )
  }
}

function timeOf(find: (text: string) => boolean, text: string): number {
  const start = performance.now()
  find(text)
  return performance.now() - start
}
