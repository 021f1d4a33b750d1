/** Flags forced by a file, whatever the platform says or does. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
// Loaded before the client asks for them: how long that takes is no matter of virtual time.
import '../../../sdk/src/client/delta.ts'
import '../../../sdk/src/client/local.ts'
import '../../../sdk/src/client/overrides.ts'
import '../../../sdk/src/client/status-reporter.ts'
import type { ClientOptions, DriftlessError } from '../../../sdk/src/index.ts'
import { type OverrideClaims, OVERRIDE_TYPE } from '../../../sdk/src/overrides.ts'
import type { Flag } from '../../../sdk/src/core/index.ts'
import { createSigner, type Signer } from '../verify/signer.ts'
import {
  clientOf,
  createFakeServer,
  type FakeServer,
  NOW_MS,
  pass,
  settle,
  tidyUp,
} from './fake-server.ts'

const DAY_MS = 86_400_000
const SECOND = NOW_MS / 1000

const checkout: Flag = {
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 's',
  offVariant: 'off',
  defaultVariant: 'on',
  rules: [{ id: 'all', serve: { variant: 'on' } }],
  metadata: { owner: 'ada' },
}
const banner: Flag = {
  type: 'string',
  variants: { red: 'red', blue: 'blue' },
  enabled: false,
  seed: 's',
  prerequisites: [{ flag: 'checkout', variants: ['on'] }],
}
const after: Flag = {
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 's',
  offVariant: 'off',
  defaultVariant: 'on',
  prerequisites: [{ flag: 'checkout', variants: ['on'] }],
}

let server: FakeServer
let signer: Signer
/** What stands in the file. */
let file: string | undefined
let errors: DriftlessError[]

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS })
  server = await createFakeServer()
  signer = await createSigner()
  file = undefined
  errors = []
  await server.stage({ flags: { checkout, banner, after } })
})
afterEach(tidyUp)

const sign = (parts: Partial<OverrideClaims> = {}, by = signer): Promise<string> =>
  by.sign(
    {
      aud: 'shop/production',
      iat: SECOND,
      exp: SECOND + DAY_MS / 1000,
      seq: 1,
      flags: { checkout: { off: true }, banner: { variant: 'blue' } },
      ...parts,
    },
    { typ: OVERRIDE_TYPE },
  )

const start = (more: Partial<ClientOptions> = {}) =>
  clientOf(server, {
    overrides: { from: () => file, keys: [signer.jwk] },
    onError: (error) => errors.push(error),
    ...more,
  })

const memory = () => {
  const texts = new Map<string, string>()
  return {
    texts,
    get: (name: string) => texts.get(name),
    set: (name: string, text: string) => void texts.set(name, text),
  }
}

