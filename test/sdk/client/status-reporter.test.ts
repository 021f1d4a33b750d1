/** What a client says of itself, when, and over what. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
// Loaded before the client asks for it: how long that takes is no matter of virtual time.
import '../../../sdk/src/client/status-reporter.ts'
import { SDK } from '../../../sdk/src/client/version.ts'
import sdkPackage from '../../../sdk/package.json' with { type: 'json' }
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
  await server.stage({})
})
afterEach(tidyUp)

const reporting = { instanceId: 'web-1', labels: { zone: 'a' }, reportStatus: true }
const APPLIED = {
  instance: 'web-1',
  state: 'applied',
  revision: 1,
  seq: 1,
  sdk: SDK,
  labels: { zone: 'a' },
}

/** Reports that came over streams, in order. */
const said = (): unknown[] =>
  server.sockets
    .flatMap((socket) => socket.sent)
    .filter((text) => text !== 'ping')
    .map((text): unknown => JSON.parse(text))

test('an SDK calls itself what its package is called', () => {
  expect(SDK).toEqual({ name: sdkPackage.name, version: sdkPackage.version })
})

describe('over the stream', () => {
  test('an instance says what it serves, once, and again when that changes', async () => {
    const client = clientOf(server, reporting)
    await pass(client, 2_000)
    expect(said()).toEqual([{ type: 'status', ...APPLIED }])
    await server.publish({ configs: { a: 1 } })
    await pass(client, 2_000)
    expect(said().slice(1)).toEqual([{ type: 'status', ...APPLIED, revision: 2, seq: 2 }])
    expect(server.posted).toEqual([])
  })

  test('a manifest that was only signed again is no news', async () => {
    const client = clientOf(server, reporting)
    await pass(client, 2_000)
    server.announce(await server.resign())
    await pass(client, 2_000)
    expect(said()).toHaveLength(1)
  })

  test('a server that is connected to again is told again', async () => {
    const client = clientOf(server, reporting)
    await pass(client, 2_000)
    server.openSockets[0]?.close(1001)
    await pass(client, 5_000)
    expect(server.sockets).toHaveLength(2)
    expect(said()).toHaveLength(2)
  })

  test('what was refused is told at once, with its revision, and that it was put right', async () => {
    const client = clientOf(server, reporting)
    await pass(client, 2_000)
    server.inlineBodies = false
    const bad = await server.stage({ configs: { a: 1 } })
    server.intercept = (path) =>
      path.startsWith('/v1/snapshot')
        ? new Response(bad.body.replace('1', '2'), {
            headers: { 'driftless-manifest': bad.manifest },
          })
        : undefined
    server.announce(bad)
    await settle(client)
    expect(said().at(-1)).toEqual({
      type: 'status',
      ...APPLIED,
      state: 'failed',
      revision: 2,
      error: { code: 'hash' },
    })
    server.intercept = () => undefined
    await pass(client, 40_000)
    expect(said().at(-1)).toMatchObject({ state: 'applied', revision: 2 })
  })

  test('a heartbeat is a ping: a report would wake who keeps the sockets', async () => {
    const client = clientOf(server, reporting)
    await pass(client, 1_000_000, 10_000)
    expect(said()).toHaveLength(1)
    expect(server.posted).toEqual([])
  })
})

describe('without a stream', () => {
  test('an instance posts what it serves, and every 300 s that it is still there', async () => {
    const client = clientOf(server, { ...reporting, stream: false })
    await pass(client, 2_000)
    expect(server.posted).toEqual([APPLIED])
    await pass(client, 301_000, 10_000)
    expect(server.posted).toEqual([APPLIED, APPLIED])
  })

  test('a failing server costs nothing but the report', async () => {
    const errors: unknown[] = []
    server.intercept = (path) =>
      path === '/v1/status' ? Promise.reject(new TypeError('fetch failed')) : undefined
    const client = clientOf(server, {
      ...reporting,
      stream: false,
      onError: (error) => errors.push(error),
    })
    await pass(client, 2_000)
    expect([client.status, errors]).toEqual(['ready', []])
    server.intercept = () => undefined
    await server.stage({ configs: { a: 1 } })
    await pass(client, 40_000)
    expect(server.posted.at(-1)).toMatchObject({ revision: 2 })
  })
})

test('nothing is said when it is not wanted, nor after close', async () => {
  const silent = clientOf(server)
  await pass(silent, 5_000)
  expect([said(), server.posted]).toEqual([[], []])
  const client = clientOf(server, reporting)
  await settle(client)
  await client.close()
  await pass(silent, 400_000, 50_000)
  expect([said(), server.posted]).toEqual([[], []])
})

test('a document that could not be handed out is told for as long as it is in use', async () => {
  const references = { a: 'integer' } as const
  await server.stage({ configs: { a: '$A' }, references })
  const client = clientOf(server, { ...reporting, stream: false, env: {} })
  await pass(client, 2_000)
  const error = { code: 'reference', config: 'a' }
  expect(server.posted.at(-1)).toMatchObject({ state: 'failed', revision: 2, error })
  await server.stage({ configs: { a: '$A', b: 1 }, references })
  await pass(client, 40_000)
  expect(server.posted.at(-1)).toMatchObject({ state: 'failed', revision: 3, error })
  await server.stage({ configs: { a: 1, b: 1 } })
  await pass(client, 40_000)
  expect(server.posted.at(-1)).toMatchObject({ state: 'applied', revision: 4 })
})
