/** Schemas of several libraries in one client: valibot, zod, JSON Schema, and documents of another version. */
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
// Loaded before the client asks for it: how long that takes is no matter of virtual time.
import '../../../sdk/src/client/externals.ts'
import '../../../sdk/src/client/status-reporter.ts'
import { createClient, type Client, type StandardSchema } from '../../../sdk/src/index.ts'
import { atVersion, jsonSchema } from '../../../sdk/src/schema.ts'
import {
  clientOf,
  createFakeServer,
  KEY,
  NOW_MS,
  pass,
  settle,
  tidyUp,
  URL_,
} from './fake-server.ts'
import type { FakeServer } from './fake-server.ts'

let server: FakeServer
beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
})
afterEach(tidyUp)

function refusalsOf(client: Client): unknown[] {
  const heard: unknown[] = []
  client.on('rejected', ({ code, config, message, revision }) =>
    heard.push({ code, config, message, revision }),
  )
  return heard
}

interface Settings {
  readonly pool: number
}

/** The same of each library: an object with a whole number below 100. */
const SAME: readonly (readonly [string, StandardSchema])[] = [
  ['valibot', v.object({ pool: v.pipe(v.number(), v.integer(), v.maxValue(99)) })],
  ['zod', z.object({ pool: z.int().max(99) })],
  [
    'zod, asynchronous',
    z.object({ pool: z.number() }).refine(async ({ pool }) => pool < 100, { path: ['pool'] }),
  ],
  [
    'JSON Schema',
    jsonSchema<Settings>({
      type: 'object',
      required: ['pool'],
      properties: { pool: { type: 'integer', maximum: 99 } },
    }),
  ],
  [
    'a version',
    atVersion<Settings>('1.0.0', { schema: jsonSchema({ properties: { pool: { maximum: 99 } } }) }),
  ],
]

describe.each(SAME)('a schema of %s', (_, schema) => {
  test('lets documents through, and keeps the last good one; the others move on', async () => {
    await server.stage({ configs: { settings: { pool: 8 }, other: 1 } })
    const client = clientOf(server, { schemas: { settings: schema } })
    const refusals = refusalsOf(client)
    const seen: unknown[] = []
    await client.ready()
    client.watch('settings', (value) => seen.push(value))
    expect(client.getConfig('settings')).toEqual({ pool: 8 })
    await server.publish({ configs: { settings: { pool: 100 }, other: 2 } })
    await settle(client)
    expect(client.getConfig('settings')).toEqual({ pool: 8 })
    expect(client.getConfig('other')).toBe(2)
    const message = 'config settings: does not fit its schema at /pool'
    expect(refusals).toEqual([{ code: 'schema', config: 'settings', message, revision: 2 }])
    await server.publish({ configs: { settings: { pool: 9 }, other: 2 } })
    await settle(client)
    expect(client.getConfig('settings')).toEqual({ pool: 9 })
    expect(seen).toEqual([{ pool: 9 }])
    expect(refusals).toHaveLength(1)
  })

  test('hands out frozen documents', async () => {
    await server.stage({ configs: { settings: { pool: 8 } } })
    const client = clientOf(server, { schemas: { settings: schema } })
    await client.ready()
    expect(Object.isFrozen(client.getConfig('settings'))).toBe(true)
  })
})

test('zod shapes and types what getConfig gives', async () => {
  await server.stage({ configs: { settings: { since: '2026-01-02', more: 1 } } })
  const settings = z.object({
    since: z.string().transform((text) => text.length),
    pool: z.number().default(4),
  })
  const { fetch, WebSocket } = server
  const about = { url: URL_, key: KEY, fetch, WebSocket, reportStatus: false }
  const client = createClient({ ...about, schemas: { settings } })
  await client.ready()
  const typed: { since: number; pool: number } | undefined = client.getConfig('settings')
  expect(typed).toEqual({ since: 10, pool: 4 })
  await client.close()
})

test('what a schema refuses is told to the fleet, with the place and never the value', async () => {
  await server.stage({ configs: { settings: { pool: 8 } } })
  const schemas = { settings: jsonSchema({ properties: { pool: { type: 'integer' } } }) }
  const client = clientOf(server, { schemas, reportStatus: true })
  await client.ready()
  await server.publish({ configs: { settings: { pool: 'canary-5a3c' } } })
  await pass(client, 2_000)
  const told = JSON.stringify(server.sockets.map(({ sent }) => sent))
  expect(told).toContain('failed')
  expect(told).toContain('settings')
  expect(told).not.toContain('canary-5a3c')
})

describe('a document of an older version', () => {
  const schemas = {
    app: {
      version: '2.0.0',
      migrations: [
        {
          from: '2.0.0',
          to: '1.0.0',
          steps: [
            { op: 'move', from: '/server/port', path: '/port' },
            { op: 'convert', path: '/port', type: 'string' },
          ],
        },
      ],
    },
  } as const
  const old = () => atVersion<{ readonly port: string }>('1.0.0')

  test('is what an application gets that was written for it, while another one has the new', async () => {
    await server.stage({ configs: { app: { server: { port: 80 } } }, schemas })
    const client = clientOf(server, { schemas: { app: old() } })
    const newer = clientOf(server, {})
    await Promise.all([client.ready(), newer.ready()])
    expect(client.getConfig('app')).toEqual({ port: '80' })
    expect(newer.getConfig('app')).toEqual({ server: { port: 80 } })
  })

  test('stays the same while the platform moves on to the next version', async () => {
    await server.stage({ configs: { app: { port: '80' } }, schemas: { app: { version: '1.0.0' } } })
    const client = clientOf(server, { schemas: { app: old() } })
    const seen: unknown[] = []
    await client.ready()
    client.watch('app', (value) => seen.push(value))
    await server.publish({ configs: { app: { server: { port: 80 } } }, schemas })
    await settle(client)
    expect(client.getConfig('app')).toEqual({ port: '80' })
    await server.publish({ configs: { app: { server: { port: 81 } } }, schemas })
    await settle(client)
    expect(client.getConfig('app')).toEqual({ port: '81' })
    expect(seen.at(-1)).toEqual({ port: '81' })
  })

  test('has its references answered before it is migrated', async () => {
    await server.stage({
      configs: { app: { server: { port: '${PORT}' } } },
      references: { app: { server: { port: 'integer' } } },
      schemas,
    })
    const client = clientOf(server, { schemas: { app: old() }, env: { PORT: '8080' } })
    await client.ready()
    expect(client.getConfig('app')).toEqual({ port: '8080' })
  })

  test('stays at its last good one when nothing leads there any more, and says so', async () => {
    await server.stage({ configs: { app: { server: { port: 80 } } }, schemas })
    const client = clientOf(server, { schemas: { app: old() } })
    const refusals = refusalsOf(client)
    await client.ready()
    await server.publish({
      configs: { app: { all: 'new' } },
      schemas: { app: { version: '3.0.0' } },
    })
    await settle(client)
    expect(client.getConfig('app')).toEqual({ port: '80' })
    const message = 'config app: nothing leads from version 3.0.0 to 1.0.0'
    expect(refusals).toEqual([{ code: 'schema', config: 'app', message, revision: 2 }])
  })
})
