/** Killed without warning and started again: nothing acknowledged is lost, and apps go on by themselves. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { runTool } from '../support/run-tool.ts'
import { until } from '../support/until.ts'

let platform: TestPlatform
let key: string
const clients: Client[] = []

const putSettings = (value: unknown): object => ({
  op: 'putConfig',
  name: 'settings',
  format: 'json',
  source: JSON.stringify(value),
  visibility: 'server',
})

async function readSnapshot(): Promise<{ body: string; etag: string | null }> {
  const answer = await fetch(`${platform.url}/v1/snapshot`, {
    headers: { authorization: `Bearer ${key}` },
  })
  expect(answer.status).toBe(200)
  return { body: await answer.text(), etag: answer.headers.get('etag') }
}

function connect(options: Partial<Parameters<typeof createClient>[0]> = {}): Client {
  const client = createClient({ url: platform.url, key, ...options })
  clients.push(client)
  return client
}

beforeEach(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', { production: { protected: false } })
  await platform.admin.change('shop', [putSettings({ pool: 4 })])
  key = (await platform.admin.createKey('shop', 'production')).key
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await platform?.close()
})

test('project, history, audit, keys and the signed snapshot are there after kill -9 and restart', async () => {
  const { admin } = platform
  const read = async (): Promise<unknown> => ({
    project: await admin.ok('GET', '/projects/shop'),
    items: await admin.ok('GET', '/projects/shop/export'),
    revisions: await admin.list('/projects/shop/revisions'),
    audit: await admin.list('/projects/shop/audit'),
    keys: await admin.ok('GET', '/projects/shop/keys'),
    jwks: await (await fetch(`${platform.url}/.well-known/jwks.json`)).json(),
    snapshot: await readSnapshot(),
  })
  // A reader may be up to a second behind a write.
  await until('the change', async () => (await readSnapshot()).body.includes('"pool":4'))
  const before = await read()
  await platform.kill()
  await platform.start()
  expect(await read()).toEqual(before)
})

test('an app follows again by itself after the server was killed', async () => {
  const client = connect()
  await client.ready()
  await platform.kill()
  await platform.start()
  await platform.admin.change('shop', [putSettings({ pool: 5 })])
  await until(
    'the change after the restart',
    () => client.getConfig<{ pool: number }>('settings')?.pool === 5,
    30_000,
  )
})

test('with the server gone an app keeps its values', async () => {
  const client = connect()
  await client.ready()
  await platform.kill()
  await client.flush()
  expect(client.getConfig('settings')).toEqual({ pool: 4 })
  expect(client.status).toBe('ready')
})

/** What the SDK calls the snapshot in a cache; its crash guard keeps a record of its own. */
const SNAPSHOT = 'driftless.shop.production.server'

test('with the server gone an app starts from its cache, then from a bootstrap file, and follows when it is back', async () => {
  const kept = new Map<string, string>()
  const cache = {
    get: (name: string) => kept.get(name),
    set: (name: string, text: string) => void kept.set(name, text),
  }
  const first = connect({ cache })
  await first.ready()
  await until('the cache', async () => {
    await first.flush()
    return kept.has(SNAPSHOT)
  })
  await first.close()
  await platform.kill()

  const fromCache = connect({ cache })
  await fromCache.ready({ timeoutMs: 5_000 })
  expect(fromCache.source).toBe('cache')
  expect(fromCache.getConfig('settings')).toEqual({ pool: 4 })

  const fromBootstrap = connect({ bootstrap: kept.get(SNAPSHOT) ?? '' })
  await fromBootstrap.ready({ timeoutMs: 5_000 })
  expect(fromBootstrap.source).toBe('bootstrap')
  expect(fromBootstrap.getConfig('settings')).toEqual({ pool: 4 })

  const fromNothing = connect()
  await expect(fromNothing.ready({ timeoutMs: 200 })).rejects.toMatchObject({ code: 'timeout' })
  expect(fromNothing.getBooleanValue('any', true)).toBe(true)

  await platform.start()
  await platform.admin.change('shop', [putSettings({ pool: 6 })])
  for (const client of [fromCache, fromBootstrap, fromNothing])
    await until(
      'each of them',
      () => client.getConfig<{ pool: number }>('settings')?.pool === 6,
      60_000,
    )
})

test('a second platform on the same data directory is refused', async () => {
  const second = await runTool('node', [
    'admin/cli/local/start.ts',
    '--empty',
    '--port=1',
    `--data=${platform.dataDir}`,
  ])
  expect(second.code).toBe(1)
  expect(second.stderr).toContain('another platform is running')
})
