/**
 * GrowthBook's own engine (npm) beside ours: random payloads are given to both, ours by import, and must answer every random
 * context alike. Features that are not carried over are counted, so that the test cannot pass by refusing all.
 */
import { GrowthBookClient } from '@growthbook/growthbook'
import { compile } from '#core'
import { expect, test, vi } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { bucketers, contextFrom } from '../../sdk/src/migrate.ts'
import { FEATURES, randomAttributes, randomPayload } from '../support/growthbook-payload.ts'
import { bodyOf } from '../support/imported.ts'
import { createDice } from '../support/random.ts'

const PAYLOADS = 2_000
const CONTEXTS = 12
test('random features give GrowthBook and us the same value for every context', () => {
  // It tells developers of weights that do not sum to 1, which are among the cases.
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  let pairs = 0
  let translated = 0
  const values = new Set<string>()
  for (let seed = 1; seed <= PAYLOADS; seed++) {
    const dice = createDice(seed)
    const payload = randomPayload(dice)
    const peer = new GrowthBookClient({ log: () => undefined }).initSync({
      payload: structuredClone(payload),
    })
    const translation = importFrom('growthbook', payload, { environment: 'production' })
    if (!translation.ok) throw new Error(`seed ${seed}: ${JSON.stringify(translation.issues)}`)
    const evaluator = compile(bodyOf('production', translation.operations), { bucketers })
    const imported = new Set(evaluator.flagKeys())
    translated += imported.size
    for (let i = 0; i < CONTEXTS; i++) {
      const attributes = randomAttributes(dice)
      for (const key of FEATURES) {
        const expected: unknown = peer.evalFeature(key, { attributes }).value
        if (!imported.has(key)) continue
        const context = contextFrom('growthbook', attributes)
        const details = evaluator.details(key, undefined, null, context, Number.NaN)
        const place = `seed ${seed}, ${key}, ${JSON.stringify(attributes)}: ${JSON.stringify(payload['features'])}`
        expect(details.value, place).toEqual(expected ?? null)
        values.add(JSON.stringify(expected ?? null))
        pairs++
      }
    }
  }
  process.stdout.write(
    `growthbook peer: ${pairs} pairs, ${translated} of ${PAYLOADS * FEATURES.length} features\n`,
  )
  expect(pairs).toBeGreaterThan(100_000)
  expect(values.size).toBeGreaterThan(8)
})
