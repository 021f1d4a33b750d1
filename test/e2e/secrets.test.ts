/** A secret from the admin API into a running app, through rotation, new and revoked keys, and a start without network. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { inspect } from 'node:util'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 10_000
const PROJECT = '/projects/shop'

let platform: TestPlatform
let key = ''

const clients: Client[] = []

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', {
    production: { protected: false },
    staging: { protected: false },
  })
  const made = await platform.admin.createKey('shop', 'production')
  key = made.key
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
})

afterAll(async () => platform?.close())

function connect(sdkKey = key, options: object = {}): Client {
  const client = createClient({ url: platform.url, key: sdkKey, ...options })
  clients.push(client)
  return client
}

const write = (name: string, body: object, act = ''): Promise<unknown> =>
  platform.admin.ok(act === '' ? 'PUT' : 'POST', `${PROJECT}/secrets/${name}${act}`, {
    body: { environment: 'production', reason: 'test', ...body },
  })

/** The body as it is published, and what a bootstrap file would hold. */
async function published(sdkKey = key): Promise<{ manifest: string; body: string; keys: object }> {
  const headers = { authorization: `Bearer ${sdkKey}` }
  const answer = await fetch(`${platform.url}/v1/snapshot`, { headers })
  const keys = (await (await fetch(`${platform.url}/.well-known/jwks.json`)).json()) as object
  const manifest = answer.headers.get('driftless-manifest') ?? ''
  return { manifest, body: await answer.text(), keys }
}

async function reads(client: Client, name: string, value: string): Promise<boolean> {
  const secret = await client.getSecret(name).catch(() => undefined)
  return secret?.reveal() === value
}

test('an app reads a secret, is told of its rotation, and still has the version before', async () => {
  await write('db-password', { value: 'first value', type: 'password' })
  const client = connect()
  await until('the secret', () => reads(client, 'db-password', 'first value'), WAIT_MS)
  const rotated: string[] = []
  client.onRotate('db-password', (secret) => rotated.push(secret.reveal()))
  await write('db-password', { value: 'second value', graceMs: 60_000 }, '/rotate')
  await until('the rotation', () => rotated.length > 0, WAIT_MS)
  expect(rotated).toEqual(['second value'])
  const secret = await client.getSecret('db-password')
  expect([secret.name, secret.version, secret.reveal()]).toEqual(['db-password', 2, 'second value'])
  expect(secret.previous?.reveal()).toBe('first value')
})

test('a secret gives its value to reveal() alone', async () => {
  await write('quiet', { value: 'never print this' })
  const client = connect()
  await until('the secret', () => reads(client, 'quiet', 'never print this'), WAIT_MS)
  const secret = await client.getSecret('quiet')
  const said = [
    String(secret),
    ['', secret].join(''),
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, depth: 9 }),
    inspect({ nested: [secret] }, { depth: 9, getters: true }),
    JSON.stringify(Object.entries(secret)),
    JSON.stringify({ ...secret }),
    inspect(structuredClone({ ...secret }), { showHidden: true }),
    inspect(client, { showHidden: true, depth: 9 }),
  ]
  expect(said.slice(0, 3)).toEqual(['[redacted]', '[redacted]', '{"secret":"[redacted]"}'])
  expect(said.filter((text) => text.includes('never print this'))).toEqual([])
})

test('a name that is not there, and a client key, are told so', async () => {
  const client = connect()
  await expect(client.getSecret('nobody')).rejects.toMatchObject({ code: 'not_found' })
  const { key: clientKey } = await platform.admin.createKey('shop', 'production', 'client')
  await expect(connect(clientKey).getSecret('db-password')).rejects.toMatchObject({
    code: 'not_found',
  })
  expect((await published(clientKey)).body).toContain('"secrets":{}')
})

test('a new key reads what was there before it; for a revoked one nothing is sealed any more', async () => {
  await write('shared', { value: 'for all of us' })
  const { id, key: second } = await platform.admin.createKey('shop', 'production')
  const client = connect(second)
  await until('the new key', () => reads(client, 'shared', 'for all of us'), WAIT_MS)
  const recipients = async (): Promise<number> => {
    const { secrets } = JSON.parse((await published()).body) as {
      secrets: { shared?: { jwe: { recipients: unknown[] } } }
    }
    return secrets.shared?.jwe.recipients.length ?? 0
  }
  await until('both keys', async () => (await recipients()) === 2, WAIT_MS)
  await platform.admin.ok('DELETE', `${PROJECT}/keys/${id}`)
  await until('the key is gone', async () => (await recipients()) === 1, WAIT_MS)
})

test('what is sealed stays as it is while neither the secret nor the keys change', async () => {
  const secretsOf = async (): Promise<string> =>
    JSON.stringify((JSON.parse((await published()).body) as { secrets: object }).secrets)
  const before = await secretsOf()
  const put = (value: number): object => ({
    op: 'putConfig',
    name: 'counter',
    format: 'json',
    source: String(value),
    visibility: 'server',
  })
  const { revision } = await platform.admin.change('shop', [put(1)])
  const client = connect()
  await until('the change', () => client.revision === revision, WAIT_MS)
  expect(await secretsOf()).toBe(before)
  const { manifest } = await published()
  // A write to another environment leaves the body alone altogether.
  await platform.admin.ok('PUT', `${PROJECT}/secrets/elsewhere`, {
    body: { environment: 'staging', value: 'x', reason: 'test' },
  })
  expect((await published()).manifest).toBe(manifest)
})

test('an app started from a file, without network, reads its secrets; without its key nothing does', async () => {
  await write('offline', { value: 'read without a network' })
  const online = connect()
  await until('the secret', () => reads(online, 'offline', 'read without a network'), WAIT_MS)
  const file = await until(
    'the file',
    async () => {
      const record = await published()
      return record.body.includes('"offline"') && JSON.stringify(record)
    },
    WAIT_MS,
  )
  expect(file).not.toContain('read without a network')
  const fetch = async (): Promise<never> => {
    throw new TypeError('no network')
  }
  const offline = { bootstrap: file, fetch, stream: false }
  const client = connect(key, offline)
  expect((await client.getSecret('offline')).reveal()).toBe('read without a network')
  expect(client.source).toBe('bootstrap')
  // Of the same environment, but made after the file was written.
  const { key: later } = await platform.admin.createKey('shop', 'production')
  await expect(connect(later, offline).getSecret('offline')).rejects.toMatchObject({
    code: 'secret',
    message: 'secret offline: does not open with this SDK key',
  })
})

test('after a restart everything reads as before', async () => {
  await write('durable', { value: 'still here' })
  await platform.kill()
  await platform.start()
  const client = connect()
  await until('the secret', () => reads(client, 'durable', 'still here'), WAIT_MS)
})

test('who revokes a version is told how many running apps use it', async () => {
  await write('watched', { value: 'in use' })
  const client = connect(key, { instanceId: 'app-1' })
  await until('the secret', () => reads(client, 'watched', 'in use'), WAIT_MS)
  const revoke = (query: string): Promise<{ instances: number; using: readonly object[] }> =>
    platform.admin.ok('POST', `${PROJECT}/secrets/watched/revoke${query}`, {
      body: { environment: 'production', version: 1, reason: 'test' },
    })
  await until('the report', async () => (await revoke('?dryRun=true')).instances === 1, WAIT_MS)
  expect(await revoke('')).toMatchObject({
    dryRun: false,
    instances: 1,
    using: [{ instance: 'app-1' }],
  })
  await until(
    'the app is without',
    async () => (await client.getSecret('watched').catch(({ code }) => code)) === 'not_found',
    WAIT_MS,
  )
})
