/** docs/flags.md is true: its requests are made in order, and its answers are those of the platform. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { ROOT } from '../support/run-tool.ts'

let platform: TestPlatform

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', { production: { protected: false } })
})
afterAll(async () => platform?.close())

interface Example {
  readonly method: string
  readonly path: string
  readonly body: unknown
  /** Part of the answer, where the page shows one. */
  readonly answer: object | undefined
}

/** Blocks of `http`, each with the block of `json` that follows it. */
function examplesOf(page: string): readonly Example[] {
  const blocks = [...page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(
    ([, kind = '', text = '']) => ({
      kind,
      text,
    }),
  )
  return blocks.flatMap(({ kind, text }, index) => {
    if (kind !== 'http') return []
    const [, method = '', path = '', body = ''] = /^(\w+) (\S+)\n*([^]*)$/.exec(text) ?? []
    const next = blocks[index + 1]
    return {
      method,
      path,
      body: body === '' ? undefined : JSON.parse(body),
      answer: next?.kind === 'json' ? (JSON.parse(next.text) as object) : undefined,
    }
  })
}

test('every request of the page is answered as the page says', async () => {
  const examples = examplesOf(await readFile(join(ROOT, 'docs/flags.md'), 'utf8'))
  expect(examples.length).toBeGreaterThan(12)
  for (const { method, path, body, answer } of examples) {
    const answered = await platform.admin.request(method, path, { body })
    const isRefusal = answer !== undefined && 'code' in answer
    const told = `${method} ${path}: ${answered.status} ${answered.text}`
    expect(answered.status < 300, told).toBe(!isRefusal)
    if (answer !== undefined) expect(answered.json()).toMatchObject(answer)
  }
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
