import { env } from 'cloudflare:workers'
import { evictDurableObject, listDurableObjectIds, reset } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  caller,
  config,
  createProject,
  flag,
  inside,
  must,
  override,
  project,
  published,
  put,
} from './support.ts'

/** Everything a project has stored, row by row. */
const stored = () =>
  inside((_, { storage }) =>
    [
      'project',
      'revision',
      'item_version',
      'blob',
      'audit',
      'idempotency',
      'outbox',
      'head',
      'sdk_key',
    ].map((table) => storage.sql.exec(`SELECT * FROM ${table}`).toArray()),
  )

const evict = () => evictDurableObject(env.PROJECT.getByName('shop'))

/** Sets the object's clock. */
const at = (nowMs: number) =>
  inside((instance) => {
    instance.nowMs = () => nowMs
  })

describe('committing', () => {
  beforeEach(() => reset())

  test('a project that does not exist says so and stores nothing', async () => {
    const missing = { ok: false, error: { reason: 'not_found', noun: 'project', name: 'shop' } }
    expect(await project().info()).toEqual(missing)
    expect(await put([flag()])).toEqual(missing)
    expect(await project().items('flag')).toEqual(missing)
    expect(await project().keys()).toEqual(missing)
    expect(await project().head('production', 'server')).toBeNull()
    expect(await project().body('production', 'server', 'ab'.repeat(32))).toBeNull()
    expect(await project().findKey('ab'.repeat(32))).toBeNull()
    await inside((_, { storage }) => {
      expect(storage.sql.exec('SELECT name FROM sqlite_master').toArray()).toEqual([])
    })
    expect(await listDurableObjectIds(env.HUB)).toEqual([])
  })

  test('a project begins at revision 1 with its environments', async () => {
    const made = await createProject()
    expect(made).toMatchObject({ revision: 1, environments: ['production', 'staging'] })
    expect(must(await project().info())).toMatchObject({ name: 'shop', revision: 1, epoch: 1 })
    expect(must(await project().items('environment')).map(({ key }) => key)).toEqual([
      'production',
      'staging',
    ])
  })

  test('a project is made once', async () => {
    await createProject()
    const request = { name: 'shop', epoch: 1, environments: {}, reason: 'again' }
    expect(await project().create(request, caller)).toEqual({
      ok: false,
      error: { reason: 'already_exists', noun: 'project', name: 'shop' },
    })
  })

  test('what was acknowledged is there after the object was evicted', async () => {
    await createProject()
    const made = must(await put([config({ pool: 8 }), override({ pool: 16 }, 'staging')]))
    expect(made.revision).toBe(2)
    await evict()
    expect(must(await project().info()).revision).toBe(2)
    expect(must(await project().resolved('settings', 'production'))).toEqual({
      revision: 2,
      document: { pool: 16 },
      layers: ['base', 'env:staging'],
      origins: { '/pool': 'env:staging' },
    })
  })

  test('the source of a config comes back byte for byte, also when it fills several rows', async () => {
    await createProject()
    const source = `{ "text" : "${'é€😀'.repeat(300_000)}" }\r\n`
    must(
      await put([{ op: 'putConfig', name: 'big', format: 'json', source, visibility: 'server' }]),
    )
    await evict()
    const item = must(await project().item({ kind: 'config', key: 'big', layer: 'base' }))
    expect(item.content).toEqual({ format: 'json', source, visibility: 'server' })
    await inside((_, { storage }) => {
      const { longest } = storage.sql.exec('SELECT MAX(LENGTH(bytes)) AS longest FROM blob').one()
      expect(longest).toBeLessThan(2_000_000)
    })
  })

  test('a stale base is refused, told what changed, and changes nothing', async () => {
    await createProject()
    must(await put([flag()], { base: 1 }))
    await published()
    const before = await stored()
    expect(await put([config({})], { base: 1 })).toEqual({
      ok: false,
      error: {
        reason: 'revision_conflict',
        base: 1,
        current: 2,
        changed: [
          { kind: 'flag', key: 'checkout', layer: 'base', revision: 2, author: caller.name },
        ],
      },
    })
    expect(await stored()).toEqual(before)
  })

  test('of 64 writers on one base exactly one succeeds', async () => {
    await createProject()
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) => put([config({ i })], { base: 1 })),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(must(await project().info()).revision).toBe(2)
  })

  test('writers that take whatever is there get revisions without a gap', async () => {
    await createProject()
    const answers = await Promise.all(Array.from({ length: 32 }, (_, i) => put([config({ i })])))
    const revisions = answers.map((answer) => must(answer).revision).toSorted((a, b) => a - b)
    expect(revisions).toEqual(Array.from({ length: 32 }, (_, i) => i + 2))
  })

  test('a change set that changes nothing is a revision too, and builds nothing', async () => {
    await createProject()
    must(await put([config({ a: 1 })]))
    expect(must(await put([config({ a: 1 })]))).toEqual({
      revision: 3,
      dryRun: false,
      changed: [],
      environments: [],
    })
    expect(
      must(await project().item({ kind: 'config', key: 'settings', layer: 'base' })),
    ).toMatchObject({ revision: 2, version: 1 })
  })

  test('a dry run decides everything and writes nothing', async () => {
    await createProject()
    await published()
    const before = await stored()
    const answer = must(await put([flag(), config({ a: 1 })], { dryRun: true }))
    expect(answer).toMatchObject({
      dryRun: true,
      revision: 2,
      environments: ['production', 'staging'],
    })
    expect(answer.changed.map(({ key }) => key)).toEqual(['settings', 'checkout'])
    const refused = await put([{ op: 'deleteFlag', key: 'none' }], { dryRun: true })
    expect(refused).toMatchObject({ ok: false, error: { reason: 'not_found' } })
    expect(await put([flag()], { dryRun: true, base: 7 })).toMatchObject({
      error: { reason: 'revision_conflict' },
    })
    expect(await stored()).toEqual(before)
  })

  test('an error leaves nothing behind, whatever came before it', async () => {
    await createProject()
    await published()
    const before = await stored()
    expect(await put([flag(), config({}), { op: 'deleteSegment', key: 'none' }])).toEqual({
      ok: false,
      error: { reason: 'not_found', noun: 'segment', name: 'none' },
    })
    expect(await stored()).toEqual(before)
  })
})

