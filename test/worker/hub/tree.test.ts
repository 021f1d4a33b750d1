/** Many hubs for one audience: how they are found, filled, told and counted. */
import { env } from 'cloudflare:workers'
import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { type AudienceName, formatAudience } from '#core'
import type { HubObject } from '../../../worker/objects/hub/hub-object.ts'
import { childrenOf, MAX_NODES, nodeName, parseNodeName } from '../../../worker/objects/hub/tree.ts'
import { hubStub } from '../../../worker/objects/stubs.ts'
import { createPlacement } from '../../../worker/read/placement.ts'
import { hub } from '../support/objects.ts'
import { headOf, SHOP } from '../support/published.ts'
import { openSocket, type TestSocket } from '../support/sockets.ts'

const AUD = formatAudience(SHOP)
const object = (node: number) => env.HUB.getByName(nodeName(AUD, node))
const room = (node: number, maxSockets: number): Promise<void> =>
  runInDurableObject<HubObject, void>(object(node), (instance) => {
    instance.maxSockets = maxSockets
  })
const socketsOf = (node: number): Promise<number> =>
  runInDurableObject<HubObject, number>(object(node), (_, state) => state.getWebSockets().length)

/** A Worker's isolate; `dice` are thrown in turn, then 0. */
function isolate(dice: readonly number[] = []) {
  const left = [...dice]
  const place = createPlacement(
    (name: AudienceName, node) => hubStub(env, name, node),
    () => left.shift() ?? 0,
  )
  const ask = (keyId = 'k') => place(SHOP, `https://hub/?key=${keyId}`, { upgrade: 'websocket' })
  return {
    ask,
    connect: async (keyId?: string): Promise<TestSocket> => openSocket(await ask(keyId)),
  }
}

describe('the numbers of a tree', () => {
  test('give every hub but the root one parent, and nobody more than 32 children', () => {
    const size = MAX_NODES
    const told = [0]
    for (const node of told) {
      const children = childrenOf(node, size)
      expect(children.length).toBeLessThanOrEqual(32)
      told.push(...children)
    }
    expect(told.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i))
  })

  test('stand in names, the root’s being that of the audience', () => {
    expect([nodeName(AUD, 0), nodeName(AUD, 7)]).toEqual([AUD, `${AUD}#7`])
    expect(parseNodeName(`${AUD}#7`)).toEqual({ aud: AUD, node: 7 })
    expect(parseNodeName(AUD)).toEqual({ aud: AUD, node: 0 })
  })
})

