/** docs/schemas.md, docs/migrations.md and docs/mirrors.md are true: their requests are made in order, and the answers are those of the platform. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runExamples } from '../support/page-examples.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { ROOT } from '../support/run-tool.ts'

let platform: TestPlatform

beforeAll(async () => {
  platform = await startTestPlatform()
})
afterAll(async () => platform?.close())

test.each([
  ['schemas', 8],
  ['migrations', 5],
  ['mirrors', 6],
] as const)('every request of docs/%s.md is answered as it says', async (name, requests) => {
  const written = await readFile(join(ROOT, `docs/${name}.md`), 'utf8')
  await platform.admin.createProject(name, { production: { protected: false } })
  const { count, wrong } = await runExamples(
    written.replaceAll('/projects/shop/', `/projects/${name}/`),
    platform.admin,
  )
  expect(wrong).toEqual([])
  expect(count).toBe(requests)
})
