/**
 * LaunchDarkly's own engine (npm, without a network) beside ours: random flags and segments are given to both, ours by import,
 * and must answer every random context alike. Flags that are not carried over are counted, so that the test cannot pass by
 * refusing all.
 */
import { init, integrations, type LDClient } from '@launchdarkly/node-server-sdk'
import { compile } from '#core'
import { expect, onTestFinished, test } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { bucketers, contextFrom } from '../../sdk/src/migrate.ts'
import { bodyOf } from '../support/imported.ts'
import { randomContext, randomPayload } from '../support/launchdarkly-payload.ts'
import { createDice } from '../support/random.ts'

const PAYLOADS = 1_000
const CONTEXTS = 10
test('random flags give LaunchDarkly and us the same value for every context', async () => {
  const data = new integrations.TestData()
  const payloads = Array.from({ length: PAYLOADS }, (_, seed) =>
    randomPayload(createDice(seed + 1), seed + 1),
  )
  for (const { flags, segments } of payloads) {
    for (const flag of Object.values(flags)) await data.usePreconfiguredFlag(structuredClone(flag))
    for (const segment of Object.values(segments))
      await data.usePreconfiguredSegment(structuredClone(segment))
  }
  const peer = connect(data)
  onTestFinished(() => peer.close())
  await peer.waitForInitialization({ timeout: 10 })
  let pairs = 0
  let translated = 0
  const values = new Map<string, number>()
  for (const [i, payload] of payloads.entries()) {
    const dice = createDice(1_000_000 + i)
    const translation = importFrom('launchdarkly', payload, { environment: 'production' })
    if (!translation.ok) throw new Error(JSON.stringify(translation.issues))
    const evaluator = compile(bodyOf('production', translation.operations), { bucketers })
    translated += evaluator.flagKeys().length
    for (let n = 0; n < CONTEXTS; n++) {
      const context = randomContext(dice)
      for (const key of evaluator.flagKeys()) {
        const expected: unknown = await peer.variation(key, context, null)
        const details = evaluator.details(
          key,
          undefined,
          null,
          contextFrom('launchdarkly', context),
          Number.NaN,
        )
        if (JSON.stringify(details.value) !== JSON.stringify(expected)) {
          const place = { details, context, flag: payload.flags[key], payload }
          expect.fail(`LaunchDarkly ${JSON.stringify(expected)}: ${JSON.stringify(place)}`)
        }
        const { reason } = details
        values.set(reason, (values.get(reason) ?? 0) + 1)
        pairs++
      }
    }
  }
  const reasons = JSON.stringify(Object.fromEntries(values))
  process.stdout.write(
    `launchdarkly peer: ${pairs} pairs, ${translated} of ${PAYLOADS * 4} flags, ${reasons}\n`,
  )
  expect(pairs).toBeGreaterThan(20_000)
})

/** A client that asks no network and says nothing. */
function connect(data: integrations.TestData): LDClient {
  return init('sdk-key', {
    updateProcessor: data.getFactory(),
    sendEvents: false,
    diagnosticOptOut: true,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  })
}

const ignore = (): void => undefined
