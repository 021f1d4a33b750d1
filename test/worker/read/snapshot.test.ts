import { describe, expect, test } from 'vitest'
import { sha256Hex } from '../../../worker/crypto/hash.ts'
import { type FakeStore, createShopStore } from '../support/fake-store.ts'
import { SHOP, sdkKey } from '../support/published.ts'
import { type TestReadApp, createTestReadApp } from '../support/read-app.ts'
import { bearer, refusal } from '../support/http.ts'

const BODY = '{"flags":{},"format":1}'
const NEXT = '{"flags":{"a":1},"format":1}'

async function setUp(): Promise<{ store: FakeStore; app: TestReadApp }> {
  const store = await createShopStore(BODY)
  return { store, app: createTestReadApp(store) }
}

describe('GET /v1/manifest', () => {
  test('answers the manifest with a strong tag', async () => {
    const { app, store } = await setUp()
    const head = await store.head(SHOP, { epoch: 0, seq: 0 })
    const response = await app.get('/v1/manifest')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/jwt')
    expect(response.headers.get('etag')).toBe('"1.1"')
    expect(await response.text()).toBe(head?.manifest)
  })
})

describe('GET /v1/snapshot', () => {
  test('answers the bytes of the body with their manifest', async () => {
    const { app, store } = await setUp()
    const head = await store.head(SHOP, { epoch: 0, seq: 0 })
    const response = await app.get('/v1/snapshot')
    expect(await response.text()).toBe(BODY)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'driftless-manifest': head?.manifest,
      etag: '"1.1"',
      'cache-control': 'private, no-cache',
      vary: 'Authorization',
      'access-control-allow-origin': '*',
      'access-control-expose-headers':
        'ETag, Driftless-Manifest, Driftless-Delta, Driftless-Place, Retry-After',
      'x-content-type-options': 'nosniff',
    })
    expect(response.headers.has('access-control-allow-credentials')).toBe(false)
  })

  test('HEAD answers the same headers and no body', async () => {
    const { app } = await setUp()
    const [got, head] = [await app.get('/v1/snapshot'), await app.get('/v1/snapshot', {}, 'HEAD')]
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(got.headers))
    expect(await head.text()).toBe('')
  })

  test.each(['/v1/snapshot', '/v1/manifest'])(
    '%s: what the reader has already is not sent again, its manifest is',
    async (path) => {
      const { app } = await setUp()
      for (const tag of ['"1.1"', 'W/"1.1"', '"1.0", "1.1"', '*']) {
        const response = await app.get(path, { 'if-none-match': tag })
        expect(response.status).toBe(304)
        expect(response.headers.get('etag')).toBe('"1.1"')
        expect(response.headers.get('driftless-manifest')).toMatch(/^ey/)
        expect(await response.text()).toBe('')
      }
      expect((await app.get(path, { 'if-none-match': '"1.0"' })).status).toBe(200)
    },
  )

  test('one lookup of each serves all requests of a second', async () => {
    const { app, store } = await setUp()
    await Promise.all(Array.from({ length: 50 }, () => app.get('/v1/snapshot')))
    app.nowMs += 499
    await app.get('/v1/snapshot')
    expect(store.asked).toMatchObject({ key: 1, head: 1, body: 1 })
  })

  test('a new head is served a second after it was published, at the latest', async () => {
    const { app, store } = await setUp()
    await app.get('/v1/snapshot')
    await store.publish(SHOP, NEXT, 1, 2)
    app.nowMs += 1_000
    const response = await app.get('/v1/snapshot', { 'if-none-match': '"1.1"' })
    expect(response.headers.get('etag')).toBe('"1.2"')
    expect(await response.text()).toBe(NEXT)
  })

  test('min is served from the source when this isolate is behind it', async () => {
    const { app, store } = await setUp()
    await app.get('/v1/snapshot')
    await store.publish(SHOP, NEXT, 1, 2)
    expect(await (await app.get('/v1/snapshot?min=1.1')).text()).toBe(BODY)
    expect(await (await app.get('/v1/snapshot?min=1.2')).text()).toBe(NEXT)
    expect(await (await app.get('/v1/snapshot')).text()).toBe(NEXT)
  })

  test('min above everything is answered with the newest there is', async () => {
    const { app } = await setUp()
    expect((await app.get('/v1/manifest?min=9.9')).headers.get('etag')).toBe('"1.1"')
  })

  test.each(['', 'x', '1', '1.', '1.1.1', '-1.1', '1e3.1', '1.9999999999999999999'])(
    'min=%s is refused',
    async (min) => {
      const { app } = await setUp()
      expect(await refusal(await app.get(`/v1/snapshot?min=${min}`))).toBe('400 bad_request')
    },
  )

  test('a head never goes back, whatever the store says later', async () => {
    const { app, store } = await setUp()
    await store.publish(SHOP, NEXT, 1, 5)
    await app.get('/v1/snapshot')
    await store.publish(SHOP, BODY, 1, 4)
    app.nowMs += 10_000
    expect((await app.get('/v1/snapshot')).headers.get('etag')).toBe('"1.5"')
  })

  test('the last head and body are served for as long as the store is down', async () => {
    const { app, store } = await setUp()
    await app.get('/v1/snapshot')
    store.down = true
    app.nowMs += 59_999
    const response = await app.get('/v1/snapshot')
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(BODY)
  })

  test('a key is not taken on trust for more than a minute when nobody answers for it', async () => {
    const { app, store } = await setUp()
    await app.get('/v1/snapshot')
    store.down = true
    app.nowMs += 60_000
    const response = await app.get('/v1/snapshot')
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await refusal(response)).toBe('503 unavailable')
    expect(app.errors).toHaveLength(1)
  })

  test('a cold isolate with a store that is down says when to come back', async () => {
    const { app, store } = await setUp()
    store.down = true
    const response = await app.get('/v1/manifest')
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await refusal(response)).toBe('503 unavailable')
  })

  test('a body that nobody has any more is not an endless search', async () => {
    const { app, store } = await setUp()
    store.loseBodies()
    expect(await refusal(await app.get('/v1/snapshot'))).toBe('503 unavailable')
    expect(store.asked.body).toBe(2)
  })

  test('an environment without a head is not found', async () => {
    const { app, store } = await setUp()
    const staging = { ...SHOP, environment: 'staging' }
    await store.addKey(sdkKey(staging), { id: 'key-2', ...staging })
    const response = await app.get('/v1/snapshot', bearer(sdkKey(staging)))
    expect(await refusal(response)).toBe('404 not_found')
  })
})

