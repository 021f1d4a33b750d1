/** Starting, answering, closing: what an application sees of a client whose server behaves. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient, DriftlessError, type ClientOptions } from '../../../sdk/src/index.ts'
import { formatKey, type Flag } from '../../../sdk/src/core/index.ts'
import {
  clientOf,
  createFakeServer,
  KEY,
  NOW_MS,
  pass,
  settle,
  tidyUp,
  URL_,
  type FakeServer,
} from './fake-server.ts'

let server: FakeServer

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
})
afterEach(tidyUp)

const flag = (parts: Partial<Flag>): Flag => ({
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 's',
  defaultVariant: 'on',
  offVariant: 'off',
  ...parts,
})

const FLAGS: Record<string, Flag> = {
  boolean: flag({}),
  string: flag({ type: 'string', variants: { on: 'blue' } }),
  number: flag({ type: 'number', variants: { on: 0 } }),
  object: flag({ type: 'object', variants: { on: { a: [1] } } }),
  targeted: flag({ defaultVariant: 'off', targets: { on: ['ada'] } }),
}

describe('a client', () => {
  test('is ready with the first head of the stream and answers from it', async () => {
    await server.stage({ flags: FLAGS, configs: { settings: { pool: 8 } }, revision: 3 })
    const client = clientOf(server)
    expect([client.status, client.source, client.revision]).toEqual(['starting', 'none', undefined])
    await client.ready()
    expect([client.status, client.source, client.revision]).toEqual(['ready', 'stream', 3])
    expect(client.getBooleanValue('boolean', false)).toBe(true)
    expect(client.getStringValue('string', 'x')).toBe('blue')
    expect(client.getNumberValue('number', 7)).toBe(0)
    expect(client.getObjectValue('object', {})).toEqual({ a: [1] })
    expect(client.getBooleanDetails('targeted', false, { targetingKey: 'ada' })).toMatchObject({
      value: true,
      variant: 'on',
      reason: 'TARGETING_MATCH',
      flagMetadata: { revision: 3 },
    })
    expect(client.getConfig('settings')).toEqual({ pool: 8 })
    expect(client.getConfig('none')).toBeUndefined()
    expect(client.getConfig('constructor')).toBeUndefined()
  })

  test('gives fallbacks and says why before there is a snapshot', () => {
    const client = clientOf(server)
    expect(client.getBooleanValue('boolean', true)).toBe(true)
    expect(client.getObjectDetails('object', [1])).toEqual({
      flagKey: 'object',
      value: [1],
      reason: 'ERROR',
      errorCode: 'PROVIDER_NOT_READY',
      flagMetadata: {},
    })
    expect(client.getConfig('settings')).toBeUndefined()
  })

  test('that is closed before there was a snapshot says that none will come', async () => {
    const client = clientOf(server)
    await client.close()
    expect(client.getNumberDetails('number', 7)).toMatchObject({
      value: 7,
      errorCode: 'PROVIDER_FATAL',
    })
  })

  test('swaps to what is published, wholly', async () => {
    await server.stage({ configs: { a: 1, b: 1 } })
    const client = clientOf(server)
    await client.ready()
    const changed = vi.fn()
    client.on('changed', changed)
    await server.publish({ configs: { a: 2, b: 2 } })
    await settle(client)
    expect([client.getConfig('a'), client.getConfig('b'), client.revision]).toEqual([2, 2, 2])
    expect(changed.mock.calls).toEqual([[{ source: 'stream', revision: 2 }]])
  })

  test('fetches by hash what is too long to be sent along', async () => {
    await server.stage({ configs: { a: 1 } })
    server.inlineBodies = false
    const client = clientOf(server)
    await client.ready()
    expect(client.getConfig('a')).toBe(1)
    expect(server.requests).toEqual([
      'WS /v1/stream',
      'GET /.well-known/jwks.json',
      `GET /v1/bodies/${server.head?.claims.sha256}`,
    ])
  })

  test('fetches nothing when the same content is signed again', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server)
    await client.ready()
    const changed = vi.fn()
    client.on('changed', changed)
    server.inlineBodies = false
    const before = server.requests.length
    server.announce(await server.resign())
    await settle(client)
    expect(server.requests).toHaveLength(before)
    expect(changed).not.toHaveBeenCalled()
    await pass(client, 86_399_000, 3_600_000)
    expect(client.status).toBe('ready')
  })

  test('sends its key as second subprotocol and as bearer token, and never in an address', async () => {
    await server.stage({})
    server.inlineBodies = false
    const client = clientOf(server)
    await client.ready()
    expect(server.sockets[0]?.protocols).toEqual(['driftless.v1', KEY])
    expect(server.requestHeaders.map((headers) => headers.get('authorization'))).toEqual([
      null,
      `Bearer ${KEY}`,
    ])
    expect(server.requests.join()).not.toContain('driftless_')
  })

  test('gives frozen documents and flag values, and leaves fallbacks alone', async () => {
    await server.stage({ flags: FLAGS, configs: { settings: { pool: { size: 8 } } } })
    const client = clientOf(server)
    await client.ready()
    const settings = client.getConfig<{ pool: { size: number } }>('settings')
    expect(client.getConfig('settings')).toBe(settings)
    expect(() => Object.assign(settings?.pool ?? {}, { size: 9 })).toThrow(TypeError)
    const value = client.getObjectValue('object', {})
    expect(() => Object.assign(value ?? {}, { a: 1 })).toThrow(TypeError)
    expect(Object.isFrozen(client.getObjectDetails('object', {}).value)).toBe(true)
    const fallback = { mine: true }
    expect(client.getObjectValue('none', fallback)).toBe(fallback)
    expect(client.getObjectDetails('none', fallback).value).toBe(fallback)
    expect(Object.isFrozen(fallback)).toBe(false)
  })

  test('merges its own context under that of each call', async () => {
    await server.stage({ flags: FLAGS })
    const client = clientOf(server, { context: { targetingKey: 'ada', country: 'DE' } })
    await client.ready()
    expect(client.getBooleanValue('targeted', false)).toBe(true)
    expect(client.getBooleanValue('targeted', false, { country: 'FR' })).toBe(true)
    expect(client.getBooleanValue('targeted', false, { targetingKey: 'bob' })).toBe(false)
  })

  test('never throws on a context or flag key, whatever it is', async () => {
    await server.stage({ flags: FLAGS })
    const client = clientOf(server)
    await client.ready()
    const hostile: unknown[] = [
      null,
      7,
      'x',
      [],
      () => 1,
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      ),
    ]
    for (const context of hostile) {
      // @ts-expect-error: whatever a caller without types hands in
      expect(typeof client.getBooleanValue('targeted', false, context)).toBe('boolean')
      // @ts-expect-error: as above
      expect(typeof client.getBooleanValue(context, false)).toBe('boolean')
    }
  })

  test('rejects ready() after its time, saying why, and goes on trying', async () => {
    server.down()
    const client = clientOf(server)
    const outcome = client.ready({ timeoutMs: 4000 }).catch((error: unknown) => error)
    await pass(client, 4000)
    const error = await outcome
    expect(error).toBeInstanceOf(DriftlessError)
    expect(error).toMatchObject({
      code: 'timeout',
      message: 'no snapshot within 4000 ms: GET https://config.test/v1/snapshot: fetch failed',
    })
    server.up()
    await server.stage({})
    const second = client.ready({ timeoutMs: 60_000 })
    await pass(client, 30_000)
    await second
    expect(client.status).toBe('ready')
  })

  test('when closed: ends waiting, connections and timers, and goes on answering', async () => {
    await server.stage({ configs: { a: 1 } })
    const waiting = clientOf(server, {
      key: formatKey('server', 'shop', 'other', KEY.slice(33, 63)),
    })
    const outcome = waiting.ready().catch((error: unknown) => error)
    const client = clientOf(server)
    await client.ready()
    const changed = vi.fn()
    client.on('changed', changed)
    await waiting.close()
    await client.close()
    await client.close()
    expect(await outcome).toMatchObject({ code: 'closed' })
    await expect(client.ready()).resolves.toBeUndefined()
    await expect(waiting.ready()).rejects.toMatchObject({ code: 'closed' })
    expect(client.status).toBe('closed')
    expect(server.openSockets).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    expect(client.getConfig('a')).toBe(1)
    await server.publish({ configs: { a: 2 } })
    expect(changed).not.toHaveBeenCalled()
  })

  test('closed in the middle of things reports none of them as errors', async () => {
    await server.stage({ configs: { a: 1, big: await server.external([1]) } })
    const told = vi.fn()
    const client = clientOf(server, { onError: told, pollMs: 1000 })
    client.on('changed', told)
    server.intercept = () => new Promise(() => {})
    server.inlineBodies = false
    await pass(client, 5000)
    await client.close()
    await settle(client)
    expect(told).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('closed before it began never connects', async () => {
    const client = clientOf(server)
    await client.close()
    await settle(client)
    expect(server.requests).toEqual([])
  })

  test('lets a process end: its timers do not hold it', async () => {
    const unref = vi.fn()
    const real = globalThis.setTimeout
    vi.stubGlobal('setTimeout', (...given: Parameters<typeof setTimeout>) => {
      const timer = real(...given)
      return Object.assign(Object(timer), { unref })
    })
    try {
      const client = clientOf(server)
      await settle(client)
      expect(unref).toHaveBeenCalled()
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test('logs what it does and never its key or a value', async () => {
    const lines: unknown[] = []
    await server.stage({ configs: { a: 'the-value' } })
    const client = clientOf(server, { log: (...line) => lines.push(line) })
    await client.ready()
    server.openSockets[0]?.close(4401)
    await settle(client)
    server.down()
    await pass(client, 400_000)
    const text = JSON.stringify(lines)
    expect(lines).toContainEqual(['info', 'ready', { source: 'stream', revision: 1 }])
    expect(lines).toContainEqual(['warn', 'error', expect.objectContaining({ code: 'denied' })])
    expect(text).not.toContain(KEY)
    expect(text).not.toContain(KEY.slice(-36))
    expect(text).not.toContain('the-value')
  })
})

describe('wrong options', () => {
  const wrong: [string, Record<string, unknown>][] = [
    ['url: expected "/^https?:', { url: 'config.test' }],
    ['url: expected "/^https?:', { url: 'ftp://config.test' }],
    ['url: expected "/^https?:', { url: 'https://config.test/?a' }],
    ['url: expected "/^https?:', { url: undefined }],
    ['key: mistyped', { key: KEY.replace('abc', 'abd') }],
    ['key: expected "/^driftless_(server|client)_/"', { key: 'sdk-123' }],
    ['key: expected "/^driftless_(server|client)_/"', { key: undefined }],
    [
      'key: expected "/^driftless_(server|client)_/"',
      { key: formatKey('admin', undefined, undefined, 'a'.repeat(30)) },
    ],
    ['stream: expected "boolean"', { stream: 'yes' }],
    ['pollMs: expected "an integer from 1000"', { pollMs: 999 }],
    ['pollMs: expected "an integer from 1000"', { pollMs: '5000' }],
    ['pollMs: expected "an integer from 1000"', { pollMs: Number.NaN }],
    ['instanceId: expected "/^[^]{1,128}$/"', { instanceId: '' }],
    ['instanceId: expected "/^[^]{1,128}$/"', { instanceId: 'x'.repeat(129) }],
    ['cache: expected {"get":"function","set":"function"}', { cache: {} }],
    ['bootstrap: expected "string or object"', { bootstrap: 7 }],
    ['pins: expected ["/^[\\\\w-]{43}$/"]', { pins: ['x'] }],
    ['context: expected "object"', { context: [] }],
    ['issuer: expected "/./"', { issuer: '' }],
    ['fetch: expected "function"', { fetch: 'x' }],
    ['WebSocket: expected "function"', { WebSocket: {} }],
    ['now: expected "function"', { now: 1 }],
    ['random: expected "function"', { random: 0.5 }],
    ['log: expected "function"', { log: console }],
    ['onError: expected "function"', { onError: null }],
  ]

  test.each(wrong)('throw at once: %s', (message, options) => {
    const { fetch, WebSocket } = server
    const all = { url: URL_, key: KEY, fetch, WebSocket, ...options } as unknown as ClientOptions
    const problem = vi.fn()
    try {
      createClient(all)
    } catch (thrown) {
      problem(thrown)
    }
    expect(problem).toHaveBeenCalledWith(expect.any(TypeError))
    expect(String(problem.mock.calls[0]?.[0])).toContain(`TypeError: ${message}`)
  })

  test('that are no object, unknown events and missing callbacks throw too', async () => {
    // @ts-expect-error: wrong on purpose
    expect(() => createClient()).toThrow('url: expected')
    const client = clientOf(server)
    // @ts-expect-error: wrong on purpose
    expect(() => client.on('change', () => {})).toThrow(
      'event: expected "/^(ready|changed|stale|error|rejected)$/"',
    )
    // @ts-expect-error: wrong on purpose
    expect(() => client.on('changed')).toThrow('callback: expected "function"')
    // @ts-expect-error: wrong on purpose
    expect(() => client.watch('settings')).toThrow('callback: expected "function"')
    // @ts-expect-error: wrong on purpose
    expect(() => client.watch(7, () => {})).toThrow('path: expected "string"')
  })

  test('a path in the url is kept, slashes at its end are not', async () => {
    const client = clientOf(server, { url: `${URL_}/config//` })
    await pass(client, 3000)
    expect(server.requests).toEqual(['WS /config/v1/stream', 'GET /config/v1/snapshot'])
  })
})