describe('sending a write again', () => {
  beforeEach(() => reset())

  const idempotency = { key: 'once', requestSha256: 'aa'.repeat(32) }

  test('the same key and request give the stored answer, and are carried out once', async () => {
    await createProject()
    const operations = [config({ a: 1 }), override({ a: 2 }, 'production')]
    const made = must(await put(operations, { base: 1, idempotency }))
    must(await put([config({ a: 3 })]))
    await evict()
    const again = must(await put(operations, { base: 1, idempotency }))
    expect(again).toEqual({ ...made, replayed: true })
    expect(must(await project().info()).revision).toBe(3)
  })

  test('the same key for another request is refused', async () => {
    await createProject()
    must(await put([config({ a: 1 })], { idempotency }))
    const other = { key: 'once', requestSha256: 'bb'.repeat(32) }
    expect(await put([config({ a: 2 })], { idempotency: other })).toEqual({
      ok: false,
      error: { reason: 'idempotency_key_reused' },
    })
  })

  test('the same key of another token is another key', async () => {
    await createProject()
    must(await put([config({ a: 1 })], { idempotency }))
    const other = { tokenId: 'other', name: 'Other' }
    expect(must(await put([config({ a: 2 })], { idempotency, caller: other })).revision).toBe(3)
  })

  test('a refused write does not use the key up', async () => {
    await createProject()
    expect(await put([flag()], { base: 9, idempotency })).toMatchObject({ ok: false })
    expect(must(await put([flag()], { idempotency }))).not.toHaveProperty('replayed')
  })

  test('a key is forgotten after 24 hours and not before', async () => {
    await createProject()
    const dayMs = 24 * 60 * 60 * 1000
    await at(1_000)
    must(await put([flag()], { idempotency }))
    await at(1_000 + dayMs - 1)
    expect(must(await put([flag()], { idempotency }))).toHaveProperty('replayed', true)
    await at(1_000 + dayMs)
    expect(must(await put([flag()], { idempotency }))).not.toHaveProperty('replayed')
  })
})
