/** Processes that die of what they are given, and those that share a cache and do not. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Client, ClientOptions } from '../../../sdk/src/index.ts'
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
let texts: Map<string, string>

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
  texts = new Map()
})
afterEach(tidyUp)

/** A process: what it does to the cache ends with it, and it never says goodbye. */
function boot(options: Partial<ClientOptions> = {}) {
  let isAlive = true
  const errors: string[] = []
  const cache = {
    get: (name: string) => texts.get(name),
    set: (name: string, text: string) => void (isAlive && texts.set(name, text)),
  }
  const client: Client = clientOf(server, {
    cache,
    onError: (error) => errors.push(error.code),
    ...options,
  })
  return { client, errors, die: () => (isAlive = false) }
}

/** A process that takes what there is and dies of it after a second; the next begins half a minute later. */
async function crash(): Promise<void> {
  const { client, die } = boot()
  await pass(client, 1_000)
  die()
  await pass(client, 30_000, 10_000)
}

describe('content that processes die of', () => {
  test('is not taken a fourth time: the one before is, and the fleet is told', async () => {
    await server.stage({ configs: { a: 'good' } })
    const first = boot()
    await pass(first.client, 11_000)
    first.die()
    await server.stage({ configs: { a: 'deadly' } })
    for (let i = 0; i < 3; i++) await crash()
    const survivor = boot({ reportStatus: true })
    await pass(survivor.client, 5_000)
    expect([survivor.client.getConfig('a'), survivor.client.revision]).toEqual(['good', 1])
    expect(survivor.errors).toContain('quarantined')
    const said = server.sockets.flatMap(({ sent }) => sent).filter((text) => text !== 'ping')
    expect(JSON.parse(said.at(-1) ?? '{}')).toMatchObject({ state: 'quarantined', revision: 2 })
    await pass(survivor.client, 100_000, 10_000)
    expect(survivor.client.getConfig('a')).toBe('good')

    await server.publish({ configs: { a: 'mended' } })
    await settle(survivor.client)
    expect([survivor.client.getConfig('a'), survivor.client.revision]).toEqual(['mended', 3])
  })

  test('is taken by whoever was told not to count', async () => {
    await server.stage({ configs: { a: 'deadly' } })
    for (let i = 0; i < 4; i++) await crash()
    const stubborn = boot({ crashGuard: false })
    await pass(stubborn.client, 1_000)
    expect(stubborn.client.getConfig('a')).toBe('deadly')
  })
})

describe('nothing is held against content', () => {
  test('that a process lived 10 s with, however many die later', async () => {
    await server.stage({ configs: { a: 1 } })
    const first = boot()
    await pass(first.client, 10_500)
    first.die()
    for (let i = 0; i < 5; i++) await crash()
    const next = boot()
    await pass(next.client, 1_000)
    expect(next.client.getConfig('a')).toBe(1)
  })

  test('by programs that are short and close what they opened', async () => {
    await server.stage({ configs: { a: 1 } })
    for (let i = 0; i < 6; i++) {
      const { client } = boot()
      await pass(client, 500)
      await client.close()
      await vi.advanceTimersByTimeAsync(30_000)
    }
    const next = boot()
    await pass(next.client, 1_000)
    expect(next.client.getConfig('a')).toBe(1)
  })

  test('by many processes that share a cache and begin at once', async () => {
    await server.stage({ configs: { a: 1 } })
    const many = Array.from({ length: 12 }, () => boot().client)
    for (const client of many) await settle(client)
    for (const client of many) expect(client.getConfig('a')).toBe(1)
  })

  test('by a cache that fails', async () => {
    await server.stage({ configs: { a: 1 } })
    const cache = {
      get: () => Promise.reject(new Error('gone')),
      set: () => Promise.reject(new Error('gone')),
    }
    const client = clientOf(server, { cache })
    await pass(client, 1_000)
    expect(client.getConfig('a')).toBe(1)
  })
})

describe('a second url', () => {
  const other = 'https://other.test'
  /** The first one is gone; the second is the same server. */
  const routed = (isGone: () => boolean): Partial<ClientOptions> => ({
    url: ['https://config.test/', other],
    fetch: async (input, init) => {
      const address = typeof input === 'string' ? input : ''
      if (address.startsWith('https://config.test') && isGone()) throw new TypeError('fetch failed')
      return server.fetch(address.replace(other, 'https://config.test'), init)
    },
  })

  test('is asked when the first does not answer, and kept while it does', async () => {
    await server.stage({ configs: { a: 1 } })
    let isGone = true
    const client = clientOf(server, { ...routed(() => isGone), stream: false })
    await pass(client, 4_000)
    expect([client.getConfig('a'), client.source]).toEqual([1, 'poll'])
    isGone = false
    const before = server.requests.length
    await pass(client, 31_000)
    expect(server.requests.length).toBeGreaterThan(before)
    expect(client.source).toBe('poll')
  })

  test.each([[[]], [['ftp://x']], [['https://a.test', '']], [Array(9).fill('https://a.test')]])(
    'that is wrong is told at once: %j',
    (url) => {
      expect(() => clientOf(server, { url })).toThrow(/^url: /)
    },
  )
})
