import { env } from 'cloudflare:workers'
import { evictDurableObject, reset, runDurableObjectAlarm } from 'cloudflare:test'
import { compactVerify, createLocalJWKSet } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { digest } from '../../../worker/objects/sha256.ts'
import { directory } from '../support/objects.ts'
import {
  caller,
  config,
  createProject,
  flag,
  inside,
  must,
  override,
  project,
  published,
  put,
} from './support.ts'

const text = (bytes: ArrayBuffer | null) =>
  bytes === null ? null : new TextDecoder().decode(bytes)

async function body(environment: string, audience: 'server' | 'client' = 'server') {
  const head = await project().head(environment, audience)
  return head === null ? null : text(await project().body(environment, audience, head.sha256))
}

describe('the head of an audience', () => {
  beforeEach(() => reset())

  test('shows what was committed before it was asked for, signed with the key of the directory', async () => {
    await createProject()
    must(await put([config({ a: 1 }), override({ b: 2 }, 'staging')]))
    const head = await project().head('production', 'server')
    if (head === null) throw new Error('no head')
    const keys = createLocalJWKSet(JSON.parse(JSON.stringify(await directory().jwks())))
    const { payload, protectedHeader } = await compactVerify(head.manifest, keys)
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'driftless-manifest+jwt' })
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      iss: 'driftless',
      aud: 'shop/production/server',
      seq: head.seq,
      revision: 2,
      sha256: head.sha256,
    })
    expect(digest((await body('production')) ?? '').sha256).toBe(head.sha256)
    expect(JSON.parse((await body('production')) ?? '')).toMatchObject({
      configs: { settings: { a: 1, b: 2 } },
    })
  })

  test('is the same after the object was evicted', async () => {
    await createProject()
    must(await put([flag()]))
    const before = await project().head('staging', 'server')
    await evictDurableObject(env.PROJECT.getByName('shop'))
    expect(await project().head('staging', 'server')).toEqual(before)
  })

  test('is in KV once the drain is through', async () => {
    await createProject()
    await published()
    const head = await project().head('production', 'client')
    expect(await env.SNAPSHOTS.get('head/shop/production/client')).toBe(head?.manifest)
    const key = `body/shop/production/client/${head?.sha256}`
    expect(await env.SNAPSHOTS.get(key)).toBe(await body('production', 'client'))
  })

  test('is finished by the alarm when the object went away right after the commit', async () => {
    await createProject()
    await published()
    await inside(async (instance) => {
      // As if the process had ended between the commit and the drain.
      instance.nowMs = () => Date.now() + 10_000
    })
    must(await put([config({ a: 1 })]))
    await evictDurableObject(env.PROJECT.getByName('shop'))
    await runDurableObjectAlarm(env.PROJECT.getByName('shop'))
    const kept = await env.SNAPSHOTS.get('head/shop/production/server')
    expect(kept).toBe((await project().head('production', 'server'))?.manifest)
  })

  test('is null for an environment that is not there', async () => {
    await createProject()
    expect(await project().head('nowhere', 'server')).toBeNull()
    // What is still being drained would write into the storage of the next test.
    await published()
  })

  test('gives a client only what is marked for clients', async () => {
    await createProject()
    must(await put([config({ internal: 1 }), flag('hidden'), flag('shown', 'client')]))
    const parsed: unknown = JSON.parse((await body('production', 'client')) ?? '')
    expect(parsed).toMatchObject({
      audience: 'client',
      configs: {},
      flags: { shown: { enabled: false } },
    })
    expect(JSON.stringify(parsed)).not.toContain('hidden')
  })

  test('names large documents, which are handed out by hash to that audience alone', async () => {
    await createProject()
    const document = { text: 'x'.repeat(70_000) }
    must(await put([config(document)]))
    const parsed = JSON.parse((await body('production')) ?? '')
    const { sha256, size } = parsed.configs.settings.$external
    const external = await project().body('production', 'server', sha256)
    expect(external?.byteLength).toBe(size)
    expect(JSON.parse(text(external) ?? '')).toEqual(document)
    expect(await project().body('production', 'client', sha256)).toBeNull()
    expect(await project().body('production', 'server', 'ab'.repeat(32))).toBeNull()
  })

  test('a body the head no longer names is not handed out', async () => {
    await createProject()
    const before = await project().head('production', 'server')
    must(await put([config({ a: 1 })]))
    await project().head('production', 'server')
    expect(await project().body('production', 'server', before?.sha256 ?? '')).toBeNull()
  })

  test('is gone with the project', async () => {
    await createProject()
    const head = await project().head('production', 'server')
    must(await project().remove('over', caller))
    expect(await project().head('production', 'server')).toBeNull()
    expect(await project().body('production', 'server', head?.sha256 ?? '')).toBeNull()
    // KV takes one write a second of one key.
    await inside((instance) => {
      instance.nowMs = () => Date.now() + 60_000
    })
    await published()
    expect(await env.SNAPSHOTS.get('head/shop/production/server')).toBeNull()
  })
})
