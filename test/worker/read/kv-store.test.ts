import { describe, expect, test } from 'vitest'
import { sha256Hex } from '../../../worker/crypto/hash.ts'
import type { Head, KeyScope } from '../../../worker/objects/project/interface.ts'
import { createKvStore } from '../../../worker/read/kv-store.ts'
import { SHOP, headOf } from '../support/published.ts'

const SCOPE: KeyScope = { id: 'key-1', ...SHOP }
const BEGINNING = { epoch: 0, seq: 0 }
const BODY = '{"format":1}'

interface Source {
  findKey?: KeyScope | null
  head?: Head | null
  body?: ArrayBuffer | null
}

/** `kv`: what KV holds, or how it misbehaves. `source`: what the project answers; what is absent throws. */
function setUp(
  kv: Record<string, string> | 'throws' | 'hangs',
  source: Source = {},
  edge?: Pick<Cache, 'match' | 'put'>,
) {
  const asked: string[] = []
  function answer<Member extends keyof Source>(member: Member): NonNullable<Source[Member]> | null {
    asked.push(member)
    const value = source[member]
    if (value === undefined) throw new Error(`the project is down: ${member}`)
    return value ?? null
  }
  const get = async (key: string, type?: unknown): Promise<unknown> => {
    if (kv === 'throws') throw new Error('KV is down')
    if (kv === 'hangs') return new Promise(() => {})
    const value = kv[key]
    if (value === undefined) return null
    return type === 'arrayBuffer' ? Uint8Array.from(new TextEncoder().encode(value)).buffer : value
  }
  const store = createKvStore({
    // A KV namespace that only ever gets.
    kv: { get } as unknown as KVNamespace,
    project: () => ({
      findKey: async () => answer('findKey'),
      head: async () => answer('head'),
      body: async () => answer('body'),
    }),
    directory: () => ({ jwks: async () => ({ keys: [] }) }),
    edge,
    kvTimeoutMs: 1,
    objectTimeoutMs: 1_000,
  })
  return { store, asked }
}

describe('a key', () => {
  test('is known from KV without asking the project', async () => {
    const { store, asked } = setUp({ 'key/abc': JSON.stringify(SCOPE) })
    expect(await store.key('abc', 'shop')).toEqual(SCOPE)
    expect(asked).toEqual([])
  })

  test.each([
    ['is missing', {}],
    ['throws', 'throws' as const],
    ['hangs', 'hangs' as const],
    ['holds no JSON', { 'key/abc': '{' }],
    ['holds another shape', { 'key/abc': '{"id":1}' }],
    ['holds an unknown audience', { 'key/abc': JSON.stringify({ ...SCOPE, audience: 'admin' }) }],
    ['holds another project', { 'key/abc': JSON.stringify({ ...SCOPE, project: 'other' }) }],
  ])('is asked of the project when KV %s', async (_, kv) => {
    expect(await setUp(kv, { findKey: SCOPE }).store.key('abc', 'shop')).toEqual(SCOPE)
    expect(await setUp(kv, { findKey: null }).store.key('abc', 'shop')).toBeNull()
    await expect(setUp(kv).store.key('abc', 'shop')).rejects.toThrow('down')
  })
})

describe('a head', () => {
  test('comes from KV when that is new enough', async () => {
    const head = await headOf(BODY, 1, 4)
    const { store, asked } = setUp({ 'head/shop/production/server': head.manifest })
    expect(await store.head(SHOP, { epoch: 1, seq: 4 })).toEqual(head)
    expect(asked).toEqual([])
  })

  test('comes from the project when KV is behind', async () => {
    const [old, now] = [await headOf(BODY, 1, 4), await headOf(BODY, 1, 5)]
    const { store } = setUp({ 'head/shop/production/server': old.manifest }, { head: now })
    expect(await store.head(SHOP, { epoch: 1, seq: 5 })).toEqual(now)
  })

  test.each([
    ['is missing', {}],
    ['throws', 'throws' as const],
    ['hangs', 'hangs' as const],
    ['holds no manifest', { 'head/shop/production/server': 'x.y.z' }],
  ])('comes from the project when KV %s', async (_, kv) => {
    const head = await headOf(BODY, 1, 4)
    expect(await setUp(kv, { head }).store.head(SHOP, BEGINNING)).toEqual(head)
    expect(await setUp(kv, { head: null }).store.head(SHOP, BEGINNING)).toBeNull()
    await expect(setUp(kv).store.head(SHOP, BEGINNING)).rejects.toThrow('down')
  })

  test('that is too old is better than none when the project is down', async () => {
    const head = await headOf(BODY, 1, 4)
    const { store } = setUp({ 'head/shop/production/server': head.manifest })
    expect(await store.head(SHOP, { epoch: 2, seq: 1 })).toEqual(head)
  })
})

describe('a body', () => {
  test('that is not what its hash says is asked of the project', async () => {
    const sha256 = await sha256Hex(BODY)
    const bytes = Uint8Array.from(new TextEncoder().encode(BODY))
    const kv = { [`body/shop/production/server/${sha256}`]: '{"format":2}' }
    const { store, asked } = setUp(kv, { body: bytes.buffer })
    expect(await store.body(SHOP, sha256)).toEqual(bytes)
    expect(asked).toEqual(['body'])
  })

  test('is kept in the cache of the location, and taken from there only if it is what its hash says', async () => {
    const sha256 = await sha256Hex(BODY)
    const bytes = Uint8Array.from(new TextEncoder().encode(BODY))
    const near = new Map<string, string>()
    const edge = {
      match: async (url: unknown) => {
        const text = near.get(String(url))
        return text === undefined ? undefined : new Response(text)
      },
      put: async (url: unknown, response: Response) => {
        near.set(String(url), await response.text())
      },
    }
    const first = setUp({}, { body: bytes.buffer }, edge)
    expect([await first.store.body(SHOP, sha256), first.asked]).toEqual([bytes, ['body']])
    const second = setUp('throws', {}, edge)
    expect([await second.store.body(SHOP, sha256), second.asked]).toEqual([bytes, []])
    for (const url of near.keys()) near.set(url, '{"format":2}')
    const third = setUp('throws', { body: bytes.buffer }, edge)
    expect([await third.store.body(SHOP, sha256), third.asked]).toEqual([bytes, ['body']])
  })

  test('is had although the cache of the location throws', async () => {
    const sha256 = await sha256Hex(BODY)
    const bytes = Uint8Array.from(new TextEncoder().encode(BODY))
    const fail = () => Promise.reject(new Error('no cache today'))
    const { store } = setUp({}, { body: bytes.buffer }, { match: fail, put: fail })
    expect(await store.body(SHOP, sha256)).toEqual(bytes)
  })

  test('that nobody has is null', async () => {
    expect(await setUp({}, { body: null }).store.body(SHOP, 'ab'.repeat(32))).toBeNull()
  })
})

describe('the key set', () => {
  test.each([{}, 'throws', { jwks: '{"keys":[]}' }, { jwks: 'nonsense' }] as const)(
    'is asked of the directory when KV has none: %j',
    async (kv) => {
      expect(await setUp(kv).store.keySet()).toBe('{"keys":[]}')
    },
  )

  test('comes from KV as it stands', async () => {
    const jwks = '{"keys":[{"kty":"EC"}]}'
    expect(await setUp({ jwks }).store.keySet()).toBe(jwks)
  })
})
