import { describe, expect, test } from 'vitest'
import { call, done, newProject, reason } from './support.ts'

describe('projects', () => {
  test('one is created with three environments unless it says otherwise', async () => {
    const created = await call('POST', '/projects', { body: { name: 'plain' } })
    expect(created.status).toBe(201)
    expect(created.headers.get('location')).toBe('/api/v1/projects/plain')
    expect(created.headers.get('etag')).toBe('"1"')
    const environments = await done('GET', '/projects/plain/environments')
    expect(environments.body['items']).toMatchObject([
      { name: 'development', content: { protected: false } },
      { name: 'production' },
      { name: 'staging' },
    ])
    const again = await call('POST', '/projects', { body: { name: 'plain' } })
    expect(again.status).toBe(409)
    expect((await done('GET', '/projects/plain')).body).toMatchObject({
      name: 'plain',
      revision: 1,
    })
  })

  test('environments may come with settings; parents that lead nowhere or in a circle take no name', async () => {
    const refuse = async (environments: unknown, path: string) => {
      const answer = await call('POST', '/projects', { body: { name: 'tree', environments } })
      expect(answer.status).toBe(422)
      expect(answer.body['errors']).toMatchObject([{ path }])
    }
    await refuse({ a: { parent: 'b' } }, '/environments/a/parent')
    await refuse({ a: { parent: 'a' } }, '/environments/a/parent')
    await refuse({ A: {} }, '/environments/A')
    await refuse(['a', 'a'], '/environments')
    await refuse([], '/environments')
    const dry = await done('POST', '/projects?dryRun=true', { body: { name: 'tree' } })
    expect(dry.body).toMatchObject({ revision: 1, dryRun: true, name: 'tree' })
    expect((await call('GET', '/projects/tree')).status).toBe(404)
    const list = await done('GET', '/projects')
    expect(JSON.stringify(list.body)).not.toContain('"tree"')
    await done('POST', '/projects', {
      body: { name: 'tree', environments: { b: { protected: true }, a: { parent: 'b' } } },
    })
    const stored = await done('GET', '/projects/tree/environments/a')
    expect(stored.body['content']).toEqual({ parent: 'b', protected: false })
  })

  test('one that is deleted is gone, and its name may be taken again', async () => {
    const path = await newProject()
    const stale = await call('DELETE', path, { body: { reason }, headers: { 'if-match': '"7"' } })
    expect(stale.status).toBe(412)
    expect((await call('DELETE', `${path}?dryRun=true`, { body: { reason } })).status).toBe(200)
    await done('DELETE', path, { body: { reason }, headers: { 'if-match': '"1"' } })
    expect((await call('GET', path)).status).toBe(404)
    expect((await call('DELETE', path, { body: { reason } })).status).toBe(404)
    const again = await done('POST', '/projects', {
      body: { name: path.slice('/projects/'.length) },
    })
    expect(again.status).toBe(201)
  })

  test('a name that the directory took before a crash is finished by the same request', async () => {
    const { env } = await import('cloudflare:workers')
    await env.DIRECTORY.getByName('directory').createProject('half', 'crashed after this', {
      tokenId: 'owner',
      name: 'owner',
    })
    expect((await call('GET', '/projects/half')).status).toBe(404)
    expect((await call('POST', '/projects', { body: { name: 'half' } })).status).toBe(201)
    expect((await done('GET', '/projects/half')).body).toMatchObject({ revision: 1 })
  })
})

