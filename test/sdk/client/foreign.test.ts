/** Flags that bucket as they did elsewhere: the application hands the arithmetic to its client. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Flag } from '../../../sdk/src/core/index.ts'
import { clientOf, createFakeServer, NOW_MS, tidyUp, type FakeServer } from './fake-server.ts'

const FLAG: Flag = {
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 's',
  defaultVariant: 'off',
  rules: [
    {
      id: 'r1',
      when: { attribute: 'plan', operator: 'acme.is', value: 'pro' },
      serve: { split: [{ variant: 'on', weight: 1 }] },
      bucketing: { by: 'acme', parts: 2 },
    },
  ],
}

let server: FakeServer

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
  await server.stage({ flags: { flag: FLAG }, revision: 1 })
})
afterEach(tidyUp)

test('bucketers given to createClient place the contexts of their flags', async () => {
  const acme = {
    bucket: (value: string) => (value === 'in' ? 0.4 : 0.6),
    operators: { is: (attribute: unknown, value: unknown) => attribute === value },
  }
  const client = clientOf(server, { bucketers: { acme } })
  await client.ready()
  const ask = (targetingKey: string): boolean =>
    client.getBooleanValue('flag', false, { targetingKey, plan: 'pro' })
  expect([ask('in'), ask('out')]).toEqual([true, false])
})

test('a client without them names the rule it could not ask', async () => {
  const client = clientOf(server)
  await client.ready()
  const { value, flagMetadata } = client.getBooleanDetails('flag', true, { targetingKey: 'in' })
  expect([value, flagMetadata['skipped']]).toEqual([false, 'r1'])
})
