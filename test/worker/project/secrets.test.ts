import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { canonicalize } from '#core'
import { itemsOver } from '../../../worker/domain/items.ts'
import { MAX_BODY_BYTES, MAX_SECRET_BYTES } from '../../../worker/domain/limits.ts'
import { sealedBytes } from '../../../worker/domain/sealed-size.ts'
import { digest } from '../../../worker/objects/sha256.ts'
import { ItemStore } from '../../../worker/objects/project/store.ts'
import { MAX_WRAPS } from '../../../worker/objects/project/project-keys.ts'
import type { SecretWrite } from '../../../worker/domain/secret.ts'
import {
  caller,
  config,
  createProject,
  inside as insideOf,
  must,
  project,
  published,
  put,
} from './support.ts'
import { projectKeysOf } from './project-keys.ts'

const environment = 'production'

/** A project of each test's own. */
let shop = ''
let projects = 0

const write = (...writes: readonly Partial<SecretWrite>[]) =>
  project(shop).writeSecrets(
    {
      action: 'secret.put',
      writes: writes.map((one) => ({ name: 'token', environment, ...one })),
      reason: 'test',
    },
    { caller, base: '*' },
  )

const add = (name: string, value: string) => write({ name, add: { value }, activate: 'new' })

async function reveal(name: string, version?: number): Promise<string | undefined> {
  const request = { name, environment, reason: 'test', ...(version !== undefined && { version }) }
  const answer = await project(shop).revealSecret(request, caller)
  return answer.ok ? answer.value.value : undefined
}

const inside = <R>(work: Parameters<typeof insideOf<R>>[0]): Promise<R> => insideOf(work, shop)

const rows = (query: string) =>
  inside(
    (_, { storage }) => storage.sql.exec(query).toArray() as readonly Record<string, unknown>[],
  )

const status = async () => must(await project(shop).keyRotation())

/** Runs the alarm until it has nothing to move any more. */
async function drained(): Promise<void> {
  for (let rounds = 0; rounds < 20 && !(await status()).isDone; rounds++) await published(shop)
}

beforeEach(async () => {
  projects += 1
  shop = `shop-${projects}`
  await createProject(shop)
})