describe('a forced flag', () => {
  test('is off or serves its variant, for everybody, and says why', async () => {
    file = await sign({ reason: 'checkout loses orders' })
    const client = start()
    await settle(client)
    expect(client.getBooleanDetails('checkout', true, { targetingKey: 'ada' })).toEqual({
      flagKey: 'checkout',
      value: false,
      variant: 'off',
      reason: 'DISABLED',
      flagMetadata: { owner: 'ada', revision: 1, override: 1 },
    })
    expect(client.getStringDetails('banner', 'x')).toMatchObject({
      value: 'blue',
      variant: 'blue',
      reason: 'STATIC',
      flagMetadata: { override: 1 },
    })
    expect(client.getBooleanValue('checkout', true)).toBe(false)
    expect(client.override).toEqual({
      seq: 1,
      expMs: NOW_MS + DAY_MS,
      flags: ['checkout', 'banner'],
      reason: 'checkout loses orders',
    })
  })

  test('is off for those that depend on it, too', async () => {
    const client = start()
    await settle(client)
    expect(client.getBooleanValue('after', false)).toBe(true)
    file = await sign()
    await pass(client, 22_000)
    expect(client.getBooleanValue('after', true)).toBe(false)
  })

  test('is watched like any other, within one interval of the file', async () => {
    const client = start()
    await settle(client)
    const seen: unknown[] = []
    client.watch('flag:checkout', (value) => seen.push(value))
    file = await sign()
    await pass(client, 22_000)
    file = await sign({ seq: 2, flags: {} })
    await pass(client, 22_000)
    expect(seen).toEqual([false, true])
    expect(client.override).toMatchObject({ seq: 2, flags: [] })
  })

  test('stays forced when the snapshot changes, by body and by delta', async () => {
    file = await sign()
    const client = start()
    await settle(client)
    await server.publish({ flags: { checkout: { ...checkout, rules: [] }, banner, after } })
    await settle(client)
    expect([client.revision, client.getBooleanValue('checkout', true)]).toEqual([2, false])
    server.deltas = true
    const other: Flag = { ...checkout, offVariant: 'on' }
    await server.publish({ flags: { checkout: other, banner, after } })
    await settle(client)
    expect(client.getBooleanDetails('checkout', false)).toMatchObject({
      value: true,
      reason: 'DISABLED',
      flagMetadata: { revision: 3, override: 1 },
    })
    file = await sign({ seq: 2, flags: {} })
    await pass(client, 22_000)
    expect(client.getBooleanDetails('checkout', false).flagMetadata).not.toHaveProperty('override')
  })

  test('that the snapshot does not have, or a variant, is passed over', async () => {
    const flags = JSON.parse(
      '{"gone":{"off":true},"banner":{"variant":"green"},"__proto__":{"off":true},"constructor":{"off":true}}',
    )
    file = await sign({ flags })
    const client = start()
    await settle(client)
    expect(client.getStringDetails('banner', 'x')).toMatchObject({ reason: 'DISABLED' })
    expect(client.getBooleanDetails('gone', true).errorCode).toBe('FLAG_NOT_FOUND')
    expect(errors).toEqual([])
  })
})

describe('without the platform', () => {
  test('a cold start from the cache has the flag off from its first answer on', async () => {
    const cache = memory()
    await settle(start({ cache }))
    server.down()
    file = await sign()
    const client = start({ cache })
    const first: boolean[] = []
    client.on('changed', () => first.push(client.getBooleanValue('checkout', true)))
    await settle(client)
    expect([client.source, first]).toEqual(['cache', [false]])
  })

  test('it is read from an address, and by nothing that leads elsewhere', async () => {
    const served = await sign()
    const asked: RequestInit[] = []
    const { fetch } = server
    const client = start({
      overrides: { from: 'https://static.test/override.jws', keys: [signer.jwk] },
      fetch: async (input, init) => {
        if (input !== 'https://static.test/override.jws') return fetch(input, init)
        asked.push(init ?? {})
        return new Response(served)
      },
    })
    await settle(client)
    expect(client.getBooleanValue('checkout', true)).toBe(false)
    expect(asked).toEqual([{ redirect: 'manual' }])
  })

  test('what was accepted outlives the file, the process and the network', async () => {
    const cache = memory()
    file = await sign({ seq: 7 })
    await settle(start({ cache }))
    file = undefined
    const client = start({ cache })
    await settle(client)
    expect(client.getBooleanValue('checkout', true)).toBe(false)
    await pass(client, 60_000)
    expect(client.override?.seq).toBe(7)
    // And with it what may not come again.
    file = await sign({ seq: 6, flags: {} })
    await pass(client, 22_000)
    expect(client.override?.seq).toBe(7)
    expect(errors.at(-1)).toMatchObject({
      code: 'override',
      message: 'the override file is refused: rollback: 6, expected 7',
    })
  })

  test('it ends by itself, and an older one does not take its place', async () => {
    file = await sign({ seq: 7, exp: SECOND + 60 })
    const cache = memory()
    const client = start({ cache })
    await settle(client)
    await pass(client, 110_000, 5_000)
    expect(client.getBooleanValue('checkout', true)).toBe(false)
    await pass(client, 40_000, 5_000)
    expect([client.getBooleanValue('checkout', true), client.override]).toEqual([true, undefined])
    expect(errors.map(({ code }) => code)).toContain('override')
    file = await sign({ seq: 6 })
    const next = start({ cache })
    await settle(next)
    expect(next.override).toBeUndefined()
  })
})

