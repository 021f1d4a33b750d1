import { env } from 'cloudflare:workers'
import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseKey } from '#core'
import { sha256Hex } from '../../../worker/crypto/hash.ts'
import { EVERYTHING } from '../../../worker/domain/grants.ts'
import type { DirectoryObject } from '../../../worker/objects/directory/directory-object.ts'
import { caller, directory, must } from '../support/objects.ts'

async function make({
  project = '*',
  ...members
}: { project?: string; expiresAtMs?: number; cidrs?: readonly string[] } = {}) {
  const grants = [{ role: 'editor', ...EVERYTHING, projects: [project] }] as const
  const request = { name: 'ci', grants, cidrs: [], expiresAtMs: null, reason: 'deploys' }
  return must(await directory().createToken({ ...request, ...members }, caller))
}

/** What a token speaks for. */
async function find(token: string, address: string | null = null) {
  const credential = { kind: 'token', sha256: await sha256Hex(token), prefix: token.slice(0, 22) }
  const found = await directory().authenticate({ ...credential, kind: 'token' }, address)
  return found.ok ? found : null
}

async function setClock(nowMs: () => number) {
  await runInDurableObject<DirectoryObject, void>(
    env.DIRECTORY.getByName('directory'),
    (object) => {
      object.nowMs = nowMs
    },
  )
}

describe('admin tokens', () => {
  beforeEach(() => reset())

  test('a token is well-formed, found by its hash and never told again', async () => {
    const { token, ...info } = await make()
    expect(parseKey(token)).toEqual({ kind: 'admin' })
    expect(token.startsWith(info.prefix)).toBe(true)
    expect(info.prefix.length).toBeLessThan(token.length - 28)
    expect(await find(token)).toMatchObject({ id: info.id, name: 'ci', grants: info.grants })
    expect(
      JSON.stringify([await directory().tokens(), await directory().audit({ limit: 9 })]),
    ).not.toContain(token.slice(-30))
  })

  test('two tokens are never the same', async () => {
    expect((await make()).token).not.toBe((await make()).token)
  })

  test('the hash of another text finds nobody', async () => {
    await make()
    expect(await find('driftless_admin_x')).toBeNull()
  })

  test('a revoked token is found no more, stays listed, and cannot be revoked twice', async () => {
    const { id, token } = await make()
    must(await directory().revokeToken(id, 'left', caller))
    expect(await find(token)).toBeNull()
    expect(await directory().tokens()).toMatchObject([{ id, revokedAtMs: expect.any(Number) }])
    expect(await directory().revokeToken(id, 'again', caller)).toMatchObject({
      ok: false,
      error: { reason: 'not_found', noun: 'token' },
    })
  })

  test('a token ends at its time, not before and not after', async () => {
    const expiresAtMs = Date.now() + 60_000
    const { token } = await make({ expiresAtMs })
    for (const [nowMs, found] of [
      [expiresAtMs - 1, true],
      [expiresAtMs, false],
    ] as const) {
      await setClock(() => nowMs)
      expect((await find(token)) !== null).toBe(found)
    }
  })

  test('the tokens of a deleted project do not open a later one of its name', async () => {
    must(await directory().createProject('shop', 'open', caller))
    const [own, all] = [await make({ project: 'shop' }), await make()]
    must(await directory().removeProject('shop', 'close', caller))
    must(await directory().createProject('shop', 'again', caller))
    expect(await find(own.token)).toBeNull()
    expect(await find(all.token)).not.toBeNull()
  })

  test('a token that is for some addresses works from there alone', async () => {
    const { token } = await make({ cidrs: ['203.0.113.0/24', '2001:db8::/32'] })
    expect(await find(token, '203.0.113.9')).not.toBeNull()
    expect(await find(token, '2001:db8::1')).not.toBeNull()
    for (const address of ['203.0.114.9', '::1', 'nonsense', null]) {
      expect(await find(token, address)).toBeNull()
    }
  })

  test('its last use is written down, once a minute', async () => {
    const { token } = await make()
    const lastUsed = async () => (await directory().tokens())[0]?.lastUsedAtMs
    const startMs = Date.now()
    for (const [laterMs, seenMs] of [
      [0, 0],
      [59_999, 0],
      [60_000, 60_000],
    ] as const) {
      await setClock(() => startMs + laterMs)
      await find(token)
      expect(await lastUsed()).toBe(startMs + seenMs)
    }
  })

  test('a rotated token works as long as was said, and the new one has all it had', async () => {
    const startMs = Date.now()
    await setClock(() => startMs)
    const old = await make({ expiresAtMs: startMs + 3_600_000, cidrs: ['10.0.0.0/8'] })
    const rotation = { id: old.id, overlapMs: 60_000, reason: 'monthly' }
    const made = must(await directory().rotateToken(rotation, caller))
    expect(made).toMatchObject({ name: old.name, grants: old.grants, cidrs: old.cidrs })
    expect(made.expiresAtMs).toBe(startMs + 3_600_000)
    expect([made.token === old.token, made.id === old.id]).toEqual([false, false])
    for (const [laterMs, works] of [
      [59_999, true],
      [60_000, false],
    ] as const) {
      await setClock(() => startMs + laterMs)
      expect((await find(old.token, '10.0.0.1')) !== null).toBe(works)
      expect(await find(made.token, '10.0.0.1')).not.toBeNull()
    }
    expect(await directory().rotateToken(rotation, caller)).toMatchObject({ ok: false })
    expect((await directory().tokens()).find(({ id }) => id === old.id)?.rotatedTo).toBe(made.id)
    expect(must(await directory().audit({ limit: 9 })).items).toContainEqual(
      expect.objectContaining({ action: 'token.rotate', target: `token/${old.id}` }),
    )
  })

  test('rotating never lengthens the life of the old one', async () => {
    const startMs = Date.now()
    await setClock(() => startMs)
    const { id, token } = await make({ expiresAtMs: startMs + 1_000 })
    must(await directory().rotateToken({ id, overlapMs: 60_000, reason: 'r' }, caller))
    await setClock(() => startMs + 1_000)
    expect(await find(token)).toBeNull()
  })

  test('tokens survive eviction', async () => {
    const { token } = await make()
    await evictDurableObject(env.DIRECTORY.getByName('directory'))
    expect(await find(token)).not.toBeNull()
  })
})
