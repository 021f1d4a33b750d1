/** Parts of the client that are loaded later, when they cannot be loaded: what does not need them goes on. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { clientOf, createFakeServer, NOW_MS, settle, tidyUp } from './fake-server.ts'
import type { FakeServer } from './fake-server.ts'

vi.mock('../../../sdk/src/client/externals.ts', () => {
  throw new Error('no such chunk')
})
vi.mock('../../../sdk/src/client/delta.ts', () => {
  throw new Error('no such chunk')
})
vi.mock('../../../sdk/src/client/candidate.ts', () => {
  throw new Error('no such chunk')
})
vi.mock('../../../sdk/src/client/local.ts', () => {
  throw new Error('no such chunk')
})

let server: FakeServer
beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
})
afterEach(tidyUp)

test('documents with references are withheld, never handed out unresolved; flags and other documents are there', async () => {
  await server.stage({
    configs: { app: { port: '${PORT}' }, plain: { a: 1 } },
    references: { app: { port: 'integer' } },
  })
  const client = clientOf(server)
  const errors: string[] = []
  client.on('error', ({ code }) => errors.push(code))
  await client.ready()
  await settle(client)
  expect(client.getConfig('plain')).toEqual({ a: 1 })
  expect(client.getConfig('app')).toBeUndefined()
  expect(errors).toContain('network')
})

test('content that comes as a delta is asked for as a whole', async () => {
  server.deltas = true
  await server.stage({ configs: { app: { a: 1 } } })
  const client = clientOf(server)
  await client.ready()
  await server.publish({ configs: { app: { a: 2 } } })
  await settle(client)
  expect(client.getConfig('app')).toEqual({ a: 2 })
})

test('a release by steps is not taken part in: the stable content is used', async () => {
  await server.stage(
    { configs: { app: { a: 1 } } },
    {
      candidate: {
        revision: 9,
        sha256: 'f'.repeat(64),
        size: 1,
        share: 100_000,
        seed: 's',
        deployment: '7',
      },
    },
  )
  const client = clientOf(server)
  await client.ready()
  expect(client.getConfig('app')).toEqual({ a: 1 })
})

test('a cache that cannot be read for it is done without', async () => {
  await server.stage({ configs: { app: { a: 1 } } })
  const errors: string[] = []
  const client = clientOf(server, {
    cache: { get: () => undefined, set: () => undefined },
    onError: ({ code }) => errors.push(code),
  })
  await client.ready()
  expect(client.getConfig('app')).toEqual({ a: 1 })
  expect(errors).toEqual(['network'])
})