describe('a file that is not to be trusted', () => {
  test.each<[string, () => Promise<string>, string]>([
    ['signed by somebody else', async () => sign({}, await createSigner()), 'unknown_key'],
    ['for another environment', () => sign({ aud: 'shop/staging' }), 'audience'],
    ['past its end', () => sign({ iat: SECOND - 999, exp: SECOND - 60 }), 'expired'],
    ['of nonsense', async () => '<html>', 'malformed'],
  ])('%s changes nothing, and is told once', async (_, make, code) => {
    file = await make()
    const client = start({ reportStatus: true })
    await settle(client)
    await pass(client, 60_000)
    expect([client.getBooleanValue('checkout', false), client.override]).toEqual([true, undefined])
    expect(errors).toHaveLength(1)
    expect(errors[0]?.message).toMatch(new RegExp(`^the override file is refused: ${code}`))
    const said = server.sockets.flatMap((socket) => socket.sent).filter((text) => text !== 'ping')
    expect(JSON.parse(said.at(-1) ?? '')).toMatchObject({
      state: 'applied',
      override: { seq: 0, error: code },
    })
  })

  test('signed by a key of the platform is none of ours', async () => {
    file = await sign({}, server.signer)
    const client = start()
    await settle(client)
    expect(client.override).toBeUndefined()
  })

  test('does not end what is in effect', async () => {
    file = await sign()
    const client = start()
    await settle(client)
    for (const text of ['nonsense', '', await sign({ seq: 2, aud: 'shop/staging' })]) {
      file = text
      await pass(client, 22_000)
      expect(client.getBooleanValue('checkout', true)).toBe(false)
    }
  })

  test.each<[string, () => Promise<string>]>([
    ['throws', () => Promise.reject(new Error('no such disk'))],
    ['never answers', () => new Promise(() => {})],
    ['answers without end', async () => 'x'.repeat(10_000_000)],
  ])('because reading it %s keeps nobody from starting', async (_, from) => {
    const client = start({ overrides: { from, keys: [signer.jwk] } })
    await pass(client, 15_000)
    expect([client.status, client.getBooleanValue('checkout', false)]).toEqual(['ready', true])
    expect(errors).toHaveLength(1)
  })
})

test('the fleet is told which file is in effect, and nothing more is asked after close', async () => {
  file = await sign({ seq: 3 })
  let reads = 0
  const from = () => {
    reads++
    return file
  }
  const client = start({ reportStatus: true, overrides: { from, keys: [signer.jwk] } })
  await pass(client, 2_000)
  const said = server.sockets.flatMap((socket) => socket.sent).filter((text) => text !== 'ping')
  expect(JSON.parse(said.at(-1) ?? '')).toMatchObject({ override: { seq: 3 } })
  await client.close()
  const before = reads
  await pass(client, 120_000, 10_000)
  expect(reads).toBe(before)
  const early = start({ overrides: { from, keys: [signer.jwk] } })
  await early.close()
  await pass(early, 120_000, 10_000)
  expect(reads).toBeLessThanOrEqual(before + 1)
})

test.each<[string, unknown]>([
  ['no keys', { from: 'https://x.test' }],
  ['a key that is a text', { from: 'https://x.test', keys: ['k'] }],
  ['nowhere to read from', { keys: [] }],
  ['every millisecond', { from: 'https://x.test', keys: [], everyMs: 1 }],
])('an option with %s is refused at once', (_, overrides) => {
  // @ts-expect-error -- from JavaScript
  expect(() => start({ overrides })).toThrow(/overrides/)
})
