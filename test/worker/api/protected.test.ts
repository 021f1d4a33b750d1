/** Protected environments, and what is written of those who may not change them. */
import { describe, expect, test } from 'vitest'
import { booleanFlag, call, done, reason } from './support.ts'

let count = 0

/** A project whose production is protected, and is what canary inherits. */
async function newShop(): Promise<string> {
  count += 1
  const name = `shop-${count}`
  const environments = {
    development: {},
    production: { protected: true },
    canary: { parent: 'production' },
  }
  await done('POST', '/projects', { body: { name, environments } })
  return name
}

async function tokenOf(members: object): Promise<string> {
  return String(
    (await done('POST', '/tokens', { body: { name: 'ada', ...members } })).body['token'],
  )
}

describe('a protected environment', () => {
  test('takes from an editor nothing that reaches it, by whichever way', async () => {
    const name = await newShop()
    const project = `/projects/${name}`
    const token = await tokenOf({ role: 'editor', project: name })
    await done('PUT', `${project}/configs/settings`, {
      body: { format: 'json', source: '{"a":1}', reason },
    })
    await done('PUT', `${project}/flags/new`, { body: { ...booleanFlag, reason } })
    const { body } = await done('GET', project)
    const config = { format: 'json', source: '{"a":2}', reason }
    const on = { enabled: true, reason }
    const operations = [
      { op: 'updateEnvironment', environment: 'production', protected: false },
      { op: 'putFlagEnvironment', key: 'new', environment: 'production', enabled: true },
    ]
    const refused = [
      ['PUT', `${project}/configs/settings`, config],
      ['PUT', `${project}/configs/settings/environments/production`, config],
      ['PUT', `${project}/flags/new/environments/production`, on],
      ['PATCH', `${project}/environments/production`, { protected: false, reason }],
      ['POST', `${project}/rollback`, { to: 1, reason }],
      ['POST', `${project}/changes`, { reason, operations }],
      ['POST', `${project}/changes?dryRun=true`, { reason, operations }],
    ] as const
    for (const [method, path, sent] of refused) {
      const answer = await call(method, path, { token, body: sent })
      expect([answer.status, answer.body['code']], `${method} ${path}`).toEqual([403, 'forbidden'])
    }
    expect((await done('GET', project)).body).toEqual(body)
    for (const environment of ['development', 'canary']) {
      const path = `${project}/flags/new/environments/${environment}`
      expect((await call('PUT', path, { token, body: on })).status).toBeLessThan(300)
    }
  })

  test('takes it from a publisher of that environment, and from no other', async () => {
    const name = await newShop()
    const path = `/projects/${name}/flags/new`
    await done('PUT', path, { body: { ...booleanFlag, reason } })
    const body = { enabled: true, reason }
    const grants = (environment: string) => ({
      grants: [{ role: 'publisher', projects: [name], environments: [environment] }],
    })
    const [here, there] = [await tokenOf(grants('production')), await tokenOf(grants('canary'))]
    const production = `${path}/environments/production`
    expect((await call('PUT', production, { token: there, body })).status).toBe(403)
    expect((await call('PUT', production, { token: here, body })).status).toBeLessThan(300)
  })
})

describe('a refused attempt', () => {
  test('is in the project’s audit, with who, what and from where, once a minute', async () => {
    const name = await newShop()
    const token = await tokenOf({ role: 'viewer', project: name })
    const headers = { 'cf-connecting-ip': '203.0.113.9' }
    for (let times = 0; times < 20; times += 1) {
      const body = { ...booleanFlag, reason }
      await call('PUT', `/projects/${name}/flags/new`, { token, body, headers })
    }
    const { body } = await done('GET', `/projects/${name}/audit`)
    expect(body['items']).toMatchObject([
      {
        outcome: 'denied',
        actor: 'ada',
        action: 'flag.write',
        target: `PUT /api/v1/projects/${name}/flags/new`,
        address: '203.0.113.9',
        tokenId: expect.any(String),
      },
      { outcome: 'allowed', action: 'project.create', tokenId: 'owner' },
    ])
  })

  test('on a project that is not there is in the audit of the installation', async () => {
    const token = await tokenOf({ role: 'viewer', project: 'elsewhere' })
    await call('GET', '/projects/not-there', { token })
    const { body } = await done('GET', '/audit')
    const items: unknown = body['items']
    expect(Array.isArray(items) ? items.slice(0, 2) : items).toMatchObject([
      { outcome: 'denied', action: 'project.read', target: 'GET /api/v1/projects/not-there' },
      { action: 'token.create' },
    ])
  })
})

test('failed attempts of one address get 429, others are not affected', async () => {
  const ask = (token: string, address: string) =>
    call('GET', '/projects', { token, headers: { 'cf-connecting-ip': address } })
  const statuses = await Promise.all(
    Array.from({ length: 150 }, async () => (await ask('nonsense', '198.51.100.7')).status),
  )
  expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(100)
  const limited = await ask('nonsense', '198.51.100.7')
  expect(limited.status).toBe(429)
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect((await ask('nonsense', '198.51.100.8')).status).toBe(401)
})

test('an answer says how much of its rate a token has left', async () => {
  const token = await tokenOf({ role: 'viewer' })
  const { headers } = await call('GET', '/projects', { token })
  expect(headers.get('ratelimit-policy')).toBe('"token";q=1000000')
  expect(headers.get('ratelimit')).toMatch(/^"token";r=99999\d;t=\d$/)
})
