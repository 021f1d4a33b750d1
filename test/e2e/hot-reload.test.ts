/** From an admin write to a value in a running app, over HTTP and the SDK alone. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

let platform: TestPlatform
let key: string
const clients: Client[] = []

async function connect(options: { stream?: boolean } = {}): Promise<Client> {
  const client = createClient({ url: platform.url, key, ...options })
  clients.push(client)
  await client.ready()
  return client
}

beforeAll(async () => {
  platform = await startTestPlatform()
  const { admin } = platform
  await admin.createProject('shop', {
    production: { protected: false },
    staging: { parent: 'production', protected: false },
  })
  await admin.change('shop', [
    {
      op: 'putConfig',
      name: 'settings',
      format: 'json',
      source: '{ "pool": 4, "database": { "host": "db", "port": 5432 } }',
      visibility: 'server',
    },
    {
      op: 'putFlag',
      key: 'new-checkout',
      type: 'boolean',
      variants: { on: true, off: false },
      visibility: 'server',
      offVariant: 'off',
      defaultVariant: 'off',
    },
  ])
  key = (await admin.createKey('shop', 'production')).key
})

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await platform?.close()
})

test('a change made by HTTP reaches a callback of a connected app in under a second', async () => {
  const client = await connect()
  const tookMs: number[] = []
  for (let pool = 10; pool < 15; pool++) {
    const called = new Promise<unknown>((resolve) => {
      const end = client.watch('settings.pool', (value) => {
        end()
        resolve(value)
      })
    })
    const answer = await platform.admin.request('PUT', '/projects/shop/configs/settings', {
      body: { format: 'json', source: `{"pool":${pool}}`, visibility: 'server', reason: 'more' },
    })
    const acknowledgedAtMs = performance.now()
    expect(answer.status, answer.text).toBe(200)
    expect(await called).toBe(pool)
    tookMs.push(performance.now() - acknowledgedAtMs)
  }
  // The median: one pause of a busy test machine is not what this is about.
  expect(tookMs.toSorted((a, b) => a - b)[2]).toBeLessThan(1_000)
  expect(client.source).toBe('stream')
})

test('an override applies to its environment alone, and a child inherits it', async () => {
  const { admin } = platform
  const staging = createClient({
    url: platform.url,
    key: (await admin.createKey('shop', 'staging')).key,
  })
  clients.push(staging)
  const production = await connect()
  await admin.change('shop', [
    {
      op: 'putConfigOverride',
      name: 'settings',
      environment: 'staging',
      format: 'json',
      source: '{"pool":1}',
    },
  ])
  await until('staging', () => staging.getConfig<{ pool: number }>('settings')?.pool === 1)
  await admin.change('shop', [
    {
      op: 'putConfigOverride',
      name: 'settings',
      environment: 'production',
      format: 'json',
      source: '{"pool":2,"host":"p"}',
    },
  ])
  await until('production', () => production.getConfig<{ pool: number }>('settings')?.pool === 2)
  await until('staging follows its parent', () => {
    const settings = staging.getConfig<{ pool: number; host?: string }>('settings')
    return settings?.pool === 1 && settings.host === 'p'
  })
})

test('a flag that is switched, targeted and rolled back is followed', async () => {
  const { admin } = platform
  const client = await connect()
  const ada = { targetingKey: 'ada', email: 'ada@example.com' }
  const { revision: before } = await admin.ok<{ revision: number }>('GET', '/projects/shop')
  expect(client.getBooleanDetails('new-checkout', true, ada)).toMatchObject({
    value: false,
    reason: 'DISABLED',
  })

  await admin.ok('PUT', '/projects/shop/flags/new-checkout/environments/production', {
    body: {
      enabled: true,
      rules: [
        {
          id: 'staff',
          when: { attribute: 'email', operator: 'endsWith', value: '@example.com' },
          serve: { variant: 'on' },
        },
      ],
      reason: 'Staff first',
    },
  })
  await until('the rule', () => client.getBooleanValue('new-checkout', false, ada))
  expect(client.getBooleanDetails('new-checkout', false, ada)).toMatchObject({
    variant: 'on',
    reason: 'TARGETING_MATCH',
    flagMetadata: { ruleId: 'staff' },
  })
  expect(client.getBooleanValue('new-checkout', true, { targetingKey: 'bob' })).toBe(false)

  const rolledBack = await admin.ok<{ revision: number }>('POST', '/projects/shop/rollback', {
    body: { to: before, reason: 'Not yet' },
  })
  expect(rolledBack.revision).toBe(before + 2)
  await until('the rollback', () => !client.getBooleanValue('new-checkout', true, ada))
})

test('a client that only polls gets the change with its next poll', async () => {
  const client = createClient({ url: platform.url, key, stream: false, pollMs: 1_000 })
  clients.push(client)
  await client.ready()
  await platform.admin.change('shop', [
    { op: 'putConfig', name: 'polled', format: 'json', source: '"yes"', visibility: 'server' },
  ])
  await until('the poll', () => client.getConfig('polled') === 'yes')
  expect(client.source).toBe('poll')
})

test('a client audience sees only what is marked client', async () => {
  const { admin } = platform
  await admin.change('shop', [
    { op: 'putConfig', name: 'public', format: 'json', source: '"seen"', visibility: 'client' },
  ])
  const browser = createClient({
    url: platform.url,
    key: (await admin.createKey('shop', 'production', 'client')).key,
  })
  clients.push(browser)
  await browser.ready()
  await until('the public config', () => browser.getConfig('public') === 'seen')
  expect(browser.getConfig('settings')).toBeUndefined()
  expect(browser.getBooleanDetails('new-checkout', true)).toMatchObject({
    errorCode: 'FLAG_NOT_FOUND',
  })
})

test('a revoked key is refused, and an app that has it keeps its values', async () => {
  const { admin } = platform
  const made = await admin.createKey('shop', 'production')
  const client = createClient({ url: platform.url, key: made.key })
  clients.push(client)
  await client.ready()
  await admin.ok('DELETE', `/projects/shop/keys/${made.id}`, { body: { reason: 'Leaked' } })
  await until('the refusal', async () => {
    const answer = await fetch(`${platform.url}/v1/snapshot`, {
      headers: { authorization: `Bearer ${made.key}` },
    })
    await answer.body?.cancel()
    return answer.status === 401
  })
  expect(client.getConfig('settings')).toBeDefined()
})
