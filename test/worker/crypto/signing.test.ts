import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import type { ManifestClaims } from '#core'
import { parseMasterKeys } from '../../../worker/crypto/master-key.ts'
import { randomBytes } from '../../../worker/crypto/random.ts'
import { createSigner, createSigningKey } from '../../../worker/crypto/signing.ts'

const masterKeys = parseMasterKeys('test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8')

const claims: ManifestClaims = {
  iss: 'driftless',
  aud: 'shop/production/server',
  iat: 1_700_000_000,
  exp: 1_700_086_400,
  epoch: 1,
  seq: 2,
  revision: 3,
  sha256: 'ab'.repeat(32),
  size: 10,
}

describe('signing keys', () => {
  test('a new key is named by its thumbprint and shows no private half', async () => {
    const key = await createSigningKey(masterKeys, randomBytes)
    expect(key.kid).toBe(await calculateJwkThumbprint(key.publicJwk))
    expect(Object.keys(key.publicJwk).toSorted()).toEqual([
      'alg',
      'crv',
      'kid',
      'kty',
      'use',
      'x',
      'y',
    ])
  })

  test('a manifest verifies under the public half and its header has three members', async () => {
    const key = await createSigningKey(masterKeys, randomBytes)
    const signer = createSigner({ masterKeys, currentKey: async () => key, nowMs: () => 0 })
    const jwt = await signer.sign(claims)
    const { payload } = await compactVerify(jwt, await importJWK(key.publicJwk, 'ES256'))
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(claims)
    expect(decodeProtectedHeader(jwt)).toEqual({
      alg: 'ES256',
      kid: key.kid,
      typ: 'driftless-manifest+jwt',
    })
  })

  test('the directory is asked again once the key was held for 60 s', async () => {
    const keys = [
      await createSigningKey(masterKeys, randomBytes),
      await createSigningKey(masterKeys, randomBytes),
    ] as const
    let asked = 0
    let nowMs = 5
    const signer = createSigner({
      masterKeys,
      currentKey: async () => keys[asked++ === 0 ? 0 : 1],
      nowMs: () => nowMs,
    })
    const kid = async () => decodeProtectedHeader(await signer.sign(claims)).kid
    expect(await kid()).toBe(keys[0].kid)
    nowMs += 59_999
    expect(await kid()).toBe(keys[0].kid)
    nowMs += 1
    expect(await kid()).toBe(keys[1].kid)
    expect(asked).toBe(2)
  })
})
