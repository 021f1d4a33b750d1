/** Differences and merges over real documents: every pair of DuckDuckGo's. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import {
  applyPatch,
  canonicalize,
  diffDocuments,
  mergeLayers,
  resolveReferences,
  type JsonValue,
} from '#core'
import { overrideBetween } from '../../worker/domain/override-between.ts'
import { suite } from '../support/suites.ts'

const root = suite('duckduckgo-remote-config')

describe.skipIf(root === undefined)('DuckDuckGo’s documents (skipped without the suites)', () => {
  const documents = readdirSync(join(root ?? '.', root === undefined ? '' : 'features'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const text = readFileSync(join(root ?? '', 'features', file), 'utf8')
      const document: JsonValue = JSON.parse(text)
      return { file, document, text: canonicalize(document) }
    })

  test('of every pair the difference makes the one of the other, and so does the override', () => {
    for (const a of documents) {
      for (const b of documents) {
        const pair = `${a.file} → ${b.file}`
        const patched = applyPatch(a.document, diffDocuments(a.document, b.document))
        expect(canonicalize(patched) === b.text, pair).toBe(true)
        const override = overrideBetween(a.document, b.document)
        const merged = override === undefined ? a.document : mergeLayers([a.document, override])
        expect(canonicalize(merged) === b.text, pair).toBe(true)
      }
    }
    expect(documents.length).toBe(42)
  })

  test('each resolves to itself, and layers of a platform merge the same in any grouping', () => {
    for (const environment of ['macos', 'windows']) {
      const text = readFileSync(
        join(root ?? '', 'overrides', `${environment}-override.json`),
        'utf8',
      )
      const { features }: { features: Record<string, JsonValue> } = parseYaml(text)
      for (const { file, document } of documents) {
        expect(resolveReferences(document, () => 'x')).toBe(document)
        const override = features[file.replace(/\.json$/, '')] ?? {}
        const above = { state: 'above', settings: { $unset: true } }
        const left = mergeLayers([mergeLayers([document, override]), above])
        expect(left).toEqual(mergeLayers([document, override, above]))
      }
    }
  })
})
