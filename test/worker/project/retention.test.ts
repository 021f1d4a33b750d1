/** What is left of old revisions where a project says how many it keeps: real storage and alarms, any sequence of acts. */
import { env } from 'cloudflare:workers'
import { evictDurableObject, reset, runDurableObjectAlarm } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { call } from '../api/support.ts'
import { caller, config, createProject, inside, must, override, project, put } from './support.ts'

beforeEach(async () => {
  await runDurableObjectAlarm(env.PROJECT.getByName('shop'))
  await reset()
  // So far ahead that the runtime does not fire our alarms.
  await inside((instance) => void (instance.nowMs = () => 4_000_000_000_000))
  await createProject()
})

const keep = async (historyRetentionRevisions: number | null) =>
  must(await project().update({ historyRetentionRevisions }, 'space', caller))

/** The alarm, until there is nothing left that it should prune. */
async function pruned(): Promise<void> {
  for (let round = 0; round < 20; round++)
    await runDurableObjectAlarm(env.PROJECT.getByName('shop'))
}

const commitTo = async (revision: number) => {
  for (let at = must(await project().info()).revision; at < revision; at++) {
    must(await put([config({ at: at + 1 })]))
  }
}

const BASE = { kind: 'config', key: 'settings', layer: 'base' } as const
const read = async (revision: number) => project().item(BASE, revision)
const count = (query: string) =>
  inside((_, state) => state.storage.sql.exec<{ n: number }>(query).one().n)
const blobs = () => count('SELECT COUNT(DISTINCT sha256) AS n FROM blob')

describe('the history of a project', () => {
  test('is kept as a whole unless it says otherwise', async () => {
    await commitTo(40)
    await pruned()
    expect(must(await project().info())).toMatchObject({
      historyRetentionRevisions: null,
      oldestRevision: 1,
    })
    expect((await read(2)).ok).toBe(true)
  })

  test('loses contents before the last n revisions, and says so', async () => {
    await commitTo(40)
    const before = await blobs()
    await keep(10)
    await pruned()
    expect(must(await project().info())).toMatchObject({ revision: 40, oldestRevision: 31 })
    expect(await read(30)).toEqual({
      ok: false,
      error: { reason: 'pruned', revision: 30, oldest: 31 },
    })
    const overHttp = await call('GET', '/projects/shop/configs/settings?revision=30')
    expect(overHttp.status).toBe(410)
    expect(overHttp.body).toMatchObject({
      code: 'pruned',
      detail:
        'What was there at revision 30 was pruned, as the project says; contents are kept from revision 31 on.',
    })
    for (let revision = 31; revision <= 40; revision++) {
      expect(must(await read(revision)).content).toMatchObject({ source: `{"at":${revision}}` })
    }
    expect(await blobs()).toBe(before - 29)
    // It is the same from storage.
    await evictDurableObject(env.PROJECT.getByName('shop'))
    expect((await read(30)).ok).toBe(false)
    expect((await read(31)).ok).toBe(true)
  })

  test('still tells who changed what, and numbers versions on', async () => {
    await commitTo(40)
    await keep(10)
    await pruned()
    const { changed } = must(await project().revision(5))
    expect(changed).toEqual([BASE])
    const { items } = must(await project().versions(BASE, { limit: 100 }))
    expect(items).toHaveLength(39)
    expect(items.at(-1)).toMatchObject({ version: 1, revision: 2, author: 'tester' })
    must(await put([config({ at: 'new' })]))
    expect(must(await read(41)).version).toBe(40)
    const audit = must(await project().audit({ limit: 100, item: 'config/settings' }))
    expect(audit.items.length).toBe(40)
  })

  test('keeps what is old and still there, and what comes back', async () => {
    must(await put([config({ old: true }, 'old')]))
    must(await put([override({ a: 1 }, 'staging', 'old')]))
    must(await put([config({ comes: 'back' })]))
    await commitTo(40)
    await keep(10)
    await pruned()
    expect(must(await project().resolved('old', 'production')).document).toEqual({
      old: true,
      a: 1,
    })
    expect(must(await project().resolved('old', 'production', 31)).document).toEqual({
      old: true,
      a: 1,
    })
    must(await put([config({ comes: 'back' })]))
    expect(must(await read(41)).content).toMatchObject({ source: '{"comes":"back"}' })
  })

  test('is not gone back to where it is pruned', async () => {
    await commitTo(40)
    await keep(10)
    await pruned()
    const gone = { ok: false, error: { reason: 'pruned' } }
    const options = { caller, base: '*' } as const
    expect(await project().rollback({ to: 12, reason: 'r' }, options)).toMatchObject(gone)
    expect(await project().rollback({ back: 20, reason: 'r' }, options)).toMatchObject(gone)
    const item = { kind: 'config', key: 'settings' } as const
    expect(await project().rollback({ back: 20, item, reason: 'r' }, options)).toMatchObject(gone)
    const deployment = { environment: 'staging', revision: 12, reason: 'r' } as const
    expect(await project().deploy(deployment, { caller })).toMatchObject(gone)
    const difference = { of: 'resolved', from: 'staging', to: 'staging', fromRevision: 12 } as const
    expect(await project().differences(difference)).toMatchObject(gone)
    must(await project().rollback({ back: 5, reason: 'r' }, options))
    expect(must(await read(41)).content).toMatchObject({ source: '{"at":35}' })
  })

  test('keeps what a deployment releases and would go back to, until it is over', async () => {
    await commitTo(5)
    const deployment = { growth: 'LINEAR', factor: 10, minutes: 10_080, bake: 0 } as const
    must(await put([{ op: 'updateEnvironment', environment: 'staging', deployment }]))
    const { deployments } = must(await put([override({ slow: true }, 'staging')]))
    const [{ id } = { id: '' }] = deployments ?? []
    for (let at = 0; at < 30; at++) must(await put([override({ at }, 'production')]))
    await keep(10)
    await pruned()
    expect(must(await project().info()).oldestRevision).toBe(6)
    expect((await read(6)).ok).toBe(true)
    must(await project().actOnDeployment(id, 'abort', 'enough', { caller }))
    await pruned()
    // What everybody has is still of then.
    expect(must(await project().info()).oldestRevision).toBe(6)
    const head = await project().head('staging', 'server')
    expect(head?.revision).toBeLessThanOrEqual(6)
  })

  test('goes in batches of bounded size', async () => {
    const names = Array.from({ length: 700 }, (_, index) => `c-${index}`)
    must(await put(names.map((name) => config({}, name))))
    must(
      await put(
        names.map((name) => config({ name }, name)),
        { acknowledge: ['grows', 'changes'] },
      ),
    )
    await commitTo(20)
    await keep(10)
    await runDurableObjectAlarm(env.PROJECT.getByName('shop'))
    const left = await count(
      'SELECT COUNT(*) AS n FROM item_version WHERE until <= 11 AND pruned = 0',
    )
    expect(left).toBeGreaterThan(0)
    expect((await project().item({ ...BASE, key: 'c-1' }, 2)).ok).toBe(false)
    await pruned()
    expect(
      await count('SELECT COUNT(*) AS n FROM item_version WHERE until <= 11 AND pruned = 0'),
    ).toBe(0)
    expect((await project().item({ ...BASE, key: 'c-1' }, 12)).ok).toBe(true)
  })

  test('is not told to keep fewer than 10', async () => {
    const settings = { historyRetentionRevisions: 9 }
    expect(await project().update(settings, 'space', caller)).toMatchObject({
      ok: false,
      error: { reason: 'invalid', issues: [{ path: '/historyRetentionRevisions' }] },
    })
  })
})
