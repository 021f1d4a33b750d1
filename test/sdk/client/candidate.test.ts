/** A staged release as instances take it: SNAPSHOT.md §3.5. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
// Loaded before the client asks for them: how long that takes is no matter of virtual time.
import '../../../sdk/src/client/candidate.ts'
import '../../../sdk/src/client/status-reporter.ts'
import {
  bucketOf,
  canonicalize,
  isInShare,
  type ManifestClaims,
  type Ring,
} from '../../../sdk/src/core/index.ts'
import type { Client, ClientOptions } from '../../../sdk/src/index.ts'
import { bodyOf, NOW_MS, sha256Hex } from '../verify/signer.ts'
import { clientOf, createFakeServer, pass, settle, tidyUp, type FakeServer } from './fake-server.ts'

const SEED = 'seed'
const STABLE = { stable: true }
const STAGED = { staged: true }

let server: FakeServer

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
  await server.publish({ configs: { settings: STABLE }, revision: 1 })
})

afterEach(tidyUp)

/** Offers revision 2 to a share in percent, and tells everybody. */
async function offer(percent: number, seed = SEED, rings?: readonly Ring[]): Promise<void> {
  const body = canonicalize(bodyOf({ configs: { settings: STAGED }, revision: 2 }))
  const sha256 = await sha256Hex(body)
  if (!server.bodies.has(sha256)) server.bodies.set(sha256, body)
  const size = new TextEncoder().encode(body).length
  const share = percent * 1000
  const candidate: NonNullable<ManifestClaims['candidate']> = {
    revision: 2,
    sha256,
    size,
    share,
    seed,
    deployment: '7',
    ...(rings && { rings }),
  }
  server.announce(await server.resign({ candidate }))
}

const isFirst = (id: string, percent: number): boolean =>
  isInShare(bucketOf(id, SEED), percent * 1000)

/** An id that is among the first, or not. */
function idWithin(percent: number, wanted = true): string {
  for (let i = 0; ; i++) if (isFirst(`i-${i}`, percent) === wanted) return `i-${i}`
}

async function start(instanceId: string, options: Partial<ClientOptions> = {}): Promise<Client> {
  const client = clientOf(server, { instanceId, ...options })
  await client.ready()
  return client
}

const settled = async (clients: readonly Client[]): Promise<void> => {
  for (const client of clients) await settle(client, clients.length > 1 ? 1 : 3)
}

test('as many take the candidate as the share says, each by its own id, and whoever has it stays', async () => {
  const ids = Array.from({ length: 100 }, (_, i) => `i-${i}`)
  const clients = await Promise.all(ids.map((id) => start(id)))
  for (const percent of [20, 40, 100]) {
    await offer(percent)
    await settled(clients)
    const staged = ids.filter((_, i) => clients[i]?.revision === 2)
    expect(staged).toEqual(ids.filter((id) => isFirst(id, percent)))
  }
  expect(clients.map((client) => client.getConfig('settings'))).toEqual(ids.map(() => STAGED))
})

describe('the candidate goes', () => {
  test('because it was promoted: nothing is fetched again', async () => {
    const client = await start(idWithin(20))
    await offer(20)
    await settled([client])
    const changed = vi.fn()
    client.on('changed', changed)
    server.requests.length = 0
    await server.publish({ configs: { settings: STAGED }, revision: 2 })
    await settled([client])
    expect(client.revision).toBe(2)
    expect([changed.mock.calls, server.requests]).toEqual([[], []])
  })

  test('because it was withdrawn: everybody is on the content before', async () => {
    const client = await start(idWithin(20))
    await offer(20)
    await settled([client])
    expect(client.getConfig('settings')).toEqual(STAGED)
    await server.publish({ configs: { settings: STABLE }, revision: 1 })
    await settled([client])
    expect(client.getConfig('settings')).toEqual(STABLE)
  })
})