describe('SDK keys', () => {
  test('one is shown once, listed without its secret, and revoked', async () => {
    const project = await newProject()
    const body = { name: 'web', environment: 'production', audience: 'client' }
    const dry = await call('POST', `${project}/keys?dryRun=true`, { body })
    expect([dry.status, dry.body]).toEqual([200, { dryRun: true }])
    const created = await call('POST', `${project}/keys`, { body })
    expect(created.status).toBe(201)
    const { id, key } = created.body
    expect(created.headers.get('location')).toBe(`/api/v1${project}/keys/${String(id)}`)
    const list = await done('GET', `${project}/keys`)
    expect(list.body['items']).toMatchObject([{ id, name: 'web', revokedAtMs: null }])
    expect(JSON.stringify(list.body)).not.toContain(String(key))
    await done('DELETE', `${project}/keys/${String(id)}?dryRun=true`)
    expect((await done('GET', `${project}/keys`)).body['items']).toMatchObject([
      { revokedAtMs: null },
    ])
    await done('DELETE', `${project}/keys/${String(id)}`, { body: { reason } })
    expect((await done('GET', `${project}/keys`)).body['items']).toMatchObject([
      { id, revokedAtMs: expect.any(Number) },
    ])
    expect((await call('DELETE', `${project}/keys/nobody`)).status).toBe(404)
  })

  test('one for an environment that is not there is refused', async () => {
    const project = await newProject()
    for (const query of ['', '?dryRun=true']) {
      const answer = await call('POST', `${project}/keys${query}`, {
        body: { name: 'web', environment: 'nowhere', audience: 'client' },
      })
      expect(answer.status).toBe(404)
    }
  })
})

describe('admin tokens', () => {
  test('one works at once, is listed without its secret, and stops when it is revoked', async () => {
    const created = await done('POST', '/tokens', { body: { name: 'ci', role: 'viewer' } })
    expect(created.status).toBe(201)
    const { id, token } = created.body
    expect((await call('GET', '/projects', { token: String(token) })).status).toBe(200)
    const list = await done('GET', '/tokens?limit=100')
    expect(JSON.stringify(list.body)).toContain(String(id))
    expect(JSON.stringify(list.body)).not.toContain(String(token))
    await done('DELETE', `/tokens/${String(id)}`)
    expect((await call('GET', '/projects', { token: String(token) })).status).toBe(401)
  })

  test('one that expires before it is made is refused', async () => {
    const answer = await call('POST', '/tokens', {
      body: { name: 'ci', role: 'viewer', expiresAtMs: 1 },
    })
    expect(answer.status).toBe(422)
    expect(answer.body['errors']).toMatchObject([{ path: '/expiresAtMs' }])
  })
})

const listOf = (items: unknown): readonly unknown[] => (Array.isArray(items) ? items : [])

test('a signing key is added; the one before signs until readers have met it', async () => {
  const before = await done('GET', '/signing-keys')
  const dry = await call('POST', '/signing-keys?dryRun=true', { body: { reason } })
  expect([dry.status, dry.body]).toEqual([200, { kid: null, dryRun: true }])
  const rotated = await call('POST', '/signing-keys', { body: { reason } })
  expect(rotated.status).toBe(201)
  const { kid } = rotated.body
  const after = await done('GET', '/signing-keys')
  expect(after.body['items']).toHaveLength(2)
  expect(after.body['items']).toContainEqual({ kid, current: false })
  expect(after.body['items']).toEqual(expect.arrayContaining([...listOf(before.body['items'])]))
  const audit = await done('GET', '/audit?limit=1')
  expect(audit.body['items']).toMatchObject([{ reason, actor: 'owner' }])
})

test('a signing key is revoked: it is gone at once, and another signs', async () => {
  const items = (await done('GET', '/signing-keys')).body['items']
  const list: readonly Record<string, unknown>[] = Array.isArray(items) ? items : []
  const kid = String(list.find(({ current }) => current === true)?.['kid'])
  const path = `/signing-keys/${kid}/revoke`
  expect((await done('POST', `${path}?dryRun=true`, { body: { reason } })).body).toEqual({
    kid,
    current: null,
    dryRun: true,
  })
  const revoked = await done('POST', path, { body: { reason } })
  expect(revoked.body).toMatchObject({ kid, dryRun: false })
  const left = JSON.stringify((await done('GET', '/signing-keys')).body)
  expect(left).not.toContain(kid)
  expect(left).toContain(`{"kid":"${String(revoked.body['current'])}","current":true}`)
  expect((await call('POST', path, { body: { reason } })).status).toBe(404)
  expect((await call('POST', `${path}?dryRun=true`, { body: { reason } })).status).toBe(404)
})
