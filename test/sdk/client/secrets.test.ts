/** Secrets of a snapshot, opened for the application, and configs that say them. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
// Loaded before the client asks for them: how long that takes is no matter of virtual time.
import '../../../sdk/src/client/externals.ts'
import '../../../sdk/src/client/secrets.ts'
import {
  formatKey,
  type JsonValue,
  type SealedSecret,
  sealedAad,
} from '../../../sdk/src/core/index.ts'
import type { StandardSchema } from '../../../sdk/src/index.ts'
import { recipientOf } from '../../../worker/crypto/recipient.ts'
import { sealFor } from '../../../worker/crypto/seal.ts'
import {
  clientOf,
  createFakeServer,
  type FakeServer,
  KEY,
  NOW_MS,
  settle,
  tidyUp,
} from './fake-server.ts'

const OTHER = formatKey('server', 'shop', 'production', 'Z'.repeat(30))

let server: FakeServer
beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
})
afterEach(tidyUp)

async function sealed(
  name: string,
  version: number,
  value: string,
  sdkKey = KEY,
): Promise<SealedSecret> {
  const aad = sealedAad('shop', 'production', name, version)
  return { version, jwe: await sealFor(value, aad, [await recipientOf(sdkKey)]) }
}

describe('getSecret', () => {
  test('gives what is sealed for the key, and keeps it from everything that prints', async () => {
    await server.stage({ secrets: { token: await sealed('token', 3, 'hunter2') } })
    const client = clientOf(server)
    const secret = await client.getSecret('token')
    expect([secret.name, secret.version, secret.reveal()]).toEqual(['token', 3, 'hunter2'])
    expect(secret.previous).toBeUndefined()
    expect([String(secret), `${secret.toString()}!`, JSON.stringify([secret])]).toEqual([
      '[redacted]',
      '[redacted]!',
      '["[redacted]"]',
    ])
    expect(JSON.stringify(Object.getOwnPropertyDescriptors(secret))).not.toContain('hunter2')
    expect(Object.isFrozen(secret)).toBe(true)
  })

  test('waits for the first snapshot', async () => {
    const client = clientOf(server)
    const secret = client.getSecret('token')
    await server.publish({ secrets: { token: await sealed('token', 1, 'v') } })
    await vi.advanceTimersByTimeAsync(5_000)
    expect((await secret).reveal()).toBe('v')
  })

  test.each(['constructor', '__proto__', 'nobody', ''])('knows no secret %j', async (name) => {
    await server.stage({ secrets: { token: await sealed('token', 1, 'v') } })
    await expect(clientOf(server).getSecret(name)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('says no more of what does not open than its name', async () => {
    const broken = { version: 1, jwe: {} }
    const secrets = {
      other: await sealed('other', 1, 'v', OTHER),
      moved: await sealed('token', 1, 'v'),
      renumbered: { ...(await sealed('renumbered', 2, 'v')), version: 1 },
      // @ts-expect-error -- as a writer of ours would not
      broken: broken satisfies SealedSecret,
    }
    await server.stage({ secrets: secrets as unknown as Record<string, SealedSecret> })
    const client = clientOf(server)
    for (const name of Object.keys(secrets)) {
      await expect(client.getSecret(name)).rejects.toMatchObject({
        code: 'secret',
        message: `secret ${name}: does not open with this SDK key`,
      })
    }
  })

  test('gives the version before until its grace period ends', async () => {
    const previous = { ...(await sealed('token', 1, 'old')), untilMs: NOW_MS + 60_000 }
    await server.stage({ secrets: { token: { ...(await sealed('token', 2, 'new')), previous } } })
    const secret = await clientOf(server).getSecret('token')
    expect(secret.previous?.reveal()).toBe('old')
    vi.setSystemTime(NOW_MS + 59_999)
    expect(secret.previous?.reveal()).toBe('old')
    vi.setSystemTime(NOW_MS + 60_000)
    expect(secret.previous).toBeUndefined()
  })
})

/** Rounds that opening a secret for a callback may take, which `flush` knows nothing of. */
const OPENED = 12

