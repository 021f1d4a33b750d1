/** Watching: called for what changed and nothing else, and no callback harms another. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Flag, JsonValue } from '../../../sdk/src/core/index.ts'
import {
  clientOf,
  createFakeServer,
  NOW_MS,
  settle,
  tidyUp,
  type FakeServer,
} from './fake-server.ts'

let server: FakeServer

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
})
afterEach(tidyUp)

const flag = (parts: Partial<Flag> = {}): Flag => ({
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 's',
  defaultVariant: 'on',
  ...parts,
})

/** A client on `configs`, ready, watching `paths`; gives what each was called with. */
async function watching(
  paths: readonly string[],
  parts: Parameters<FakeServer['stage']>[0],
  options: Parameters<typeof clientOf>[1] = {},
): Promise<{
  client: ReturnType<typeof clientOf>
  calls: Record<string, unknown[][]>
  publish: (next: typeof parts) => Promise<void>
}> {
  await server.stage(parts)
  const client = clientOf(server, options)
  await client.ready()
  const calls: Record<string, unknown[][]> = {}
  for (const path of paths) {
    calls[path] = []
    client.watch(path, (...values) => calls[path]?.push(values))
  }
  return {
    client,
    calls,
    async publish(next) {
      await server.publish(next)
      await settle(client)
    },
  }
}

describe('watch', () => {
  test('calls with the new and the old value, and only where something changed', async () => {
    const settings = { database: { pool: 8, host: 'a' }, log: { level: 'info' } }
    const { calls, publish } = await watching(
      [
        'settings',
        'settings.database',
        'settings.database.pool',
        'settings.log',
        'settings.log.level',
        'other',
        'none',
      ],
      { configs: { settings, other: [1] } },
    )
    const next = { database: { pool: 9, host: 'a' }, log: { level: 'info' } }
    await publish({ configs: { settings: next, other: [1] } })
    expect(calls).toEqual({
      settings: [[next, settings]],
      'settings.database': [[next.database, settings.database]],
      'settings.database.pool': [[9, 8]],
      'settings.log': [],
      'settings.log.level': [],
      other: [],
      none: [],
    })
  })

  test('tells of what comes and goes by undefined', async () => {
    const { calls, publish } = await watching(['a', 'a.b', 'a.b.0'], { configs: {} })
    await publish({ configs: { a: { b: [1] } } })
    await publish({ configs: { a: { b: null } } })
    await publish({ configs: {} })
    expect(calls).toEqual({
      a: [
        [{ b: [1] }, undefined],
        [{ b: null }, { b: [1] }],
        [undefined, { b: null }],
      ],
      'a.b': [
        [[1], undefined],
        [null, [1]],
        [undefined, null],
      ],
      'a.b.0': [
        [1, undefined],
        [undefined, 1],
      ],
    })
  })

  test('before the first snapshot is told of it', async () => {
    await server.stage({ configs: { a: 1 }, flags: { f: flag() } })
    const client = clientOf(server)
    const calls: unknown[][] = []
    client.watch('a', (...values) => calls.push(values))
    client.watch('flag:f', (...values) => calls.push(values))
    await client.ready()
    expect(calls).toEqual([
      [1, undefined],
      [true, undefined],
    ])
  })

  test('of names with dots goes to the longest name that there is', async () => {
    const { calls, publish } = await watching(['a.b.c'], { configs: { a: { b: { c: 1 } } } })
    await publish({ configs: { a: { b: { c: 1 } }, 'a.b': { c: 2 } } })
    await publish({ configs: { a: { b: { c: 1 } }, 'a.b': { c: 2 }, 'a.b.c': 3 } })
    expect(calls['a.b.c']).toEqual([
      [2, 1],
      [3, 2],
    ])
  })

  test('of a flag gives what the client’s own context gets', async () => {
    const targets = { off: ['ada'] }
    const { calls, publish } = await watching(
      ['flag:f', 'flag:g', 'flag:none'],
      { flags: { f: flag(), g: flag() } },
      { context: { targetingKey: 'ada' } },
    )
    await publish({ flags: { f: flag({ targets }), g: flag({ targets: { off: ['bob'] } }) } })
    await publish({ flags: { g: flag({ targets: { off: ['bob'] } }) } })
    await publish({ flags: { g: flag({ enabled: false }) } })
    expect(calls).toEqual({
      'flag:f': [
        [false, true],
        [undefined, false],
      ],
      'flag:g': [[undefined, true]],
      'flag:none': [],
    })
  })

  test('gives frozen values', async () => {
    const { calls, publish } = await watching(['a'], { configs: { a: { b: { c: 1 } } } })
    await publish({ configs: { a: { b: { c: 2 } } } })
    expect(calls['a']?.flat().every((value) => Object.isFrozen(value))).toBe(true)
  })

  test('finds nothing in prototypes', async () => {
    const { calls, publish } = await watching(
      ['constructor', 'a.constructor', 'a.length', '__proto__', ''],
      { configs: { a: {} } },
    )
    await publish({ configs: { a: [] } })
    expect(Object.values(calls).flat()).toEqual([])
  })

  test('ends when told to, even from within a callback', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server)
    await client.ready()
    const seen: string[] = []
    const stopFirst = client.watch('a', () => {
      seen.push('first')
      stopSecond()
      stopFirst()
    })
    const stopSecond = client.watch('a', () => seen.push('second'))
    for (const a of [2, 3]) {
      await server.publish({ configs: { a } })
      await settle(client)
    }
    expect(seen).toEqual(['first'])
  })

  test('tells all of one swap the same, whatever callbacks do', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server)
    await client.ready()
    const seen: unknown[] = []
    client.watch('a', () => {
      client.watch('a', (value) => seen.push(['late', value]))
      seen.push(client.getConfig('a'))
    })
    client.watch('a', (value) => seen.push(value))
    await server.publish({ configs: { a: 2 } })
    await settle(client)
    expect(seen).toEqual([2, 2])
  })
})

