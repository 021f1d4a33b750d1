/** Documents with references, and documents with a schema: answered, checked, and kept at their last good version. */
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
// Loaded before the client asks for it: how long that takes is no matter of virtual time.
import '../../../sdk/src/client/externals.ts'
import type { JsonValue, ReferencePlaces } from '../../../sdk/src/core/index.ts'
import type { StandardSchema } from '../../../sdk/src/index.ts'
import {
  clientOf,
  createFakeServer,
  KEY,
  NOW_MS,
  pass,
  settle,
  tidyUp,
  URL_,
} from './fake-server.ts'
import type { FakeServer } from './fake-server.ts'
import { createClient, type Client } from '../../../sdk/src/index.ts'

let server: FakeServer
beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
})
afterEach(tidyUp)

/** What `on('rejected')` heard. */
function refusalsOf(client: Client): unknown[] {
  const heard: unknown[] = []
  client.on('rejected', ({ code, config, message, revision }) =>
    heard.push({ code, config, message, revision }),
  )
  return heard
}

describe('references', () => {
  const document = { port: '${PORT:-80}', hosts: '$HOSTS', url: 'x:$PORT', price: '$$5', raw: '$A' }
  const places: ReferencePlaces = {
    port: 'integer',
    hosts: 'string[]',
    url: 'string',
    price: 'string',
  }
  const app = { configs: { app: document }, references: { app: places } }

  test('are answered from the environment that is given, with the types of their places', async () => {
    await server.stage(app)
    const client = clientOf(server, { env: { PORT: '8080', HOSTS: 'a, b', A: 'not asked for' } })
    await client.ready()
    const config = client.getConfig('app')
    expect(config).toEqual({ port: 8080, hosts: ['a', 'b'], url: 'x:8080', price: '$5', raw: '$A' })
    expect(
      Object.isFrozen(config) && Object.isFrozen(client.getConfig<typeof document>('app')?.hosts),
    ).toBe(true)
    await expect(client.loadConfig('app')).resolves.toBe(config)
  })

  test('are answered from the process where there is one and nothing is given', async () => {
    const env = { DRIFTLESS_TEST_PORT: '81' }
    vi.stubGlobal('process', { env })
    try {
      await server.stage({
        configs: { app: '$DRIFTLESS_TEST_PORT' },
        references: { app: 'integer' },
      })
      const client = clientOf(server)
      await client.ready()
      expect(client.getConfig('app')).toBe(81)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test('name no member that the environment merely inherits', async () => {
    await server.stage({ configs: { a: '${toString:-none}' }, references: { a: 'string' } })
    const client = clientOf(server, { env: {} })
    await client.ready()
    expect(client.getConfig('a')).toBe('none')
  })

  test('watchers are told the answers', async () => {
    await server.stage(app)
    const client = clientOf(server, { env: { HOSTS: 'a' } })
    await client.ready()
    const calls: unknown[][] = []
    client.watch('app.port', (...values) => calls.push(values))
    const changed = { ...document, port: '${PORT:-81}' }
    await server.publish({ ...app, configs: { app: changed } })
    await settle(client)
    expect(calls).toEqual([[81, 80]])
  })

  test('a document that cannot be resolved stays at its last good version, and the others move on', async () => {
    await server.stage({ configs: { app: { n: 1 }, other: 1 } })
    const client = clientOf(server, { env: { PORT: 'hidden' } })
    const refusals = refusalsOf(client)
    await client.ready()
    await server.publish({
      configs: { app: { n: '$PORT' }, other: 2 },
      references: { app: { n: 'integer' } },
    })
    await settle(client)
    expect(client.getConfig('app')).toEqual({ n: 1 })
    expect(client.getConfig('other')).toBe(2)
    const message = 'config app: /n: must be of type integer'
    expect(refusals).toEqual([{ code: 'reference', config: 'app', message, revision: 2 }])
    // Still so at the next revision, which is told as well; then it is put right.
    await server.publish({
      configs: { app: { n: '$PORT' }, other: 3 },
      references: { app: { n: 'integer' } },
    })
    await settle(client)
    expect(refusals).toHaveLength(2)
    await server.publish({ configs: { app: { n: 2 }, other: 3 } })
    await settle(client)
    expect(client.getConfig('app')).toEqual({ n: 2 })
    expect(refusals).toHaveLength(2)
  })

  test('a first document that cannot be resolved is not handed out', async () => {
    await server.stage({ configs: { app: '${A:?set A}', ok: 1 }, references: { app: 'string' } })
    const client = clientOf(server, { env: {} })
    await client.ready()
    expect(client.getConfig('app')).toBeUndefined()
    expect(client.getConfig('ok')).toBe(1)
    await expect(client.loadConfig('app')).rejects.toMatchObject({
      code: 'rejected',
      message: 'config app: required variable A is missing a value: set A',
    })
  })

  test('in external documents are answered when those are loaded', async () => {
    const big = async (text: JsonValue) => ({ big: await server.external({ text, n: 1 }) })
    await server.stage({ configs: await big('$A'), references: { big: { text: 'integer' } } })
    const client = clientOf(server, { env: { A: '7' } })
    const refusals = refusalsOf(client)
    await client.ready()
    await expect(client.loadConfig('big')).resolves.toEqual({ text: 7, n: 1 })
    await server.publish({ configs: await big('x$A'), references: { big: { text: 'integer' } } })
    await settle(client)
    expect(client.getConfig('big')).toEqual({ text: 7, n: 1 })
    expect(refusals).toMatchObject([{ code: 'reference', config: 'big', revision: 2 }])
    // Nobody fetches it again and again.
    const asked = server.requests.length
    await pass(client, 200_000, 50_000)
    expect(server.requests.slice(asked).filter((one) => one.includes('/bodies/'))).toEqual([])
    // Another type alone makes another document of the same bytes.
    await server.publish({ configs: await big('x$A'), references: { big: { text: 'string' } } })
    await settle(client)
    expect(client.getConfig('big')).toEqual({ text: 'x7', n: 1 })
  })

  test('a cache keeps what was published, never what the environment says', async () => {
    const texts: string[] = []
    const cache = { get: () => undefined, set: (_: string, text: string) => texts.push(text) }
    await server.stage(app)
    const client = clientOf(server, { cache, env: { HOSTS: 'only here' } })
    await client.ready()
    await settle(client)
    expect(texts.length).toBeGreaterThan(0)
    expect(texts.join()).not.toContain('only here')
  })

  test('a place that the document does not have is passed over, a type that is not known is not guessed', async () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a later version
    const references = { app: { nope: 'string', n: 'string' }, b: 'later' } as unknown as Readonly<
      Record<string, ReferencePlaces>
    >
    await server.stage({ configs: { app: { n: '$A' }, b: '$A' }, references })
    const client = clientOf(server, { env: { A: 'a' } })
    await client.ready()
    expect(client.getConfig('app')).toEqual({ n: 'a' })
    expect(client.getConfig('b')).toBeUndefined()
  })
})

describe('a schema', () => {
  const settings = v.object({
    pool: v.pipe(v.number(), v.integer()),
    name: v.optional(v.string(), 'unnamed'),
  })

  function clientWith(schemas: Readonly<Record<string, StandardSchema>>): Client {
    return clientOf(server, { schemas })
  }

  test('types and shapes what getConfig gives', async () => {
    await server.stage({ configs: { settings: { pool: 8, extra: true }, other: [1] } })
    const { fetch, WebSocket } = server
    const client = createClient({
      url: URL_,
      key: KEY,
      fetch,
      WebSocket,
      reportStatus: false,
      schemas: { settings },
    })
    await client.ready()
    const typed: { pool: number; name: string } | undefined = client.getConfig('settings')
    expect(typed).toEqual({ pool: 8, name: 'unnamed' })
    expect(Object.isFrozen(typed)).toBe(true)
    const other: readonly number[] | undefined = client.getConfig<readonly number[]>('other')
    expect(other).toEqual([1])
    await expect(client.loadConfig('settings')).resolves.toBe(typed)
    await client.close()
  })

  test('that says no leaves the last good version, and says where but not what', async () => {
    await server.stage({ configs: { settings: { pool: 8 } } })
    const client = clientWith({ settings })
    const refusals = refusalsOf(client)
    const calls: unknown[] = []
    await client.ready()
    client.watch('settings', (value) => calls.push(value))
    await server.publish({ configs: { settings: { pool: 'hidden' } } })
    await settle(client)
    expect(client.getConfig('settings')).toEqual({ pool: 8, name: 'unnamed' })
    const message = 'config settings: does not fit its schema at /pool'
    expect(refusals).toEqual([{ code: 'schema', config: 'settings', message, revision: 2 }])
    await server.publish({ configs: { settings: { pool: 9 } } })
    await settle(client)
    expect(calls).toEqual([{ pool: 9, name: 'unnamed' }])
  })

  test('is not asked again about a document that did not change', async () => {
    const validate = vi.fn((value: unknown) => ({ value }))
    await server.stage({ configs: { a: { b: 1 } } })
    const client = clientWith({ a: { '~standard': { version: 1, vendor: 'test', validate } } })
    await client.ready()
    const before = client.getConfig('a')
    await server.publish({ configs: { a: { b: 1 }, c: 1 } })
    await settle(client)
    expect(validate).toHaveBeenCalledTimes(1)
    expect(client.getConfig('a')).toBe(before)
  })

  test.each<[what: string, validate: () => never | Promise<never>]>([
    [
      'throws',
      () => {
        throw new Error('hidden')
      },
    ],
    ['rejects', () => Promise.reject(new Error('hidden'))],
    ['never answers', () => new Promise<never>(() => {})],
  ])('that %s says no, and holds up nobody for long', async (_, validate) => {
    await server.stage({ configs: { a: 1, b: 2 } })
    const client = clientWith({ a: { '~standard': { version: 1, vendor: 'test', validate } } })
    const refusals = refusalsOf(client)
    await pass(client, 2500)
    expect(client.getConfig('a')).toBeUndefined()
    expect(client.getConfig('b')).toBe(2)
    expect(refusals).toMatchObject([{ code: 'schema', config: 'a' }])
    expect(JSON.stringify(refusals)).not.toContain('hidden')
  })

  test('is asked of external documents when they are loaded, after their references', async () => {
    await server.stage({
      configs: { settings: await server.external({ pool: '$POOL' }) },
      references: { settings: { pool: 'integer' } },
    })
    const client = clientOf(server, { schemas: { settings }, env: { POOL: '3' } })
    await client.ready()
    await expect(client.loadConfig('settings')).resolves.toEqual({ pool: 3, name: 'unnamed' })
  })

  test('that is none is refused at once', () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a caller without types may do
    const wrong = { schemas: { a: { parse: () => 1 } } } as unknown as Parameters<
      typeof clientOf
    >[1]
    expect(() => clientOf(server, wrong)).toThrow('schemas.a: expected a Standard Schema')
  })
})