describe('hubs of one audience', () => {
  beforeEach(() => reset())

  test('grow when those that are asked are full, and are found by isolates that know one only', async () => {
    await room(0, 2)
    const first = isolate()
    await Promise.all([first.connect(), first.connect()])
    await first.connect()
    expect([await socketsOf(0), await socketsOf(1)]).toEqual([2, 1])
    // It learns of the second from the first, which is full.
    const other = isolate([0, 0.9])
    await other.connect()
    expect(await socketsOf(1)).toBe(2)
  })

  test('are no more than needed, however many ask at the same time', async () => {
    await room(0, 1)
    await isolate().connect()
    await Promise.all(Array.from({ length: 8 }, () => isolate().connect()))
    expect(await hub(SHOP).grow(0)).toBe(2)
    expect(await socketsOf(1)).toBe(8)
  })

  test('that may not grow say when to come back', async () => {
    await room(0, 1)
    await isolate().connect()
    await runInDurableObject<HubObject, void>(object(0), (_, state) => {
      state.storage.kv.put('size', MAX_NODES)
    })
    for (let tries = 0; tries < 3; tries++) {
      const answer = await isolate([0, 0, 0]).ask()
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30'])
    }
    expect(await hub(SHOP).grow(MAX_NODES)).toBe(MAX_NODES)
  })

  test('are all told of a head once, two levels down too, and after eviction', async () => {
    for (let size = 1; size < 40; size++) await hub(SHOP).grow(size)
    const nodes = [0, 1, 32, 33, 39]
    const readers = await Promise.all(
      nodes.map(async (node) => {
        const headers = { upgrade: 'websocket' }
        const answer = await hubStub(env, SHOP, node).fetch('https://hub/?key=k', { headers })
        const reader = openSocket(answer)
        await reader.next()
        return reader
      }),
    )
    await Promise.all(nodes.map((node) => evictDurableObject(object(node))))
    // Room that is never too much: none of them is sent home.
    await room(0, 0)
    const head = await headOf('{}', 1, 1)
    await hub(SHOP).announce(head)
    await hub(SHOP).announce(head)
    for (const reader of readers) {
      expect(await reader.next()).toMatchObject({ type: 'head', manifest: head.manifest })
      reader.socket.send('ping')
      expect(await reader.next()).toBe('pong')
    }
  })

  describe('that are too many', () => {
    const announce = async (seq: number): Promise<number> =>
      hub(SHOP).announce(await headOf('{}', 1, seq))
    const connectTo = async (node: number): Promise<TestSocket> => {
      const headers = { upgrade: 'websocket' }
      const answer = await hubStub(env, SHOP, node).fetch('https://hub/?key=k', { headers })
      const reader = openSocket(answer)
      await reader.next()
      return reader
    }
    const sizeNow = (): Promise<number> => hub(SHOP).grow(0)

    test('become one fewer with a head, when the others have twice the room; readers of the last are asked to come back', async () => {
      for (let size = 1; size < 4; size++) await hub(SHOP).grow(size)
      await room(0, 2)
      const readers = [await connectTo(0), await connectTo(2), await connectTo(3)]
      expect(await announce(1)).toBe(3)
      const last = readers[2] ?? expect.fail('no reader')
      expect(await last.next()).toMatchObject({ type: 'head' })
      expect(await last.next()).toEqual({ type: 'goodbye', reconnectAfterMs: 0, jitterMs: 60_000 })
      expect(await last.closed).toBe(1001)
      expect(await sizeNow()).toBe(3)
      await announce(2)
      expect(await sizeNow()).toBe(2)
      // The root is never sent home.
      for (let seq = 4; seq < 8; seq++) await announce(seq)
      expect(await sizeNow()).toBe(1)
    })

    test('stay as they are while they are needed', async () => {
      await hub(SHOP).grow(1)
      await room(0, 3)
      await connectTo(0)
      await connectTo(1)
      for (let seq = 1; seq < 4; seq++) await announce(seq)
      expect(await sizeNow()).toBe(2)
    })

    test('are not found any more by isolates that knew them, and are again when they are needed again', async () => {
      await room(0, 1)
      const knowing = isolate([0, 0, 0, 0, 0.9, 0])
      await knowing.connect()
      const moved = await knowing.connect()
      expect(await socketsOf(1)).toBe(1)
      await room(0, 100)
      await hub(SHOP).disconnect('gone')
      await announce(1)
      expect(await moved.closed).toBe(1001)
      // It still throws its dice for two.
      await knowing.connect()
      expect([await socketsOf(0), await socketsOf(1)]).toEqual([2, 0])
      await room(0, 1)
      await isolate().connect()
      expect(await socketsOf(1)).toBe(1)
      const headers = { upgrade: 'websocket' }
      const revoked = await hubStub(env, SHOP, 1).fetch('https://hub/?key=gone', { headers })
      expect(revoked.status).toBe(401)
    })

    test('and went home in the moment the root was killed are taken in again by who needs room', async () => {
      await hub(SHOP).grow(1)
      await hubStub(env, SHOP, 1).retire()
      await room(0, 1)
      await isolate().connect()
      await isolate([0, 0.9]).connect()
      expect([await sizeNow(), await socketsOf(1)]).toEqual([2, 1])
      await room(0, 0)
      expect(await announce(1)).toBe(2)
    })

    test('are told by the next head, whom this one could not reach', async () => {
      await hub(SHOP).grow(1)
      await runInDurableObject<HubObject, void>(object(1), (instance) => {
        instance.drain = () => Promise.reject(new Error('away'))
      })
      expect(await announce(1)).toBe(0)
      expect(await sizeNow()).toBe(2)
      await evictDurableObject(object(1))
      await announce(2)
      expect(await sizeNow()).toBe(1)
    })

    test('know no head of their own when they come back: what they knew is old by then', async () => {
      await hub(SHOP).grow(1)
      await announce(1)
      expect(await sizeNow()).toBe(1)
      await announce(2)
      await hub(SHOP).grow(1)
      const stored = await runInDurableObject<HubObject, unknown>(object(1), (_, state) =>
        state.storage.kv.get('head'),
      )
      expect(stored).toBeUndefined()
    })
  })

  test('are all told of a revoked key, also the one that comes later', async () => {
    await hub(SHOP).grow(1)
    const reader = openSocket(
      await hubStub(env, SHOP, 1).fetch('https://hub/?key=gone', {
        headers: { upgrade: 'websocket' },
      }),
    )
    await hub(SHOP).disconnect('gone')
    expect(await reader.closed).toBe(4401)
    await hub(SHOP).grow(2)
    for (const node of [0, 1, 2]) {
      const headers = { upgrade: 'websocket' }
      const answer = await hubStub(env, SHOP, node).fetch('https://hub/?key=gone', { headers })
      expect(answer.status).toBe(401)
    }
  })

  test('are counted together', async () => {
    await hub(SHOP).grow(1)
    const sdk = { name: 'js', version: '1' }
    for (const node of [0, 1]) {
      const reader = openSocket(
        await hubStub(env, SHOP, node).fetch('https://hub/?key=k', {
          headers: { upgrade: 'websocket' },
        }),
      )
      await reader.next()
      const said = { instance: `i${node}`, state: 'applied', revision: 1, seq: 1, sdk }
      const report = { ...said, secretVersions: { token: 1 } }
      reader.socket.send(JSON.stringify({ type: 'status', ...report }))
      reader.socket.send('ping')
      await reader.next()
    }
    expect(await hub(SHOP).fleet()).toMatchObject({ instances: 2, byRevision: [{ applied: 2 }] })
    expect(await hub(SHOP).fleetDetails()).toMatchObject({ instances: 2, sockets: 2 })
    const users = await hub(SHOP).secretUsers('token', 1)
    expect(users.instances).toBe(2)
    expect(users.using.map(({ instance }) => instance).toSorted()).toEqual(['i0', 'i1'])
  })

  test('close who neither said nor was told anything for two minutes, when room is needed', async () => {
    await room(0, 1)
    const ghost = await isolate().connect()
    await ghost.next()
    const later = (ms: number): Promise<void> =>
      runInDurableObject<HubObject, void>(object(0), (instance) => {
        instance.nowMs = () => Date.now() + ms
      })
    await later(110_000)
    expect(
      (await hub(SHOP).fetch('https://hub/?key=k', { headers: { upgrade: 'websocket' } })).status,
    ).toBe(503)
    await later(121_000)
    expect(
      (await hub(SHOP).fetch('https://hub/?key=k', { headers: { upgrade: 'websocket' } })).status,
    ).toBe(503)
    expect(await ghost.closed).toBe(1001)
    expect(
      (await hub(SHOP).fetch('https://hub/?key=k', { headers: { upgrade: 'websocket' } })).status,
    ).toBe(101)
  })
})