describe('project keys', () => {
  test('the first secret makes the first key; reading and writing again makes no other', async () => {
    expect(await status()).toEqual({ current: null, isDone: true, remaining: 0, keys: [] })
    must(await add('token', 'v'))
    expect(await reveal('token')).toBe('v')
    await evictDurableObject(env.PROJECT.getByName(shop))
    expect(await reveal('token')).toBe('v')
    must(await add('token', 'w'))
    expect((await status()).keys).toMatchObject([{ masterKey: 'test', wraps: 2, dataKeys: 2 }])
  })

  test('rotating moves every data key, destroys the old key, and changes no sealed value', async () => {
    const writes = Array.from({ length: 250 }, (_, index) => ({
      name: `s${index}`,
      add: { value: `v${index}` },
    }))
    must(await write(...writes))
    const sealedBefore = await rows(
      'SELECT name, hex(sealed) AS sealed FROM secret_value ORDER BY name',
    )
    const before = (await status()).current
    const begun = must(await project(shop).rotateProjectKey('yearly', caller))
    expect(begun).toMatchObject({ isDone: false, remaining: 250 })
    expect(begun.current).not.toBe(before)
    await drained()
    const after = await status()
    expect(after).toMatchObject({ isDone: true, remaining: 0, current: begun.current })
    expect(after.keys).toMatchObject([
      { dataKeys: 250, wraps: 250, retiredAtMs: null },
      { id: before, dataKeys: 0, masterKey: null, destroyedAtMs: expect.any(Number) },
    ])
    expect(
      await rows('SELECT name, hex(sealed) AS sealed FROM secret_value ORDER BY name'),
    ).toEqual(sealedBefore)
    expect(await rows('SELECT wrapped FROM project_key WHERE destroyed_at_ms IS NOT NULL')).toEqual(
      [{ wrapped: null }],
    )
    for (const index of [0, 99, 100, 249]) expect(await reveal(`s${index}`)).toBe(`v${index}`)
    const audit = must(await project(shop).audit({ limit: 100 })).items
    expect(audit.filter(({ action }) => action.startsWith('project_key'))).toMatchObject([
      { action: 'project_key.rotate', reason: 'yearly' },
      { action: 'project_key.create', actor: 'system' },
    ])
  })

  test('a rotation goes on after the object went away, and a second one overtakes the first', async () => {
    must(await add('token', 'v'))
    must(await project(shop).rotateProjectKey('one', caller))
    await evictDurableObject(env.PROJECT.getByName(shop))
    must(await project(shop).rotateProjectKey('two', caller))
    must(await add('other', 'w'))
    await drained()
    const { keys } = await status()
    expect(keys.map(({ dataKeys }) => dataKeys)).toEqual([2, 0, 0])
    expect(keys.map(({ destroyedAtMs }) => destroyedAtMs === null)).toEqual([true, false, false])
    expect([await reveal('token'), await reveal('other')]).toEqual(['v', 'w'])
  })

  test('secrets written while data keys move are on the newest key in the end', async () => {
    must(
      await write(
        ...Array.from({ length: 120 }, (_, index) => ({ name: `s${index}`, add: { value: 'a' } })),
      ),
    )
    must(await project(shop).rotateProjectKey('now', caller))
    await Promise.all([
      drained(),
      ...Array.from({ length: 20 }, (_, index) => add(`t${index}`, 'b')),
    ])
    await drained()
    expect((await status()).keys.map(({ dataKeys }) => dataKeys)).toEqual([140, 0])
  })

  test('before a key wrapped too much, another takes its place by itself', async () => {
    must(await add('token', 'v'))
    const before = (await status()).current
    await inside((_, { storage }) => {
      storage.sql.exec('UPDATE project_key SET wraps = ?', MAX_WRAPS - 1)
    })
    must(await add('token', 'w'))
    expect((await status()).current).toBe(before)
    must(await add('token', 'x'))
    expect((await status()).current).not.toBe(before)
    await drained()
    expect((await status()).keys).toMatchObject([{ dataKeys: 3 }, { id: before, dataKeys: 0 }])
  })

  test('a new master key in front wraps the project keys at their next use; the old one is then needed no more', async () => {
    must(await add('token', 'v'))
    const old = env.MASTER_KEY ?? ''
    const next = `next:${'A'.repeat(43)}`
    const opened = await inside(async (_, { storage }) => {
      const both = projectKeysOf(
        storage,
        () => 0,
        () => `${next},${old}`,
      )
      const before = both.status().keys[0]?.masterKey
      await both.ring(shop)
      const after = both.status().keys[0]?.masterKey
      // Another object, that never saw the old one.
      const ring = await projectKeysOf(
        storage,
        () => 0,
        () => next,
      ).ring(shop)
      return { before, after, keys: ring.byId.size }
    })
    expect(opened).toEqual({ before: 'test', after: 'next', keys: 1 })
  })

  test('also where nobody uses the secrets, the alarm moves the project keys to the new master key', async () => {
    must(await add('token', 'v'))
    const old = env.MASTER_KEY ?? ''
    const after = await inside(async (_, { storage }) => {
      const both = `next:${'A'.repeat(43)},${old}`
      const keys = projectKeysOf(
        storage,
        () => 0,
        () => both,
      )
      await keys.rewrap(shop)
      return keys.status().keys.map(({ masterKey }) => masterKey)
    })
    expect(after).toEqual(['next'])
  })

  test('without the master key nothing is destroyed, and the move waits a minute before it tries again', async () => {
    must(await add('token', 'v'))
    must(await project(shop).rotateProjectKey('now', caller))
    const failed = await inside(async (_, { storage }) => {
      const other = `other:${'B'.repeat(42)}A`
      const keys = projectKeysOf(
        storage,
        () => 5_000,
        () => other,
      )
      return keys.rewrap(shop).then(
        () => 'done',
        (error: unknown) => String(error),
      )
    })
    expect(failed).toContain('not in MASTER_KEY')
    expect(
      await rows('SELECT not_before_ms AS at FROM project_key WHERE retired_at_ms IS NOT NULL'),
    ).toEqual([{ at: 65_000 }])
    expect(await reveal('token')).toBe('v')
  })
})

