/** Sign-in through an identity provider: an issuer of our own, its keys, and tokens good and bad. */
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { env } from 'cloudflare:workers'
import { createApi } from '../../../worker/api/index.ts'
import { readOidcSettings } from '../../../worker/api/oidc-settings.ts'
import { EVERYTHING } from '../../../worker/domain/grants.ts'
import { createSubjectVerifier, type OidcOptions } from '../../../worker/http/oidc.ts'
import { directoryStub, hubStub, projectStub } from '../../../worker/objects/stubs.ts'

const ISSUER = 'https://team.cloudflareaccess.com'
const NOW_MS = Date.now()
const NOW_SEC = Math.floor(NOW_MS / 1000)

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>
let pair: KeyPair
let stranger: KeyPair
let keys: JWK[] = []
let fetched: string[] = []

beforeAll(async () => {
  pair = await generateKeyPair('RS256')
  stranger = await generateKeyPair('RS256')
  keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }]
})

const settings: OidcOptions = {
  issuer: ISSUER,
  audience: 'app',
  jwksUrl: `${ISSUER}/cdn-cgi/access/certs`,
  groupsClaim: 'custom.groups',
  groups: {
    admins: [{ role: 'owner', ...EVERYTHING }],
    '*': [{ role: 'viewer', ...EVERYTHING, projects: ['shop'] }],
  },
}

function verifier(options: OidcOptions = settings, nowMs: () => number = () => NOW_MS) {
  fetched = []
  return createSubjectVerifier(options, nowMs, async (url) => {
    fetched.push(url)
    return Response.json({ keys })
  })
}