describe('a callback', () => {
  test('that throws, rejects or hangs harms neither the others nor the client', async () => {
    await server.stage({ configs: { a: 1 } })
    const errors = vi.fn()
    const client = clientOf(server, { onError: errors })
    await client.ready()
    const seen: unknown[] = []
    const bad: ((value: unknown) => unknown)[] = [
      () => {
        throw new Error('thrown')
      },
      () => Promise.reject(new Error('rejected')),
      () => new Promise(() => {}),
      () => {
        throw null
      },
      () => {
        throw Object.create(null)
      },
      () => ({ then: (_: unknown, reject: (reason: unknown) => void) => reject('thenable') }),
    ]
    for (const callback of bad) {
      client.watch('a', callback)
      client.on('changed', callback)
    }
    client.watch('a', (value) => seen.push(value))
    client.on('changed', ({ revision }) => seen.push(revision))
    await server.publish({ configs: { a: 2 } })
    await settle(client)
    expect(seen).toEqual([2, 2])
    const reported = errors.mock.calls.map(([error]) => [error.code, error.message])
    expect(reported).toHaveLength(10)
    expect(reported).toContainEqual(['callback', 'callback: thrown'])
    expect(reported).toContainEqual(['callback', 'callback: rejected'])
    await server.publish({ configs: { a: 3 } })
    await settle(client)
    expect(seen).toEqual([2, 2, 3, 3])
  })

  test('for errors that itself fails is not told of that for ever', async () => {
    await server.stage({ configs: { a: 1 } })
    const onError = vi.fn(() => Promise.reject(new Error('again')))
    const log = vi.fn(() => {
      throw new Error('again')
    })
    const client = clientOf(server, { onError, log })
    const listener = vi.fn(() => {
      throw new Error('again')
    })
    client.on('error', listener)
    client.on('ready', () => {
      throw new Error('once')
    })
    await client.ready()
    await settle(client)
    expect(onError).toHaveBeenCalledTimes(1)
    expect(listener).toHaveBeenCalledTimes(1)
    expect(log).toHaveBeenCalled()
  })

  test('may close the client', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server)
    await client.ready()
    client.watch('a', () => client.close())
    await server.publish({ configs: { a: 2 } })
    await settle(client)
    expect(client.status).toBe('closed')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('given twice is called twice, and each is ended alone', async () => {
    await server.stage({ configs: { a: 1 } })
    const client = clientOf(server)
    await client.ready()
    const callback = vi.fn()
    const stop = client.on('changed', callback)
    client.on('changed', callback)
    stop()
    stop()
    await server.publish({ configs: { a: 2 } })
    await settle(client)
    expect(callback).toHaveBeenCalledTimes(1)
  })
})

