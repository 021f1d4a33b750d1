/** The Big List of Naughty Strings, each as key and as value, through the API, KV and an SDK: byte for byte. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import strings from 'big-list-of-naughty-strings' with { type: 'json' }
import { escapeReferences, findReferences, type DocumentFormat, type JsonValue } from '#core'
import { parseDocument, printDocument } from '#formats'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { publishedBody } from '../support/kv-file.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

/** As a document must be that means them: a `$` that could begin a reference is doubled in texts, never in names. */
const written: JsonValue = {
  list: strings.map(escapeReferences),
  byName: Object.fromEntries(strings.map((text) => [text, escapeReferences(text)])),
}
const meant: JsonValue = {
  list: strings,
  byName: Object.fromEntries(strings.map((text) => [text, text])),
}

test('there are at least 460, and few of them need escaping', () => {
  expect(strings.length).toBeGreaterThanOrEqual(460)
  const referring = strings.filter((text) => findReferences(text).length > 0)
  expect(referring).toEqual(['$USER', '$HOME', "$ENV{'HOME'}"])
})

test.each<DocumentFormat>(['json', 'jsonc', 'yaml', 'toml'])('%s holds them all', (format) => {
  expect(parseDocument(printDocument(written, format), format)).toEqual({
    ok: true,
    value: written,
  })
})

test('ENV and INI hold them as values', () => {
  const entries = strings.map((text, index) => [`NAME_${index}`, text] as const)
  const document = Object.fromEntries(entries)
  for (const format of ['env', 'ini'] as const) {
    const parsed = parseDocument(printDocument(document, format), format)
    expect(parsed, format).toEqual({ ok: true, value: document })
  }
})

describe('through the platform', () => {
  let platform: TestPlatform
  let client: Client
  const path = '/projects/naughty/configs/strings'

  beforeAll(async () => {
    platform = await startTestPlatform()
    await platform.admin.createProject('naughty', { production: { protected: false } })
    const { key } = await platform.admin.createKey('naughty', 'production')
    client = createClient({ url: platform.url, key, env: { HOME: 'wrong' } })
  })
  afterAll(async () => {
    await client?.close()
    await platform?.close()
  })

  test.each<DocumentFormat>(['json', 'yaml'])(
    'written in %s they arrive as they are',
    async (format) => {
      const { admin } = platform
      const source = printDocument(written, format)
      const body = { format, source, visibility: 'server', reason: 'naughty' }
      await admin.ok('PUT', path, { body })
      const stored = await admin.ok<{ content: { source: string } }>('GET', path)
      expect(stored.content.source === source).toBe(true)
      const resolved = await admin.ok('GET', `${path}/resolved?environment=production`)
      expect(resolved['document']).toEqual(written)
      const audience = 'naughty/production/server'
      const published = (): JsonValue | undefined => {
        const text = publishedBody(platform.dataDir, audience) ?? '{}'
        const { configs = {} }: { configs?: Record<string, JsonValue> } = JSON.parse(text)
        return configs['strings']
      }
      await until('KV has them', () => published() !== undefined)
      expect(published()).toEqual(written)
      await client.ready()
      await until('the SDK has them', () => client.getConfig('strings') !== undefined)
      expect(client.getConfig('strings')).toEqual(meant)
    },
  )
})