describe('what is stored of a secret', () => {
  test('of a request that carried a value, not even a hash that can be guessed at', async () => {
    const requestSha256 = digest('the request').sha256
    const request = {
      action: 'secret.put',
      writes: [{ name: 'token', environment, add: { value: 'v' } }],
      reason: 'test',
    } as const
    const options = { caller, base: '*', idempotency: { key: 'k', requestSha256 } } as const
    must(await project(shop).writeSecrets(request, options))
    expect(must(await project(shop).writeSecrets(request, options)).replayed).toBe(true)
    const [row] = await rows('SELECT request_sha256 AS hash FROM idempotency')
    expect(row?.['hash']).toMatch(/^[0-9a-f]{64}$/)
    expect(row?.['hash']).not.toBe(requestSha256)
    // Its key moves with the others.
    must(await project(shop).rotateProjectKey('now', caller))
    await drained()
    expect(must(await project(shop).writeSecrets(request, options)).replayed).toBe(true)
  })

  test('a ciphertext or a data key put in the place of another does not open', async () => {
    must(await add('a', 'value of a'))
    must(await add('b', 'value of b'))
    await inside((_, { storage }) => {
      storage.sql.exec(
        `UPDATE secret_value SET sealed = (SELECT sealed FROM secret_value WHERE name = 'a'),
           wrapped_key = (SELECT wrapped_key FROM secret_value WHERE name = 'a') WHERE name = 'b'`,
      )
    })
    // Inside: an exception that crosses over is also reported by itself.
    const refused = await inside((instance) =>
      instance.revealSecret({ name: 'b', environment, reason: 't' }, caller).catch(String),
    )
    expect(refused).toContain('does not open it')
    expect(await reveal('a')).toBe('value of a')
  })

  test('a reading that cannot be written down is not answered', async () => {
    must(await add('token', 'v'))
    await inside((_, { storage }) => {
      storage.sql.exec(
        `CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
      )
    })
    expect(
      await project(shop).revealSecret({ name: 'token', environment, reason: 't' }, caller),
    ).toEqual({
      ok: false,
      error: { reason: 'storage_full' },
    })
  })

  test('nothing is left of the secrets of a project that was removed, and one made again does not open them', async () => {
    must(await add('token', 'v'))
    must(await project(shop).remove('over', caller))
    for (const table of ['project_key', 'secret_value', 'secret_number', 'secret_seal']) {
      expect(await rows(`SELECT * FROM ${table}`)).toEqual([])
    }
    await createProject(shop, 2)
    expect(await reveal('token')).toBeUndefined()
  })
})

describe('secrets in snapshots', () => {
  const key = async (audience: 'server' | 'client' = 'server') =>
    must(await project(shop).createKey({ name: 'k', environment, audience, reason: 't' }, caller))

  interface Sealed {
    readonly jwe: { readonly recipients: readonly { readonly header: { readonly kid: string } }[] }
  }
  async function secretsOf(
    audience: 'server' | 'client' = 'server',
  ): Promise<Record<string, Sealed>> {
    const head = await project(shop).head(environment, audience)
    const bytes = head && (await project(shop).body(environment, audience, head.sha256))
    const text = new TextDecoder().decode(bytes ?? new Uint8Array())
    return (JSON.parse(text) as { secrets: Record<string, Sealed> }).secrets
  }

  test('are sealed for the server keys of their environment, and for nobody else', async () => {
    must(await add('token', 'v'))
    expect(await secretsOf()).toEqual({})
    await key()
    await key('client')
    const first = await secretsOf()
    expect(first['token']?.jwe.recipients).toHaveLength(1)
    expect(await secretsOf('client')).toEqual({})
    const { id } = await key()
    expect((await secretsOf())['token']?.jwe.recipients).toHaveLength(2)
    must(await project(shop).revokeKey(id, 't', caller))
    const again = await secretsOf()
    expect(again['token']?.jwe.recipients.map((one) => one.header.kid)).toEqual(
      first['token']?.jwe.recipients.map((one) => one.header.kid),
    )
  })

  test('carry the version before until its grace period ends, and then leave by themselves', async () => {
    await key()
    must(await add('token', 'old'))
    must(await write({ add: { value: 'new' }, activate: 'new', graceMs: 3_600_000 }))
    const during = await secretsOf()
    expect(during['token']).toMatchObject({ version: 2, previous: { version: 1 } })
    await published(shop)
    await inside((instance) => {
      const before = instance.nowMs
      instance.nowMs = () => before() + 3_600_001
    })
    await published(shop)
    const after = await secretsOf()
    expect(after['token']).toMatchObject({ version: 2 })
    expect(after['token']).not.toHaveProperty('previous')
    expect(after['token']?.jwe).toEqual(during['token']?.jwe)
  })

  test('are missing when they are revoked or deleted', async () => {
    await key()
    must(await add('a', '1'))
    must(await add('b', '2'))
    must(await write({ name: 'a', revoke: 1 }))
    expect(Object.keys(await secretsOf())).toEqual(['b'])
    must(await write({ name: 'b', remove: true }))
    expect(await secretsOf()).toEqual({})
    expect(await rows('SELECT * FROM secret_seal')).toEqual([])
  })

  test('that are damaged or lost in the storage are left out, and keep nothing else from readers', async () => {
    await key()
    must(await write(...['a', 'b', 'c'].map((one) => ({ name: one, add: { value: one } }))))
    await inside((_, { storage }) => {
      storage.sql.exec("UPDATE secret_value SET sealed = randomblob(40) WHERE name = 'a'")
      storage.sql.exec("DELETE FROM secret_value WHERE name = 'b'")
      storage.sql.exec('DELETE FROM secret_seal')
      storage.sql.exec('DELETE FROM head')
    })
    await evictDurableObject(env.PROJECT.getByName(shop))
    expect(Object.keys(await secretsOf())).toEqual(['c'])
  })
})

describe('the size of a body with its secrets', () => {
  const key = (where = environment) =>
    project(shop).createKey(
      { name: 'k', environment: where, audience: 'server', reason: 't' },
      caller,
    )
  const head = async () => {
    const found = await project(shop).head(environment, 'server')
    if (found === null) throw new Error('there is a head')
    return found
  }

  test.each([1, 2, 3])('is known before they are sealed for %i keys', async (recipients) => {
    must(await add('a', 'v'))
    must(await add('a', 'wü'))
    must(await add('longer-name.b', 'x'.repeat(100)))
    must(await write({ name: 'idle', add: { value: 'first' } }))
    must(await write({ name: 'gone', add: { value: 'first' } }))
    must(await write({ name: 'gone', revoke: 1 }))
    for (let index = 0; index < recipients; index += 1) must(await key())
    const { sha256 } = await head()
    const bytes = await project(shop).body(environment, 'server', sha256)
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array()))
    const secrets: unknown = Reflect.get(Object(body), 'secrets')
    const values: Readonly<Record<string, number>> = {
      'a/1': 1,
      'a/2': 3,
      'longer-name.b/1': 100,
      'idle/1': 5,
    }
    const place = { project: shop, environment }
    const bytesOf = (name: string, version: number) => {
      const value = values[`${name}/${version}`]
      return value === undefined ? undefined : { value }
    }
    const known = await inside(async (instance, { storage }) => {
      const { revision } = must(await instance.info())
      const items = itemsOver(new ItemStore(storage.sql).current(revision))
      return sealedBytes(items, place, recipients, bytesOf, Date.now())
    })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read from JSON
    expect(known).toBe(canonicalize(secrets as Record<string, string>).length)
    expect(Object.keys(Object(secrets))).toHaveLength(3)
  })

  test('is refused where it could not be published, whoever makes it grow: a value, a key, a config', async () => {
    must(await key())
    const value = 'v'.repeat(MAX_SECRET_BYTES)
    const names = Array.from({ length: 238 }, (_, index) => `s${index}`)
    must(await write(...names.map((name) => ({ name, add: { value } }))))
    const { size } = await head()
    const room = MAX_BODY_BYTES - size
    expect(room).toBeGreaterThan(2_000)
    const filling = (left: number) => 'v'.repeat(Math.floor(((room - left) * 3) / 4))
    const refused = await add('last', filling(0))
    expect(refused).toMatchObject({
      ok: false,
      error: {
        reason: 'too_large',
        what: `snapshot body of ${environment}`,
        limit: MAX_BODY_BYTES,
      },
    })
    must(await add('last', filling(1_500)))
    const full = await head()
    expect(full.size).toBeLessThanOrEqual(MAX_BODY_BYTES)
    expect(full.size).toBeGreaterThan(MAX_BODY_BYTES - 1_500)
    expect(await key()).toMatchObject({ ok: false, error: { reason: 'too_large' } })
    expect(await put([config('c'.repeat(1_000))], {}, shop)).toMatchObject({
      ok: false,
      error: { reason: 'too_large' },
    })
    must(await put([config('c')], {}, shop))
    must(await key('staging'))
  })
})

describe('without the master key', () => {
  test('writing, revealing and rotating are refused with the id of the key that is missing, and change nothing', async () => {
    must(await add('token', 'v'))
    await inside((_, { storage }) => {
      // As wrapped by another installation's key: the id stands in the framing.
      storage.sql.exec('UPDATE project_key SET wrapped = ?', UNDER_OLD)
    })
    await evictDurableObject(env.PROJECT.getByName(shop))
    const revision = must(await project(shop).info()).revision
    const missing = { ok: false, error: { reason: 'not_configured', keyId: 'old' } }
    expect(await add('token', 'w')).toMatchObject(missing)
    expect(
      await project(shop).revealSecret({ name: 'token', environment, reason: 't' }, caller),
    ).toMatchObject(missing)
    expect(must(await project(shop).info()).revision).toBe(revision)
    // What asks for no value goes on.
    must(await write({ settings: { description: 'of the old database' } }))
    expect((await status()).keys).toMatchObject([{ masterKey: 'old' }])
  })
})

/** 60 zero bytes under the key id `old`, in the framing of STORAGE.md §5. */
const UNDER_OLD = btoa(`\u0001\u0003old${'\0'.repeat(60)}`).replace(/=+$/, '')
