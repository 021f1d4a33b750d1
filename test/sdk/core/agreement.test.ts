/** Runs on Node and workerd; `npm run test:browser` asks Chromium the same, and prints the first difference. */
import { expect, test } from 'vitest'
import { agreementAnswers, VECTORS } from '../../support/agreement.ts'
import pinned from '../../vectors/agreement.json' with { type: 'json' }

test('every runtime gives 10,000 flags × contexts the same answers, bit for bit, for ever', async () => {
  const answers = agreementAnswers()
  expect(answers).toHaveLength(VECTORS)
  const bytes = new TextEncoder().encode(answers.join('\n'))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  expect(digest.reduce((hex, byte) => hex + byte.toString(16).padStart(2, '0'), '')).toBe(
    pinned.sha256,
  )
})

test('and the answers are of every kind', () => {
  const answers = agreementAnswers()
  for (const kind of [
    'DEFAULT',
    'TARGETING_MATCH',
    'SPLIT',
    'DISABLED',
    'skipped',
    'prerequisite',
  ]) {
    expect(answers.filter((one) => one.includes(kind)).length, kind).toBeGreaterThan(100)
  }
})
