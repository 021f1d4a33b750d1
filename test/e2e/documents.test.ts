/** Documents from the admin API through KV and the stream to SDKs, on the real runtime: references answered, versions side by side. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { createClient, type Client, type ClientOptions } from '../../sdk/src/index.ts'
import { atVersion, defineMigration, jsonSchema } from '../../sdk/src/schema.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

let platform: TestPlatform
let key: string
const clients: Client[] = []

async function clientOf(options: Partial<ClientOptions> = {}): Promise<Client> {
  const client = createClient({ url: platform.url, key, ...options })
  clients.push(client)
  await client.ready({ timeoutMs: 30_000 })
  return client
}

const put = (name: string, source: string, format = 'yaml') =>
  platform.admin.ok('PUT', `/projects/shop/configs/${name}`, {
    body: { format, source, reason: 'test' },
  })

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', { production: { protected: false } })
  key = (await platform.admin.createKey('shop', 'production')).key
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await platform?.close()
})

describe('references', () => {
  test('to variables are answered by the SDK with the types of the schema, those to configs by the platform', async () => {
    await put('hosts', 'db: { name: db.internal, ports: [5432, 5433] }\n')
    await platform.admin.ok('PUT', '/projects/shop/configs/app/schema', {
      body: {
        schema: { properties: { port: { type: 'integer' }, debug: { type: 'boolean' } } },
        reason: 'types',
      },
    })
    await put(
      'app',
      [
        'port: ${PORT:-80} # of the listener',
        'debug: $DEBUG',
        'price: $$5',
        'url: "pg://${config:hosts#/db/name}:${config:hosts#/db/ports/1}/${DB:-main}"',
        'db: "${config:hosts#/db}"',
        '',
      ].join('\n'),
    )
    const client = await clientOf({ env: { PORT: '8080', DEBUG: 'true' } })
    await until('the document', () => client.getConfig('app') !== undefined)
    expect(client.getConfig('app')).toEqual({
      port: 8080,
      debug: true,
      price: '$5',
      url: 'pg://db.internal:5433/main',
      db: { name: 'db.internal', ports: [5432, 5433] },
    })
    // What another config says changes this one.
    await put('hosts', 'db: { name: db2.internal, ports: [1, 2] }\n')
    await until('the change', () =>
      JSON.stringify(client.getConfig('app')).includes('pg://db2.internal:2/main'),
    )
    const other = await clientOf({ env: { DEBUG: 'false', DB: 'other' } })
    expect(other.getConfig('app')).toMatchObject({ port: 80, debug: false })
  })

  test('that the application cannot answer keep the last good document, and name the place', async () => {
    await put('greeting', 'text: hello\n')
    const client = await clientOf({ env: { DEBUG: 'true' } })
    await until('the document', () => client.getConfig('greeting') !== undefined)
    const refused: string[] = []
    client.on('rejected', ({ message }) => refused.push(message))
    await put('greeting', 'text: "${GREETING:?who says it}"\n')
    await until('the refusal', () => refused.length > 0)
    expect(refused[0]).toContain('config greeting')
    expect(client.getConfig('greeting')).toEqual({ text: 'hello' })
  })
})

describe('versions of a schema', () => {
  const schema1 = { properties: { port: { type: 'string' } }, additionalProperties: false }
  const schema2 = {
    properties: { server: { properties: { port: { type: 'integer' } } } },
    additionalProperties: false,
  }

  test('are served side by side while the platform moves on', async () => {
    const path = '/projects/shop/configs/svc/schema'
    await platform.admin.ok('PUT', path, { body: { schema: schema1, reason: 'begin' } })
    await put('svc', '{"port": "80"}', 'json')
    const first = await clientOf({
      schemas: { svc: atVersion('1.0.0', { schema: z.strictObject({ port: z.string() }) }) },
    })
    const up = defineMigration({
      from: '1.0.0',
      to: '2.0.0',
      migrate: (old) => ({ server: { port: Number(Reflect.get(Object(old), 'port')) } }),
    })
    // Deployed before the platform moves on, with its own way up.
    const second = await clientOf({
      schemas: { svc: atVersion('2.0.0', { schema: jsonSchema(schema2), migrations: [up] }) },
    })
    await until('both', () => Boolean(first.getConfig('svc') && second.getConfig('svc')))
    expect(first.getConfig('svc')).toEqual({ port: '80' })
    expect(second.getConfig('svc')).toEqual({ server: { port: 80 } })
    await platform.admin.ok('PUT', path, {
      body: {
        version: '2.0.0',
        schema: schema2,
        migrate: true,
        migrations: [
          {
            from: '1.0.0',
            to: '2.0.0',
            up: [
              { op: 'move', from: '/port', path: '/server/port' },
              { op: 'convert', path: '/server/port', type: 'number' },
            ],
            down: [
              { op: 'convert', path: '/server/port', type: 'string' },
              { op: 'move', from: '/server/port', path: '/port' },
            ],
          },
        ],
        reason: 'ports are numbers',
      },
    })
    const { revision } = await platform.admin.ok<{ revision: number }>(
      'PUT',
      '/projects/shop/configs/svc',
      { body: { format: 'json', source: '{"server": {"port": 81}}', reason: 'another' } },
    )
    await until('both at the newest', () =>
      [first, second].every((client) => (client.revision ?? 0) >= revision),
    )
    await until(
      'the migrated document',
      () => Reflect.get(Object(first.getConfig('svc')), 'port') === '81',
    )
    expect(first.getConfig('svc')).toEqual({ port: '81' })
    expect(second.getConfig('svc')).toEqual({ server: { port: 81 } })
  })
})
