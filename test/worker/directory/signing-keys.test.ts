import { env } from 'cloudflare:workers'
import { reset, runInDurableObject } from 'cloudflare:test'
import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseMasterKeys } from '../../../worker/crypto/master-key.ts'
import { createSigner } from '../../../worker/crypto/signing.ts'
import type { DirectoryObject } from '../../../worker/objects/directory/directory-object.ts'
import type { SigningKey } from '../../../worker/objects/directory/interface.ts'
import { LEAD_MS } from '../../../worker/objects/directory/signing-keys.ts'
import { caller, directory, must, project } from '../support/objects.ts'

const DAY_MS = 86_400_000

function sign(key: SigningKey): Promise<string> {
  const masterKeys = parseMasterKeys(env.MASTER_KEY)
  return createSigner({ masterKeys, currentKey: async () => key, nowMs: () => 0 }).sign({
    iss: 'driftless',
    aud: 'shop/production/server',
    iat: 1,
    exp: 2,
    epoch: 1,
    seq: 1,
    revision: 1,
    sha256: 'ab'.repeat(32),
    size: 1,
  })
}

const kids = async () => (await directory().jwks()).keys.map((key) => key.kid)

/** What a reader of KV sees. */
const publishedKids = async () =>
  (await env.SNAPSHOTS.get<{ keys: { kid: string }[] }>('jwks', 'json'))?.keys.map(({ kid }) => kid)

async function setClock(nowMs: number): Promise<void> {
  await runInDurableObject<DirectoryObject, void>(
    env.DIRECTORY.getByName('directory'),
    (object) => {
      object.nowMs = () => nowMs
    },
  )
}

describe('signing keys', () => {
  beforeEach(() => reset())

  test('the first one is made when it is asked for, once, and published', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => directory().signingKey()))
    expect(new Set(keys.map((key) => key.kid)).size).toBe(1)
    expect(await kids()).toEqual([keys[0]?.kid])
    expect(await publishedKids()).toEqual([keys[0]?.kid])
  })

  test('what it signs verifies with the key set, which holds no private half', async () => {
    const key = await directory().signingKey()
    const set = await directory().jwks()
    const jwt = await sign(key)
    await compactVerify(jwt, createLocalJWKSet({ keys: set.keys.map((jwk) => ({ ...jwk })) }))
    expect(JSON.stringify(set)).not.toMatch(/"d":|wrapped/)
  })

  test('after a rotation both are published, and the new one signs when readers can have met it', async () => {
    const startMs = Date.now()
    await setClock(startMs)
    const old = await directory().signingKey()
    const { kid } = must(await directory().rotateSigningKey('yearly', caller))
    expect(kid).not.toBe(old.kid)
    expect(await kids()).toEqual(expect.arrayContaining([kid, old.kid]))
    expect(await publishedKids()).toEqual(expect.arrayContaining([kid, old.kid]))
    for (const [laterMs, signs] of [
      [0, old.kid],
      [LEAD_MS - 1, old.kid],
      [LEAD_MS, kid],
      [30 * DAY_MS, kid],
    ] as const) {
      await setClock(startMs + laterMs)
      expect((await directory().signingKey()).kid).toBe(signs)
    }
    await setClock(startMs)
    expect(must(await directory().audit({ limit: 1 })).items).toMatchObject([
      { action: 'signing_key.rotate', target: kid, actor: 'tester' },
    ])
  })

  test('a retired key stays in the set for seven days, and goes then', async () => {
    const old = await directory().signingKey()
    must(await directory().rotateSigningKey('yearly', caller))
    for (const [laterMs, listed] of [
      [7 * DAY_MS - 60_000, true],
      [7 * DAY_MS + 60_000, false],
    ] as const) {
      await runInDurableObject<DirectoryObject, void>(
        env.DIRECTORY.getByName('directory'),
        (object) => {
          object.nowMs = () => Date.now() + laterMs
        },
      )
      expect((await kids()).includes(old.kid)).toBe(listed)
    }
  })

  test('a key that cannot be published does not sign', async () => {
    const old = await directory().signingKey()
    await runInDurableObject<DirectoryObject, void>(
      env.DIRECTORY.getByName('directory'),
      async (object) => {
        object.putKeySet = () => Promise.reject(new Error('KV is down'))
        await expect(object.rotateSigningKey('yearly', caller)).rejects.toThrow('KV is down')
      },
    )
    expect((await directory().signingKey()).kid).toBe(old.kid)
  })

  test('a revoked key is in the set no more, at once, and another one signs', async () => {
    const old = await directory().signingKey()
    const { current } = must(await directory().revokeSigningKey(old.kid, 'leaked', caller))
    expect(current).not.toBe(old.kid)
    expect((await directory().signingKey()).kid).toBe(current)
    expect(await kids()).toEqual([current])
    expect(await publishedKids()).toEqual([current])
    expect(must(await directory().audit({ limit: 1 })).items).toMatchObject([
      { action: 'signing_key.revoke', target: old.kid, reason: 'leaked', actor: 'tester' },
    ])
    expect(await directory().revokeSigningKey(old.kid, 'again', caller)).toMatchObject({
      ok: false,
      error: { reason: 'not_found' },
    })
  })

  test('revoking one while another is there lets that one sign, at once', async () => {
    const old = await directory().signingKey()
    const { kid } = must(await directory().rotateSigningKey('yearly', caller))
    expect(must(await directory().revokeSigningKey(old.kid, 'leaked', caller)).current).toBe(kid)
    expect(await kids()).toEqual([kid])
  })

  test('after a revocation every project signs its heads anew, though telling it failed at first', async () => {
    must(await directory().createProject('shop', 'open', caller))
    const environments = { production: { protected: false } }
    must(
      await project('shop').create({ name: 'shop', epoch: 1, environments, reason: 'r' }, caller),
    )
    const before = await project('shop').head('production', 'server')
    const kidOf = (jwt = '') => decodeProtectedHeader(jwt).kid
    const old = kidOf(before?.manifest)
    const stub = env.DIRECTORY.getByName('directory')
    const tell = await runInDurableObject<DirectoryObject, DirectoryObject['resignProject']>(
      stub,
      (object) => {
        const works = object.resignProject
        object.resignProject = () => Promise.reject(new Error('moving'))
        return works
      },
    )
    const { current } = must(await directory().revokeSigningKey(String(old), 'leaked', caller))
    await runInDurableObject<DirectoryObject, void>(stub, async (object) => {
      object.resignProject = tell
      object.nowMs = () => Date.now() + 60_000
      await object.alarm()
    })
    const head = await project('shop').head('production', 'server')
    expect(kidOf(head?.manifest)).toBe(current)
    expect(head?.seq).toBeGreaterThan(before?.seq ?? 0)
    expect(current).not.toBe(old)
  })
})
