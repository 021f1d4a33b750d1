import { env } from 'cloudflare:workers'
import { evictDurableObject, reset } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { verifyChain } from '#core'
import { digest } from '../../../worker/objects/sha256.ts'
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

const settings = { kind: 'config', key: 'settings', layer: 'base' } as const

const sourceAt = async (revision?: number) => {
  const { content } = must(await project().item(settings, revision))
  return content
}

const bodyOf = async (environment: string) => {
  const head = await project().head(environment, 'server')
  const bytes = head && (await project().body(environment, 'server', head.sha256))
  return bytes === null ? null : new TextDecoder().decode(bytes)
}

const rollback = (to: number, environment?: string) =>
  project().rollback(
    { to, reason: 'it broke', ...(environment !== undefined && { environment }) },
    { caller, base: '*' },
  )

const chain = async () => must(await project().audit({ limit: 100 })).items.toReversed()

describe('history', () => {
  beforeEach(() => reset())

  test('an item is there as it was at every revision', async () => {
    await createProject()
    for (let i = 0; i < 5; i++) must(await put([config({ i })]))
    must(await put([{ op: 'deleteConfig', name: 'settings' }]))
    must(await put([config({ i: 'again' })]))
    await evictDurableObject(env.PROJECT.getByName('shop'))
    for (let i = 0; i < 5; i++) {
      expect(await sourceAt(i + 2)).toHaveProperty('source', JSON.stringify({ i }))
    }
    expect(await project().item(settings, 7)).toMatchObject({ error: { reason: 'not_found' } })
    expect(await sourceAt()).toHaveProperty('source', '{"i":"again"}')
    expect(must(await project().item(settings))).toMatchObject({ revision: 8, version: 7 })
  })

  test('a revision that is not there is not found', async () => {
    await createProject()
    for (const revision of [0, 2, -1, 1.5, NaN]) {
      expect(await project().items('config', revision)).toMatchObject({
        error: { reason: 'not_found', noun: 'revision' },
      })
    }
  })

  test('versions of an item come newest first, page by page, and say who and why', async () => {
    await createProject()
    for (let i = 0; i < 5; i++) must(await put([config({ i })]))
    must(await put([{ op: 'deleteConfig', name: 'settings' }]))
    const first = must(await project().versions(settings, { limit: 4 }))
    expect(first.items.map(({ version }) => version)).toEqual([6, 5, 4, 3])
    expect(first.items[0]).toMatchObject({ sha256: null, author: caller.name, reason: 'because' })
    const cursor = first.next ?? ''
    const second = must(await project().versions(settings, { limit: 4, cursor }))
    expect(second.items.map(({ version }) => version)).toEqual([2, 1])
    expect(second).not.toHaveProperty('next')
  })

  test('a cursor of another list, or an invented one, is refused', async () => {
    await createProject()
    must(await put([flag()]))
    const { next } = must(await project().revisions({ limit: 1 }))
    for (const cursor of [next ?? '', 'x', '', '!!', btoa('audit:-1')]) {
      expect(await project().audit({ limit: 1, cursor })).toMatchObject({
        error: { reason: 'invalid', issues: [{ path: '/cursor' }] },
      })
    }
    expect(await project().audit({ limit: 101 })).toMatchObject({ error: { reason: 'invalid' } })
  })

  test('revisions name what they changed', async () => {
    await createProject()
    must(await put([flag(), config({ a: 1 })]))
    const { items } = must(await project().revisions({ limit: 10 }))
    expect(items.map(({ revision }) => revision)).toEqual([2, 1])
    expect(must(await project().revision(2))).toEqual({
      revision: 2,
      atMs: expect.any(Number),
      author: caller.name,
      reason: 'because',
      kind: 'change',
      changed: [settings, { kind: 'flag', key: 'checkout', layer: 'base' }],
    })
  })
})

