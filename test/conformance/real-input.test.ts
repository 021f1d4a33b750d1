/**
 * Real files through the whole platform: a flagd file imported, and a remote-config system's documents with one
 * environment a platform. What an SDK gets is compared with a merge written here in a few plain lines.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { applyPatch, type JsonValue, type PatchOperation } from '#core'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { suite } from '../support/suites.ts'
import { until } from '../support/until.ts'

type Document = Record<string, unknown>

const flagd = suite('opentelemetry-demo-flagd')
const duckduckgo = suite('duckduckgo-remote-config')

let platform: TestPlatform
const clients: Client[] = []

async function connect(project: string, environment: string): Promise<Client> {
  const { key } = await platform.admin.createKey(project, environment)
  const client = createClient({ url: platform.url, key })
  clients.push(client)
  await client.ready()
  return client
}

beforeAll(async () => {
  platform = await startTestPlatform()
})

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await platform?.close()
})

/** Objects merge, everything else replaces. */
function merge(below: unknown, above: unknown): unknown {
  if (!isDocument(below) || !isDocument(above)) return above
  const merged: Document = { ...below }
  for (const [name, value] of Object.entries(above))
    merged[name] = name in below ? merge(below[name], value) : value
  return merged
}
const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const revisionNow = async (): Promise<number> =>
  (await platform.admin.ok<{ revision: number }>('GET', '/projects/ddg')).revision

const follow = async (client: Client, revision: number): Promise<void> => {
  await until(`revision ${revision}`, () => client.revision === revision)
}