describe('onRotate', () => {
  test('is called with each version that takes the place of another, and no other time', async () => {
    await server.stage({ secrets: { token: await sealed('token', 1, 'one') } })
    const client = clientOf(server)
    await client.ready()
    const heard: string[] = []
    const stop = client.onRotate('token', (secret) => heard.push(secret.reveal()))
    // Sealed anew, and another config.
    await server.publish({ secrets: { token: await sealed('token', 1, 'one') }, configs: { a: 1 } })
    await settle(client, OPENED)
    expect(heard).toEqual([])
    await server.publish({ secrets: { token: await sealed('token', 2, 'two') } })
    await settle(client, OPENED)
    await server.publish({ secrets: {} })
    await settle(client, OPENED)
    await server.publish({ secrets: { token: await sealed('token', 3, 'three') } })
    await settle(client, OPENED)
    expect(heard).toEqual(['two', 'three'])
    stop()
    await server.publish({ secrets: { token: await sealed('token', 4, 'four') } })
    await settle(client, OPENED)
    expect(heard).toEqual(['two', 'three'])
  })

  test('reports what the callback throws, and needs a name and a function', async () => {
    await server.stage({ secrets: { token: await sealed('token', 1, 'one') } })
    const client = clientOf(server)
    await client.ready()
    const errors: unknown[] = []
    client.on('error', ({ code, message }) => errors.push([code, message]))
    client.onRotate('token', () => {
      throw new Error('mine')
    })
    await server.publish({ secrets: { token: await sealed('token', 2, 'two') } })
    await settle(client, OPENED)
    expect(errors).toEqual([['callback', 'callback: mine']])
    // @ts-expect-error -- as JavaScript may call it
    expect(() => client.onRotate('token')).toThrow(TypeError)
  })
})

describe('configs that say secrets', () => {
  const places = { url: 'string', list: { 0: 'string' } } as const
  const document = {
    url: 'db://${SECRET:user}:${SECRET:password}@h',
    list: ['${SECRET:password}', 'x'],
  }
  const parts = async (password = 'hunter2', version = 1) => ({
    configs: { app: document },
    references: { app: places },
    secrets: {
      user: await sealed('user', 1, 'ada'),
      password: await sealed('password', version, password),
    },
  })

  test('give usable values, and show [redacted] to what prints them', async () => {
    await server.stage(await parts())
    const client = clientOf(server)
    await client.ready()
    const config = client.getConfig<typeof document>('app')
    expect(config?.url).toBe('db://ada:hunter2@h')
    expect(config?.list).toEqual(['hunter2', 'x'])
    expect(JSON.parse(JSON.stringify({ config }))).toEqual({
      config: { url: 'db://[redacted]:[redacted]@h', list: ['[redacted]', 'x'] },
    })
    expect(JSON.stringify(config?.list)).toBe('["[redacted]","x"]')
    expect(JSON.stringify({ ...config })).toContain('["[redacted]","x"]')
    expect(Object.keys(config ?? {})).toEqual(['list', 'url'])
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('change when a secret does, and watchers are told with the values', async () => {
    await server.stage(await parts())
    const client = clientOf(server)
    await client.ready()
    const heard: unknown[] = []
    client.watch('app.list', (now, before) =>
      heard.push([...(now as string[]), ...(before as string[])]),
    )
    await server.publish(await parts('correct horse', 2))
    await settle(client)
    expect(heard).toEqual([['correct horse', 'x', 'hunter2', 'x']])
  })

  test('are not handed out while a secret of theirs is missing; the last good one stays', async () => {
    await server.stage(await parts())
    const client = clientOf(server)
    await client.ready()
    const refused: unknown[] = []
    client.on('rejected', ({ config, code, message }) => refused.push([config, code, message]))
    await server.publish({ ...(await parts()), secrets: { user: await sealed('user', 1, 'ada') } })
    await settle(client)
    expect(client.getConfig<typeof document>('app')?.url).toBe('db://ada:hunter2@h')
    expect(refused).toMatchObject([['app', 'reference', expect.stringContaining('password')]])
    expect(JSON.stringify(refused)).not.toContain('hunter2')
  })

  test('hide their secrets in what a schema makes of them, too', async () => {
    await server.stage(await parts())
    const upper: StandardSchema<unknown, { readonly made: JsonValue }> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => ({
          value: { made: [`<${String(Reflect.get(Object(value), 'url'))}>`] },
        }),
      },
    }
    const client = clientOf(server, { schemas: { app: upper } })
    await client.ready()
    const made = client.getConfig('app')
    expect(made).toEqual({ made: ['<db://ada:hunter2@h>'] })
    expect(JSON.stringify(made)).toBe('{"made":["<db://[redacted]:[redacted]@h>"]}')
  })
})

