/** What a schema costs: a typical config of 10 kB, 42 real documents, and patterns made to backtrack on texts of 50 kB. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonValue } from '#core'
import { parseDocument } from '#formats'
import { compileSchema, inferSchema } from '#schema'
import { compilePattern, OutOfFuel } from '../../sdk/src/schema/pattern.ts'
import { evilPatterns, evilText } from '../support/evil-patterns.ts'
import { suite } from '../support/suites.ts'
import { percentile } from './statistics.ts'

const ROUNDS = 500

export async function run(): Promise<void> {
  const typical = typicalConfig()
  const size = JSON.stringify(typical).length
  const check = checker(typical)
  const times = Array.from({ length: ROUNDS }, () => timeOf(() => check(typical)))
  console.log(
    `a config of ${size} bytes is checked in ${percentile(times, 0.5).toFixed(3)} ms (median)`,
  )

  const folder = suite('duckduckgo-remote-config')
  if (folder !== undefined) {
    const documents = await documentsIn(folder)
    const checks = documents.map((document) => [checker(document), document] as const)
    const all = Array.from({ length: 20 }, () =>
      timeOf(() => {
        for (const [fits, document] of checks) fits(document)
      }),
    )
    console.log(
      `${documents.length} documents of DuckDuckGo in ${percentile(all, 0.5).toFixed(1)} ms (median)`,
    )
  }

  const text = evilText(50_000)
  const worst = evilPatterns(200).map((source) => timeOf(() => ask(source, text)))
  console.log(
    `200 patterns made to backtrack on 50 kB: ${percentile(worst, 0.5).toFixed(1)} ms (median), ${Math.max(...worst).toFixed(1)} ms at worst, or refused`,
  )
}

function ask(source: string, text: string): void {
  try {
    compilePattern(source).test(text, { left: 20_000_000 })
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof OutOfFuel)) throw error
  }
}

/** Against the schema inferred from the document. */
function checker(document: JsonValue): (document: JsonValue) => void {
  const compiled = compileSchema({ ...inferSchema([document]), minProperties: 0 })
  if (!compiled.ok) throw new Error('the schema does not compile')
  return (asked) => {
    if (compiled.schema.validate(asked).length > 0) throw new Error('the document does not fit')
  }
}

function typicalConfig(): JsonValue {
  const service = (index: number): JsonValue => ({
    name: `service-${index}`,
    url: `https://service-${index}.example.com/api`,
    timeoutMs: 1_000 + index,
    retries: { limit: 3, backoff: 'full-jitter', statuses: [502, 503, 504] },
    tls: { enabled: true, minVersion: '1.3' },
    tags: ['internal', 'v2'],
  })
  return {
    server: { host: '0.0.0.0', port: 8080, reload: false },
    services: Array.from({ length: 45 }, (_, index) => service(index)),
  }
}

async function documentsIn(folder: string): Promise<readonly JsonValue[]> {
  const files = (await readdir(folder, { recursive: true })).filter((name) =>
    name.endsWith('.json'),
  )
  const documents: JsonValue[] = []
  for (const file of files) {
    const parsed = parseDocument(await readFile(join(folder, file), 'utf8'), 'json')
    if (parsed.ok) documents.push(parsed.value)
  }
  return documents
}

function timeOf(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}
