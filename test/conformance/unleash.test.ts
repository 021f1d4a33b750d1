/**
 * The Unleash client specification: each of its states is imported, built into a body as the Worker does, and asked through
 * our evaluator. `isEnabled` is the flag of the toggle's key; `getVariant` the value of `<key>.variant`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, type JsonValue } from '#core'
import { describe, expect, test } from 'vitest'
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

/** 227 of `isEnabled`, 52 of `getVariant`: version 6.1.0 of the specification. */
const CASES = 279

const NONE = { name: 'disabled', enabled: false }

const folder = suite('unleash-client-specification')
const specifications =
  folder === undefined ? [] : readSpecifications(join(folder, 'specifications'))
let passed = 0

describe.skipIf(folder === undefined)(
  'Unleash client specification, if the suites are here',
  () => {
    describe.each(specifications)('$name', (specification) => {
      runSpecification(specification)
    })

    // Last in the file, so that it sees the count of all.
    test('every case passed', () => {
      process.stdout.write(`unleash-client-specification: ${passed} of ${CASES}\n`)
      expect(passed).toBe(CASES)
    })
  },
)

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
    const details = evaluator.details(
      `${key(toggleName)}.variant`,
      'object',
      NONE,
      asked,
      Number.NaN,
    )
    const { feature_enabled, ...variant } = expectedResult
    expect(details.value).toEqual(variant)
    expect(details.variant ?? 'disabled').toBe(variant.name)
    expect(isEnabled(toggleName, context)).toBe(feature_enabled)
    passed++
  })
}

function readSpecifications(directory: string): readonly Specification[] {
  const files = readdirSync(directory).toSorted()
  return files
    .filter((file) => file !== 'index.json')
    .map((file): Specification => JSON.parse(readFileSync(join(directory, file), 'utf8')))
}

function key(name: string): string {
  return keyFromName(name) ?? ''
}
