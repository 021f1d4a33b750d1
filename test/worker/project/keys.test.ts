import { env } from 'cloudflare:workers'
import { evictDurableObject, reset } from 'cloudflare:test'
import { parseKey } from '#core'
import { beforeEach, describe, expect, test } from 'vitest'
import { digest } from '../../../worker/objects/sha256.ts'
import { caller, createProject, inside, must, project, published, put } from './support.ts'

const request = { name: 'ci', environment: 'production', audience: 'client', reason: 'ci' } as const

const kv = env.SNAPSHOTS

const inKv = (sha256: string) => kv.get(`key/${sha256}`, 'json')

const failing = async () => {
  throw new Error('KV is down')
}

/** Replaces KV, for the object too, by one that fails, or gives it back. */
function breakKv(broken: boolean): void {
  Reflect.set(env, 'SNAPSHOTS', broken ? { put: failing, delete: failing } : kv)
}

const ask = (part: object) => project().createKey({ ...request, ...part }, caller)

describe('SDK keys', () => {
  beforeEach(async () => {
    breakKv(false)
    await reset()
  })

  test('say whom they are for, and are known by their hash alone', async () => {
    await createProject()
    const { key, ...info } = must(await project().createKey(request, caller))
    expect(parseKey(key)).toEqual({ kind: 'client', project: 'shop', environment: 'production' })
    expect(key.startsWith(info.prefix)).toBe(true)
    expect(key.length - info.prefix.length).toBeGreaterThanOrEqual(30)
    const { sha256 } = digest(key)
    const scope = { id: info.id, project: 'shop', environment: 'production', audience: 'client' }
    expect(await project().findKey(sha256)).toEqual(scope)
    expect(await inKv(sha256)).toEqual(scope)
    expect(must(await project().keys())).toEqual([info])
    const rows = await inside((_, { storage }) =>
      storage.sql.exec('SELECT * FROM sdk_key').toArray(),
    )
    expect(JSON.stringify(rows)).not.toContain(key.slice(-20))
  })

  test('work after eviction, and are refused from the moment they are revoked', async () => {
    await createProject()
    const { id, key } = must(await project().createKey(request, caller))
    const { sha256 } = digest(key)
    await evictDurableObject(env.PROJECT.getByName('shop'))
    expect(await project().findKey(sha256)).toMatchObject({ id })
    expect(must(await project().revokeKey(id, 'leaked', caller))).toEqual({ sha256 })
    expect(await project().findKey(sha256)).toBeNull()
    expect(await inKv(sha256)).toBeNull()
    expect(must(await project().keys())).toMatchObject([{ id, revokedAtMs: expect.any(Number) }])
  })

  test('are revoked once', async () => {
    await createProject()
    const { id } = must(await project().createKey(request, caller))
    must(await project().revokeKey(id, 'leaked', caller))
    for (const which of [id, 'nobody']) {
      expect(await project().revokeKey(which, 'again', caller)).toEqual({
        ok: false,
        error: { reason: 'not_found', noun: 'key', name: which },
      })
    }
  })

  test('need an environment that is there, a name and a reason', async () => {
    await createProject()
    expect(await ask({ environment: 'nowhere' })).toMatchObject({ error: { reason: 'not_found' } })
    expect(await ask({ name: '' })).toMatchObject({ error: { issues: [{ path: '/name' }] } })
    expect(await ask({ reason: ' ' })).toMatchObject({ error: { issues: [{ path: '/reason' }] } })
    expect(must(await project().keys())).toEqual([])
  })

  test('are made and revoked while KV is down; KV learns of it later', async () => {
    await createProject()
    await published()
    breakKv(true)
    const first = must(await project().createKey(request, caller))
    expect(await project().findKey(digest(first.key).sha256)).toMatchObject({ id: first.id })
    expect(await inKv(digest(first.key).sha256)).toBeNull()
    breakKv(false)
    const second = must(await project().createKey(request, caller))
    breakKv(true)
    must(await project().revokeKey(second.id, 'leaked', caller))
    expect(await project().findKey(digest(second.key).sha256)).toBeNull()
    expect(await inKv(digest(second.key).sha256)).not.toBeNull()
    breakKv(false)
    await inside((instance) => {
      instance.nowMs = () => Date.now() + 60_000
    })
    await published()
    expect(await inKv(digest(first.key).sha256)).toMatchObject({ id: first.id })
    expect(await inKv(digest(second.key).sha256)).toBeNull()
  })

  test('of an environment that is deleted are revoked with it, also when it comes back', async () => {
    await createProject()
    const { key } = must(await project().createKey(request, caller))
    must(await put([{ op: 'deleteEnvironment', environment: 'production' }]))
    must(await put([{ op: 'createEnvironment', environment: 'production', protected: false }]))
    await published()
    expect(await project().findKey(digest(key).sha256)).toBeNull()
    expect(await inKv(digest(key).sha256)).toBeNull()
  })

  test('of a project that is removed stop working, and nothing of them is kept', async () => {
    await createProject()
    const { key } = must(await project().createKey(request, caller))
    must(await project().remove('over', caller))
    expect(await project().findKey(digest(key).sha256)).toBeNull()
    await published()
    expect(await inKv(digest(key).sha256)).toBeNull()
    const rows = await inside((_, { storage }) =>
      storage.sql.exec('SELECT * FROM sdk_key').toArray(),
    )
    expect(rows).toEqual([])
  })
})
