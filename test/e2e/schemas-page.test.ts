/** docs/schemas.md is true: its requests are made in order, and its answers are those of the platform. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runExamples } from '../support/page-examples.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { ROOT } from '../support/run-tool.ts'

let platform: TestPlatform

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', { production: { protected: false } })
})
afterAll(async () => platform?.close())

test('every request of the page is answered as the page says', async () => {
  const page = await readFile(join(ROOT, 'docs/schemas.md'), 'utf8')
  const { count, wrong } = await runExamples(page, platform.admin)
  expect(wrong).toEqual([])
  expect(count).toBe(8)
})
