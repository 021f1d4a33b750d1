/** Docker Compose's own tables of templates and of dotenv expansion, through our parser. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { interpolate, isJsonObject, resolveReferences } from '#core'
import { parseDocument } from '#formats'
import { suite } from '../support/suites.ts'

interface Case {
  readonly template: string
  readonly expect?: string
  readonly errorContains?: string
}

interface Group {
  readonly env: Readonly<Record<string, string>>
  readonly cases: readonly Case[]
}

interface DotenvCase {
  readonly input?: string
  readonly file?: string
  readonly expect: Readonly<Record<string, string>>
}

const compose = suite('compose-interpolation')
const read = (file: string): string => readFileSync(join(compose ?? '', file), 'utf8')

describe.skipIf(compose === undefined)('Compose’s templates (skipped without the suites)', () => {
  const { groups }: { readonly groups: readonly Group[] } =
    compose === undefined ? { groups: [] } : JSON.parse(read('template-cases.json'))

  test('all 81 give the same text or the same error', () => {
    let seen = 0
    for (const { env, cases } of groups) {
      for (const { template, expect: expected, errorContains } of cases) {
        seen++
        const resolve = (): string => interpolate(template, (name) => env[name])
        if (errorContains === undefined) expect(resolve(), template).toBe(expected)
        else expect(resolve, template).toThrow(errorContains)
      }
    }
    expect(seen).toBe(81)
  })

  test('dotenv values refer to each other and to the environment', () => {
    const cases: Record<'expand' | 'files', readonly DotenvCase[]> = JSON.parse(
      read('dotenv-cases.json'),
    )
    const files = cases.files.filter(({ file }) => file?.includes('substitutions') === true)
    expect([cases.expand.length, files.length]).toEqual([8, 2])
    for (const { input, file, expect: expected } of [...cases.expand, ...files]) {
      const text = input ?? read(file ?? '')
      const parsed = parseDocument(text, 'env')
      const { value } = parsed.ok ? parsed : { value: null }
      expect(isJsonObject(value), text).toBe(true)
      expect(
        resolveReferences(value, () => undefined),
        text,
      ).toMatchObject(expected)
    }
  })
})