describe('a candidate that is no good', () => {
  test('is refused and told of; the stable content of the same manifest is taken', async () => {
    const client = await start(idWithin(20))
    const rejected = vi.fn()
    client.on('rejected', rejected)
    server.intercept = (path) =>
      path.startsWith('/v1/bodies/') ? new Response('x'.repeat(10)) : undefined
    await offer(20)
    await settled([client])
    expect(client.getConfig('settings')).toEqual(STABLE)
    expect(rejected).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'size', revision: 2 }),
    )
    // The manifest is its floor all the same: an older one is a rollback.
    server.announce(server.heads[0] ?? expect.fail('no head'))
    await settled([client])
    expect(rejected).toHaveBeenLastCalledWith(expect.objectContaining({ code: 'rollback' }))
  })

  test('that cannot be had is tried again while what is served goes on', async () => {
    const client = await start(idWithin(20))
    server.intercept = (path) =>
      path.startsWith('/v1/bodies/') ? new Response(null, { status: 503 }) : undefined
    await offer(20)
    await settled([client])
    expect(client.getConfig('settings')).toEqual(STABLE)
    server.intercept = () => undefined
    await pass(client, 60_000)
    expect(client.getConfig('settings')).toEqual(STAGED)
  })

  test('does not keep a new instance from starting', async () => {
    server.intercept = (path) =>
      path.startsWith('/v1/bodies/') ? new Response(null, { status: 503 }) : undefined
    await offer(100)
    const client = await start('new')
    expect(client.getConfig('settings')).toEqual(STABLE)
  })
})

test('an instance without an id goes by the user of its context, whom it does not tell of', async () => {
  const user = idWithin(20)
  const context = { targetingKey: user }
  const client = clientOf(server, { context, reportStatus: true })
  await client.ready()
  await offer(20)
  await settled([client])
  expect(client.getConfig('settings')).toEqual(STAGED)
  await pass(client, 2_000)
  const sent = server.sockets.flatMap(({ sent: texts }) => texts).filter((text) => text !== 'ping')
  expect(sent.at(-1)).toContain('"group":"candidate","deployment":"7"')
  expect(sent.join()).not.toContain(`"${user}"`)
})

test('what a cache holds is taken, whichever of the two it is', async () => {
  const texts = new Map<string, string>()
  const cache = {
    get: (name: string) => texts.get(name),
    set: (name: string, text: string) => void texts.set(name, text),
  }
  await offer(20)
  for (const [id, other, content] of [
    [idWithin(20), idWithin(20, false), STAGED],
    [idWithin(20, false), idWithin(20), STABLE],
  ] as const) {
    texts.clear()
    server.up()
    const first = await start(id, { cache })
    await settled([first])
    await first.close()
    server.down()
    const second = await start(other, { cache })
    expect(second.source).toBe('cache')
    expect(second.getConfig('settings')).toEqual(content)
  }
})

test('another seed exposes others', async () => {
  const id = idWithin(20)
  const client = await start(id)
  let seed = 'other-0'
  for (let i = 1; isInShare(bucketOf(id, seed), 20_000); i++) seed = `other-${i}`
  await offer(20, seed)
  await settled([client])
  expect(client.getConfig('settings')).toEqual(STABLE)
})

