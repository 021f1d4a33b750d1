/** What a client measures, and when it says so. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
// Loaded before the client asks for them: how long that takes is no matter of virtual time.
import '../../../sdk/src/client/candidate.ts'
import '../../../sdk/src/client/status-reporter.ts'
import { createMetrics } from '../../../sdk/src/client/metrics.ts'
import { bucketOfSample, edgeOfBucket, type ManifestClaims } from '../../../sdk/src/core/index.ts'
import {
  clientOf,
  createFakeServer,
  type FakeServer,
  NOW_MS,
  pass,
  settle,
  tidyUp,
} from './fake-server.ts'

describe('a bucket', () => {
  test.each([
    [1, 0],
    [2, 4],
    [1.1, 1],
    [0.5, -4],
    [0, -200],
    [-3, -200],
    [1e-300, -200],
    [1e300, 200],
  ])('of %d is %d', (sample, bucket) => {
    expect(bucketOfSample(sample)).toBe(bucket)
  })

  test('holds what is above its lower edge, up to its upper one', () => {
    for (let bucket = -199; bucket < 200; bucket++) {
      expect(bucketOfSample(edgeOfBucket(bucket) * 0.999999)).toBe(bucket)
      expect(bucketOfSample(edgeOfBucket(bucket) * 1.000001)).toBe(bucket + 1)
    }
  })
})

describe('counting', () => {
  let nowMs = 0
  const create = (dropped: string[] = []) => {
    nowMs = 1_000
    return createMetrics(
      () => nowMs,
      (why) => dropped.push(why),
    )
  }

  test('starts from zero with another scope, and says for how long', () => {
    const metrics = create()
    metrics.enter('a')
    metrics.track('error', 1)
    metrics.track('error', 1)
    metrics.track('ms', 100)
    nowMs = 4_000
    expect(metrics.report()).toEqual({
      forMs: 3_000,
      values: { error: { sum: 2, buckets: [0, 2] }, ms: { sum: 100, buckets: [27, 1] } },
    })
    metrics.enter('a')
    expect(metrics.report()?.forMs).toBe(3_000)
    metrics.enter('b')
    expect(metrics.report()).toEqual({ forMs: 0, values: {} })
  })

  test('is nothing where nothing is released, or was never measured', () => {
    const metrics = create()
    metrics.enter('a')
    expect([metrics.isCounting, metrics.report()]).toEqual([false, undefined])
    metrics.enter(undefined)
    metrics.track('error', 1)
    expect([metrics.isCounting, metrics.report()]).toEqual([false, undefined])
    metrics.enter('b')
    expect([metrics.isCounting, metrics.report()]).toEqual([true, { forMs: 0, values: {} }])
  })

  test('a clock that is set back counts no time', () => {
    const metrics = create()
    metrics.enter('a')
    metrics.track('error', 1)
    nowMs = 0
    expect(metrics.report()?.forMs).toBe(0)
  })

  test('what is no metric or one too many is dropped, and told once', () => {
    const dropped: string[] = []
    const metrics = create(dropped)
    metrics.enter('a')
    for (const name of ['', 'a b', '__proto__', 'x'.repeat(65)]) metrics.track(name, 1)
    for (const value of [NaN, Infinity, -Infinity]) metrics.track('ok', value)
    // @ts-expect-error -- from JavaScript
    for (const name of [undefined, null, 3, {}]) metrics.track(name, 1)
    for (let i = 0; i < 40; i++) metrics.track(`m${i}`, 1)
    expect(Object.keys(metrics.report()?.values ?? {})).toHaveLength(16)
    expect(dropped).toHaveLength(1)
  })

  test('names of the language are names', () => {
    const metrics = create()
    metrics.enter('a')
    metrics.track('constructor', 1)
    metrics.track('toString', 1)
    expect(Object.keys(metrics.report()?.values ?? {})).toEqual(['constructor', 'toString'])
  })

  test('of more than 24 buckets the lowest are added together, and no sample is lost', () => {
    const metrics = create()
    metrics.enter('a')
    for (let bucket = 0; bucket < 100; bucket++) metrics.track('ms', edgeOfBucket(bucket) * 0.99)
    const { buckets = [] } = metrics.report()?.values['ms'] ?? {}
    expect(buckets).toHaveLength(48)
    expect(buckets.slice(0, 4)).toEqual([76, 77, 77, 1])
    expect(buckets.at(-2)).toBe(99)
  })

  test('a report stays below 4,000 characters whatever is measured', () => {
    const metrics = create()
    metrics.enter('a')
    for (let name = 0; name < 16; name++)
      for (let i = 0; i < 1_000; i++) metrics.track(`${'n'.repeat(60)}${name}`, 1.21 ** i)
    expect(JSON.stringify(metrics.report()).length).toBeLessThan(4_100)
  })
})

describe('a client', () => {
  let server: FakeServer

  beforeEach(async () => {
    vi.useFakeTimers({ now: NOW_MS })
    server = await createFakeServer()
    await server.stage({})
  })
  afterEach(tidyUp)

  const said = (): Record<string, unknown>[] =>
    server.sockets
      .flatMap((socket) => socket.sent)
      .filter((text) => text !== 'ping')
      .map((text) => JSON.parse(text))
  const measured = () => said().flatMap(({ metrics }) => (metrics === undefined ? [] : [metrics]))
  const reporting = { instanceId: 'web-1', reportStatus: true }

  async function candidate(deployment: string): Promise<NonNullable<ManifestClaims['candidate']>> {
    const { claims } = await server.stage({ configs: { a: deployment } })
    server.heads.pop()
    const { revision, sha256, size } = claims
    return { revision, sha256, size, share: 100_000, seed: 's', deployment }
  }

  test('says nothing of it while nothing is released', async () => {
    const client = clientOf(server, reporting)
    await pass(client, 2_000)
    client.track('error')
    await pass(client, 120_000, 5_000)
    expect(said()).toHaveLength(1)
    expect(measured()).toEqual([])
  })

  test('tells the totals soon after the candidate was taken, then less and less often', async () => {
    const client = clientOf(server, reporting)
    await pass(client, 2_000)
    client.track('error')
    server.announce(await server.resign({ candidate: await candidate('d-1') }))
    await pass(client, 1_000)
    expect(said().at(-1)).toMatchObject({ group: 'candidate', deployment: 'd-1' })
    client.track('error')
    client.track('ms', 100)
    await pass(client, 5_000)
    expect(measured().at(-1)).toMatchObject({
      values: { error: { sum: 1, buckets: [0, 1] }, ms: { sum: 100, buckets: [27, 1] } },
    })
    const before = measured().length
    await pass(client, 600_000, 5_000)
    expect(measured().length - before).toBeGreaterThanOrEqual(10)
    expect(measured().length - before).toBeLessThanOrEqual(24)
  })

  test('starts from zero with the next deployment, and stops with the last', async () => {
    const client = clientOf(server, reporting)
    await pass(client, 2_000)
    client.track('error')
    server.announce(await server.resign({ candidate: await candidate('d-1') }))
    await pass(client, 2_000)
    client.track('error')
    await pass(client, 10_000)
    server.announce(await server.resign({ candidate: await candidate('d-2') }))
    await pass(client, 10_000)
    expect(said().at(-1)).toMatchObject({ deployment: 'd-2', metrics: { values: {} } })
    server.announce(await server.resign())
    await pass(client, 2_000)
    const before = said().length
    await pass(client, 200_000, 5_000)
    expect(said()).toHaveLength(before)
    expect(said().at(-1)).not.toHaveProperty('metrics')
  })

  test('never throws, closed or silent', async () => {
    const client = clientOf(server)
    client.track('error')
    await client.close()
    client.track('error', 2)
    const other = clientOf(server, reporting)
    await other.close()
    other.track('error')
    await settle(other)
    expect(measured()).toEqual([])
  })
})