// Skipped where the suite is absent: the suites are not part of the repository.
describe.skipIf(flagd === undefined)('the OpenTelemetry demo’s flagd file', () => {
  interface FlagdFlag {
    readonly variants: Record<string, unknown>
    readonly defaultVariant: string
  }

  test('its 16 flags are imported or listed, and serve what the file says', async () => {
    const text = readFileSync(join(flagd ?? '', 'demo.flagd.json'), 'utf8')
    const { flags } = JSON.parse(text) as { flags: Record<string, FlagdFlag> }
    expect(Object.keys(flags)).toHaveLength(16)
    const { admin } = platform
    await admin.createProject('otel', { production: { protected: false } })
    const answer = await admin.ok<{
      imported: { flags: number }
      skipped: { path: string; reason: string }[]
    }>('POST', '/projects/otel/import?from=flagd&environment=production', { body: text })
    expect(answer.imported.flags).toBe(16)
    for (const { path, reason } of answer.skipped) {
      expect(path).toMatch(/^\//)
      expect(reason).not.toBe('')
    }

    const client = await connect('otel', 'production')
    const context = { targetingKey: 'somebody', product_id: 'OLJCESPC7Z' }
    for (const [key, { variants, defaultVariant }] of Object.entries(flags)) {
      const value = variants[defaultVariant]
      const details =
        typeof value === 'boolean'
          ? client.getBooleanDetails(key, !value, context)
          : client.getNumberDetails(key, -1, context)
      expect(details, key).toMatchObject({ variant: defaultVariant, value })
    }
  })
})

describe.skipIf(duckduckgo === undefined)('the DuckDuckGo remote configuration', () => {
  const PLATFORMS = ['macos', 'windows'] as const
  const LARGE = 'autoconsent'
  const base = new Map<string, string>()
  const overrides = new Map<string, Record<string, Document>>()

  const expected = (environment: string): Map<string, unknown> =>
    new Map(
      [...base].map(([name, source]) => {
        const override = overrides.get(environment)?.[name]
        const below: unknown = JSON.parse(source)
        return [name, override === undefined ? below : merge(below, override)]
      }),
    )

  /** Every config's document as the SDK gives it, external ones fetched. */
  const loaded = async (client: Client): Promise<Map<string, unknown>> =>
    new Map(
      await Promise.all(
        [...base.keys()].map(async (name) => [name, await client.loadConfig(name)] as const),
      ),
    )

  /** What the platform has stored and published, as text: to be the same again after a rollback. */
  async function published(environment: string, key: string): Promise<unknown> {
    const { admin } = platform
    const answer = await fetch(`${platform.url}/v1/snapshot`, {
      headers: { authorization: `Bearer ${key}` },
    })
    const body = await answer.text()
    const sources = await admin.ok<{ items: { content: unknown }[] }>('GET', '/projects/ddg/export')
    const resolved = await Promise.all(
      [...base.keys()].map(async (name) => {
        const { document, layers } = await admin.ok<{ document: unknown; layers: unknown }>(
          'GET',
          `/projects/ddg/configs/${name}/resolved?environment=${environment}`,
        )
        return [name, JSON.stringify(document), layers]
      }),
    )
    return {
      // The number of the revision is all that may differ.
      body: sha256(body.replace(/"revision":[0-9]+/, '"revision":0')),
      sources: sources.items.map(({ content }) => sha256(JSON.stringify(content))),
      resolved,
    }
  }
  beforeAll(async () => {
    const root = duckduckgo ?? ''
    for (const file of readdirSync(join(root, 'features'))) {
      const name = file
        .replace(/\.json$/, '')
        .replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
      base.set(name, readFileSync(join(root, 'features', file), 'utf8'))
    }
    for (const environment of PLATFORMS) {
      // Not strict JSON: one of the files has a trailing comma.
      const text = readFileSync(join(root, 'overrides', `${environment}-override.json`), 'utf8')
      const { features } = parseYaml(text) as { features: Record<string, Document> }
      overrides.set(environment, features)
      for (const name of Object.keys(features)) if (!base.has(name)) base.set(name, '{}')
    }
    const { admin } = platform
    await admin.createProject('ddg', {
      macos: { protected: false },
      windows: { protected: false },
    })
    await admin.change(
      'ddg',
      [...base].map(([name, source]) => ({
        op: 'putConfig',
        name,
        format: 'json',
        source,
        visibility: 'server',
      })),
      'One config a feature',
    )
    for (const environment of PLATFORMS)
      await admin.change(
        'ddg',
        Object.entries(overrides.get(environment) ?? {}).map(([name, override]) => ({
          op: 'putConfigOverride',
          name,
          environment,
          format: 'json',
          source: JSON.stringify(override, null, 2),
        })),
        `Overrides of ${environment}`,
      )
  })

  test('an SDK on each environment gets exactly the merged documents, the 1 MB one included', async () => {
    expect(base.size).toBeGreaterThan(90)
    expect(base.get(LARGE)?.length).toBeGreaterThan(1_000_000)
    for (const environment of PLATFORMS) {
      const client = await connect('ddg', environment)
      // Over 64 KiB: not in the snapshot, so not there before somebody asks.
      expect(client.getConfig(LARGE)).toBeUndefined()
      expect(await loaded(client)).toEqual(expected(environment))
      expect(client.getConfig(LARGE)).toEqual(expected(environment).get(LARGE))
    }
  })

  test('sources are kept byte for byte as written', async () => {
    for (const [name, source] of base) {
      const { content } = await platform.admin.ok<{ content: { source: string } }>(
        'GET',
        `/projects/ddg/configs/${name}`,
      )
      expect(content.source === source, name).toBe(true)
    }
  })

  test('after changes a rollback to the first import publishes the same bytes again', async () => {
    const { admin } = platform
    const keys = new Map<string, string>()
    const before = new Map<string, unknown>()
    const imported = await revisionNow()
    for (const environment of PLATFORMS) {
      const { key } = await admin.createKey('ddg', environment)
      keys.set(environment, key)
      await until('the import is published', async () => {
        const answer = await fetch(`${platform.url}/v1/snapshot`, {
          headers: { authorization: `Bearer ${key}` },
        })
        const { revision } = (await answer.json()) as { revision: number }
        // The last change set touched windows alone.
        return revision >= imported - 1
      })
      before.set(environment, await published(environment, key))
    }
    const client = await connect('ddg', 'macos')

    await admin.change('ddg', [
      {
        op: 'putConfig',
        name: 'dbp',
        format: 'json',
        source: '{"state":"x"}',
        visibility: 'server',
      },
      { op: 'deleteConfig', name: 'autofill' },
      { op: 'deleteConfigOverride', name: 'sync', environment: 'macos' },
      {
        op: 'putConfigOverride',
        name: LARGE,
        environment: 'macos',
        format: 'json',
        source: '{"settings":{"disabledCMPs":["changed"]}}',
      },
      { op: 'putConfig', name: 'added', format: 'json', source: '{}', visibility: 'client' },
    ])
    await follow(client, imported + 1)
    expect(client.getConfig('dbp')).toEqual(
      merge({ state: 'x' }, overrides.get('macos')?.['dbp'] ?? {}),
    )
    expect(client.getConfig('autofill')).toBeUndefined()

    const rolledBack = await admin.ok<{ revision: number }>('POST', '/projects/ddg/rollback', {
      body: { to: imported, reason: 'As it was' },
    })
    expect(rolledBack.revision).toBe(imported + 2)
    await follow(client, imported + 2)
    expect(await loaded(client)).toEqual(expected('macos'))
    expect(client.getConfig('added')).toBeUndefined()
    for (const environment of PLATFORMS) {
      const key = keys.get(environment) ?? ''
      await until(`${environment} is published again`, async () => {
        const answer = await fetch(`${platform.url}/v1/snapshot`, {
          headers: { authorization: `Bearer ${key}` },
        })
        const { configs } = (await answer.json()) as { configs: Document }
        return !('added' in configs)
      })
      expect(await published(environment, key)).toEqual(before.get(environment))
    }
  })

  test('promoted, windows is what macos is; rolled back, both are byte for byte what they were', async () => {
    const { admin } = platform
    const before = new Map<string, unknown>()
    const keys = new Map<string, string>()
    for (const environment of PLATFORMS) {
      keys.set(environment, (await admin.createKey('ddg', environment)).key)
      before.set(environment, await published(environment, keys.get(environment) ?? ''))
    }
    const start = await revisionNow()
    const client = await connect('ddg', 'windows')
    const body = { from: 'macos', to: 'windows', reason: 'One for all' }
    type Promoted = { revision: number; differences: { key: string; patch?: PatchOperation[] }[] }
    const { differences } = await admin.ok<Promoted>('POST', '/projects/ddg/promote?dryRun=true', {
      body,
    })
    // The patches shown before it is done make the one of the other.
    const [was, is] = [expected('windows'), expected('macos')]
    for (const { key, patch = [] } of differences) {
      const document = was.get(key) as JsonValue
      expect(applyPatch(document, patch), key).toEqual(is.get(key))
      was.set(key, is.get(key))
    }
    expect(was).toEqual(is)
    const promoted = await admin.ok<Promoted>('POST', '/projects/ddg/promote', { body })
    expect(promoted.differences).toEqual(differences)
    await follow(client, promoted.revision)
    expect(await loaded(client)).toEqual(expected('macos'))
    const rolledBack = await admin.ok<{ revision: number }>('POST', '/projects/ddg/rollback', {
      body: { to: start, environment: 'windows', reason: 'As it was' },
    })
    await follow(client, rolledBack.revision)
    for (const environment of PLATFORMS) {
      const now = await published(environment, keys.get(environment) ?? '')
      expect(now, environment).toEqual(before.get(environment))
    }
  })
})