function sign(
  claims: Record<string, unknown> = {},
  key = pair.privateKey,
  header: object = {},
): Promise<string> {
  const good = { sub: 'ada', iss: ISSUER, aud: ['app'], iat: NOW_SEC, exp: NOW_SEC + 3_600 }
  return new SignJWT({ email: 'ada@example.com', ...good, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
    .sign(key)
}

describe('a provider’s token', () => {
  test('speaks for its subject, with the grants of its groups', async () => {
    const verify = verifier()
    const jwt = await sign({ custom: { groups: ['admins', 'nobody knows', 7] } })
    expect(await verify(jwt)).toEqual({
      id: 'oidc/ada',
      name: 'ada@example.com',
      grants: [...(settings.groups['*'] ?? []), ...(settings.groups['admins'] ?? [])],
      expiresAtMs: (NOW_SEC + 3_600) * 1000,
    })
    expect(fetched).toEqual([settings.jwksUrl])
  })

  test('without groups gives what everybody gets, and a claim named like a built-in nothing', async () => {
    const verify = verifier()
    for (const groups of [
      undefined,
      null,
      'toString',
      ['__proto__', 'constructor'],
      { admins: 1 },
    ]) {
      const subject = await verify(await sign({ custom: { groups } }))
      expect(subject?.grants).toEqual(settings.groups['*'])
    }
  })

  test.each<[string, () => Promise<string>]>([
    ['of another issuer', () => sign({ iss: 'https://other.cloudflareaccess.com' })],
    ['for another audience', () => sign({ aud: 'other' })],
    ['for no audience', () => sign({ aud: [] })],
    ['that has ended', () => sign({ exp: NOW_SEC - 61 })],
    ['that has not begun', () => sign({ nbf: NOW_SEC + 120 })],
    ['without an end', () => sign({ exp: undefined })],
    ['without a subject', () => sign({ sub: undefined })],
    ['with an empty subject', () => sign({ sub: '' })],
    ['signed by another key', () => sign({}, stranger.privateKey)],
    ['naming a key that is not there', () => sign({}, pair.privateKey, { kid: 'k9' })],
    [
      'with a critical header',
      () => sign({}, pair.privateKey, { crit: ['x'], x: 1 }).catch(() => 'a.b.c'),
    ],
    [
      'unsigned',
      async () =>
        new UnsecuredJWT({ sub: 'ada' })
          .setIssuer(ISSUER)
          .setAudience('app')
          .setExpirationTime('1h')
          .encode(),
    ],
    [
      'signed with the public key as a shared secret',
      async () =>
        new SignJWT({ sub: 'ada' })
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .setIssuer(ISSUER)
          .setAudience('app')
          .setIssuedAt(NOW_SEC)
          .setExpirationTime(NOW_SEC + 60)
          .sign(new TextEncoder().encode(JSON.stringify(keys[0]).padEnd(32))),
    ],
    ['with padding', async () => `${await sign()}=`],
    ['with a space', async () => `${await sign()} `],
    ['too long', async () => sign({ padding: 'x'.repeat(20_000) })],
    ['of two parts', async () => (await sign()).split('.').slice(0, 2).join('.')],
  ])('%s is refused', async (_, make) => {
    expect(await verifier()(await make())).toBeNull()
  })

  test('is not refused for a minute of difference between the clocks', async () => {
    expect(await verifier()(await sign({ exp: NOW_SEC - 59 }))).not.toBeNull()
  })

  test('cannot be judged while the keys cannot be had, which is not the same as refused', async () => {
    const down = createSubjectVerifier(
      settings,
      () => NOW_MS,
      () => Promise.reject(new Error('down')),
    )
    await expect(down(await sign())).rejects.toThrow()
  })

  test('is verified by a key that came after the others', async () => {
    const before = keys
    const verify = verifier()
    const next = await generateKeyPair('ES256')
    keys = [...before, { ...(await exportJWK(next.publicKey)), kid: 'k2', alg: 'ES256' }]
    const jwt = await sign({}, next.privateKey, { alg: 'ES256', kid: 'k2' })
    expect(await verify(jwt)).not.toBeNull()
    keys = before
  })
})

describe('the API', () => {
  const api = createApi({
    project: (name) => projectStub(env, name),
    directory: () => directoryStub(env),
    hub: (name) => hubStub(env, name),
    forgetKey: () => undefined,
    verifySubject: (jwt) => verifier()(jwt),
    nowMs: () => NOW_MS,
  })
  const ask = (path: string, headers: Record<string, string>, method = 'GET') =>
    api.request(`https://driftless.test${path}`, { method, headers })

  test('takes it as a bearer token, and audits under the subject', async () => {
    const jwt = await sign({ custom: { groups: ['admins'] } })
    const answer = await ask('/session', { authorization: `Bearer ${jwt}` })
    expect(await answer.json()).toMatchObject({
      tokenId: 'oidc/ada',
      name: 'ada@example.com',
      via: 'provider',
    })
    const plain = await ask('/tokens', { authorization: `Bearer ${await sign()}` })
    expect(plain.status).toBe(403)
    const audit = await ask('/audit', { authorization: `Bearer ${jwt}` })
    expect(await audit.json()).toMatchObject({
      items: [
        { actor: 'ada@example.com', tokenId: 'oidc/ada', action: 'token.read', outcome: 'denied' },
      ],
    })
  })

  test('takes the one Cloudflare Access adds, but not from another site’s page', async () => {
    const jwt = await sign()
    const header = { 'cf-access-jwt-assertion': jwt }
    expect((await ask('/session', header)).status).toBe(200)
    expect((await ask('/session', { ...header, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await ask('/session', header, 'POST')).status).toBe(403)
    const own = { 'sec-fetch-site': 'same-origin', origin: 'https://driftless.test' }
    expect((await ask('/session', { ...header, ...own }, 'POST')).status).toBe(201)
  })

  test('answers a bad one as it answers a bad token', async () => {
    const bad = await ask('/session', { authorization: `Bearer ${await sign({ iss: 'x' })}` })
    const none = await ask('/session', {})
    expect(bad.status).toBe(401)
    expect(await bad.json()).toEqual(await none.json())
  })

  test('a session of it lives no longer than its word', async () => {
    const jwt = await sign({ exp: NOW_SEC + 600 })
    const answer = await ask('/session', { authorization: `Bearer ${jwt}` }, 'POST')
    expect(answer.headers.get('set-cookie')).toMatch(/Max-Age=(600|599)/)
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    expect(await (await ask('/session', { cookie })).json()).toMatchObject({
      tokenId: 'oidc/ada',
      via: 'session',
    })
  })
})

describe('the settings', () => {
  const good = { OIDC_ISSUER: 'https://login.example.com/', OIDC_AUDIENCE: 'app' }

  test('are none without an issuer, and know where Cloudflare Access keeps its keys', () => {
    expect(readOidcSettings({})).toBeUndefined()
    expect(readOidcSettings(good)?.jwksUrl).toBe('https://login.example.com/.well-known/jwks.json')
    expect(readOidcSettings({ ...good, OIDC_ISSUER: ISSUER })?.jwksUrl).toBe(settings.jwksUrl)
  })

  test('read groups as grants', () => {
    const OIDC_GROUPS = JSON.stringify({ ops: [{ role: 'publisher', projects: ['shop'] }] })
    expect(readOidcSettings({ ...good, OIDC_GROUPS })?.groups).toEqual({
      ops: [{ role: 'publisher', ...EVERYTHING, projects: ['shop'] }],
    })
  })

  test.each([
    [{ OIDC_AUDIENCE: '' }, 'OIDC_AUDIENCE'],
    [{ OIDC_ISSUER: 'http://login.example.com' }, 'OIDC_ISSUER'],
    [{ OIDC_JWKS_URL: 'ftp://x' }, 'OIDC_JWKS_URL'],
    [{ OIDC_GROUPS: '{' }, 'OIDC_GROUPS'],
    [{ OIDC_GROUPS: '{"a":[{"role":"king"}]}' }, 'OIDC_GROUPS/a'],
    [{ OIDC_GROUPS: '{"a":[{"actions":["x.y"]}]}' }, 'OIDC_GROUPS/a'],
  ])('with %j name what is wrong', (wrong, named) => {
    expect(() => readOidcSettings({ ...good, ...wrong })).toThrow(named)
  })
})
