import { env } from 'cloudflare:workers'
import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseKey } from '#core'
import { sha256Hex } from '../../../worker/crypto/hash.ts'
import type { DirectoryObject } from '../../../worker/objects/directory/directory-object.ts'
import { caller, directory, must } from '../support/objects.ts'

const REQUEST = {
  name: 'ci',
  role: 'editor',
  project: null,
  expiresAtMs: null,
  reason: 'deploys',
} as const

async function make(request: { project?: string; expiresAtMs?: number } = {}) {
  return must(await directory().createToken({ ...REQUEST, ...request }, caller))
}

const find = async (token: string) => directory().findToken(await sha256Hex(token))

describe('admin tokens', () => {
  beforeEach(() => reset())

  test('a token is well-formed, found by its hash and never told again', async () => {
    const { token, ...info } = await make()
    expect(parseKey(token)).toEqual({ kind: 'admin' })
    expect(token.startsWith(info.prefix)).toBe(true)
    expect(info.prefix.length).toBeLessThan(token.length - 28)
    expect(await find(token)).toEqual(info)
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
      await runInDurableObject<DirectoryObject, void>(
        env.DIRECTORY.getByName('directory'),
        (object) => {
          object.nowMs = () => nowMs
        },
      )
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

  test('tokens survive eviction', async () => {
    const { token } = await make()
    await evictDurableObject(env.DIRECTORY.getByName('directory'))
    expect(await find(token)).not.toBeNull()
  })
})
