/** Stream, Server-Sent Events, polling: which is used when, and what happens when they fail. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  clientOf,
  createFakeServer,
  NOW_MS,
  pass,
  settle,
  tidyUp,
  type FakeServer,
  type Head,
} from './fake-server.ts'
import type { Client } from '../../../sdk/src/index.ts'
import { createSigner } from '../verify/signer.ts'

let server: FakeServer

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
})
afterEach(tidyUp)

const countOf = (text: string): number =>
  server.requests.filter((request) => request.includes(text)).length

describe('the stream', () => {
  test('is resumed from the position that was reached', async () => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    server.openSockets[0]?.close(1001)
    await pass(client, 1000)
    expect(server.requests.at(-1)).toBe('WS /v1/stream?seen=1.1')
    await server.publish({ configs: { a: 2 } })
    await settle(client)
    expect([client.revision, client.source]).toEqual([2, 'stream'])
  })

  test('is pinged after 30 s of silence and dropped without an answer, and comes back', async () => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    await pass(client, 31_000)
    expect(server.sockets[0]?.sent).toEqual(['ping'])
    await pass(client, 20_000)
    expect(server.openSockets).toHaveLength(1)
    server.isUp = false
    await pass(client, 20_000)
    expect(server.openSockets).toHaveLength(0)
    server.up()
    await pass(client, 60_000)
    expect(server.openSockets).toHaveLength(1)
    expect(client.source).toBe('stream')
  })

  test.each([
    '{',
    '[]',
    '{"type":"head"}',
    '{"type":"goodbye"}',
    '{"type":"hello","aud":"shop/staging/server","epoch":1,"seq":9}',
  ])('is dropped and opened anew on %s', async (text) => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    server.sockets[0]?.say(text)
    expect(server.openSockets).toHaveLength(0)
    await pass(client, 1000)
    expect(server.openSockets).toHaveLength(1)
    expect(client.status).toBe('ready')
  })

  test('goes on after a message of unknown type and after binary noise is dropped', async () => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    server.sockets[0]?.say({ type: 'later' })
    server.sockets[0]?.say('pong')
    expect(server.openSockets).toHaveLength(1)
    server.sockets[0]?.emit('message', { data: new ArrayBuffer(8) })
    expect(server.openSockets).toHaveLength(0)
  })

  test('takes a repeated head for what it is', async () => {
    const head = await server.stage({})
    const client = clientOf(server)
    await client.ready()
    const told = vi.fn()
    for (const event of ['changed', 'rejected', 'error', 'ready'] as const) client.on(event, told)
    for (let i = 0; i < 5; i++) server.announce(head)
    await settle(client)
    expect(told).not.toHaveBeenCalled()
  })

  test('that speaks too fast is followed to its newest head', async () => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    const revisions: unknown[] = []
    client.on('changed', ({ revision }) => revisions.push(revision))
    for (let i = 0; i < 20; i++) await server.stage({ configs: { i } })
    for (const head of server.heads) server.announce(head)
    await settle(client)
    expect(client.getConfig('i')).toBe(19)
    expect(revisions.length).toBeLessThan(5)
  })

  describe('whose head is to be fetched by many', () => {
    const hurry = (head: Head, jitterMs: number): void =>
      server.openSockets[0]?.say({ ...server.message(head), jitterMs })
    const start = async (): Promise<Client> => {
      await server.stage({ configs: { n: 0 } })
      const client = clientOf(server)
      await client.ready()
      return client
    }

    test('is taken after its part of the time, by its own dice', async () => {
      const client = await start()
      hurry(await server.stage({ configs: { n: 1 } }), 2_000)
      await pass(client, 999)
      expect(client.getConfig('n')).toBe(0)
      await pass(client, 1)
      expect(client.getConfig('n')).toBe(1)
    })

    test('waits at most ten seconds whatever it is told, and not anew for each head', async () => {
      const client = await start()
      hurry(await server.stage({ configs: { n: 1 } }), 1_000_000)
      await pass(client, 4_000)
      hurry(await server.stage({ configs: { n: 2 } }), 1_000_000)
      await pass(client, 1_000)
      expect(client.getConfig('n')).toBe(2)
    })

    test('does not wait for it when a newer one can be taken at once', async () => {
      const client = await start()
      hurry(await server.stage({ configs: { n: 1 } }), 10_000)
      await server.publish({ configs: { n: 2 } })
      await settle(client)
      expect(client.getConfig('n')).toBe(2)
      const changed = vi.fn()
      client.on('changed', changed)
      await pass(client, 10_000)
      expect(changed).not.toHaveBeenCalled()
    })

    test('does not wait when there is nothing to serve meanwhile', async () => {
      const client = clientOf(server, { stream: true })
      await settle(client)
      hurry(await server.stage({ configs: { n: 1 } }), 10_000)
      await settle(client)
      expect(client.getConfig('n')).toBe(1)
    })

    test('is forgotten when the client is closed', async () => {
      const client = await start()
      hurry(await server.stage({ configs: { n: 1 } }), 10_000)
      await client.close()
      expect(vi.getTimerCount()).toBe(0)
    })
  })

  test('that was given up is not heard any more', async () => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    const [old] = server.sockets
    old?.say({ type: 'goodbye', reconnectAfterMs: 60_000, jitterMs: 0 })
    expect(server.openSockets).toHaveLength(0)
    const head = await server.stage({ configs: { a: 1 } })
    old?.say(server.message(head))
    old?.emit('close', { code: 4401 })
    await settle(client)
    expect(client.revision).toBe(1)
    await pass(client, 60_000)
    expect(client.revision).toBe(2)
  })

  test('whose constructor throws leaves polling', async () => {
    await server.stage({})
    const errors = vi.fn()
    class Refusing {
      constructor() {
        throw new Error('blocked')
      }
    }
    const WebSocket = Refusing as unknown as typeof server.WebSocket
    const client = clientOf(server, { WebSocket, onError: errors })
    await pass(client, 3000)
    expect([client.status, client.source]).toEqual(['ready', 'poll'])
    expect(errors.mock.calls[0]?.[0]).toMatchObject({
      code: 'network',
      message: 'network: blocked',
    })
  })
})

describe('polling', () => {
  test('asks every 30 s with what it has, and takes 304 for an answer', async () => {
    await server.stage({})
    const client = clientOf(server, { stream: false })
    await client.ready()
    expect([client.source, client.revision]).toEqual(['poll', 1])
    await pass(client, 30_000)
    expect(server.requestHeaders.at(-1)?.get('if-none-match')).toBe('"1.1"')
    expect(client.status).toBe('ready')
    await server.stage({})
    await pass(client, 30_000)
    expect(client.revision).toBe(2)
    expect(countOf('/v1/snapshot')).toBe(3)
    expect(countOf('WS')).toBe(0)
  })

  test('beside a healthy stream asks every 300 s', async () => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    await pass(client, 299_000, 10_000)
    expect(countOf('/v1/snapshot')).toBe(0)
    await pass(client, 2000)
    expect(countOf('/v1/snapshot')).toBe(1)
    expect(client.source).toBe('stream')
  })

  test('heeds pollMs', async () => {
    await server.stage({})
    const client = clientOf(server, { stream: false, pollMs: 5000 })
    await client.ready()
    await pass(client, 10_000)
    expect(countOf('/v1/snapshot')).toBe(3)
  })

  test('does not read a body it has already', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server, { stream: false })
    await client.ready()
    await server.resign()
    let read = false
    server.intercept = (path) => {
      const { head } = server
      if (!path.startsWith('/v1/snapshot') || !head) return undefined
      const body = new ReadableStream({ pull: () => void (read = true) }, { highWaterMark: 0 })
      return new Response(body, { headers: { 'driftless-manifest': head.manifest } })
    }
    const rejected = vi.fn()
    client.on('rejected', rejected)
    await pass(client, 30_000)
    expect(read).toBe(false)
    expect(rejected).not.toHaveBeenCalled()
    server.intercept = () => undefined
    await pass(client, 30_000)
    expect(server.requestHeaders.at(-1)?.get('if-none-match')).toBe('"1.2"')
  })

  test('asks by name for a head that the stream told of and did not bring', async () => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    const { claims } = await server.stage({})
    server.sockets[0]?.say({ type: 'hello', aud: claims.aud, epoch: claims.epoch, seq: claims.seq })
    await pass(client, 3000)
    expect(server.requests).toContain('GET /v1/snapshot?since=1&min=1.2')
    expect(client.revision).toBe(2)
  })

  test('heeds Retry-After of 429 and 503', async () => {
    await server.stage({})
    server.intercept = (path) =>
      path === '/v1/snapshot'
        ? new Response(null, { status: 503, headers: { 'retry-after': '120' } })
        : undefined
    const client = clientOf(server, { stream: false })
    await pass(client, 119_000, 1000)
    expect(countOf('/v1/snapshot')).toBe(1)
    server.intercept = () => undefined
    await pass(client, 32_000, 1000)
    expect(client.status).toBe('ready')
  })

  test.each([401, 403])('refused with %d goes on every 5 minutes and recovers', async (status) => {
    await server.stage({})
    const errors = vi.fn()
    server.intercept = (path) =>
      path.startsWith('/v1') ? new Response(null, { status }) : undefined
    server.interceptSocket = (socket) => {
      socket.emit('close', { code: 1006 })
      return true
    }
    const client = clientOf(server, { onError: errors })
    await pass(client, 1000)
    expect(errors.mock.calls.map(([error]) => error.code)).toContain('denied')
    const before = server.requests.length
    await pass(client, 297_000, 5000)
    expect(server.requests).toHaveLength(before)
    await pass(client, 10_000)
    expect(server.requests.length).toBeGreaterThan(before)
    server.intercept = () => undefined
    server.interceptSocket = () => false
    await pass(client, 300_000, 5000)
    expect([client.status, client.source]).toEqual(['ready', 'stream'])
  })

  test.each([200, 204, 304, 404, 500])(
    'survives an answer of %d that makes no sense',
    async (status) => {
      server.intercept = (path) =>
        path.startsWith('/v1') ? new Response(null, { status }) : undefined
      const client = clientOf(server, { stream: false })
      await pass(client, 20_000)
      expect(client.status).toBe('starting')
      server.intercept = () => undefined
      await server.stage({})
      await pass(client, 60_000)
      expect(client.status).toBe('ready')
    },
  )
})

describe('without WebSocket', () => {
  const WebSocket = undefined
  let tell: (text: string) => void
  let closeStream: () => void

  beforeEach(() => {
    vi.stubGlobal('WebSocket', undefined)
    server.intercept = (path, init) => {
      if (!path.startsWith('/v1/stream')) return undefined
      expect(new Headers(init?.headers).get('accept')).toBe('text/event-stream')
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          tell = (text) => controller.enqueue(new TextEncoder().encode(text))
          closeStream = () => controller.close()
          const { head } = server
          if (head) tell(`id: 1.1\nevent: head\ndata: ${JSON.stringify(server.message(head))}\n\n`)
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
    }
  })
  afterEach(() => void vi.unstubAllGlobals())

  const start = (): ReturnType<typeof clientOf> => {
    const { WebSocket: _, ...options } = { WebSocket, fetch: server.fetch }
    // @ts-expect-error: absent on purpose, whatever exactOptionalPropertyTypes says
    return clientOf(server, { ...options, WebSocket: undefined })
  }

  test('Server-Sent Events bring the heads', async () => {
    await server.stage({})
    const client = start()
    await client.ready()
    expect([client.source, client.revision]).toEqual(['stream', 1])
    const head = await server.stage({ configs: { a: 'é' } })
    const text = `: comment\n\nevent: head\ndata: ${JSON.stringify(server.message(head))}\n\n`
    for (const half of [text.slice(0, 60), text.slice(60)]) tell(half)
    await settle(client)
    expect(client.getConfig('a')).toBe('é')
  })

  test('comment lines keep the connection, silence ends it', async () => {
    await server.stage({})
    const client = start()
    await client.ready()
    for (let i = 0; i < 4; i++) {
      await pass(client, 25_000)
      tell(': still here\n\n')
    }
    expect(countOf('/v1/stream')).toBe(1)
    await pass(client, 41_000)
    expect(countOf('/v1/stream')).toBe(2)
    expect(server.requests).toContain('GET /v1/stream?seen=1.1')
  })

  test('a stream that ends, is malformed or never ends a line is opened anew', async () => {
    await server.stage({})
    const client = start()
    await client.ready()
    for (const [i, end] of [
      () => closeStream(),
      () => tell('data: {\n\n'),
      () => tell('x'.repeat(300_000)),
    ].entries()) {
      end()
      await pass(client, 30_000)
      expect(countOf('/v1/stream')).toBe(2 + i)
    }
    expect(client.status).toBe('ready')
  })

  test('a server without a stream is polled', async () => {
    await server.stage({})
    server.intercept = (path) =>
      path.startsWith('/v1/stream') ? new Response('no', { status: 426 }) : undefined
    const client = start()
    await pass(client, 100)
    expect([client.status, client.source]).toEqual(['ready', 'poll'])
  })

  test('a refused key is refused here too, and Retry-After heeded', async () => {
    server.intercept = (path) =>
      path.startsWith('/v1/stream')
        ? new Response(null, { status: 503, headers: { 'retry-after': '90' } })
        : undefined
    const client = start()
    await pass(client, 89_000, 1000)
    expect(countOf('/v1/stream')).toBe(1)
    server.intercept = (path) =>
      path.startsWith('/v1/stream') ? new Response(null, { status: 401 }) : undefined
    const errors = vi.fn()
    client.on('error', errors)
    await pass(client, 25_000, 1000)
    expect(errors.mock.calls.map(([error]) => error.code)).toContain('denied')
  })

  test('closing ends the request', async () => {
    await server.stage({})
    const client = start()
    await client.ready()
    await client.close()
    expect(vi.getTimerCount()).toBe(0)
    expect(() => tell('data: x\n\n')).not.toThrow()
  })
})

describe('when the server is gone', () => {
  test('the client answers, says stale past exp, and comes back by itself', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server)
    await client.ready()
    const stale = vi.fn()
    const ready = vi.fn()
    client.on('stale', stale)
    client.on('ready', ready)
    server.down()
    await pass(client, 86_399_000, 3_600_000)
    expect([client.status, client.getConfig('a'), stale.mock.calls.length]).toEqual(['ready', 1, 0])
    await pass(client, 2000)
    expect([client.status, client.getConfig('a')]).toEqual(['stale', 1])
    expect(stale.mock.calls).toEqual([[{ source: 'stream', revision: 1 }]])
    await pass(client, 120_000, 10_000)
    expect(stale).toHaveBeenCalledTimes(1)
    server.up()
    await server.stage({ configs: { a: 2 } })
    await pass(client, 70_000)
    expect([client.status, client.source, client.getConfig('a')]).toEqual(['ready', 'stream', 2])
    expect(ready.mock.calls).toEqual([[{ source: 'stream', revision: 2 }]])
  })

  test('and only the stream is: polling goes on, and source says so', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server)
    await client.ready()
    server.interceptSocket = (socket) => {
      socket.emit('close', { code: 1006 })
      return true
    }
    server.openSockets[0]?.close(1006)
    await server.stage({ configs: { a: 2 } })
    await pass(client, 33_000)
    expect([client.source, client.getConfig('a')]).toEqual(['poll', 2])
    server.interceptSocket = () => false
    await pass(client, 61_000)
    expect(client.source).toBe('stream')
  })

  test('a slow body is given up after 30 s and asked for again', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server)
    await client.ready()
    server.inlineBodies = false
    let hung = 0
    server.intercept = (path) =>
      path.startsWith('/v1/snapshot?since=1') && hung++ === 0
        ? new Response(new ReadableStream({ pull: () => new Promise(() => {}) }), {
            headers: { 'driftless-manifest': server.head?.manifest ?? '' },
          })
        : undefined
    await server.publish({ configs: { a: 2 } })
    await pass(client, 29_000)
    expect(client.getConfig('a')).toBe(1)
    await pass(client, 10_000)
    expect(client.getConfig('a')).toBe(2)
    expect(server.requests).toContain('GET /v1/snapshot?since=1&min=1.2')
  })

  test('a body past its size is read no further', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server)
    await client.ready()
    server.inlineBodies = false
    let taken = 0
    server.intercept = (path) =>
      path.startsWith('/v1/snapshot?since=1')
        ? new Response(
            new ReadableStream({
              pull(controller) {
                taken += 100
                controller.enqueue(new Uint8Array(100))
              },
            }),
            { headers: { 'driftless-manifest': server.head?.manifest ?? '' } },
          )
        : undefined
    const { claims } = await server.publish({ configs: { a: 2 } })
    await settle(client)
    expect(client.getConfig('a')).toBe(1)
    expect(taken).toBeLessThan(claims.size + 300)
  })
})

describe('keys', () => {
  test('are fetched again for a key that is unknown, at most once a minute', async () => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    const rejected = vi.fn()
    client.on('rejected', rejected)
    const stranger = await createSigner()
    const forged = {
      ...(await server.stage({})),
      manifest: await stranger.sign(server.head?.claims),
    }
    server.heads.pop()
    for (let i = 0; i < 10; i++) {
      server.announce(forged)
      await pass(client, 1000)
    }
    expect(countOf('jwks')).toBe(1)
    expect(rejected).toHaveBeenCalledTimes(10)
    await pass(client, 60_000)
    server.announce(forged)
    await settle(client)
    expect(countOf('jwks')).toBe(2)
  })

  test('may rotate: the new one is learned, the old one refused once it is gone', async () => {
    await server.stage({})
    const client = clientOf(server)
    await client.ready()
    const successor = await createSigner()
    server.keys = [server.signer.jwk, successor.jwk]
    await pass(client, 61_000)
    const next = await server.stage({ configs: { a: 1 } })
    server.announce({ ...next, manifest: await successor.sign(next.claims) })
    await settle(client)
    expect(client.revision).toBe(2)
    server.keys = [successor.jwk]
    await pass(client, 3_600_000, 20_000)
    const rejected = vi.fn()
    client.on('rejected', rejected)
    await server.publish({ configs: { a: 'by a revoked key' } })
    await settle(client)
    expect(client.getConfig('a')).toBe(1)
    expect(rejected.mock.calls[0]?.[0]).toMatchObject({ code: 'unknown_key', source: 'stream' })
  })

  test('that are pinned hold against whatever the server publishes', async () => {
    const pinned = server.signer.jwk.kid
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server, { pins: [pinned] })
    await client.ready()
    const attacker = await createSigner()
    server.keys = [attacker.jwk, { ...attacker.jwk, kid: pinned }]
    await pass(client, 3_600_000, 20_000)
    const next = await server.stage({ configs: { a: 2 } })
    for (const header of [{}, { kid: pinned }]) {
      server.announce({ ...next, manifest: await attacker.sign(next.claims, header) })
      await settle(client)
    }
    expect(client.getConfig('a')).toBe(1)
  })

  test('that cannot be fetched at first are fetched soon', async () => {
    await server.stage({})
    let times = 0
    server.intercept = (path) =>
      path.includes('jwks') && ++times < 3 ? new Response('no', { status: 500 }) : undefined
    const client = clientOf(server)
    await pass(client, 20_000)
    expect(client.status).toBe('ready')
  })
})
