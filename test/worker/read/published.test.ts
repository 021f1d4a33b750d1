/** The whole Worker, from a commit to what an SDK key reads. */
import { env } from 'cloudflare:workers'
import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test'
import { compactVerify, createLocalJWKSet } from 'jose'
import { describe, expect, test } from 'vitest'
import { type Audience, type AudienceName, formatAudience } from '#core'
import { sha256Hex } from '../../../worker/crypto/hash.ts'
import { readHead } from '../../../worker/read/manifest.ts'
import { bearer, refusal } from '../support/http.ts'
import { caller, must, project } from '../support/objects.ts'
import { sdkKey } from '../support/published.ts'
import { send } from '../support/requests.ts'
import { makeProject } from '../support/shop.ts'
import { openSocket } from '../support/sockets.ts'

async function read(key: string, path = '/v1/snapshot'): Promise<Response> {
  return send(path, { headers: bearer(key) })
}

/** Everything KV holds of an audience goes: what is read after it came from the project. */
async function emptyKv(name: AudienceName, key: string): Promise<void> {
  const aud = formatAudience(name)
  for (const prefix of [`body/${aud}/`, `head/${aud}`, `key/${await sha256Hex(key)}`]) {
    for (const { name: entry } of (await env.SNAPSHOTS.list({ prefix })).keys) {
      await env.SNAPSHOTS.delete(entry)
    }
  }
}

describe('what was published', () => {
  test('is read by a key of its audience, signed by a key of the key set', async () => {
    const shop = await makeProject()
    await shop.putSettings({ pool: 8 })
    const { key } = await shop.makeKey()
    const response = await read(key)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({
      project: shop.name,
      audience: 'server',
      configs: { settings: { pool: 8 } },
    })
    const set = await (await send('/.well-known/jwks.json')).json<{ keys: [] }>()
    const manifest = response.headers.get('driftless-manifest') ?? ''
    const { payload } = await compactVerify(manifest, createLocalJWKSet(set))
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      iss: 'driftless',
      aud: `${shop.name}/production/server`,
      sha256: await sha256Hex(text),
    })
    expect(await (await read(key, '/v1/manifest')).text()).toBe(manifest)
  })

  test('of the server is not in what a client key reads', async () => {
    const shop = await makeProject()
    await shop.putSettings({ pool: 8 })
    const [server, client] = [await shop.makeKey('server'), await shop.makeKey('client')]
    expect(await (await read(client.key)).json()).toMatchObject({ audience: 'client', configs: {} })
    const hash = readHead((await read(server.key)).headers.get('driftless-manifest') ?? '')?.sha256
    expect((await read(server.key, `/v1/bodies/${hash}`)).status).toBe(200)
    expect(await refusal(await read(client.key, `/v1/bodies/${hash}`))).toBe('404 not_found')
  })

  test.each(['server', 'client'] as Audience[])(
    'is read though KV lost all of it (%s)',
    async (audience) => {
      const shop = await makeProject()
      await shop.putSettings({ pool: 8 })
      const { key } = await shop.makeKey(audience)
      await emptyKv(shop.audience(audience), key)
      const response = await read(key)
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ project: shop.name, audience })
    },
  )

  test('of 64 KiB and more is fetched by its hash, from KV or from the project', async () => {
    const shop = await makeProject()
    const document = { text: 'x'.repeat(70_000) }
    await shop.putSettings(document)
    const { key } = await shop.makeKey()
    await emptyKv(shop.audience('server'), key)
    const { configs } = await (
      await read(key)
    ).json<{
      configs: { settings: { $external: { sha256: string; size: number } } }
    }>()
    const { sha256, size } = configs.settings.$external
    const response = await read(key, `/v1/bodies/${sha256}`)
    const text = await response.text()
    expect(JSON.parse(text)).toEqual(document)
    expect(text).toHaveLength(size)
  })

  test('is at least as new as min, though KV and this isolate are behind', async () => {
    const shop = await makeProject()
    await shop.putSettings({ pool: 1 })
    const { key } = await shop.makeKey()
    const aud = formatAudience(shop.audience('server'))
    const old = (await env.SNAPSHOTS.get(`head/${aud}`)) ?? ''
    expect((await read(key)).headers.get('driftless-manifest')).toBe(old)
    await shop.putSettings({ pool: 2 })
    await env.SNAPSHOTS.put(`head/${aud}`, old)
    const head = await project(shop.name).head('production', 'server')
    const order = `${head?.epoch}.${head?.seq}`
    const response = await read(key, `/v1/snapshot?min=${order}`)
    expect(response.headers.get('etag')).toBe(`"${order}"`)
    expect(await response.json()).toMatchObject({ configs: { settings: { pool: 2 } } })
  })

  test('reaches an open socket as the delta from what it has', async () => {
    const shop = await makeProject()
    await shop.putSettings({ pool: 1 })
    const { key } = await shop.makeKey()
    const headers = { upgrade: 'websocket', ...bearer(key) }
    const reader = openSocket(await send('/v1/stream', { headers }))
    expect(await reader.next()).toMatchObject({ type: 'hello' })
    expect(await reader.next()).toMatchObject({ type: 'head' })
    await shop.putSettings({ pool: 2 })
    const head = await reader.next()
    expect(head).toMatchObject({ type: 'head', delta: expect.stringContaining('{"pool":2}') })
    expect(head).not.toHaveProperty('body')
  })
})

describe('a key', () => {
  test('that was revoked loses its socket at once, and reads no more once caches let go', async () => {
    const shop = await makeProject()
    const { id, key } = await shop.makeKey()
    const headers = { upgrade: 'websocket', ...bearer(key) }
    const reader = openSocket(await send('/v1/stream', { headers }))
    must(await project(shop.name).revokeKey(id, 'leaked', caller))
    expect(await reader.closed).toBe(4401)
    expect(await refusal(await send('/v1/stream', { headers }))).toBe('401 unauthorized')
    expect(await env.SNAPSHOTS.get(`key/${await sha256Hex(key)}`)).toBeNull()
  })

  test('of a project that never was is refused, and leaves nothing behind', async () => {
    const name = { project: 'never-was', environment: 'production', audience: 'server' } as const
    expect(await refusal(await read(sdkKey(name)))).toBe('401 unauthorized')
    await runInDurableObject(env.PROJECT.getByName('never-was'), (_, state) => {
      const tables = state.storage.sql.exec(
        "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'",
      )
      expect(tables.toArray()).toEqual([])
    })
    expect(await listDurableObjectIds(env.HUB)).not.toContain(
      env.HUB.idFromName(formatAudience(name)),
    )
  })
})