describe('rings', () => {
  const CANARY = { ring: ['canary', 'staff'] }
  const outside = (labels?: Record<string, string>): Promise<Client> =>
    start(idWithin(50, false), labels && { labels })

  /** Of clients with these labels: which take revision 2. */
  async function takers(
    rings: readonly Ring[],
    ...labels: readonly (Record<string, string> | undefined)[]
  ): Promise<boolean[]> {
    const clients = await Promise.all(labels.map(outside))
    await offer(0, SEED, rings)
    await settled(clients)
    return clients.map((client) => client.revision === 2)
  }

  test('are let in whatever the share, by what the application calls the process', async () => {
    const taken = await takers(
      [CANARY],
      { ring: 'canary' },
      { ring: 'staff', zone: 'b' },
      { ring: 'Canary' },
      { zone: 'canary' },
      undefined,
    )
    expect(taken).toEqual([true, true, false, false, false])
  })

  test('that name several labels want all of them; one ring of several is enough', async () => {
    const rings = [{ ...CANARY, zone: ['a'] }, { tier: ['free'] }]
    const taken = await takers(
      rings,
      { ring: 'canary', zone: 'a' },
      { ring: 'canary', zone: 'b' },
      { zone: 'a' },
      { tier: 'free' },
    )
    expect(taken).toEqual([true, false, false, true])
  })

  test('that name no label, or one that no instance has, have nobody in them', async () => {
    const rings: Ring[] = [{}, { constructor: ['x'] }, { toString: [] }]
    expect(await takers(rings, { ring: 'canary' }, undefined)).toEqual([false, false])
  })

  test('whoever is in one stays while others come in, by ring and then by share', async () => {
    const canary = await outside({ ring: 'canary' })
    const other = await outside({ zone: 'b' })
    const last = await start(idWithin(80, false))
    const clients = [canary, other, last]
    const seen: (number | undefined)[][] = []
    const look = async (percent: number, rings: readonly Ring[]): Promise<void> => {
      await offer(percent, SEED, rings)
      await settled(clients)
      seen.push(clients.map((client) => client.revision))
    }
    await look(0, [CANARY])
    await look(0, [CANARY, { zone: ['b'] }])
    await look(80, [CANARY, { zone: ['b'] }])
    await look(100, [])
    expect(seen).toEqual([
      [2, 1, 1],
      [2, 2, 1],
      [2, 2, 1],
      [2, 2, 2],
    ])
  })

  test('go by the labels an instance had when it started', async () => {
    const labels: Record<string, string> = { ring: 'late' }
    const client = await outside(labels)
    labels['ring'] = 'canary'
    await offer(0, SEED, [CANARY])
    await settled([client])
    expect(client.revision).toBe(1)
  })

  test('that cannot be read refuse the manifest: what is served goes on', async () => {
    const client = await outside({ ring: 'canary' })
    const rejected = vi.fn()
    client.on('rejected', rejected)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a broken writer might sign
    await offer(0, SEED, ['canary'] as unknown as readonly Ring[])
    await settled([client])
    expect(rejected).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'malformed' }))
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
    await offer(0, SEED, [{ ring: 'canary' }] as unknown as readonly Ring[])
    await settled([client])
    expect([client.revision, rejected.mock.calls.length]).toEqual([1, 1])
  })

  describe('by place', () => {
    const FRANKFURT = { 'edge.country': ['DE'] }
    const hello = (place: string): void => {
      const { aud, epoch, seq } = server.head?.claims ?? expect.fail('no head')
      server.openSockets.at(-1)?.say({ type: 'hello', aud, epoch, seq, place })
    }

    test('as the stream says it, the first time for good', async () => {
      const client = await outside({ zone: 'b' })
      hello('EU/DE/FRA')
      hello('NA/US/SJC')
      await offer(0, SEED, [{ ...FRANKFURT, 'edge.colo': ['FRA'], 'edge.continent': ['EU'] }])
      await settled([client])
      expect(client.revision).toBe(2)
    })

    test('as the answer to a poll says it', async () => {
      server.intercept = (path) => {
        if (!path.startsWith('/v1/snapshot')) return undefined
        const { body, manifest } = server.head ?? expect.fail('no head')
        const headers = { 'driftless-manifest': manifest, 'driftless-place': '/DE/' }
        return new Response(body, { headers })
      }
      const client = await start(idWithin(50, false), { stream: false })
      await offer(0, SEED, [FRANKFURT])
      await pass(client, 40_000)
      expect(client.revision).toBe(2)
    })

    test('is said with the status, and what the application says goes before it', async () => {
      const client = await start(idWithin(50, false), {
        labels: { 'edge.country': 'FR', ring: 'x' },
        reportStatus: true,
      })
      hello('EU/DE/FRA')
      await offer(0, SEED, [FRANKFURT])
      await pass(client, 2_000)
      expect(client.revision).toBe(1)
      const sent = server.sockets.flatMap(({ sent: texts }) => texts)
      const labels = { 'edge.continent': 'EU', 'edge.country': 'FR', 'edge.colo': 'FRA', ring: 'x' }
      expect(JSON.parse(sent.findLast((text) => text.includes('status')) ?? '{}')).toMatchObject({
        labels,
        group: 'stable',
      })
    })
  })
})
