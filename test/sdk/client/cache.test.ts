/** Starting without a server: cache, bootstrap file, code defaults; and what must not be believed of them. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Cache } from '../../../sdk/src/index.ts'
import type { CacheRecord } from '../../../sdk/src/core/index.ts'
import { createSigner } from '../verify/signer.ts'
import {
  clientOf,
  createFakeServer,
  NOW_MS,
  pass,
  settle,
  tidyUp,
  type FakeServer,
} from './fake-server.ts'

const NAME = 'driftless.shop.production.server'

let server: FakeServer
let texts: Map<string, string>
let cache: Cache

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
  texts = new Map()
  cache = { get: (name) => texts.get(name), set: (name, text) => void texts.set(name, text) }
})
afterEach(tidyUp)

const recordOf = (head = server.head): CacheRecord => ({
  manifest: head?.manifest ?? '',
  body: head?.body ?? '',
  keys: { keys: [server.signer.jwk] },
})

describe('a cache', () => {
  test('gets what was accepted, and starts the next client while the server is gone', async () => {
    await server.stage({ configs: { a: 'é' } })
    const first = clientOf(server, { cache })
    await first.ready()
    await first.close()
    expect(JSON.parse(texts.get(NAME) ?? '')).toEqual({ ...recordOf(), externals: {} })
    server.down()
    const client = clientOf(server, { cache })
    await client.ready({ timeoutMs: 100 })
    expect([client.status, client.source, client.getConfig('a')]).toEqual(['ready', 'cache', 'é'])
    server.up()
    await server.stage({ configs: { a: 'b' } })
    await pass(client, 40_000)
    expect([client.source, client.getConfig('a')]).toEqual(['stream', 'b'])
    expect(server.requests).toContain('WS /v1/stream?seen=1.1')
  })

  test('confirmed by the server is then the server’s word', async () => {
    await server.stage({})
    texts.set(NAME, JSON.stringify(recordOf()))
    const streaming = clientOf(server, { cache })
    await pass(streaming, 100)
    expect(streaming.source).toBe('stream')
    const polling = clientOf(server, { cache, stream: false })
    await pass(polling, 100)
    expect(polling.source).toBe('poll')
    expect(server.requestHeaders.map((headers) => headers.get('if-none-match'))).toContain('"1.1"')
  })

  test('past exp is used, and called stale', async () => {
    await server.stage({ configs: { a: 1 } })
    texts.set(NAME, JSON.stringify(recordOf()))
    vi.setSystemTime(NOW_MS + 30 * 86_400_000)
    server.down()
    const client = clientOf(server, { cache })
    const stale = vi.fn()
    client.on('stale', stale)
    await client.ready({ timeoutMs: 100 })
    expect([client.status, client.source, client.getConfig('a')]).toEqual(['stale', 'cache', 1])
    expect(stale).toHaveBeenCalledTimes(1)
  })

  test('keeps the order floor across restarts', async () => {
    const old = await server.stage({ configs: { a: 'old' } })
    const newer = await server.stage({ configs: { a: 'new' } })
    texts.set(NAME, JSON.stringify(recordOf(newer)))
    server.heads = [old]
    const client = clientOf(server, { cache })
    const rejected = vi.fn()
    client.on('rejected', rejected)
    await pass(client, 60_000)
    expect(client.getConfig('a')).toBe('new')
    expect(rejected.mock.calls[0]?.[0]).toMatchObject({ code: 'rollback' })
    expect(JSON.parse(texts.get(NAME) ?? '').manifest).toBe(newer.manifest)
  })

  const lies: Record<string, () => Promise<unknown>> = {
    'not JSON': async () => '{',
    'no record': async () => '[]',
    'without keys': async () => ({ ...recordOf(), keys: undefined }),
    'of another body': async () => ({ ...recordOf(), body: `${recordOf().body} ` }),
    'of another audience': async () =>
      recordOf(await server.stage({}, { aud: 'shop/staging/server' })),
    'signed by a key that is not in it': async () => ({
      ...recordOf(),
      keys: { keys: [(await createSigner()).jwk] },
    }),
    empty: async () => '',
    null: async () => 'null',
    'with a hostile key set': async () => ({ ...recordOf(), keys: { keys: [null] } }),
  }
  test.each(Object.keys(lies))('that is %s is not used and is reported', async (name) => {
    await server.stage({ configs: { a: 1 } })
    const lie = await lies[name]?.()
    texts.set(NAME, typeof lie === 'string' ? lie : JSON.stringify(lie))
    server.down()
    const client = clientOf(server, { cache })
    const rejected = vi.fn()
    client.on('rejected', rejected)
    await settle(client)
    expect(client.status).toBe('starting')
    expect(rejected.mock.calls[0]?.[0]).toMatchObject({ source: 'cache' })
    server.up()
    server.heads = []
    await server.stage({ configs: { a: 1 } })
    await pass(client, 40_000)
    expect(client.getConfig('a')).toBe(1)
  })

  test('whose key is not pinned is not used', async () => {
    await server.stage({})
    texts.set(NAME, JSON.stringify(recordOf()))
    server.down()
    const other = await createSigner()
    const client = clientOf(server, { cache, pins: [other.jwk.kid] })
    await settle(client)
    expect(client.status).toBe('starting')
  })

  test('that throws, rejects or hangs is done without', async () => {
    await server.stage({ configs: { a: 1 } })
    const bad: Record<string, Cache> = {
      throws: {
        get() {
          throw new Error('no disk')
        },
        set() {
          throw new Error('no disk')
        },
      },
      rejects: {
        get: () => Promise.reject(new Error('no disk')),
        set: () => Promise.reject(new Error('no disk')),
      },
      hangs: { get: () => new Promise(() => {}), set: () => new Promise(() => {}) },
    }
    for (const [name, failing] of Object.entries(bad)) {
      const errors = vi.fn()
      const client = clientOf(server, { cache: failing, onError: errors })
      await pass(client, 10_000)
      expect([name, client.getConfig('a')]).toEqual([name, 1])
      expect(errors.mock.calls.map(([error]) => error.code)).toEqual(['cache', 'cache'])
    }
  })

  test('that is slow is written one at a time, the newest only', async () => {
    await server.stage({ configs: { i: 0 } })
    const written: unknown[] = []
    let finish = (): void => {}
    const slow: Cache = {
      get: () => undefined,
      set(_, text) {
        written.push(JSON.parse(JSON.parse(text).body).configs.i)
        return new Promise<void>((resolve) => (finish = resolve))
      },
    }
    const client = clientOf(server, { cache: slow })
    await client.ready()
    for (let i = 1; i < 6; i++) {
      await server.publish({ configs: { i } })
      await settle(client)
    }
    expect(written).toEqual([0])
    finish()
    await settle(client)
    finish()
    await settle(client)
    expect(written).toEqual([0, 5])
  })

  test('is not written for what came from it or from a bootstrap file', async () => {
    await server.stage({})
    const record = recordOf()
    texts.set(NAME, JSON.stringify(record))
    server.down()
    const set = vi.fn()
    for (const options of [
      { cache: { ...cache, set } },
      { cache: { get: () => undefined, set }, bootstrap: record },
    ]) {
      const client = clientOf(server, options)
      await client.ready({ timeoutMs: 100 })
      await settle(client)
    }
    expect(set.mock.calls.filter(([name]) => name === NAME)).toEqual([])
  })

  test('keeps external documents that were loaded, for a start without a server', async () => {
    const document = { n: 1 }
    await server.stage({ configs: { big: await server.external(document) } })
    const first = clientOf(server, { cache })
    await first.loadConfig('big')
    await first.close()
    server.down()
    const client = clientOf(server, { cache })
    await expect(client.loadConfig('big')).resolves.toEqual(document)
    await client.close()
    const record = JSON.parse(texts.get(NAME) ?? '')
    for (const name of Object.keys(record.externals)) record.externals[name] = '{"n":2}'
    texts.set(NAME, JSON.stringify(record))
    const deceived = clientOf(server, { cache })
    await expect(deceived.loadConfig('big')).rejects.toMatchObject({ code: 'network' })
  })
})

describe('a bootstrap file', () => {
  test.each(['text', 'object'])(
    'given as %s starts a client at once, and the server takes over',
    async (form) => {
      await server.stage({ configs: { a: 1 } })
      const record = recordOf()
      server.down()
      const client = clientOf(server, {
        bootstrap: form === 'text' ? JSON.stringify(record) : record,
      })
      await client.ready({ timeoutMs: 100 })
      expect([client.status, client.source, client.getConfig('a')]).toEqual([
        'ready',
        'bootstrap',
        1,
      ])
      server.up()
      await server.stage({ configs: { a: 2 } })
      await pass(client, 40_000)
      expect([client.source, client.getConfig('a')]).toEqual(['stream', 2])
    },
  )

  test('gives way to a cache, and stands in for one that is no good', async () => {
    const old = await server.stage({ configs: { a: 'bootstrap' } })
    const newer = await server.stage({ configs: { a: 'cache' } })
    texts.set(NAME, JSON.stringify(recordOf(newer)))
    server.down()
    const bootstrap = recordOf(old)
    const client = clientOf(server, { cache, bootstrap })
    await client.ready({ timeoutMs: 100 })
    expect([client.source, client.getConfig('a')]).toEqual(['cache', 'cache'])
    texts.set(NAME, 'x')
    const other = clientOf(server, { cache, bootstrap })
    await other.ready({ timeoutMs: 100 })
    expect([other.source, other.getConfig('a')]).toEqual(['bootstrap', 'bootstrap'])
  })

  test('that does not verify leaves code defaults', async () => {
    await server.stage({ configs: { a: 1 } })
    server.down()
    const stranger = await createSigner()
    const forged = { ...recordOf(), manifest: await stranger.sign(server.head?.claims) }
    const client = clientOf(server, { bootstrap: forged })
    await settle(client)
    expect([client.status, client.source, client.getConfig('a')]).toEqual([
      'starting',
      'none',
      undefined,
    ])
  })
})
