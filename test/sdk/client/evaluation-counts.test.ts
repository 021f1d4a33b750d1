/** What a client reports of its evaluations when it is asked to, and that it says nothing else. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient, type ClientOptions } from '../../../sdk/src/index.ts'
import type { Flag } from '../../../sdk/src/core/index.ts'
import {
  clientOf,
  createFakeServer,
  KEY,
  NOW_MS,
  tidyUp,
  URL_,
  type FakeServer,
} from './fake-server.ts'

const flag = (parts: Partial<Flag> = {}): Flag => ({
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 's',
  defaultVariant: 'off',
  targets: { on: ['ada'] },
  ...parts,
})
const FLAGS = { checkout: flag(), bare: flag({ enabled: false }) }

let server: FakeServer
let reports: unknown[]
let status: number

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
  await server.stage({ flags: FLAGS })
  reports = []
  status = 202
  server.intercept = (path, init) => {
    if (path !== '/v1/events') return undefined
    expect(init?.method).toBe('POST')
    expect(new Headers(init?.headers).get('authorization')).toBe(`Bearer ${KEY}`)
    const body = init?.body
    reports.push(typeof body === 'string' ? JSON.parse(body) : body)
    return new Response(null, { status })
  }
})
afterEach(tidyUp)

const sent = (): string => JSON.stringify(reports)

describe('evaluation counts', () => {
  test('are not sent unless they are asked for', async () => {
    const client = clientOf(server)
    await client.ready()
    client.getBooleanValue('checkout', false)
    await client.flush()
    await vi.advanceTimersByTimeAsync(120_000)
    await client.close()
    expect(reports).toEqual([])
  })

  test('are by flag and variant, the fallback under the empty name, and sent by flush', async () => {
    const client = clientOf(server, { events: true })
    // Before the first snapshot nothing is evaluated.
    expect(client.getBooleanValue('checkout', true)).toBe(true)
    await client.ready()
    expect(client.getBooleanValue('checkout', true, { targetingKey: 'ada', plan: 'pro' })).toBe(
      true,
    )
    expect(client.getBooleanValue('checkout', true, { targetingKey: 'bob' })).toBe(false)
    expect(client.getBooleanDetails('checkout', true).value).toBe(false)
    expect(client.getBooleanValue('bare', true)).toBe(true)
    client.getStringValue('checkout', 'of another type')
    client.getBooleanValue('nobody', true)
    await client.flush()
    expect(reports).toEqual([{ flags: { checkout: { on: 1, off: 2 }, bare: { '': 1 } } }])
    expect(sent()).not.toMatch(/ada|bob|pro/)
    await client.flush()
    expect(reports).toHaveLength(1)
  })

  test('go out every minute give or take, and once more at the end', async () => {
    const client = clientOf(server, { events: true, random: () => 0 })
    await client.ready()
    await client.flush()
    client.getBooleanValue('checkout', false)
    await vi.advanceTimersByTimeAsync(53_000)
    expect(reports).toEqual([])
    await vi.advanceTimersByTimeAsync(1_500)
    expect(reports).toEqual([{ flags: { checkout: { off: 1 } } }])
    client.getBooleanValue('checkout', false)
    await client.close()
    expect(reports).toHaveLength(2)
    client.getBooleanValue('checkout', false)
    await vi.advanceTimersByTimeAsync(300_000)
    expect(reports).toHaveLength(2)
  })

  test('that could not be sent are sent with the next, those that were refused are not', async () => {
    const errors: string[] = []
    const client = clientOf(server, {
      events: { flushMs: 5_000 },
      onError: ({ message }) => errors.push(message),
    })
    await client.ready()
    client.getBooleanValue('checkout', false)
    status = 503
    await client.flush()
    client.getBooleanValue('checkout', false)
    status = 202
    await client.flush()
    expect(reports.at(-1)).toEqual({ flags: { checkout: { off: 2 } } })
    client.getBooleanValue('checkout', false)
    status = 400
    await client.flush()
    status = 202
    await client.flush()
    expect(reports).toHaveLength(3)
    expect(errors).toEqual([
      'status 503 where 202 was expected',
      'status 400 where 202 was expected',
    ])
  })

  test('of many flags go in reports that the server takes', async () => {
    const names = Array.from({ length: 5_001 }, (_, i) => `${'k'.repeat(100)}${i}`)
    await server.stage({ flags: Object.fromEntries(names.map((name) => [name, flag()])) })
    const client = clientOf(server, { events: true })
    await client.ready()
    for (const name of names) client.getBooleanValue(name, false)
    await client.flush()
    expect(reports.length).toBeGreaterThan(1)
    const keys = reports.flatMap((report) => Object.keys((report as { flags: object }).flags))
    expect(new Set(keys).size).toBe(names.length)
    for (const report of reports) expect(JSON.stringify(report).length).toBeLessThan(1024 * 1024)
  })

  test.each([[{ flushMs: 999 }], [{ flushMs: '60000' }], ['yes'], [null]])(
    'events %j is refused',
    (events) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
      const options = { url: URL_, key: KEY, events } as unknown as ClientOptions
      expect(() => createClient(options)).toThrow(/^(?:events|flushMs): expected/)
    },
  )
})
