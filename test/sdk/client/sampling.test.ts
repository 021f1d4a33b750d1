/** What a client sends of contexts when it is asked to, and that it is no more than that. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
// Loaded before the client asks for it: how long that takes is no matter of virtual time.
import '../../../sdk/src/client/sampling.ts'
import type { ClientOptions } from '../../../sdk/src/index.ts'
import { type ContextSample, type Flag, hashText } from '../../../sdk/src/core/index.ts'
import {
  clientOf,
  createFakeServer,
  type FakeServer,
  NOW_MS,
  pass,
  settle,
  tidyUp,
} from './fake-server.ts'

const flagOf = (parts: Partial<Flag> = {}): Flag => ({
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 's',
  defaultVariant: 'off',
  ...parts,
})
const asks = (attribute: string) =>
  flagOf({
    rules: [
      { id: 'r', when: { attribute, operator: 'equals', value: 'x' }, serve: { variant: 'on' } },
    ],
  })

let server: FakeServer
let sent: ContextSample[]
let requests: string[]

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
  await server.stage({
    flags: { checkout: asks('plan'), nested: asks('user.team'), bare: flagOf() },
  })
  sent = []
  requests = []
  server.intercept = (path, init) => {
    if (path !== '/v1/samples') return undefined
    const text = typeof init?.body === 'string' ? init.body : ''
    requests.push(text)
    sent.push(...JSON.parse(text).samples)
    return new Response(null, { status: 202 })
  }
})
afterEach(tidyUp)

const start = (attributes: readonly string[], more: Partial<ClientOptions> = {}) =>
  clientOf(server, { sampling: { attributes }, ...more })

describe('samples of contexts', () => {
  test('are not sent unless they are asked for', async () => {
    const client = clientOf(server)
    await settle(client)
    client.getBooleanValue('checkout', false, { targetingKey: 'ada', plan: 'pro' })
    await pass(client, 700_000, 50_000)
    await client.close()
    expect(requests).toEqual([])
  })

  test('hold what is listed and named, the hash of the targeting key, and nothing else', async () => {
    const client = start(['plan', 'user.team', 'email', 'targetingKey'])
    await settle(client)
    const context = {
      targetingKey: 'ada',
      plan: 'pro',
      email: 'ada@example.com',
      user: { team: 7, name: 'Ada' },
    }
    expect(client.getBooleanValue('checkout', true, context)).toBe(false)
    client.getBooleanDetails('bare', false)
    await client.flush()
    expect(sent).toEqual([
      { flag: 'checkout', key: hashText('ada') >>> 0, attributes: { plan: 'pro', 'user.team': 7 } },
      { flag: 'bare', absent: ['plan', 'user.team'] },
    ])
    expect(requests.join()).not.toMatch(/ada@|Ada|"ada"/)
  })

  test('leave out what is long, deep or odd, without calling it absent', async () => {
    const client = start(['plan', 'user.team'])
    await settle(client)
    client.getBooleanValue('checkout', false, {
      plan: 'x'.repeat(65),
      user: { team: { lead: 'ada' } },
    })
    client.getBooleanValue('checkout', false, { plan: ['a', 'b'], user: { team: Number.NaN } })
    client.getBooleanValue('checkout', false, { plan: null, user: { team: new Date() } })
    await client.flush()
    expect(sent).toEqual([
      { flag: 'checkout' },
      { flag: 'checkout', attributes: { plan: ['a', 'b'] } },
      { flag: 'checkout', absent: ['plan'] },
    ])
  })

  test('are 5 of a flag, each as likely, however often it is evaluated', async () => {
    let seed = 1
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
    const client = start(['plan'], { random })
    await settle(client)
    for (let i = 0; i < 10_000; i++) client.getBooleanValue('checkout', false, { plan: `p${i}` })
    await client.flush()
    expect(sent).toHaveLength(5)
    const indices = sent.map(({ attributes }) => Number(String(attributes?.['plan']).slice(1)))
    expect(Math.max(...indices)).toBeGreaterThan(2_000)
  })

  test('are of at most 100 flags, and never of one that is not there', async () => {
    const keys = Array.from({ length: 150 }, (_, index) => `f${index}`)
    await server.publish({ flags: Object.fromEntries(keys.map((key) => [key, flagOf()])) })
    const client = start([])
    await settle(client)
    for (const key of [...keys, 'gone', '__proto__', 'constructor'])
      client.getBooleanValue(key, false, { targetingKey: 'ada' })
    await client.flush()
    expect(sent).toHaveLength(100)
  })

  test('are sent every 300 s, and not when there are none', async () => {
    const client = start(['plan'])
    await settle(client)
    client.getBooleanValue('checkout', false)
    await pass(client, 310_000, 10_000)
    expect(requests).toHaveLength(1)
    await pass(client, 400_000, 20_000)
    expect(requests).toHaveLength(1)
  })

  test('cost an evaluation nothing when the server, or a context, is broken', async () => {
    const errors: unknown[] = []
    server.intercept = (path) =>
      path === '/v1/samples' ? Promise.reject(new TypeError('fetch failed')) : undefined
    const client = start(['plan'], { onError: (error) => errors.push(error) })
    await settle(client)
    const broken = Object.defineProperty({}, 'plan', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    })
    expect(client.getBooleanValue('checkout', true, broken)).toBe(true)
    client.getBooleanValue('checkout', true, { plan: 'x' })
    await client.flush()
    await client.close()
    expect(client.getBooleanValue('checkout', false, { plan: 'x' })).toBe(true)
    expect(errors).toEqual([])
  })
})
