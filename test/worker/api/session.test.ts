/** The dashboard's session: begun with a token, carried by a cookie, used by its own pages alone. */
import { SELF } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import { done, newProject, OWNER } from './support.ts'

const ORIGIN = 'https://driftless.test'

interface Asked {
  readonly cookie?: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

async function ask(method: string, path: string, { cookie, token, headers, body }: Asked = {}) {
  const response = await SELF.fetch(`${ORIGIN}/api/v1${path}`, {
    method,
    headers: {
      ...(cookie !== undefined && { cookie }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const { status } = response
  return { status, headers: response.headers, body: await response.json<Record<string, unknown>>() }
}

const OWN = { 'sec-fetch-site': 'same-origin', origin: ORIGIN }

async function signIn(token: string = OWNER): Promise<string> {
  const { status, headers } = await ask('POST', '/session', { token })
  expect(status).toBe(201)
  return (headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

describe('a session', () => {
  test('is a cookie that no script reads and no other site sends', async () => {
    const { headers, body } = await ask('POST', '/session', { token: OWNER })
    expect(headers.get('set-cookie')).toMatch(
      /^__Host-driftless=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=(28800|28799); HttpOnly; Secure; SameSite=Strict$/,
    )
    const secret = /=([^;]+)/.exec(headers.get('set-cookie') ?? '')?.[1] ?? '?'
    expect(JSON.stringify(body)).not.toContain(secret)
    expect(body).toMatchObject({ tokenId: 'owner', via: 'token' })
  })

  test('does what its token may do, and no more', async () => {
    const project = await newProject()
    const made = await done('POST', '/tokens', { body: { name: 'ada', role: 'viewer' } })
    const cookie = await signIn(String(made.body['token']))
    expect((await ask('GET', project, { cookie, headers: OWN })).status).toBe(200)
    expect((await ask('GET', '/session', { cookie })).body).toMatchObject({
      name: 'ada',
      via: 'session',
      tokenId: made.body['id'],
    })
    const write = { cookie, headers: { ...OWN, 'if-match': '*' }, body: { reason: 'test' } }
    expect((await ask('DELETE', project, write)).status).toBe(403)
    await done('DELETE', `/tokens/${String(made.body['id'])}`)
    expect((await ask('GET', project, { cookie, headers: OWN })).status).toBe(401)
  })

  test('ends when it is signed out of, and the cookie goes', async () => {
    const cookie = await signIn()
    const { body, headers } = await ask('DELETE', '/session', { cookie, headers: OWN })
    expect(body).toEqual({ ended: true })
    expect(headers.get('set-cookie')).toContain('__Host-driftless=; Path=/; Max-Age=0')
    expect((await ask('GET', '/session', { cookie })).status).toBe(401)
  })

  test('begins no other: who took one cannot keep it for ever', async () => {
    const cookie = await signIn()
    expect((await ask('POST', '/session', { cookie, headers: OWN })).status).toBe(403)
  })

  test.each<[string, string, Readonly<Record<string, string>>, boolean]>([
    ['reading, by our page', 'GET', OWN, true],
    ['reading, typed by the person', 'GET', { 'sec-fetch-site': 'none' }, true],
    ['reading, by a program', 'GET', {}, true],
    ['reading, by another site', 'GET', { 'sec-fetch-site': 'cross-site' }, false],
    ['reading, by a sibling site', 'GET', { 'sec-fetch-site': 'same-site' }, false],
    ['reading, with another origin', 'GET', { origin: 'https://evil.test' }, false],
    ['writing, by our page', 'DELETE', OWN, true],
    ['writing, by our page in an older browser', 'DELETE', { origin: ORIGIN }, true],
    ['writing, typed by the person', 'DELETE', { 'sec-fetch-site': 'none' }, false],
    ['writing, without a word of where', 'DELETE', {}, false],
    [
      'writing, by another site',
      'DELETE',
      { 'sec-fetch-site': 'cross-site', origin: ORIGIN },
      false,
    ],
    ['writing, with another origin', 'DELETE', { ...OWN, origin: 'https://evil.test' }, false],
    ['writing, with a hidden origin', 'DELETE', { ...OWN, origin: 'null' }, false],
    ['writing, http for https', 'DELETE', { ...OWN, origin: 'http://driftless.test' }, false],
    ['writing, another port', 'DELETE', { ...OWN, origin: 'https://driftless.test:8443' }, false],
  ])('%s: %s with %j, allowed: %s', async (_, method, headers, allowed) => {
    const project = await newProject()
    const cookie = await signIn()
    const body = { reason: 'test' }
    const asked = { cookie, headers: { ...headers, 'if-match': '*' } }
    const { status } = await ask(method, project, method === 'GET' ? asked : { ...asked, body })
    expect(status).toBe(allowed ? 200 : 403)
  })

  test('every route that writes refuses it from another site', async () => {
    const cookie = await signIn()
    const { routes } = await import('../../../admin/contract/routes.ts')
    for (const { method, path, write } of Object.values<{
      method: string
      path: string
      write?: string
    }>(routes)) {
      if (write === undefined) continue
      const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }
      const { status } = await ask(method, path.replaceAll(/:\w+/g, 'x'), { cookie, headers })
      expect(status, `${method} ${path}`).toBe(403)
    }
  })

  test('two cookies, and half of one, are none', async () => {
    const cookie = await signIn()
    for (const bad of [
      `${cookie}; ${cookie}`,
      cookie.slice(0, -1),
      `x${cookie}`,
      '__Host-driftless=',
    ]) {
      expect((await ask('GET', '/session', { cookie: bad })).status).toBe(401)
    }
    expect((await ask('GET', '/session', { cookie: `a=b; ${cookie}; c` })).status).toBe(200)
  })

  test('a wrong bearer token is not made good by it', async () => {
    const cookie = await signIn()
    expect((await ask('GET', '/session', { cookie, token: 'x' })).status).toBe(401)
  })
})

describe('to browsers', () => {
  test.each([
    '/api/v1/projects',
    '/api/v1/nothing',
    '/health',
    '/nothing',
    '/.well-known/jwks.json',
  ])('%s says not to sniff, frame, run or remember', async (path) => {
    const { headers } = await SELF.fetch(`${ORIGIN}${path}`)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('strict-transport-security')).toContain('max-age=')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
  })

  test('the admin API is closed to other origins, the SDK’s routes are open', async () => {
    const preflight = { method: 'OPTIONS', headers: { origin: 'https://evil.test' } }
    const admin = await SELF.fetch(`${ORIGIN}/api/v1/projects`, preflight)
    expect(admin.headers.get('access-control-allow-origin')).toBeNull()
    expect(admin.status).toBe(405)
    const listed = await SELF.fetch(`${ORIGIN}/api/v1/projects`, {
      headers: { authorization: `Bearer ${OWNER}`, origin: 'https://evil.test' },
    })
    expect(listed.headers.get('access-control-allow-origin')).toBeNull()
    expect(listed.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    const sdk = await SELF.fetch(`${ORIGIN}/v1/manifest`)
    expect(sdk.headers.get('access-control-allow-origin')).toBe('*')
    expect(sdk.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
  })
})
