/** Real schemas with real documents that fit and that do not, through the API of the whole platform, each in its own format. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { suite } from '../support/suites.ts'

const SUITE = suite('schemastore-dev')
const PROJECT = 'schemas'
const FORMATS: Readonly<Record<string, string>> = {
  '.toml': 'toml',
  '.yaml': 'yaml',
  '.yml': 'yaml',
}

let platform: TestPlatform

beforeAll(async () => {
  if (SUITE === undefined) return
  platform = await startTestPlatform()
  await platform.admin.createProject(PROJECT, { production: {} })
})

afterAll(async () => platform?.close())

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
}

test.skipIf(SUITE === undefined)(
  'every document of SchemaStore is accepted or refused as it should be',
  async () => {
    const folder = SUITE ?? ''
    const wrong: string[] = []
    let count = 0
    const names = (await readdir(folder, { withFileTypes: true })).filter((one) =>
      one.isDirectory(),
    )
    for (const { name } of names) {
      const path = `/projects/${PROJECT}/configs/${name}`
      const schema: unknown = JSON.parse(await readFile(join(folder, name, 'schema.json'), 'utf8'))
      await platform.admin.ok('PUT', `${path}/schema`, { body: { schema, reason: 'test' } })
      for (const side of ['positive', 'negative']) {
        for (const file of await filesIn(join(folder, name, side))) {
          const body = {
            format: FORMATS[extname(file)] ?? 'json',
            source: await readFile(file, 'utf8'),
            reason: 'test',
          }
          const { status, text } = await platform.admin.request('PUT', path, { body })
          count++
          const expected = side === 'positive' ? status < 300 : status === 422
          if (!expected) wrong.push(`${file}: ${status} ${text.slice(0, 300)}`)
        }
      }
    }
    expect(wrong).toEqual([])
    expect(count).toBe(324)
  },
)
