/** What a client lives through as a whole: clocks that are wrong, streams that flap, what is gone and is said again. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  clientOf,
  createFakeServer,
  type FakeServer,
  type Head,
  NOW_MS,
  pass,
  tidyUp,
} from './fake-server.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

let server: FakeServer

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
})
afterEach(tidyUp)

const recordOf = ({ manifest, body }: Head) => ({
  manifest,
  body,
  keys: { keys: [server.signer.jwk] },
})

describe('a clock that is wrong', () => {
  // A manifest is good for a day from when it was signed, and a minute more.
  test.each([
    ['slow by ten years', -10 * YEAR_MS, 'new', 'ready'],
    ['slow by a day', -DAY_MS, 'new', 'ready'],
    ['slow by an hour', -HOUR_MS, 'new', 'ready'],
    ['slow by a minute', -MINUTE_MS, 'new', 'ready'],
    ['fast by a minute', MINUTE_MS, 'new', 'ready'],
    ['fast by an hour', HOUR_MS, 'new', 'ready'],
    ['fast by a day', DAY_MS, 'new', 'stale'],
    ['fast by a day and a minute', DAY_MS + MINUTE_MS, 'bootstrap', 'stale'],
    ['fast by ten years', 10 * YEAR_MS, 'bootstrap', 'stale'],
  ])('%s', async (_, skewMs, value, status) => {
    const old = await server.stage({ configs: { a: 'bootstrap' } })
    await server.stage({ configs: { a: 'new' } })
    const rejected = vi.fn()
    const client = clientOf(server, {
      bootstrap: recordOf(old),
      now: () => Date.now() + skewMs,
    })
    client.on('rejected', ({ code }) => rejected(code))
    await pass(client, 10_000)
    expect([client.getConfig('a'), client.status]).toEqual([value, status])
    // What is too old to be new is said, and never takes anything away.
    expect(new Set(rejected.mock.calls.flat())).toEqual(new Set(value === 'new' ? [] : ['expired']))
  })

  test('that jumps back while it runs loses nothing, and what is published goes on being taken', async () => {
    await server.stage({ configs: { a: 1 } })
    let skewMs = 0
    const client = clientOf(server, { now: () => Date.now() + skewMs })
    await client.ready()
    skewMs = -YEAR_MS
    await server.publish({ configs: { a: 2 } })
    await pass(client, 3_000)
    expect([client.getConfig('a'), client.status]).toEqual([2, 'ready'])
  })

  test('that jumps ahead while it runs says stale, serves on, and is ready again when it is set right', async () => {
    await server.stage({ configs: { a: 1 } })
    let skewMs = 0
    const client = clientOf(server, { now: () => Date.now() + skewMs })
    await client.ready()
    skewMs = 10 * YEAR_MS
    await server.publish({ configs: { a: 2 } })
    await pass(client, 1_000)
    expect([client.getConfig('a'), client.status]).toEqual([1, 'stale'])
    skewMs = 0
    await server.publish({ configs: { a: 3 } })
    await pass(client, 1_000)
    expect([client.getConfig('a'), client.status]).toEqual([3, 'ready'])
  })
})

test('what was deleted stays gone, whatever is said again of it', async () => {
  server.deltas = true
  await server.stage({ configs: { a: 1, b: 1 } })
  const client = clientOf(server)
  await client.ready()
  await server.publish({ configs: { a: 1, b: 2 } })
  await server.publish({ configs: { a: 1 } })
  await pass(client, 3_000)
  expect(client.getConfig('b')).toBeUndefined()
  for (const head of server.heads) server.announce(head)
  await pass(client, 3_000)
  expect([client.getConfig('a'), client.getConfig('b')]).toEqual([1, undefined])
})

test('a stream that opens and breaks at once, for ten minutes, costs at most twelve attempts a minute', async () => {
  await server.stage({ configs: { a: 1 } })
  const client = clientOf(server)
  await client.ready()
  const attemptsAtMs: number[] = []
  server.interceptSocket = (socket) => {
    attemptsAtMs.push(Date.now())
    socket.isOpen = true
    socket.emit('open')
    socket.close(1006)
    return true
  }
  server.intercept = () => {
    attemptsAtMs.push(Date.now())
    return undefined
  }
  for (const socket of server.openSockets) socket.close(1006)
  await pass(client, 10 * MINUTE_MS, 1_000)
  expect(attemptsAtMs.length).toBeGreaterThan(10)
  for (const atMs of attemptsAtMs) {
    const minute = attemptsAtMs.filter((one) => one >= atMs && one < atMs + MINUTE_MS)
    expect(minute.length).toBeLessThanOrEqual(12)
  }
  // It is no worse for what is served, nor is it given up.
  expect(client.getConfig('a')).toBe(1)
  server.interceptSocket = () => false
  await server.stage({ configs: { a: 2 } })
  await pass(client, 2 * MINUTE_MS, 1_000)
  expect(client.source).toBe('stream')
})