describe('external documents', () => {
  const large = (n: number): JsonValue => ({ n, list: Array.from({ length: 10 }, (_, i) => i) })
  const bodiesAsked = (): number =>
    server.requests.filter((request) => request.includes('/v1/bodies/')).length

  test('are fetched when first asked for, once', async () => {
    await server.stage({ configs: { big: await server.external(large(1)) } })
    const client = clientOf(server)
    await client.ready()
    expect(client.getConfig('big')).toBeUndefined()
    await settle(client)
    expect(bodiesAsked()).toBe(0)
    const [first, second] = await Promise.all([client.loadConfig('big'), client.loadConfig('big')])
    expect(first).toEqual(large(1))
    expect(second).toBe(first)
    expect(client.getConfig('big')).toBe(first)
    expect(Object.isFrozen(first)).toBe(true)
    expect(bodiesAsked()).toBe(1)
  })

  test('once loaded follow: the old one stays until the new one has arrived', async () => {
    await server.stage({ configs: { big: await server.external(large(1)) } })
    const client = clientOf(server)
    await client.ready()
    await client.loadConfig('big')
    const calls: unknown[][] = []
    client.watch('big.n', (...values) => calls.push(values))
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    server.intercept = async (path) => {
      if (path.startsWith('/v1/bodies/')) await held
      return undefined as unknown as Response
    }
    await server.publish({ configs: { big: await server.external(large(2)) } })
    await settle(client)
    expect(client.revision).toBe(2)
    expect(client.getConfig('big')).toEqual(large(1))
    expect(calls).toEqual([])
    release()
    await settle(client)
    expect(client.getConfig('big')).toEqual(large(2))
    expect(calls).toEqual([[2, 1]])
  })

  test('that nobody asked for are never fetched, however often they change', async () => {
    await server.stage({ configs: { big: await server.external(large(1)), small: 1 } })
    const client = clientOf(server)
    await client.ready()
    client.watch('small', () => {})
    for (const n of [2, 3]) {
      await server.publish({ configs: { big: await server.external(large(n)), small: n } })
      await settle(client)
    }
    expect(bodiesAsked()).toBe(0)
  })

  test('that are watched are fetched, and told of when they arrive', async () => {
    await server.stage({ configs: { big: await server.external(large(1)) } })
    const client = clientOf(server)
    await client.ready()
    const calls: unknown[][] = []
    client.watch('big.n', (...values) => calls.push(values))
    await settle(client)
    expect(calls).toEqual([[1, undefined]])
    await server.publish({ configs: { big: large(2) } })
    await settle(client)
    await server.publish({ configs: {} })
    await settle(client)
    expect(calls).toEqual([
      [1, undefined],
      [2, 1],
      [undefined, 2],
    ])
    expect(client.getConfig('big')).toBeUndefined()
  })

  test('of another size or hash are refused, and asked for again', async () => {
    await server.stage({ configs: { big: await server.external(large(1)) } })
    const client = clientOf(server)
    await client.ready()
    const wrong = [
      '',
      'x',
      JSON.stringify(large(2)),
      JSON.stringify(large(1)).slice(1),
      `${JSON.stringify(large(1))} `,
    ]
    for (const text of wrong) {
      server.intercept = (path) => (path.startsWith('/v1/bodies/') ? new Response(text) : undefined)
      await expect(client.loadConfig('big')).rejects.toMatchObject({ name: 'DriftlessError' })
      expect(client.getConfig('big')).toBeUndefined()
    }
    server.intercept = () => undefined
    await expect(client.loadConfig('big')).resolves.toEqual(large(1))
  })

  test('that could not be fetched after a swap are tried again by themselves', async () => {
    await server.stage({ configs: { big: await server.external(large(1)) } })
    const client = clientOf(server)
    await client.ready()
    const calls: unknown[][] = []
    client.watch('big.n', (...values) => calls.push(values))
    await settle(client)
    server.intercept = (path) =>
      path.startsWith('/v1/bodies/') ? new Response(null, { status: 503 }) : undefined
    await server.publish({ configs: { big: await server.external(large(2)) } })
    await settle(client)
    server.intercept = () => undefined
    await vi.advanceTimersByTimeAsync(2000)
    await settle(client)
    expect(calls).toEqual([
      [1, undefined],
      [2, 1],
    ])
  })

  test('loadConfig gives ordinary configs too, and says when there is none', async () => {
    await server.stage({ configs: { a: 1, $odd: { $external: { sha256: 'x', size: 1 } } } })
    const client = clientOf(server)
    await expect(client.loadConfig('a')).resolves.toBe(1)
    await expect(client.loadConfig('none')).rejects.toMatchObject({
      code: 'not_found',
      message: 'no config none',
    })
    await expect(client.loadConfig('toString')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('larger than 20 MiB are not even asked for', async () => {
    const { $external } = await server.external(large(1))
    await server.stage({ configs: { big: { $external: { ...$external, size: 20_971_521 } } } })
    const client = clientOf(server)
    await client.ready()
    await expect(client.loadConfig('big')).rejects.toMatchObject({ code: 'rejected' })
  })
})
