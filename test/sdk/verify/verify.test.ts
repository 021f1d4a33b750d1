/** SNAPSHOT.md §3.1, refusal by refusal, and in that order. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { ManifestClaims, PublicJwk } from '../../../sdk/src/core/index.ts'
import { verifyBody, verifyManifest, type VerifyPolicy } from '../../../sdk/src/verify.ts'
import {
  AUDIENCE,
  base64url,
  base64urlBytes,
  bodyOf,
  claimsOf,
  createSigner,
  NOW_MS,
  sha256Hex,
  textOf,
  type Signer,
} from './signer.ts'

const POLICY: VerifyPolicy = { issuer: 'driftless', audience: AUDIENCE, nowMs: NOW_MS }

let signer: Signer
let claims: ManifestClaims
let manifest: string

beforeAll(async () => {
  signer = await createSigner()
  claims = await claimsOf(textOf())
  manifest = await signer.sign(claims)
})

async function codeOf(
  jwt: string,
  policy: Partial<VerifyPolicy> = {},
  keys: readonly PublicJwk[] = [signer.jwk],
): Promise<string> {
  const verdict = await verifyManifest(jwt, { keys }, { ...POLICY, ...policy })
  return verdict.ok ? 'ok' : verdict.code
}

describe('a manifest', () => {
  test('that jose signed as the server does is accepted with its claims', async () => {
    const verdict = await verifyManifest(manifest, { keys: [signer.jwk] }, POLICY)
    expect(verdict).toEqual({ ok: true, claims })
  })

  test('may carry claims this reader does not know, a delta and a candidate', async () => {
    const { sha256, size } = claims
    const candidate = { revision: 2, sha256, size, share: 5000, seed: 's', deployment: 'd-1' }
    const more = {
      ...claims,
      nbf: 1,
      extra: { a: 1 },
      delta: { from: 1, base: sha256, sha256 },
      candidate,
    }
    expect(await codeOf(await signer.sign(more))).toBe('ok')
  })

  test('header members may come in any order', async () => {
    const { kid } = signer.jwk
    const typ = 'driftless-manifest+jwt'
    for (const header of [
      { typ, kid, alg: 'ES256' },
      { kid, alg: 'ES256', typ },
    ])
      expect(
        await codeOf(await signer.signRaw(JSON.stringify(header), JSON.stringify(claims))),
      ).toBe('ok')
  })

  describe('is malformed', () => {
    test('when it is not a text of three base64url parts', async () => {
      const [header = '', payload = '', signature = ''] = manifest.split('.')
      const texts = [
        '',
        'x',
        '..',
        header,
        `${header}.${payload}`,
        `${header}.${payload}.`,
        `.${payload}.${signature}`,
        `${header}..${signature}`,
        `${manifest}.`,
        `.${manifest}`,
        `${manifest}.${signature}`,
        `${header}.${payload}.${signature}.${signature}.${signature}`,
        JSON.stringify({ protected: header, payload, signature }),
        JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
      ]
      for (const text of texts) expect(await codeOf(text)).toBe('malformed')
      for (const value of [undefined, null, 7, {}, [manifest], new String(manifest)])
        // @ts-expect-error: whatever a caller without types hands in
        expect(await codeOf(value)).toBe('malformed')
    })

    test('when it is longer than 16,384 characters', async () => {
      const at = (length: number): Promise<string> =>
        signer.sign({ ...claims, pad: 'p'.repeat(length) })
      expect(await codeOf(await at(11_000))).toBe('ok')
      expect(await codeOf(await at(12_000))).toBe('malformed')
    })

    test('when the alphabet, the padding or the last bits are not canonical', async () => {
      for (const text of [
        `${manifest}=`,
        `${manifest}==`,
        ` ${manifest}`,
        `${manifest} `,
        `${manifest}\n`,
        manifest.replace('.', ' .'),
        manifest.replace('.', '.\t'),
        manifest.replace('.', '=.'),
        manifest.replace('.', '．'),
        `${manifest.slice(0, -1)}${nextCharacter(manifest.at(-1) ?? '')}`,
      ])
        expect(await codeOf(text)).toBe('malformed')
    })

    test('when unused bits of header or payload are set', async () => {
      // Lengths are chosen so that the parts end in an unfinished group.
      for (const pad of ['', 'p', 'pp']) {
        const payload = base64url(JSON.stringify({ ...claims, pad }))
        if (payload.length % 4 === 0) continue
        const altered = payload.slice(0, -1) + nextCharacter(payload.at(-1) ?? '')
        const [header = '', , signature = ''] = manifest.split('.')
        expect(await codeOf(`${header}.${altered}.${signature}`)).toBe('malformed')
      }
      const [header = '', payload = '', signature = ''] = manifest.split('.')
      const short = base64url('{"alg":"none"}')
      expect(short.length % 4).toBe(3)
      const altered = short.slice(0, -1) + nextCharacter(short.at(-1) ?? '')
      expect(await codeOf(`${altered}.${payload}.${signature}`)).toBe('malformed')
      expect(await codeOf(`${header}A.${payload}.${signature}`)).toBe('malformed')
    })

    test('when a part is not a JSON object in UTF-8', async () => {
      const header = JSON.stringify({
        alg: 'ES256',
        kid: signer.jwk.kid,
        typ: 'driftless-manifest+jwt',
      })
      const payload = JSON.stringify(claims)
      for (const wrong of ['', 'null', '[]', '"x"', '7', '{', `${payload}x`, `\uFEFF${payload}`])
        expect(await codeOf(await signer.signRaw(header, wrong))).toBe('malformed')
      for (const wrong of ['null', '[]', 'x', `\uFEFF${header}`])
        expect(await codeOf(await signer.signRaw(wrong, payload))).toBe('malformed')
      const [, , signature = ''] = manifest.split('.')
      const notUtf8 = base64urlBytes(new Uint8Array([0x7b, 0xff, 0x7d]))
      expect(await codeOf(`${base64url(header)}.${notUtf8}.${signature}`)).toBe('malformed')
    })

    test('when a claim is missing or of the wrong type', async () => {
      for (const name of Object.keys(claims)) {
        const { [name]: _, ...rest } = { ...claims } as Record<string, unknown>
        expect(await codeOf(await signer.sign(rest)), name).toBe('malformed')
        for (const wrong of [null, true, [], {}, -1, 1.5, '', 2 ** 53]) {
          if (wrong === '' && (name === 'iss' || name === 'aud')) continue
          expect(await codeOf(await signer.sign({ ...claims, [name]: wrong }))).toBe('malformed')
        }
      }
      for (const wrong of [
        { epoch: 0 },
        { seq: 0 },
        { seq: '1' },
        { sha256: claims.sha256.toUpperCase() },
        { sha256: claims.sha256.slice(1) },
        { sha256: `${claims.sha256}\n` },
        { exp: '9999999999' },
        { aud: [AUDIENCE] },
        { delta: {} },
        { delta: null },
        { delta: { from: 1, base: 'a'.repeat(64), sha256: 'x' } },
        { delta: { from: 1, sha256: 'a'.repeat(64) } },
        { candidate: { revision: 2 } },
        { candidate: [] },
      ])
        expect(await codeOf(await signer.sign({ ...claims, ...wrong }))).toBe('malformed')
      expect(await codeOf(await signer.signRaw('{}', '{"__proto__":{"iss":"driftless"}}'))).toBe(
        'malformed',
      )
    })
  })

  test('of any algorithm but ES256 is refused, signed with whatever', async () => {
    for (const alg of [
      'none',
      'None',
      'NONE',
      '',
      'es256',
      'ES256K',
      'ES384',
      'EdDSA',
      'RS256',
      'PS256',
      'HS256',
      undefined,
      null,
      1,
      ['ES256'],
      { alg: 'ES256' },
    ])
      expect(await codeOf(await signer.sign(claims, { alg }))).toBe('algorithm')
  })

  test('made with HMAC and the public key as its secret is refused', async () => {
    const secrets = [
      JSON.stringify(signer.jwk),
      signer.jwk.x,
      signer.jwk.y,
      signer.jwk.kid,
      atob(signer.jwk.x.replaceAll('-', '+').replaceAll('_', '/')),
    ]
    for (const alg of ['HS256', 'HS512', 'ES256']) {
      for (const secret of secrets) {
        const header = base64url(
          JSON.stringify({ alg, kid: signer.jwk.kid, typ: 'driftless-manifest+jwt' }),
        )
        const signed = `${header}.${base64url(JSON.stringify(claims))}`
        const hmac = { name: 'HMAC', hash: 'SHA-512' }
        const bytes = new TextEncoder().encode(secret)
        const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign'])
        const tag = new Uint8Array(
          await crypto.subtle.sign(hmac, key, new TextEncoder().encode(signed)),
        )
        const code = await codeOf(`${signed}.${base64urlBytes(tag)}`)
        expect(['algorithm', 'malformed', 'signature']).toContain(code)
        expect(await codeOf(`${signed}.`)).toBe('malformed')
      }
    }
  })

  test('of another type is refused', async () => {
    for (const typ of [
      'JWT',
      'jwt',
      'driftless-manifest+JWT',
      'application/driftless-manifest+jwt',
      'driftless-manifest',
      '',
      undefined,
      null,
      [],
    ])
      expect(await codeOf(await signer.sign(claims, { typ }))).toBe('type')
  })

  test('with any other header member is refused, and nothing it names is fetched', async () => {
    const other = await createSigner()
    const members = {
      jwk: other.jwk,
      jku: 'https://attacker.example/jwks.json',
      x5u: 'https://attacker.example/cert.pem',
      x5c: ['MIIB'],
      x5t: 'abc',
      crit: ['exp'],
      b64: false,
      zip: 'DEF',
      cty: 'JWT',
      enc: 'A256GCM',
      __proto: 1,
      constructor: 1,
    }
    const fetched: unknown[] = []
    const { fetch } = globalThis
    globalThis.fetch = (...request) => {
      fetched.push(request)
      return Promise.reject(new Error('no network'))
    }
    try {
      for (const [name, value] of Object.entries(members)) {
        expect(await codeOf(await signer.sign(claims, { [name]: value }))).toBe('header')
        expect(await codeOf(await other.sign(claims, { [name]: value, kid: signer.jwk.kid }))).toBe(
          'header',
        )
      }
    } finally {
      globalThis.fetch = fetch
    }
    expect(fetched).toEqual([])
  })

  test('whose header names a member twice, or holds white space or needless escapes, is refused', async () => {
    const { kid } = signer.jwk
    const rest = `"kid":"${kid}","typ":"driftless-manifest+jwt"}`
    for (const header of [
      `{"alg":"none","alg":"ES256",${rest}`,
      `{"kid":"other","alg":"ES256",${rest}`,
      `{ "alg":"ES256",${rest}`,
      `{"alg":"ES256",${rest}\n`,
      `{"alg":"\\u0045S256",${rest}`,
    ])
      expect(await codeOf(await signer.signRaw(header, JSON.stringify(claims)))).toBe('header')
  })

  test('of a key that is not in the set is refused', async () => {
    const other = await createSigner()
    expect(await codeOf(await other.sign(claims))).toBe('unknown_key')
    for (const kid of [
      undefined,
      null,
      '',
      0,
      {},
      { toString: 1, valueOf: 1 },
      [signer.jwk.kid],
      '../../etc/passwd',
      "' OR 1=1 --",
      'x'.repeat(5000),
    ])
      expect(await codeOf(await signer.sign(claims, { kid }))).toBe('unknown_key')
    expect(await codeOf(manifest, {}, [])).toBe('unknown_key')
  })

  test('of a key whose name does not follow from it is refused, even when the set says so', async () => {
    const other = await createSigner()
    const renamed = { ...other.jwk, kid: signer.jwk.kid }
    const forged = await other.sign(claims, { kid: signer.jwk.kid })
    expect(await codeOf(forged, {}, [renamed])).toBe('unknown_key')
    expect(await codeOf(forged, { pins: [signer.jwk.kid] }, [renamed])).toBe('unknown_key')
  })

  test('of a key that is not for ES256 signatures is refused', async () => {
    for (const wrong of [
      { use: 'enc' },
      { alg: 'ES384' },
      { key_ops: ['encrypt'] },
      { key_ops: ['sign'] },
      { crv: 'P-384' },
      { kty: 'oct' },
      { x: '' },
      { y: undefined },
      { d: signer.jwk.x },
    ]) {
      const jwk = { ...signer.jwk, ...wrong } as PublicJwk
      expect(await codeOf(manifest, {}, [jwk])).toBe('unknown_key')
    }
  })

  test('of a key that is not pinned is refused', async () => {
    const other = await createSigner()
    expect(await codeOf(manifest, { pins: [signer.jwk.kid] })).toBe('ok')
    expect(await codeOf(manifest, { pins: [other.jwk.kid] })).toBe('unknown_key')
    expect(await codeOf(manifest, { pins: [] })).toBe('unknown_key')
  })

  test('is not judged by a key set that cannot be read', async () => {
    for (const keys of [null, undefined, {}, { keys: 7 }, { keys: [null] }, []])
      // @ts-expect-error: whatever came from outside
      expect(await verifyManifest(manifest, keys, POLICY)).toMatchObject({ code: 'unknown_key' })
  })

  test('not signed by its key is refused', async () => {
    const other = await createSigner()
    expect(await codeOf(await other.sign(claims, { kid: signer.jwk.kid }))).toBe('signature')
    const [header, , signature] = manifest.split('.')
    const payload = base64url(JSON.stringify({ ...claims, seq: 2 }))
    expect(await codeOf(`${header}.${payload}.${signature}`)).toBe('signature')
    for (const bytes of [new Uint8Array(64), new Uint8Array(64).fill(255)])
      expect(await codeOf(`${header}.${payload}.${base64urlBytes(bytes)}`)).toBe('signature')
  })

  test('of another issuer or audience is refused', async () => {
    expect(await codeOf(await signer.sign({ ...claims, iss: 'driftless2' }))).toBe('issuer')
    expect(await codeOf(manifest, { issuer: 'ours' })).toBe('issuer')
    for (const aud of [
      'shop/staging/server',
      'shop/production/client',
      'shop2/production/server',
      `${AUDIENCE} `,
      '',
      `${AUDIENCE}/`,
    ])
      expect(await codeOf(await signer.sign({ ...claims, aud }))).toBe('audience')
  })

  test('expires 60 s after exp, unless it is the reader’s own', async () => {
    const endMs = (claims.exp + 60) * 1000
    expect(await codeOf(manifest, { nowMs: endMs - 1 })).toBe('ok')
    expect(await codeOf(manifest, { nowMs: endMs })).toBe('expired')
    expect(await codeOf(manifest, { nowMs: endMs + 1e12, acceptExpired: true })).toBe('ok')
  })

  test('signed in the future is accepted: iat proves nothing', async () => {
    expect(await codeOf(manifest, { nowMs: 0 })).toBe('ok')
  })

  test('is held against the floor: older, doubled and far ahead are refused', async () => {
    const { sha256 } = claims
    const other = await sha256Hex('other')
    const at = (epoch: number, seq: number): Promise<string> =>
      signer.sign({ ...claims, epoch, seq })
    const floor = { epoch: 5, seq: 100, sha256 }
    expect(await codeOf(await at(5, 99), { floor })).toBe('rollback')
    expect(await codeOf(await at(4, 1_000_000), { floor })).toBe('rollback')
    expect(await codeOf(await at(5, 100), { floor })).toBe('ok')
    expect(await codeOf(await at(5, 100), { floor: { ...floor, sha256: other } })).toBe('conflict')
    expect(await codeOf(await at(5, 101), { floor: { ...floor, sha256: other } })).toBe('ok')
    expect(await codeOf(await at(5, 1_000_100), { floor })).toBe('ok')
    expect(await codeOf(await at(5, 1_000_101), { floor })).toBe('jump')
    expect(await codeOf(await at(5, Number.MAX_SAFE_INTEGER), { floor })).toBe('jump')
    expect(await codeOf(await at(6, 1), { floor })).toBe('ok')
    expect(await codeOf(await at(6, Number.MAX_SAFE_INTEGER), { floor })).toBe('ok')
    expect(await codeOf(await at(1005, 1), { floor })).toBe('ok')
    expect(await codeOf(await at(1006, 1), { floor })).toBe('jump')
  })

  test('with several faults is refused for the first in the order of the specification', async () => {
    const floor = { epoch: 9, seq: 9, sha256: claims.sha256 }
    const all = { alg: 'HS256', typ: 'JWT', jku: 'x', kid: 'x' }
    const bad = { ...claims, iss: 'x', aud: 'x', exp: 1 }
    const late: Partial<VerifyPolicy> = { floor }
    expect(await codeOf(await signer.sign({ ...bad, seq: 0 }, all), late)).toBe('malformed')
    expect(await codeOf(await signer.sign(bad, all), late)).toBe('algorithm')
    expect(await codeOf(await signer.sign(bad, { ...all, alg: 'ES256' }), late)).toBe('type')
    expect(await codeOf(await signer.sign(bad, { jku: 'x', kid: 'x' }), late)).toBe('header')
    expect(await codeOf(await signer.sign(bad, { kid: 'x' }), late)).toBe('unknown_key')
    const other = await createSigner()
    expect(await codeOf(await other.sign(bad, { kid: signer.jwk.kid }), late)).toBe('signature')
    expect(await codeOf(await signer.sign(bad), late)).toBe('issuer')
    expect(await codeOf(await signer.sign({ ...bad, iss: 'driftless' }), late)).toBe('audience')
    expect(await codeOf(await signer.sign({ ...claims, exp: 1 }), late)).toBe('expired')
    expect(await codeOf(await signer.sign(claims), late)).toBe('rollback')
  })
})

describe('a body', () => {
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

  test('that the manifest names is accepted', async () => {
    const body = bodyOf({ configs: { settings: { pool: 8 } } })
    const text = textOf(body)
    expect(await verifyBody(bytesOf(text), await claimsOf(text))).toEqual({ ok: true, body })
  })

  test('of another size or hash is refused', async () => {
    const text = textOf()
    expect(await verifyBody(bytesOf(`${text} `), claims)).toMatchObject({ code: 'size' })
    expect(await verifyBody(bytesOf(text.slice(1)), claims)).toMatchObject({ code: 'size' })
    expect(await verifyBody(bytesOf(''), claims)).toMatchObject({ code: 'size' })
    const altered = text.replace('"revision":1', '"revision":2')
    expect(await verifyBody(bytesOf(altered), claims)).toMatchObject({ code: 'hash' })
  })

  test('of an unknown format, for somebody else, or of another revision is refused', async () => {
    const { aud, revision } = claims
    const texts = [
      'null',
      '[]',
      '{',
      textOf().replace('"format":1', '"format":2'),
      textOf().replace('"format":1', '"format":"1"'),
      textOf({ project: 'shop2' }),
      textOf({ environment: 'staging' }),
      textOf({ audience: 'client' }),
      textOf({ revision: 2 }),
      textOf().replace('"project":"shop"', '"project":["shop"]'),
      textOf().replace('"flags":{}', '"flags":[]'),
      textOf().replace('"configs":{},', ''),
    ]
    for (const text of texts) {
      const named = {
        ...(await claimsOf(textOf())),
        sha256: await sha256Hex(text),
        size: text.length,
        aud,
        revision,
      }
      expect(await verifyBody(bytesOf(text), named)).toMatchObject({ code: 'format' })
    }
  })

  test('that is not UTF-8 is refused', async () => {
    const bytes = bytesOf(textOf({ configs: { a: 'xy' } }))
    bytes[bytes.indexOf(0x78)] = 0xff
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
    expect(await verifyBody(bytes, { ...claims, sha256, size: bytes.length })).toMatchObject({
      code: 'format',
    })
  })
})

/** The same character with its last bit set, as a decoder that ignores unused bits would still read it. */
function nextCharacter(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet.charAt(alphabet.indexOf(character) + 1)
}
