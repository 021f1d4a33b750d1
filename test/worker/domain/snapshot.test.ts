import { describe, expect, test } from 'vitest'
import { canonicalize, evaluate, type SnapshotBody } from '#core'
import {
  type BuildRequest,
  buildSnapshot,
  createRenderer,
} from '../../../worker/domain/snapshot.ts'
import {
  asks,
  config,
  digest,
  environment,
  flag,
  type Memory,
  override,
  project,
  rule,
  segment,
  settings,
} from './support.ts'

function build(memory: Memory, more: Partial<BuildRequest> = {}) {
  const request = {
    project: 'shop',
    environment: 'production',
    audience: 'server',
    revision: 7,
    digest,
    renderer: createRenderer(digest),
  } as const
  return buildSnapshot(memory.items, { ...request, ...more })
}

async function bodyOf(memory: Memory, more: Partial<BuildRequest> = {}): Promise<SnapshotBody> {
  return JSON.parse((await build(memory, more)).text)
}

const everything = () =>
  project().with(
    config('{"b": 1, "a": {"x": 1e3}}'),
    override('{"a": {"y": [null]}}', 'staging'),
    override('{"b": {"$unset": true}}'),
    config('"shown"', 'public', { visibility: 'client' }),
    segment('vip', { visibility: 'client', ids: ['u1'] }),
    segment('deep', { visibility: 'client', when: { any: [asks('vip')] } }),
    segment('other', { visibility: 'client' }),
    segment('hidden', { description: 'x' }),
    flag('shown', {
      visibility: 'client',
      description: 'not for readers',
      offVariant: 'off',
      defaultVariant: 'off',
      metadata: { owner: 'me' },
    }),
    settings('shown', {
      seed: 'own',
      defaultVariant: 'on',
      rules: [rule({ when: asks('deep') })],
      targets: { on: ['u9'] },
    }),
    flag('Z'),
    flag('a'),
    settings('a', { rules: [rule({ when: asks('hidden') })] }, 'staging'),
  )

describe('a snapshot', () => {
  test('is canonical JSON, byte for byte what canonicalize makes of it', async () => {
    for (const audience of ['server', 'client'] as const) {
      const { text, sha256, size } = await build(everything(), { audience })
      expect(canonicalize(JSON.parse(text))).toBe(text)
      expect(digest(text)).toEqual({ sha256, size })
    }
  })

  test('has exactly the members of the format', async () => {
    expect(await bodyOf(project())).toEqual({
      format: 1,
      project: 'shop',
      environment: 'production',
      audience: 'server',
      revision: 7,
      configs: {},
      flags: {},
      segments: {},
      secrets: {},
    })
  })

  test('has configs resolved through the parent', async () => {
    expect((await bodyOf(everything())).configs['settings']).toEqual({ a: { x: 1000, y: [null] } })
    expect((await bodyOf(everything(), { environment: 'staging' })).configs['settings']).toEqual({
      a: { x: 1000, y: [null] },
      b: 1,
    })
  })

  test('has flags as the environment sees them, off where it has no settings', async () => {
    const { flags } = await bodyOf(everything())
    expect(flags['shown']).toEqual({
      type: 'boolean',
      variants: { on: true, off: false },
      enabled: true,
      seed: 'own',
      offVariant: 'off',
      defaultVariant: 'on',
      targets: { on: ['u9'] },
      rules: [{ id: 'one', when: asks('deep'), serve: { variant: 'on' } }],
      metadata: { owner: 'me' },
    })
    expect(flags['a']).toMatchObject({ enabled: false })
    expect(Object.keys(flags)).toEqual(['Z', 'a', 'shown'])
  })

  test('gives a client what is for clients, with the segments its flags need and no others', async () => {
    const body = await bodyOf(everything(), { audience: 'client' })
    expect(Object.keys(body.configs)).toEqual(['public'])
    expect(Object.keys(body.flags)).toEqual(['shown'])
    expect(body.segments).toEqual({ deep: { when: { any: [asks('vip')] } }, vip: { ids: ['u1'] } })
    expect(body.secrets).toEqual({})
  })

  test('gives a server every segment, without what is not for readers', async () => {
    const { segments } = await bodyOf(everything())
    expect(Object.keys(segments)).toEqual(['deep', 'hidden', 'other', 'vip'])
    expect(segments['hidden']).toEqual({})
  })

  test('can be evaluated', async () => {
    const body = await bodyOf(everything())
    expect(evaluate(body, 'shown', { targetingKey: 'u1' })).toMatchObject({
      value: true,
      reason: 'TARGETING_MATCH',
    })
    expect(evaluate(body, 'a', { targetingKey: 'u1' })).toMatchObject({ reason: 'DISABLED' })
  })

  test('keeps its revision while nothing in it changes', async () => {
    const memory = everything()
    const first = await build(memory, { revision: 3 })
    const again = await build(memory, { revision: 9, previous: [first] })
    expect(again).toEqual(first)
    memory.with(config('{"b": 2}'))
    const other = await build(memory, { revision: 10, previous: [first] })
    expect(other.revision).toBe(10)
    expect(JSON.parse(other.text)).toMatchObject({ revision: 10 })
  })

  test('is not touched by what happens in another environment', async () => {
    const memory = everything().with(environment('test'))
    const first = await build(memory, { environment: 'test', revision: 3 })
    memory.with(override('{"n": 1}'), settings('a'))
    expect(await build(memory, { environment: 'test', revision: 4, previous: [first] })).toEqual(
      first,
    )
  })

  test('holds documents of up to 65,536 bytes, longer ones stand outside', async () => {
    const text = (bytes: number) => JSON.stringify('a'.repeat(bytes - 2))
    const memory = project().with(
      config(text(65_536), 'inside'),
      config(text(65_537), 'outside'),
      config(text(65_537), 'twin'),
    )
    const { text: body, externals } = await build(memory)
    const { sha256 } = digest(text(65_537))
    const reference = { $external: { sha256, size: 65_537 } }
    expect(JSON.parse(body)).toMatchObject({
      configs: { inside: 'a'.repeat(65_534), outside: reference, twin: reference },
    })
    expect(externals).toEqual([{ sha256, size: 65_537, text: text(65_537) }])
  })

  test('counts bytes, not characters', async () => {
    const source = JSON.stringify('€'.repeat(22_000))
    expect((await build(project().with(config(source)))).externals).toHaveLength(1)
  })
})

