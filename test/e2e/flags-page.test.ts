/** docs/flags.md is true: its requests are made in order, and its answers are those of the platform. */
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
  const page = await readFile(join(ROOT, 'docs/flags.md'), 'utf8')
  const faults = await runExamples(page, platform.admin)
  expect(faults.wrong).toEqual([])
  expect(faults.count).toBeGreaterThan(12)
})

test('what the page says at its end is so: both flags are there, one of them archived', async () => {
  const keys = async (query: string): Promise<readonly string[]> => {
    const page = await platform.admin.ok<{ items: { key: string }[] }>(
      'GET',
      `/projects/shop/flags${query}`,
    )
    return page.items.map(({ key }) => key)
  }
  expect(await keys('')).toEqual(['one-click'])
  expect(await keys('?archived=true')).toEqual(['new-checkout'])
})
