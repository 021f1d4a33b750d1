import { describe, expect, test } from 'vitest'
import { createFakeStore, createShopStore } from '../support/fake-store.ts'
import { refusal } from '../support/http.ts'
import { createTestReadApp } from '../support/read-app.ts'

const ROUTES = [
  '/v1/manifest',
  '/v1/snapshot',
  `/v1/bodies/${'ab'.repeat(32)}`,
  '/v1/stream',
  '/.well-known/jwks.json',
]

describe('the key set', () => {
  test('is public, and asked for once a minute', async () => {
    const store = createFakeStore()
    const app = createTestReadApp(store)
    for (const _ of [1, 2]) {
      const response = await app.get('/.well-known/jwks.json', { authorization: '' })
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).toBe(
        'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400',
      )
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(await response.json()).toEqual({ keys: [] })
    }
    expect(store.asked.keySet).toBe(1)
    app.nowMs += 60_000
    await app.get('/.well-known/jwks.json')
    expect(store.asked.keySet).toBe(2)
  })

  test('outlives the store', async () => {
    const store = createFakeStore()
    const app = createTestReadApp(store)
    await app.get('/.well-known/jwks.json')
    store.down = true
    app.nowMs += 86_400_000
    expect((await app.get('/.well-known/jwks.json')).status).toBe(200)
  })
})

describe('the routes', () => {
  test('health asks nobody', async () => {
    const store = createFakeStore()
    store.down = true
    const response = await createTestReadApp(store).get('/health')
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({ status: 'ok' })
  })

  test.each(ROUTES)('%s may be read from any origin', async (path) => {
    const app = createTestReadApp(createFakeStore())
    const response = await app.get(path, { origin: 'https://app.test' }, 'OPTIONS')
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
    expect(response.headers.get('access-control-allow-headers')).toContain('Authorization')
    expect(response.headers.has('access-control-allow-credentials')).toBe(false)
  })

  test.each([...ROUTES, '/health'])('%s is read only', async (path) => {
    const app = createTestReadApp(createFakeStore())
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const response = await app.get(path, {}, method)
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      expect(await refusal(response)).toBe('405 method_not_allowed')
    }
  })

  test.each(['/', '/v1', '/v1/', '/v1/snapshot/', '/V1/snapshot', '/v1/bodies', '/.env', '/%'])(
    '%s is not found',
    async (path) => {
      const app = createTestReadApp(createFakeStore())
      expect(await refusal(await app.get(path))).toBe('404 not_found')
    },
  )
})

test('malformed requests are refused, and never with a 5xx', async () => {
  const app = createTestReadApp(await createShopStore('{}'), () => {
    throw new Error('a malformed request reached the hub')
  })
  const nasty = ['%', '%zz', '%00', '%c3%28', '..', '../..', '__proto__', 'é', ' ', '"', ';', '|']
  const paths = nasty.flatMap((text) => [
    `/${text}`,
    `/v1/${text}`,
    `/v1/bodies/${text}`,
    `/v1/snapshot?min=${text}`,
    `/v1/snapshot?min=${text}&min=1.1`,
    `/v1/manifest?${text}`,
    `/v1/stream?seen=${text}`,
    `/.well-known/${text}`,
  ])
  const headers: Record<string, string>[] = [
    {},
    { 'if-none-match': '"'.repeat(1_000) },
    { 'if-none-match': ','.repeat(1_000) },
    { authorization: `Bearer ${'x'.repeat(10_000)}` },
    { authorization: 'Bearer driftless_server_' },
    { accept: 'text/event-stream', 'last-event-id': '9'.repeat(400), authorization: 'Bearer' },
    { upgrade: 'websocket', 'sec-websocket-protocol': ',,,', authorization: '' },
    { upgrade: 'websocket', 'sec-websocket-protocol': 'driftless.v1, x', authorization: '' },
    { upgrade: 'websocket', 'sec-websocket-protocol': 'chat' },
  ]
  let sent = 0
  for (const path of paths) {
    for (const header of headers) {
      const { status } = await app.get(path, header)
      expect(status, `${path} ${JSON.stringify(header)}`).toBeLessThan(500)
      sent++
    }
  }
  expect(sent).toBeGreaterThan(800)
  expect(app.errors).toEqual([])
})