describe('versions of schemas', () => {
  const back = { op: 'move', from: '/server/port', path: '/port' } as const
  const migrations = [
    { from: '1.0.0', to: '2.0.0', up: [], down: [back] },
    { from: '2.0.0', to: '3.0.0', up: [{ op: 'remove', path: '/old' }] },
    { from: '8.0.0', to: '9.0.0', up: [], down: [] },
  ] as const
  const withSchema = (version: string) =>
    project().with(
      config('{"server": {"port": 1}}', 'app', { visibility: 'client' }),
      config('1', 'bare'),
      { op: 'putSchema', name: 'app', version, schema: true, migrations },
      { op: 'putSchema', name: 'nowhere', version, schema: true },
    )

  test('are told of configs that have one, with all that leads on from there', async () => {
    const { schemas } = await bodyOf(withSchema('2.0.0'))
    expect(schemas).toEqual({
      app: {
        version: '2.0.0',
        migrations: [
          { from: '2.0.0', to: '1.0.0', steps: [back] },
          { from: '2.0.0', to: '3.0.0', steps: [{ op: 'remove', path: '/old' }] },
        ],
      },
    })
    expect((await bodyOf(withSchema('5.0.0'))).schemas).toEqual({ app: { version: '5.0.0' } })
    expect(await bodyOf(project().with(config('1')))).not.toHaveProperty('schemas')
  })

  test('are of the audience that sees the config, and the text is canonical', async () => {
    const memory = withSchema('2.0.0').with(config('1', 'app'))
    expect(await bodyOf(memory, { audience: 'client' })).not.toHaveProperty('schemas')
    const { text } = await build(withSchema('2.0.0'))
    expect(text).toBe(canonicalize(JSON.parse(text)))
  })

  test('may not lead on for too long', () => {
    const long = { op: 'set', path: '/a', value: 'x'.repeat(20_000) } as const
    const refused = withSchema('2.0.0').apply({
      op: 'putSchema',
      name: 'app',
      version: '2.0.0',
      schema: true,
      migrations: [{ from: '2.0.0', to: '3.0.0', up: [long] }],
    })
    expect(refused).toMatchObject({
      ok: false,
      error: { reason: 'invalid', issues: [{ path: '/operations/0/migrations' }] },
    })
    // What does not lead on from there may be as long as it likes.
    const other = { from: '7.0.0', to: '8.0.0', up: [long] }
    const taken = withSchema('2.0.0').apply({
      op: 'putSchema',
      name: 'app',
      version: '2.0.0',
      schema: true,
      migrations: [other],
    })
    expect(taken.ok).toBe(true)
  })
})
