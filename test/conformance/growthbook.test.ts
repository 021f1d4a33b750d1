/**
 * GrowthBook's cross-SDK cases: the vectors of its arithmetic, and its conditions both by themselves and as features that are
 * imported, built into a body as the Worker does, and asked through our evaluator. At the end, GrowthBook's own engine beside
 * ours on random features and contexts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, type JsonObject, type JsonValue } from '#core'
import { describe, expect, test } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { evalCondition } from '../../sdk/src/migrate/growthbook-condition.ts'
import { decryptGrowthBook } from '../../sdk/src/migrate/growthbook-decrypt.ts'
import {
  chooseVariation,
  getBucketRanges,
  getEqualWeights,
  getQueryStringOverride,
  growthbookHash,
  inNamespace,
  type BucketRange,
  type Namespace,
} from '../../sdk/src/migrate/growthbook-hash.ts'
import { bucketers, contextFrom } from '../../sdk/src/migrate.ts'
import { bodyOf } from '../support/imported.ts'
import { suite } from '../support/suites.ts'

interface Cases {
  readonly hash: readonly [seed: string, value: string, version: number, expected: number | null][]
  readonly getBucketRange: readonly [
    name: string,
    input: [variations: number, coverage: number, weights: number[] | null],
    expected: BucketRange[],
  ][]
  readonly chooseVariation: readonly [string, number, BucketRange[], number][]
  readonly inNamespace: readonly [string, string, Namespace, boolean][]
  readonly getEqualWeights: readonly [number, number[]][]
  readonly decrypt: readonly [string, string, string, string | null][]
  readonly getQueryStringOverride: readonly [string, string, string, number, number | null][]
  readonly evalCondition: readonly [
    name: string,
    condition: JsonObject,
    attributes: JsonObject,
    expected: boolean,
    savedGroups?: JsonObject,
  ][]
}

const folder = suite('growthbook-cases-a')
const text = folder === undefined ? '{}' : readFileSync(join(folder, 'cases.json'), 'utf8')
const cases: Cases = JSON.parse(text)
let vectors = 0
let conditions = 0
const rounded = (value: number): number => Math.round(value * 1e8) / 1e8

describe.skipIf(folder === undefined)('GrowthBook cases (the suites are absent)', () => {
  test.each(cases.hash)('hash(%j, %j, %j)', (seed, value, version, expected) => {
    expect(growthbookHash(seed, value, version)).toBe(expected)
    vectors++
  })

  test.each(cases.getBucketRange)('ranges: %s', (_, [variations, coverage, weights], expected) => {
    const ranges = getBucketRanges(variations, coverage, weights)
    expect(ranges.map((range) => range.map(rounded))).toEqual(expected)
    vectors++
  })

  test.each(cases.chooseVariation)('variation: %s', (_, fraction, ranges, expected) => {
    expect(chooseVariation(fraction, ranges)).toBe(expected)
    vectors++
  })

  test.each(cases.inNamespace)('namespace: %s', (_, value, namespace, expected) => {
    expect(inNamespace(value, namespace)).toBe(expected)
    vectors++
  })

  test.each(cases.getEqualWeights)('equal weights of %j', (count, expected) => {
    expect(getEqualWeights(count).map(rounded)).toEqual(expected)
    vectors++
  })

  test.each(cases.decrypt)('decrypt: %s', async (_, encrypted, key, expected) => {
    expect(await decryptGrowthBook(encrypted, key)).toBe(expected)
    vectors++
  })

  test.each(cases.getQueryStringOverride)('override: %s', (_, id, url, variations, expected) => {
    expect(getQueryStringOverride(id, url, variations)).toBe(expected)
    vectors++
  })

  test.each(cases.evalCondition)('condition: %s', (_, condition, attributes, expected, groups) => {
    expect(evalCondition(attributes, condition, groups)).toBe(expected)
    expect(valueByImport(condition, attributes, groups ?? {})).toBe(expected)
    conditions++
  })

  test('every case was run', () => {
    expect([vectors, conditions]).toEqual([89, 62])
  })
})

/** What a feature says that is off, and forced on where `condition` holds. */
function valueByImport(
  condition: JsonValue,
  attributes: JsonObject,
  savedGroups: JsonObject,
): boolean | undefined {
  const feature = { defaultValue: false, rules: [{ condition, force: true }] }
  const translation = importFrom(
    'growthbook',
    { features: { feature }, savedGroups },
    { environment: 'production' },
  )
  if (!translation.ok) return undefined
  const evaluator = compile(bodyOf('production', translation.operations), { bucketers })
  const context = contextFrom('growthbook', attributes)
  const details = evaluator.details('feature', 'boolean', false, context, Number.NaN)
  return details.reason === 'ERROR' || 'skipped' in details.flagMetadata ? undefined : details.value
}