describe('GET /v1/bodies/<sha256>', () => {
  test('answers the bytes, to be kept for ever', async () => {
    const { app } = await setUp()
    const sha256 = await sha256Hex(BODY)
    const response = await app.get(`/v1/bodies/${sha256}`)
    expect(await response.text()).toBe(BODY)
    expect(response.headers.get('etag')).toBe(`"${sha256}"`)
    expect(response.headers.get('cache-control')).toBe('private, max-age=31536000, immutable')
    const again = await app.get(`/v1/bodies/${sha256}`, { 'if-none-match': `"${sha256}"` })
    expect(again.status).toBe(304)
  })

  test('another audience has no such body, even when this isolate holds it', async () => {
    const { app, store } = await setUp()
    const client = { ...SHOP, audience: 'client' } as const
    await store.addKey(sdkKey(client), { id: 'key-2', ...client })
    const path = `/v1/bodies/${await sha256Hex(BODY)}`
    expect((await app.get(path)).status).toBe(200)
    expect(await refusal(await app.get(path, bearer(sdkKey(client))))).toBe('404 not_found')
  })

  test('what is no hash asks nobody', async () => {
    const { app, store } = await setUp()
    for (const text of ['x', 'AB'.repeat(32), 'ab'.repeat(33), '%00', '..%2f..%2fjwks']) {
      expect(await refusal(await app.get(`/v1/bodies/${text}`))).toBe('404 not_found')
    }
    expect(store.asked.body).toBe(0)
  })
})

describe('a key', () => {
  const good = sdkKey()
  const mistyped = good.slice(0, -1) + (good.endsWith('0') ? '1' : '0')
  const admin = 'driftless_admin_'

  test.each([
    ['is missing', ''],
    ['has another scheme', `Basic ${good}`],
    ['stands alone', good],
    ['is mistyped', `Bearer ${mistyped}`],
    ['is cut off', `Bearer ${good.slice(0, 40)}`],
    ['is an admin token', `Bearer ${admin}`],
    ['is two', `Bearer ${good}, Bearer ${good}`],
    ['is unknown', `Bearer ${sdkKey(SHOP, 2)}`],
    ['is of an unknown project', `Bearer ${sdkKey({ ...SHOP, project: 'nowhere' })}`],
  ])('that %s gets the same 401 as any other', async (_, authorization) => {
    const { app } = await setUp()
    const expected = await app.get('/v1/snapshot', { authorization: 'Bearer x' })
    for (const path of ['/v1/snapshot', '/v1/manifest', `/v1/bodies/${'ab'.repeat(32)}`]) {
      const response = await app.get(path, { authorization })
      expect(Object.fromEntries(response.headers)).toEqual(Object.fromEntries(expected.headers))
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(await refusal(response)).toBe('401 unauthorized')
    }
  })

  test('that is no key asks nobody', async () => {
    const { app, store } = await setUp()
    for (const key of ['', 'x', mistyped]) {
      await app.get('/v1/snapshot', { authorization: `Bearer ${key}` })
    }
    expect(store.asked.key).toBe(0)
  })

  test('that was revoked reads for five seconds more, and not longer', async () => {
    const { app, store } = await setUp()
    await app.get('/v1/snapshot')
    await store.dropKey(good)
    app.nowMs += 2_499
    expect((await app.get('/v1/snapshot')).status).toBe(200)
    app.nowMs += 2_501
    expect(await refusal(await app.get('/v1/snapshot'))).toBe('401 unauthorized')
  })

  test('that this isolate was told to forget reads no more', async () => {
    const { app, store } = await setUp()
    await app.get('/v1/snapshot')
    await store.dropKey(good)
    app.forgetKey(await sha256Hex(good))
    expect(await refusal(await app.get('/v1/snapshot'))).toBe('401 unauthorized')
  })
})