describe('a secret that refers to others', () => {
  const referring = async (name: string, version: number, value: string, ...names: string[]) => ({
    ...(await sealed(name, version, value)),
    references: names,
  })
  const url = () => referring('url', 1, 'db://app:${SECRET:pw}@db/$${SECRET:pw}?a=$$b', 'pw')

  test('says their values, and a value without references what it says', async () => {
    const literal = await sealed('literal', 1, '${SECRET:pw}')
    const pw = await sealed('pw', 2, 'hunter2')
    await server.stage({ secrets: { url: await url(), pw, literal } })
    const client = clientOf(server)
    expect((await client.getSecret('url')).reveal()).toBe('db://app:hunter2@db/${SECRET:pw}?a=$$b')
    expect((await client.getSecret('literal')).reveal()).toBe('${SECRET:pw}')
  })

  test('follows a rotation of what it names, also through others, and tells of it; of another rotation it does not', async () => {
    const through = await referring('through', 1, '<${SECRET:url}>', 'url')
    const secrets = async (pw: number, other: number) => ({
      through,
      url: await url(),
      pw: await sealed('pw', pw, `pw${pw}`),
      other: await sealed('other', other, 'x'),
    })
    await server.stage({ secrets: await secrets(1, 1) })
    const client = clientOf(server)
    await client.ready()
    const seen: string[] = []
    client.onRotate('through', (secret) => void seen.push(secret.reveal()))
    expect((await client.getSecret('through')).reveal()).toContain('app:pw1@')
    await server.publish({ secrets: await secrets(1, 2) })
    await settle(client, OPENED)
    expect(seen).toEqual([])
    await server.publish({ secrets: await secrets(2, 2) })
    await settle(client, 2 * OPENED)
    expect(seen).toEqual(['<db://app:pw2@db/${SECRET:pw}?a=$$b>'])
  })

  test.each<[string, Record<string, Promise<SealedSecret>>]>([
    ['is not there', {}],
    ['does not open', { pw: sealed('pw', 1, 'x', OTHER) }],
    ['leads back', { pw: referring('pw', 1, '${SECRET:url}', 'url') }],
  ])('is not handed out where one of them %s', async (_, more) => {
    const secrets: Record<string, SealedSecret> = { url: await url() }
    for (const [name, one] of Object.entries(more)) secrets[name] = await one
    await server.stage({ secrets })
    await expect(clientOf(server).getSecret('url')).rejects.toMatchObject({ code: 'secret' })
  })

  test('is not handed out where it leads through more than eight, and ends however often it branches', async () => {
    const secrets: Record<string, SealedSecret> = { s0: await sealed('s0', 1, 'v') }
    for (let index = 1; index <= 9; index += 1) {
      const name = `s${index - 1}`
      secrets[`s${index}`] = await referring(`s${index}`, 1, `\${SECRET:${name}}`.repeat(4), name)
    }
    await server.stage({ secrets })
    const client = clientOf(server)
    expect((await client.getSecret('s8')).reveal()).toBe('v'.repeat(4 ** 8))
    await expect(client.getSecret('s9')).rejects.toMatchObject({ code: 'secret' })
  })
})
