/** Content that comes as a delta: when it is believed, what it costs, and what becomes of one that is not. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { canonicalize } from '../../../sdk/src/core/canonicalize.ts'
import type { CacheRecord, ManifestClaims } from '../../../sdk/src/core/index.ts'
import { sha256Hex } from '../verify/signer.ts'
import {
  clientOf,
  createFakeServer,
  type FakeServer,
  NOW_MS,
  pass,
  settle,
  tidyUp,
} from './fake-server.ts'

let server: FakeServer

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
  server.deltas = true
  await server.stage({ configs: { a: 1, b: { c: 2 } } })
})
afterEach(tidyUp)

const flag = (variant: string, seed = 's') => ({
  type: 'string' as const,
  variants: { [variant]: variant },
  enabled: true,
  seed,
  defaultVariant: variant,
})
const asked = (text: string) => server.requests.filter((request) => request.includes(text))
/** A message with a delta of our own making. */
async function sayDelta(delta: unknown, claims: Partial<ManifestClaims> = {}): Promise<void> {
  const text = typeof delta === 'string' ? delta : canonicalize(delta)
  server.deltas = false
  const base = server.head?.claims.sha256 ?? ''
  const named = { from: 1, base, sha256: await sha256Hex(text) }
  const head = await server.stage({ configs: { a: 5 } }, { delta: named, ...claims })
  server.openSockets[0]?.say({ type: 'head', manifest: head.manifest, delta: text })
}

describe('a delta over the stream', () => {
  test('changes what it names, keeps the rest as it is, and asks for nothing', async () => {
    await server.stage({ configs: { a: 1, b: { c: 2 } }, flags: { f: flag('on') } })
    const client = clientOf(server)
    await client.ready()
    const [before, requests] = [client.getConfig('b'), server.requests.length]
    const seen: unknown[] = []
    client.watch('a', (value) => seen.push(value))
    await server.publish({ configs: { a: 7, b: { c: 2 } }, flags: { f: flag('off') } })
    await settle(client)
    expect([client.revision, client.source, seen]).toEqual([3, 'stream', [7]])
    expect(client.getStringValue('f', 'none')).toBe('off')
    expect(client.getConfig('b')).toBe(before)
    expect(server.requests).toHaveLength(requests)
    await server.publish({ configs: { a: 7 } })
    await settle(client)
    expect([client.getConfig('b'), client.getStringValue('f', 'none')]).toEqual([undefined, 'none'])
  })

  test('brings operators that nobody needed before', async () => {
    const client = clientOf(server)
    await client.ready()
    const rules = [
      {
        id: 'r',
        when: { attribute: 'version', operator: 'semverGte', value: '2.0.0' },
        serve: { variant: 'new' },
      },
    ]
    const variants = { new: 'new', old: 'old' }
    await server.publish({
      configs: { a: 1, b: { c: 2 } },
      flags: { f: { ...flag('old'), variants, rules } },
    })
    await settle(client)
    expect(client.getStringValue('f', '', { version: '2.1.0' })).toBe('new')
  })

  test('from another revision than the one in use is not applied: the way from there is asked for', async () => {
    const client = clientOf(server)
    await client.ready()
    await server.stage({ configs: { a: 2 } })
    const head = await server.publish({ configs: { a: 3 } })
    await settle(client)
    expect(head.claims.delta?.from).toBe(2)
    expect([client.getConfig('a'), client.getConfig('b')]).toEqual([3, undefined])
    expect(asked('/v1/snapshot?since=1&min=1.3')).toHaveLength(1)
    expect(asked('/v1/bodies/')).toEqual([])
  })

  test.each<[string, unknown]>([
    ['no JSON', '{'],
    ['a list', []],
    ['from elsewhere', { from: 9, to: 2, put: {}, delete: {} }],
    ['to elsewhere', { from: 1, to: 9, put: {}, delete: {} }],
    ['without its parts', { from: 1, to: 2 }],
    ['with parts that are lists', { from: 1, to: 2, put: { configs: [] }, delete: {} }],
    ['with names that are none', { from: 1, to: 2, put: {}, delete: { configs: [1] } }],
  ])('that is %s is dropped, signed or not, and the body fetched', async (_, delta) => {
    const rejected: unknown[] = []
    const client = clientOf(server)
    client.on('rejected', (event) => rejected.push(event))
    await client.ready()
    await sayDelta(delta)
    await settle(client)
    expect([client.getConfig('a'), client.revision, rejected]).toEqual([5, 2, []])
    expect(asked('/v1/bodies/')).toHaveLength(1)
  })

  test('whose hash is not the manifest’s counts only if the body it makes has the manifest’s', async () => {
    const client = clientOf(server)
    await client.ready()
    const lie = { from: 1, to: 2, put: { configs: { a: 6 } }, delete: { configs: ['b'] } }
    await sayDelta(lie, {
      delta: { from: 1, base: server.head?.claims.sha256 ?? '', sha256: '0'.repeat(64) },
    })
    await settle(client)
    expect([client.getConfig('a'), asked('/v1/bodies/').length]).toEqual([5, 1])
  })

  test('is not followed into another epoch', async () => {
    const client = clientOf(server)
    await client.ready()
    await sayDelta({ from: 1, to: 2, put: {}, delete: {} }, { epoch: 2, seq: 1 })
    await settle(client)
    expect([client.getConfig('a'), asked('/v1/bodies/').length]).toEqual([5, 1])
  })
})

