import { env } from 'cloudflare:workers'
import { reset, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { formatAudience } from '#core'
import { sha256Hex } from '../../../worker/crypto/hash.ts'
import type { HubObject } from '../../../worker/objects/hub/hub-object.ts'
import { createShopStore } from '../support/fake-store.ts'
import { bearer, refusal } from '../support/http.ts'
import { hub } from '../support/objects.ts'
import { SHOP, headOf, sdkKey } from '../support/published.ts'
import { createTestReadApp } from '../support/read-app.ts'
import { send } from '../support/requests.ts'
import { openSocket } from '../support/sockets.ts'

const BODY = '{"format":1}'
const AUD = formatAudience(SHOP)
const SOCKET = { upgrade: 'websocket' }
const EVENTS = { accept: 'text/event-stream' }

let number = 0
let key = ''

/** A new key each time, known to KV only: the Worker's caches outlive `reset`. */
async function addKey(): Promise<void> {
  key = sdkKey(SHOP, ++number)
  const scope = { id: `key-${number}`, ...SHOP }
  await env.SNAPSHOTS.put(`key/${await sha256Hex(key)}`, JSON.stringify(scope))
}

async function socketsAtHub(): Promise<number> {
  return runInDurableObject<HubObject, number>(
    env.HUB.getByName(AUD),
    (_, state) => state.getWebSockets().length,
  )
}

beforeEach(async () => {
  await reset()
  await addKey()
  await hub(SHOP).announce(await headOf(BODY, 1, 1), { body: BODY })
})

describe('GET /v1/stream as a WebSocket', () => {
  test('takes the key as a second subprotocol and answers with the first alone', async () => {
    const protocols = { 'sec-websocket-protocol': `driftless.v1, ${key}` }
    const response = await send('/v1/stream', { headers: { ...SOCKET, ...protocols } })
    expect(response.status).toBe(101)
    expect(response.headers.get('sec-websocket-protocol')).toBe('driftless.v1')
    const reader = openSocket(response)
    expect(await reader.next()).toEqual({ type: 'hello', aud: AUD, epoch: 1, seq: 1 })
    expect(await reader.next()).toMatchObject({ type: 'head', body: BODY })
  })

  test('takes the key as a header, and then names no subprotocol nobody asked for', async () => {
    const response = await send('/v1/stream', { headers: { ...SOCKET, ...bearer(key) } })
    expect(response.status).toBe(101)
    expect(response.headers.has('sec-websocket-protocol')).toBe(false)
    openSocket(response)
  })

  test('sends what is announced, and no head that was seen', async () => {
    const headers = { ...SOCKET, ...bearer(key) }
    const reader = openSocket(await send('/v1/stream?seen=1.1', { headers }))
    expect(await reader.next()).toMatchObject({ type: 'hello' })
    const next = await headOf(BODY, 1, 2)
    await hub(SHOP).announce(next)
    expect(await reader.next()).toMatchObject({ type: 'head', manifest: next.manifest })
  })

  test.each([
    ['no key', {}, '401 unauthorized'],
    ['only the protocol', { 'sec-websocket-protocol': 'driftless.v1' }, '401 unauthorized'],
    ['a bad key', { 'sec-websocket-protocol': 'driftless.v1, x' }, '401 unauthorized'],
  ])('is refused with %s', async (_, headers, expected) => {
    const response = await send('/v1/stream', { headers: { ...SOCKET, ...headers } })
    expect(await refusal(response)).toBe(expected)
  })

  test('is refused with another subprotocol, and with a seen that is none', async () => {
    const other = { ...SOCKET, ...bearer(key), 'sec-websocket-protocol': 'chat' }
    expect(await refusal(await send('/v1/stream', { headers: other }))).toBe('400 bad_request')
    const headers = { ...SOCKET, ...bearer(key) }
    expect(await refusal(await send('/v1/stream?seen=x', { headers }))).toBe('400 bad_request')
  })

  test('hubs that are all full are told with the time to come back', async () => {
    const store = await createShopStore(BODY)
    let asked = 0
    const app = createTestReadApp(store, () => ({
      async fetch() {
        asked++
        return new Response(null, { status: 503, headers: { 'retry-after': '30' } })
      },
      grow: async (from) => from,
    }))
    const response = await app.get('/v1/stream', SOCKET)
    expect(response.headers.get('retry-after')).toBe('30')
    expect([await refusal(response), asked]).toEqual(['503 unavailable', 3])
  })

  test('a key that the hub knows to be revoked is refused though this isolate still takes it', async () => {
    await hub(SHOP).disconnect(`key-${number}`)
    const response = await send('/v1/stream', { headers: { ...SOCKET, ...bearer(key) } })
    expect(await refusal(response)).toBe('401 unauthorized')
  })
})

describe('GET /v1/stream as Server-Sent Events', () => {
  test('carries hello, heads with their ids, and goodbye', async () => {
    const response = await send('/v1/stream', { headers: { ...EVENTS, ...bearer(key) } })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    await hub(SHOP).announce(await headOf(BODY, 1, 2))
    await hub(SHOP).drain(10, 20)
    const events = (await response.text()).split('\n\n').filter(Boolean)
    expect(events.map((event) => event.split('\ndata: ')[0])).toEqual([
      'event: hello',
      'event: head\nid: 1.1',
      'event: head\nid: 1.2',
      'event: goodbye',
    ])
    expect(events.at(-1)).toContain('{"type":"goodbye","reconnectAfterMs":10,"jitterMs":20}')
  })

  test('goes on after Last-Event-ID', async () => {
    const headers = { ...EVENTS, ...bearer(key), 'last-event-id': '1.1' }
    const response = await send('/v1/stream', { headers })
    await hub(SHOP).drain(1, 1)
    expect(await response.text()).toMatch(/^event: hello\ndata: .*\n\nevent: goodbye\n/)
  })

  test('a reader that leaves takes its socket at the hub along', async () => {
    const response = await send('/v1/stream', { headers: { ...EVENTS, ...bearer(key) } })
    expect(await socketsAtHub()).toBe(1)
    await response.body?.cancel()
    await expect.poll(socketsAtHub).toBe(0)
  })
})

test('GET /v1/stream without either is told what to ask for', async () => {
  expect(await refusal(await send('/v1/stream', { headers: bearer(key) }))).toBe('400 bad_request')
})