describe('rolling back', () => {
  beforeEach(() => reset())

  test('is a new revision with the old content, byte for byte', async () => {
    await createProject()
    must(await put([config({ a: 1 }), override({ b: 1 }, 'staging'), flag('one')]))
    const before = await bodyOf('production')
    const items = must(await project().items('config'))
    must(
      await put([
        config({ a: 2 }),
        { op: 'deleteConfigOverride', name: 'settings', environment: 'staging' },
      ]),
    )
    must(await put([{ op: 'deleteFlag', key: 'one' }, flag('two'), config({}, 'other')]))
    const made = must(await rollback(2))
    expect(made.revision).toBe(5)
    const after = await bodyOf('production')
    expect(after?.replace('"revision":5', '"revision":2')).toBe(before)
    const again = must(await project().items('config'))
    expect(again.map(({ sha256, content }) => [sha256, content])).toEqual(
      items.map(({ sha256, content }) => [sha256, content]),
    )
    expect(must(await project().revision(5))).toMatchObject({ kind: 'rollback', restores: 2 })
  })

  test('leaves environments as they are and skips layers of those that are gone', async () => {
    await createProject()
    must(
      await put([
        config({ a: 1 }),
        override({ a: 2 }, 'production'),
        override({ a: 3 }, 'staging'),
      ]),
    )
    must(
      await put([
        { op: 'deleteEnvironment', environment: 'production' },
        { op: 'createEnvironment', environment: 'test', protected: false },
        config({ a: 9 }),
      ]),
    )
    must(await rollback(2))
    expect(must(await project().items('environment')).map(({ key }) => key)).toEqual([
      'staging',
      'test',
    ])
    expect(must(await project().items('config')).map(({ layer }) => layer)).toEqual([
      'base',
      'env:staging',
    ])
    expect(must(await project().resolved('settings', 'test')).document).toEqual({ a: 1 })
  })

  test('of one environment leaves the bases and the others alone', async () => {
    await createProject()
    must(
      await put([
        config({ a: 1 }),
        override({ b: 1 }, 'staging'),
        override({ c: 1 }, 'production'),
      ]),
    )
    must(
      await put([
        config({ a: 2 }),
        override({ b: 2 }, 'staging'),
        override({ c: 2 }, 'production'),
      ]),
    )
    must(await rollback(2, 'production'))
    expect(must(await project().resolved('settings', 'production')).document).toEqual({
      a: 2,
      b: 2,
      c: 1,
    })
  })

  test('that would break what refers to something is refused, naming it', async () => {
    await createProject()
    must(await put([flag()]))
    const enabled = { enabled: true, rules: [{ id: 'all', serve: { variant: 'on' } }] }
    must(
      await put([
        { op: 'putFlagEnvironment', key: 'checkout', environment: 'production', ...enabled },
      ]),
    )
    must(
      await put([
        { op: 'putFlagEnvironment', key: 'checkout', environment: 'production', enabled: false },
      ]),
    )
    must(
      await put([
        { op: 'patchFlag', key: 'checkout', patch: { variants: { on: null, yes: true } } },
      ]),
    )
    expect(await rollback(3, 'production')).toEqual({
      ok: false,
      error: {
        reason: 'invalid',
        issues: [{ path: '/to', message: expect.stringContaining('flag checkout in production') }],
      },
    })
  })

  test('to a revision that is not there is refused', async () => {
    await createProject()
    expect(await rollback(9)).toMatchObject({ error: { reason: 'not_found', noun: 'revision' } })
    expect(await rollback(1, 'nowhere')).toMatchObject({ error: { noun: 'environment' } })
  })
})

describe('the audit', () => {
  beforeEach(() => reset())

  test('has a row for every revision and act, and its chain verifies', async () => {
    await createProject()
    must(await put([flag()]))
    must(await put([flag(), config({})]))
    const key = must(
      await project().createKey(
        { name: 'ci', environment: 'production', audience: 'server', reason: 'ci' },
        caller,
      ),
    )
    must(await project().revokeKey(key.id, 'done', caller))
    await evictDurableObject(env.PROJECT.getByName('shop'))
    must(await put([config({ a: 1 })]))
    // reset() does not reach an object that was evicted and is at work again.
    await published()
    const rows = await chain()
    expect(rows.map(({ action, target }) => [action, target])).toEqual([
      ['project.create', 'project/shop'],
      ['change', 'flag/checkout/base'],
      ['change', 'config/settings/base'],
      ['key.create', `key/${key.id}`],
      ['key.revoke', `key/${key.id}`],
      ['change', 'config/settings/base'],
    ])
    expect(verifyChain(rows, digest)).toMatchObject({ ok: true, last: { seq: 6 } })
    expect(rows[5]?.beforeSha256).toBe(rows[2]?.afterSha256)
    expect(JSON.stringify(rows)).not.toContain(key.key)
  })

  test('tells when a row was changed in the storage', async () => {
    await createProject()
    must(await put([flag()]))
    must(await put([config({})]))
    await inside((_, { storage }) => {
      storage.sql.exec(`UPDATE audit SET actor = 'somebody else' WHERE seq = 2`)
    })
    expect(verifyChain(await chain(), digest)).toEqual({ ok: false, seq: 2, fault: 'wrong hash' })
  })

  test('outlives the project, and goes on when it is made again', async () => {
    await createProject()
    must(await put([flag()]))
    must(await project().remove('over', caller))
    await published()
    expect(await project().info()).toMatchObject({
      error: { reason: 'not_found', noun: 'project' },
    })
    await createProject('shop', 2)
    const rows = await chain()
    expect(rows.map(({ action }) => action)).toEqual([
      'project.create',
      'change',
      'project.remove',
      'project.create',
    ])
    expect(verifyChain(rows, digest)).toMatchObject({ ok: true })
    expect(must(await project().items('flag'))).toEqual([])
  })
})