describe('a body', () => {
  test('is asked of the place where bodies are first, without the key, and of the server when that is wrong', async () => {
    const asks: [string, boolean][] = []
    let isRight = true
    const client = clientOf(server, {
      bodies: 'https://cdn.test/bodies',
      fetch: async (input, init) => {
        const address = typeof input === 'string' ? input : ''
        if (!address.startsWith('https://cdn.test')) return server.fetch(input, init)
        asks.push([address, new Headers(init?.headers).has('authorization')])
        return new Response(isRight ? server.bodies.get(address.slice(-64)) : 'nonsense')
      },
    })
    await client.ready()
    await sayDelta('{')
    await settle(client)
    expect([client.getConfig('a'), asked('/v1/bodies/')]).toEqual([5, []])
    isRight = false
    await server.stage({ configs: { a: 6 } })
    const { manifest } = await server.stage({ configs: { a: 7 } })
    server.openSockets[0]?.say({ type: 'head', manifest, delta: '{' })
    server.intercept = (path) => (path.startsWith('/v1/snapshot') ? new Response('') : undefined)
    await pass(client, 1_000)
    expect([client.getConfig('a'), asked('/v1/bodies/').length]).toEqual([7, 1])
    expect(asks.map(([, hasKey]) => hasKey)).toEqual([false, false])
  })
})

describe('a poll', () => {
  test('says what it has, and gets the way from there', async () => {
    const client = clientOf(server, { stream: false })
    await client.ready()
    await server.stage({ configs: { a: 2, b: { c: 2 } } })
    await server.stage({ configs: { a: 3, b: { c: 2 } } })
    await pass(client, 31_000)
    expect([client.revision, client.getConfig('a')]).toEqual([3, 3])
    expect(asked('/v1/snapshot')).toEqual(['GET /v1/snapshot', 'GET /v1/snapshot?since=1'])
  })

  test('takes a delta of steps that no manifest names for what its result hashes to', async () => {
    const client = clientOf(server, { stream: false })
    await client.ready()
    await server.stage({ configs: { a: 2 } })
    const { manifest } = await server.stage({ configs: { a: 3 } })
    server.intercept = (path) =>
      path.startsWith('/v1/snapshot')
        ? new Response('{"delete":{},"from":1,"put":{"configs":{"a":4}},"to":3}', {
            headers: { 'driftless-manifest': manifest, 'driftless-delta': '1' },
          })
        : undefined
    await pass(client, 31_000)
    expect([client.getConfig('a'), asked('/v1/bodies/').length]).toEqual([3, 1])
  })
})

describe('a cache', () => {
  const texts = new Map<string, string>()
  beforeEach(() => texts.clear())
  const cache = {
    get: (name: string) => texts.get(name),
    set: (name: string, text: string) => texts.set(name, text),
  }
  const kept = (): CacheRecord => JSON.parse(texts.get('driftless.shop.production.server') ?? '{}')

  test('gets the whole body, hashed again, whatever way it came', async () => {
    const client = clientOf(server, { cache })
    await client.ready()
    const head = await server.publish({ configs: { a: 2, b: { c: 2 } } })
    await settle(client)
    expect(asked('/v1/bodies/')).toEqual([])
    expect([kept().manifest, kept().body]).toEqual([head.manifest, head.body])
    server.down()
    const next = clientOf(server, { cache })
    await next.ready()
    expect(next.getConfig('a')).toBe(2)
  })

  test('never gets what a signed delta made wrong: the body is fetched instead, and used', async () => {
    const client = clientOf(server, { cache })
    await client.ready()
    await settle(client)
    // The server signed a delta that does not lead to what it signed.
    await sayDelta({ from: 1, to: 2, put: { configs: { a: 6 } }, delete: {} })
    await settle(client, 9)
    expect(asked('/v1/bodies/')).toHaveLength(1)
    expect([client.getConfig('a'), JSON.parse(kept().body).configs]).toEqual([5, { a: 5 }])
  })
})
