/**
 * ConfigCat's own engine (npm, without a network) beside ours: random settings are given to both, ours by import, and must
 * answer every random user alike. Settings that are not carried over are counted, so that the test cannot pass by refusing all.
 */
import { getClient, type IConfigCatClient, PollingMode } from '@configcat/sdk'
import { compile } from '#core'
import { expect, test } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { bucketers, contextFrom, keyFromName } from '../../sdk/src/migrate.ts'
import { randomPayload, randomUser } from '../support/configcat-payload.ts'
import { bodyOf } from '../support/imported.ts'
import { createDice } from '../support/random.ts'

const PAYLOADS = 150
const SETTINGS = 12
const USERS = 40

test('random settings give ConfigCat and us the same value for every user', async () => {
  let pairs = 0
  let imported = 0
  const reasons = new Map<string, number>()
  for (let seed = 1; seed <= PAYLOADS; seed++) {
    const dice = createDice(seed)
    const payload = randomPayload(dice, SETTINGS)
    const peer = await connect(seed, JSON.stringify(payload))
    const translation = importFrom('configcat', payload, { environment: 'production' })
    if (!translation.ok) throw new Error(JSON.stringify(translation.issues))
    const evaluator = compile(bodyOf('production', translation.operations), { bucketers })
    const snapshot = peer.snapshot()
    const known = new Set(evaluator.flagKeys())
    imported += known.size
    for (let i = 0; i < USERS; i++) {
      const user = dice.chance(0.03) ? undefined : randomUser(dice)
      for (const name of snapshot.getAllKeys()) {
        const key = keyFromName(name) ?? ''
        if (!known.has(key)) continue
        const expected: unknown = snapshot.getValue(name, null, user)
        const context = contextFrom('configcat', user)
        const details = evaluator.details(key, undefined, null, context, Number.NaN)
        if (details.value !== expected) {
          const place = { name, details, user, payload }
          expect.fail(
            `seed ${seed}: ConfigCat ${JSON.stringify(expected)}: ${JSON.stringify(place)}`,
          )
        }
        reasons.set(details.reason, (reasons.get(details.reason) ?? 0) + 1)
        pairs++
      }
    }
    peer.dispose()
  }
  const counts = JSON.stringify(Object.fromEntries(reasons))
  process.stdout.write(
    `configcat peer: ${pairs} pairs, ${imported} of ${PAYLOADS * SETTINGS} settings, ${counts}\n`,
  )
  expect(pairs).toBeGreaterThan(50_000)
})

/** A client that asks no network and says nothing. */
async function connect(seed: number, config: string): Promise<IConfigCatClient> {
  const key = `peer${String(seed).padStart(18, '0')}/${'0'.repeat(22)}`
  const client = getClient(key, PollingMode.ManualPoll, {
    offline: true,
    logger: { log: () => undefined },
    cache: { get: () => `${Date.now()}\netag\n${config}`, set: () => undefined },
  })
  await client.waitForReady()
  await client.forceRefreshAsync()
  return client
}
