/** Examples of a page: blocks of `http`, each with the block of `json` that is part of its answer, made in order. */
import { expect } from 'vitest'
import type { Admin } from './admin.ts'

interface Example {
  readonly method: string
  readonly path: string
  readonly body: unknown
  /** Part of the answer, where the page shows one. */
  readonly answer: object | undefined
}

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

/** Makes every request of `page`. `wrong`: what was answered otherwise than the page says. */
export async function runExamples(
  page: string,
  admin: Admin,
): Promise<{ readonly count: number; readonly wrong: readonly string[] }> {
  const examples = examplesOf(page)
  const wrong: string[] = []
  for (const { method, path, body, answer } of examples) {
    const answered = await admin.request(method, path, { body })
    const isRefusal = answer !== undefined && 'code' in answer
    const told = `${method} ${path}: ${answered.status} ${answered.text}`
    if (answered.status < 300 === isRefusal) wrong.push(told)
    if (answer !== undefined) expect(answered.json(), told).toMatchObject(answer)
  }
  return { count: examples.length, wrong }
}
