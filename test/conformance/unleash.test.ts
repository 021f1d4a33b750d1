/**
 * The Unleash client specification: each of its states is imported, built into a body as the Worker does, and asked through
 * our evaluator. `isEnabled` is the flag of the toggle's key; `getVariant` the value of `<key>.variant`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, type JsonValue } from '#core'
import { afterAll, describe, expect, test } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { bucketers, contextFrom, keyFromName } from '../../sdk/src/migrate.ts'
import { bodyOf } from '../support/imported.ts'
import { suite } from '../support/suites.ts'

interface Specification {
  readonly name: string
  readonly state: JsonValue
  readonly tests?: readonly Case<boolean>[]
  readonly variantTests?: readonly Case<Variant>[]
}

interface Case<T> {
  readonly description: string
  readonly context: Readonly<Record<string, unknown>>
  readonly toggleName: string
  readonly expectedResult: T
}

interface Variant {
  readonly name: string
  readonly enabled: boolean
  readonly feature_enabled: boolean
  readonly payload?: { readonly type: string; readonly value: string }
}

const NONE = { name: 'disabled', enabled: false }

const folder = suite('unleash-client-specification')
const files = folder ? readdirSync(join(folder, 'specifications')).toSorted() : []
let passed = 0

describe.skipIf(folder === undefined)('Unleash client specification (the suites are absent)', () => {
  for (const file of files.filter((name) => name !== 'index.json')) {
    const text = readFileSync(join(folder ?? '', 'specifications', file), 'utf8')
    const specification: Specification = JSON.parse(text)
    describe(specification.name, () => runSpecification(specification))
  }

  afterAll(() => {
    process.stdout.write(`unleash-client-specification: ${passed} of 279\n`)
    expect(passed).toBe(279)
  })
})

function runSpecification({ state, tests = [], variantTests = [] }: Specification): void {
  const translation = importFrom('unleash', state, { environment: 'production' })
  const operations = translation.ok ? translation.operations : []
  const evaluator = compile(bodyOf('production', operations), { bucketers })
  const isEnabled = (name: string, context: object): boolean =>
    evaluator.value(key(name), 'boolean', false, contextFrom('unleash', context), Number.NaN)

  test.each(tests)('$description', ({ context, toggleName, expectedResult }) => {
    expect(isEnabled(toggleName, context)).toBe(expectedResult)
    passed++
  })

  test.each(variantTests)('$description', ({ context, toggleName, expectedResult }) => {
    const asked = contextFrom('unleash', context)
    const details = evaluator.details(`${key(toggleName)}.variant`, 'object', NONE, asked, Number.NaN)
    const { feature_enabled, ...variant } = expectedResult
    expect(details.value).toEqual(variant)
    expect(details.variant ?? 'disabled').toBe(variant.name)
    expect(isEnabled(toggleName, context)).toBe(feature_enabled)
    passed++
  })
}

function key(name: string): string {
  return keyFromName(name) ?? ''
}
