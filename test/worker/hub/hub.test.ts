import { env } from 'cloudflare:workers'
import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test'
import { SignJWT } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { formatAudience } from '#core'
import type { HubObject } from '../../../worker/objects/hub/hub-object.ts'
import { hub } from '../support/objects.ts'
import { SHOP, headOf } from '../support/published.ts'
import { makeProject } from '../support/shop.ts'
import { type TestSocket, openSocket } from '../support/sockets.ts'

const BODY = '{"format":1}'
const AUD = formatAudience(SHOP)

const stub = () => env.HUB.getByName(AUD)

async function upgrade(query: string): Promise<Response> {
  return hub(SHOP).fetch(`https://hub/?${query}`, { headers: { upgrade: 'websocket' } })
}

async function connect(query = 'key=k1'): Promise<TestSocket> {
  return openSocket(await upgrade(query))
}

/** Everything sent so far has arrived once the answer to a ping has. */
async function settled(reader: TestSocket): Promise<readonly unknown[]> {
  reader.socket.send('ping')
  const messages: unknown[] = []
  for (;;) {
    const message = await reader.next()
    if (message === 'pong') return messages
    messages.push(message)
  }
}

describe('a hub', () => {
  beforeEach(() => reset())

  test('says hello first, with 0.0 while no head is known', async () => {
    const reader = await connect()
    expect(await reader.next()).toEqual({ type: 'hello', aud: AUD, epoch: 0, seq: 0 })
  })

  test('sends the head after hello to whom has seen an older one, or none', async () => {
    const head = await headOf(BODY, 1, 7)
    await hub(SHOP).announce(head, { body: BODY })
    for (const query of ['key=k1', 'key=k1&seen=1.6', 'key=k1&seen=0.9', 'key=k1&seen=nonsense']) {
      const reader = await connect(query)
      expect(await settled(reader)).toEqual([
        { type: 'hello', aud: AUD, epoch: 1, seq: 7 },
        { type: 'head', manifest: head.manifest, body: BODY },
      ])
    }
  })

  test('sends no head to whom has seen it, or a newer one', async () => {
    await hub(SHOP).announce(await headOf(BODY, 1, 7), { body: BODY })
    for (const seen of ['1.7', '1.8', '2.1']) {
      const reader = await connect(`key=k1&seen=${seen}`)
      expect(await settled(reader)).toEqual([{ type: 'hello', aud: AUD, epoch: 1, seq: 7 }])
    }
  })

  test('a head reaches every socket', async () => {
    const readers = await Promise.all(Array.from({ length: 20 }, (_, i) => connect(`key=k${i}`)))
    const head = await headOf(BODY, 1, 1)
    await hub(SHOP).announce(head)
    for (const reader of readers) {
      await reader.next()
      const { manifest } = head
      expect(await reader.next()).toEqual({ type: 'head', manifest, jitterMs: 2_000 })
    }
  })

  test('a head that brings all there is to have asks for no patience, at once or later', async () => {
    const reader = await connect()
    const head = await headOf(BODY, 1, 1)
    await hub(SHOP).announce(head, { body: BODY })
    const late = await connect()
    for (const one of [reader, late]) {
      await one.next()
      expect(await one.next()).toEqual({ type: 'head', manifest: head.manifest, body: BODY })
    }
  })

  test('what many hubs are told of is spread over up to ten seconds; whoever comes later need not wait', async () => {
    const [few, many] = [await headOf(BODY, 1, 1), await headOf(BODY, 1, 2)]
    const reader = await connect()
    await reader.next()
    await hub(SHOP).announce(few, undefined, 3)
    expect(await reader.next()).toMatchObject({ jitterMs: 6_000 })
    await hub(SHOP).announce(many, undefined, 40)
    expect(await reader.next()).toMatchObject({ jitterMs: 10_000 })
    expect(await settled(await connect())).toMatchObject([
      { type: 'hello' },
      { type: 'head', manifest: many.manifest },
    ])
  })

  test('a candidate is fetched, so its head asks for patience although it brings the stable content', async () => {
    const reader = await connect()
    await reader.next()
    const candidate = { revision: 2, sha256: 'a'.repeat(64), size: 2, share: 1, seed: 's' }
    const manifest = await new SignJWT({ candidate: { ...candidate, deployment: '1' } })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new Uint8Array(32))
    await hub(SHOP).announce({ ...(await headOf(BODY, 1, 1)), manifest }, { body: BODY })
    expect(await reader.next()).toMatchObject({ body: BODY, jitterMs: 2_000 })
  })

  test('says where the reader came in, if the Worker knows', async () => {
    const reader = await connect(`key=k1&place=${encodeURIComponent('EU/DE/FRA')}`)
    expect(await reader.next()).toMatchObject({ type: 'hello', place: 'EU/DE/FRA' })
  })

  test('a head that is repeated or older is sent to nobody', async () => {
    const reader = await connect()
    await hub(SHOP).announce(await headOf(BODY, 2, 5))
    await hub(SHOP).announce(await headOf(BODY, 2, 5))
    await hub(SHOP).announce(await headOf(BODY, 2, 4))
    await hub(SHOP).announce(await headOf(BODY, 1, 9))
    expect(await settled(reader)).toHaveLength(2)
    const late = await connect()
    expect(await late.next()).toMatchObject({ epoch: 2, seq: 5 })
  })

  test('a body goes along up to 32 KiB of message, and not one byte further', async () => {
    const { manifest } = await headOf('', 1, 1)
    const room = 32_768 - JSON.stringify({ type: 'head', manifest, body: '' }).length
    const reader = await connect()
    await reader.next()
    await hub(SHOP).announce(await headOf('', 1, 1), { body: 'x'.repeat(room) })
    expect(await reader.next()).toHaveProperty('body', 'x'.repeat(room))
    await hub(SHOP).announce(await headOf('', 1, 2), { body: 'x'.repeat(room + 1) })
    expect(await reader.next()).not.toHaveProperty('body')
    await hub(SHOP).announce(await headOf('', 1, 3), { body: 'é'.repeat(room / 2 + 1) })
    expect(await reader.next()).not.toHaveProperty('body')
  })

  test('head and sockets survive eviction', async () => {
    const reader = await connect()
    await reader.next()
    const head = await headOf(BODY, 3, 1)
    await hub(SHOP).announce(head, { body: BODY })
    await evictDurableObject(stub())
    expect(await reader.next()).toHaveProperty('manifest', head.manifest)
    const late = await connect('key=k2')
    expect(await settled(late)).toMatchObject([{ epoch: 3, seq: 1 }, { manifest: head.manifest }])
    await evictDurableObject(stub())
    const next = await headOf(BODY, 3, 2)
    await hub(SHOP).announce(next)
    expect(await reader.next()).toHaveProperty('manifest', next.manifest)
    expect(await late.next()).toHaveProperty('manifest', next.manifest)
  })

  test('answers ping with pong and ignores everything else', async () => {
    const reader = await connect()
    await reader.next()
    reader.socket.send('{"type":"status"}')
    reader.socket.send('x'.repeat(100_000))
    reader.socket.send(new Uint8Array([1, 2, 3]))
    expect(await settled(reader)).toEqual([])
  })

  test('a revoked key loses its sockets and gets no new one, even after eviction', async () => {
    const revoked = await connect('key=gone')
    const other = await connect('key=stays')
    await hub(SHOP).disconnect('gone')
    expect(await revoked.closed).toBe(4401)
    expect(await settled(other)).toHaveLength(1)
    await evictDurableObject(stub())
    expect((await upgrade('key=gone')).status).toBe(401)
    expect((await upgrade('key=stays')).status).toBe(101)
  })

  test('all sockets are closed when the environment goes, and its head is forgotten', async () => {
    const readers = [await connect('key=a'), await connect('key=b')]
    await hub(SHOP).announce(await headOf(BODY, 1, 1))
    await hub(SHOP).disconnectAll()
    for (const reader of readers) expect(await reader.closed).toBe(4401)
    await runInDurableObject<HubObject, void>(stub(), (instance) => {
      instance.nowMs = () => Date.now() + 130_000
    })
    const later = await connect()
    expect(await later.next()).toMatchObject({ type: 'hello', epoch: 0, seq: 0 })
  })

  test('just after the environment went, the project is asked about each key', async () => {
    const shop = await makeProject()
    const name = shop.audience('server')
    const { id } = await shop.makeKey()
    await hub(name).disconnectAll()
    const ask = async (key: string) => {
      const headers = { upgrade: 'websocket' }
      return (await hub(name).fetch(`https://hub/?key=${key}`, { headers })).status
    }
    expect(await ask('of-an-earlier-one')).toBe(401)
    expect(await ask(id)).toBe(101)
  })

  test('before planned work readers are asked to come back, then closed', async () => {
    const reader = await connect()
    await reader.next()
    await hub(SHOP).drain(1_000, 5_000)
    expect(await reader.next()).toEqual({
      type: 'goodbye',
      reconnectAfterMs: 1_000,
      jitterMs: 5_000,
    })
    expect(await reader.closed).toBe(1001)
  })

  test('a full hub says when to come back', async () => {
    await connect()
    await runInDurableObject<HubObject, void>(stub(), (instance) => {
      instance.maxSockets = 2
    })
    await connect()
    const refused = await upgrade('key=k3')
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('30')
  })

  test('keeps no alarm, which would keep it in memory', async () => {
    await connect()
    await hub(SHOP).announce(await headOf(BODY, 1, 1))
    await runInDurableObject<HubObject, void>(stub(), async (_, state) => {
      expect(await state.storage.getAlarm()).toBeNull()
    })
  })

  test('what is no upgrade, or names no key, is refused', async () => {
    expect((await hub(SHOP).fetch('https://hub/?key=k1')).status).toBe(426)
    expect((await upgrade('seen=1.1')).status).toBe(426)
  })
})
