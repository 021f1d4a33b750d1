/** A flag is switched off with the command line and a file while nothing of the platform runs; and on again, when it does. */
import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type Client, type ClientOptions } from '../../sdk/src/index.ts'
import { type Cli, createCli } from '../support/cli.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const PATIENCE_MS = 30_000

let platform: TestPlatform
let cli: Cli
let key: string
const clients: Client[] = []
const texts = new Map<string, string>()
const cache = {
  get: (name: string) => texts.get(name),
  set: (name: string, text: string) => void texts.set(name, text),
}

beforeAll(async () => {
  platform = await startTestPlatform()
  cli = await createCli()
  const { admin } = platform
  await admin.createProject('shop', { production: { protected: false } })
  await admin.change('shop', [
    {
      op: 'putFlag',
      key: 'new-checkout',
      type: 'boolean',
      variants: { on: true, off: false },
      visibility: 'server',
      offVariant: 'off',
      defaultVariant: 'on',
    },
    { op: 'putFlagEnvironment', key: 'new-checkout', environment: 'production', enabled: true },
  ])
  key = (await admin.createKey('shop', 'production')).key
})

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await cli?.close()
  await platform?.close()
})

const fileOf = (name: string): string => join(cli.folder, name)

test(
  'without the platform, at a cold start too, and back with it',
  { timeout: 120_000 },
  async () => {
    const made = await cli.run(['override', 'keygen', 'override.key.json', '--json'])
    const { x, y } = (made.json() as { key: { x: string; y: string } }).key
    const overrides: NonNullable<ClientOptions['overrides']> = {
      from: () => readFile(fileOf('override.jws'), 'utf8').catch(() => undefined),
      keys: [{ kty: 'EC', crv: 'P-256', x, y }],
      everyMs: 1_000,
    }
    const start = async (): Promise<Client> => {
      const client = createClient({ url: platform.url, key, cache, overrides })
      clients.push(client)
      await client.ready()
      return client
    }
    const sign = (...words: string[]) =>
      cli.run([
        ...['override', 'sign', '--key-file', 'override.key.json', '--project', 'shop'],
        ...['--env', 'production', '-o', 'override.jws', ...words],
      ])
    const client = await start()
    await client.flush()
    expect(client.getBooleanValue('new-checkout', false)).toBe(true)

    await platform.kill()
    expect(await sign('--off', 'new-checkout')).toMatchObject({ code: 0, err: '' })
    const isOff = (): boolean => !client.getBooleanValue('new-checkout', true)
    await until('the flag to be off', isOff, PATIENCE_MS)
    const cold = await start()
    expect([cold.source, cold.getBooleanValue('new-checkout', true)]).toEqual(['cache', false])

    // Somebody else's file changes nothing.
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(fileOf('evil.json'), JSON.stringify(privateKey.export({ format: 'jwk' })))
    const errors: string[] = []
    client.on('error', ({ code }) => errors.push(code))
    expect((await sign('--none', '--key-file', 'evil.json')).code).toBe(0)
    await until('it to be told', () => errors.includes('override'), PATIENCE_MS)
    expect(isOff()).toBe(true)

    await platform.start()
    const seen = async (): Promise<boolean> => {
      const { server } = await platform.admin.ok<{
        server: { overrides: readonly { seq: number; error?: string }[] }
      }>('GET', '/projects/shop/fleet?environment=production')
      return server.overrides.some(({ seq, error }) => seq > 0 && error === 'unknown_key')
    }
    await until('the fleet to be told', seen, PATIENCE_MS)
    expect((await sign('--none')).code).toBe(0)
    await until('the flag to be on again', () => !isOff(), PATIENCE_MS)
  },
)
