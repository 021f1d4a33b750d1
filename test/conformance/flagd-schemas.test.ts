/**
 * The instances of flagd's JSON schemas: what is valid is imported, and whatever of it is not carried over is listed; what is
 * invalid is refused at the place that is wrong.
 *
 * Files under `targeting` hold targeting alone. Each becomes the targeting of a flag, or of one flag for each element where
 * the file collects several under `{"*": […]}`, which is not meant as a product; every text, number and truth in it is the
 * name of a variant, and a reference finds an evaluator.
 */
import type { JsonObject, JsonValue } from '#core'
import { isJsonObject } from '#core'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { bodyOf } from '../support/imported.ts'
import { suite } from '../support/suites.ts'

const folder = suite('flagd-schemas')

interface Instance {
  readonly name: string
  readonly document: JsonValue
}

function instances(kind: 'positive' | 'negative'): readonly Instance[] {
  return ['flags', 'flagd', 'targeting'].flatMap((schema) => {
    const place = join(folder ?? '', 'test', schema, kind)
    return filesOf(place).map((file) => {
      const read: JsonValue = JSON.parse(readFileSync(join(place, file), 'utf8'))
      return { name: `${schema}/${file}`, document: schema === 'targeting' ? wrapped(read) : read }
    })
  })
}

/** The daemon's schema has no negative instances. */
function filesOf(place: string): readonly string[] {
  try {
    return readdirSync(place).toSorted()
  } catch {
    return []
  }
}

function wrapped(file: JsonValue): JsonObject {
  const collected = isJsonObject(file) ? file['*'] : undefined
  const targetings: readonly JsonValue[] = Array.isArray(collected) ? collected : [file]
  const names = [...new Set(targetings.flatMap(primitivesOf).map(String))]
  const variants = Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
  const flags = targetings.map((targeting, index) => [
    `flag-${index}`,
    { state: 'ENABLED', variants, targeting },
  ])
  return { flags: Object.fromEntries(flags), $evaluators: { 'some-ref': { '!!': [true] } } }
}

function primitivesOf(value: JsonValue): readonly (string | number | boolean)[] {
  if (value === null) return []
  if (typeof value !== 'object') return value === '' ? [] : [value]
  return Object.values(value).flatMap(primitivesOf)
}

function flagsOf(document: JsonValue): readonly string[] {
  const flags = isJsonObject(document) ? document['flags'] : undefined
  if (!Array.isArray(flags)) return Object.keys(flags ?? {}).map((key) => `/flags/${key}`)
  return flags.map((_, index) => `/flags/${index}`)
}

const request = { environment: 'production' }

describe.skipIf(folder === undefined)('valid documents', () => {
  const valid = folder === undefined ? [] : instances('positive')

  test('all 18 are there', () => expect(valid).toHaveLength(18))

  test.each(valid)('$name is imported', ({ document }) => {
    const translated = importFrom('flagd', document, request)
    if (!translated.ok) expect.fail(JSON.stringify(translated.issues))
    for (const flag of flagsOf(document)) {
      const isCarried = translated.sources.includes(flag)
      const listed = translated.skipped.filter(({ path }) => path.startsWith(`${flag}/`))
      expect(isCarried || listed.some(({ reason }) => reason.includes('left out')), flag).toBe(true)
    }
    expect(Object.keys(bodyOf('production', translated.operations).flags)).toHaveLength(
      new Set(translated.sources).size,
    )
  })

  /**
   * How many flags are left out; of those not named here, none. In the examples of operations 26 are arithmetic, work on
   * lists, loose equality, or answer something else than the name of a variant.
   */
  const LEFT_OUT: Readonly<Record<string, number>> = {
    'targeting/basic-json-ops.json': 26,
    'targeting/custom-ops.json': 1,
    'targeting/fractional-mixed-weights.json': 1,
    'targeting/if-shorthand.json': 1,
  }

  test.each(valid)('of $name only what is known to have no counterpart is left out', (instance) => {
    const translated = importFrom('flagd', instance.document, request)
    const carried = translated.ok ? new Set(translated.sources).size : 0
    expect(flagsOf(instance.document).length - carried).toBe(LEFT_OUT[instance.name] ?? 0)
  })
})

describe.skipIf(folder === undefined)('invalid documents', () => {
  const invalid = folder === undefined ? [] : instances('negative')

  /** Where each is wrong. */
  const PLACES: Readonly<Record<string, string>> = {
    'flags/empty-variants.json': '/flags/myBoolFlag/variants',
    'flags/malformed-flag.json': '/flags/not-a-flag/state',
    'flags/missing-variants.json': '/flags/myBoolFlag/variants',
    'flags/mixed-variant-types.ffconfig.json': '/flags/myBoolFlag/variants/off',
    'flags/state-set-incorrectly.json': '/flags/myBoolFlag/state',
    'flags/with-array-flags.json': '/flags',
    'flags/with-invalid-flag-metadata.json': '/flags/myBoolFlag/metadata/invalid',
    'flags/with-invalid-flag-set-metadata.json': '/metadata/invalid',
    'flags/with-invalid-targeting.json': '/flags/targetedFlag/targeting/not-a-real-rule',
    'targeting/fractional-decimal-weighting.json': '/flags/flag-0/targeting/fractional/1/1',
    'targeting/fractional-invalid-bucketing.json': '/flags/flag-0/targeting/fractional/0',
    'targeting/fractional-invalid-weighting.json': '/flags/flag-0/targeting/fractional/1/1',
    'targeting/fractional-negative-weighting.json': '/flags/flag-0/targeting/fractional/1/1',
    'targeting/invalid-ends-with-param.json': '/flags/flag-0/targeting/if/0/ends_with/1',
    'targeting/invalid-flagd-props.json': '/flags/flag-0/targeting/if/0/==/0/var',
    'targeting/invalid-starts-with-param.json': '/flags/flag-0/targeting/if/0/starts_with/1',
    'targeting/sem-ver-invalid-range-specifier.json': '/flags/flag-0/targeting/if/0/sem_ver/1',
    'targeting/sem-ver-invalid-ver-expression.json': '/flags/flag-0/targeting/if/0/sem_ver/2',
  }

  test('all 18 are there', () => expect(invalid).toHaveLength(18))

  test.each(invalid)('$name is refused at its place', ({ name, document }) => {
    const translated = importFrom('flagd', document, request)
    if (translated.ok) return expect.fail('was imported')
    expect(translated.issues.map(({ path }) => path)).toContain(PLACES[name])
  })
})
