import { env } from 'cloudflare:workers'
import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { formatAudience, type StatusReport } from '#core'
import type { HubObject } from '../../../worker/objects/hub/hub-object.ts'
import { hub } from '../support/objects.ts'
import { headOf, SHOP } from '../support/published.ts'
import { openSocket, type TestSocket } from '../support/sockets.ts'

const stub = () => env.HUB.getByName(formatAudience(SHOP))
const sdk = { name: 'js', version: '1' }
const status = (instance: string, more: Partial<StatusReport> = {}): StatusReport => ({
  instance,
  state: 'applied',
  revision: 1,
  seq: 1,
  sdk,
  ...more,
})

async function connect(): Promise<TestSocket> {
  const headers = { upgrade: 'websocket' }
  const reader = openSocket(await hub(SHOP).fetch('https://hub/?key=k', { headers }))
  await reader.next()
  return reader
}

async function say(reader: TestSocket, ...messages: readonly unknown[]): Promise<void> {
  for (const message of messages) {
    reader.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }
  reader.socket.send('ping')
  await reader.next()
}

const at = (ms: number): Promise<void> =>
  runInDurableObject<HubObject, void>(stub(), (instance) => {
    instance.nowMs = () => ms
  })

describe('the fleet of a hub', () => {
  beforeEach(() => reset())

  test('is what its sockets say, the last word of each', async () => {
    const reader = await connect()
    await say(
      reader,
      { type: 'status', ...status('a', { state: 'applying' }) },
      { type: 'status', ...status('a') },
    )
    expect(await hub(SHOP).fleet()).toMatchObject({
      instances: 1,
      byRevision: [{ revision: 1, applied: 1, applying: 0 }],
    })
  })

  test('measures what its sockets and those that poll measured, also after an eviction', async () => {
    const of = (instance: string, group: 'stable' | 'candidate', errors: number) => {
      const values = {
        error: { sum: errors, buckets: [0, errors] },
        other: { sum: 0, buckets: [] },
      }
      return status(instance, { group, deployment: '7', metrics: { forMs: 1_000, values } })
    }
    const reader = await connect()
    await say(
      reader,
      { type: 'status', ...of('a', 'candidate', 2) },
      { type: 'status', ...of('a', 'candidate', 5) },
    )
    await hub(SHOP).report(of('b', 'candidate', 3))
    await hub(SHOP).report(of('c', 'stable', 1))
    await evictDurableObject(stub())
    expect(await hub(SHOP).measures('7', ['error'])).toEqual({
      candidate: { instances: 2, forMs: 2_000, values: { error: { sum: 8, buckets: [0, 8] } } },
      stable: { instances: 1, forMs: 1_000, values: { error: { sum: 1, buckets: [0, 1] } } },
    })
    expect((await hub(SHOP).measures('8', ['error'])).candidate.instances).toBe(0)
  })

  test('survives eviction', async () => {
    const reader = await connect()
    await say(reader, {
      type: 'status',
      ...status('a', { state: 'failed', error: { code: 'hash' } }),
    })
    await hub(SHOP).report(status('b'))
    await evictDurableObject(stub())
    expect(await hub(SHOP).fleet()).toMatchObject({
      instances: 2,
      failures: [{ instance: 'a', revision: 1, code: 'hash' }],
    })
  })

  test('forgets who closed, and after three missed heartbeats who polls', async () => {
    const reader = await connect()
    await say(reader, { type: 'status', ...status('a') })
    await at(1_000_000)
    await hub(SHOP).report(status('b'))
    reader.socket.close()
    await reader.closed
    expect((await hub(SHOP).fleet()).instances).toBe(1)
    await at(1_000_000 + 899_999)
    expect((await hub(SHOP).fleet()).instances).toBe(1)
    await at(1_000_000 + 900_000)
    expect((await hub(SHOP).fleet()).instances).toBe(0)
  })

  test('counts an instance once that came back, or went from polling to a stream', async () => {
    await at(1)
    await hub(SHOP).report(status('a'))
    const ghost = await connect()
    await say(ghost, { type: 'status', ...status('a', { revision: 2 }) })
    await at(2)
    const reader = await connect()
    await say(reader, { type: 'status', ...status('a', { revision: 3 }) })
    const { instances, byRevision } = await hub(SHOP).fleet()
    expect([instances, byRevision.map(({ revision }) => revision)]).toEqual([1, [3]])
  })

  test('ignores what is no report', async () => {
    const reader = await connect()
    await say(
      reader,
      '{',
      'null',
      { type: 'status' },
      { type: 'other', ...status('a') },
      { type: 'status', ...status('a'), padding: 'x'.repeat(9_000) },
    )
    expect((await hub(SHOP).fleet()).instances).toBe(0)
  })

  test('is empty again when the environment is gone', async () => {
    await hub(SHOP).report(status('a'))
    await hub(SHOP).disconnectAll()
    expect((await hub(SHOP).fleet()).instances).toBe(0)
    await hub(SHOP).report(status('a'))
    expect((await hub(SHOP).fleet()).instances).toBe(1)
  })

  test('tells how each revision got through, and who is behind', async () => {
    const readers = [await connect(), await connect(), await connect()]
    await at(1_000)
    await hub(SHOP).announce(await headOf('{}', 1, 1))
    const say1 = (index: number, more: Partial<StatusReport>) => {
      const reader = readers[index]
      if (reader === undefined) throw new Error('no such reader')
      return say(reader, { type: 'status', ...status(`i${index}`, more) }).then(() => undefined)
    }
    // Each has heard the head; what they say is answered by it and a pong.
    for (const reader of readers) await reader.next()
    await at(1_200)
    await say1(0, { labels: { zone: 'a' } })
    await at(9_000)
    await say1(1, { labels: { zone: 'b' } })
    // Said again, it does not count as later.
    await at(50_000)
    await say1(0, { labels: { zone: 'a' } })
    await say1(2, { state: 'failed', error: { code: 'schema' }, labels: { zone: 'b' } })
    const before = await hub(SHOP).fleetDetails()
    expect(before.history).toEqual([
      {
        revision: 1,
        announcedAtMs: 1_000,
        instances: 3,
        applied: 2,
        failed: 1,
        within: [0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
      },
    ])
    expect([before.sockets, before.behind, before.stragglers]).toEqual([
      3,
      1,
      [{ instance: 'i2', state: 'failed', revision: 1, labels: { zone: 'b' }, atMs: 50_000 }],
    ])
    expect(before.labels).toEqual([
      { label: 'zone', value: 'b', instances: 2, failed: 1, behind: 1 },
      { label: 'zone', value: 'a', instances: 1, failed: 0, behind: 0 },
    ])

    await at(60_000)
    await hub(SHOP).announce(await headOf('{"a":1}', 1, 2))
    await evictDurableObject(stub())
    const after = await hub(SHOP).fleetDetails()
    expect(after.history).toMatchObject([
      { revision: 2, applied: 0 },
      { revision: 1, applied: 2, failed: 1 },
    ])
    expect(after.wanted).toEqual({ epoch: 1, seq: 2, revision: 2, announcedAtMs: 60_000 })
    expect(after.behind).toBe(3)
  })
})
