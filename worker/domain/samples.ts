/** Reads samples of contexts (SNAPSHOT.md §4.5). Pure. */
import {
  type ContextSample,
  isJsonObject,
  type JsonValue,
  MAX_SAMPLED_ATTRIBUTES,
  MAX_SAMPLED_LIST,
  MAX_SAMPLED_TEXT,
} from '#core'
import { fail, ok, type Result } from './errors.ts'
import { at, isIntegerIn, isList, isObjectOf, isText, Issues } from './issues.ts'

export const MAX_SAMPLES = 500
export const MAX_SAMPLES_BYTES = 262_144
const MAX_NAME_CHARS = 128
const MAX_HASH = 2 ** 32 - 1

export function readSamples(input: JsonValue): Result<readonly ContextSample[]> {
  const issues = new Issues()
  if (isObjectOf(input, '', issues, ['samples'])) {
    const samples = input['samples']
    if (isList(samples, '/samples', issues, MAX_SAMPLES)) {
      for (const [index, sample] of samples.entries())
        checkSample(sample, at('/samples', index), issues)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each was checked above
      if (issues.list.length === 0) return ok(samples as unknown as readonly ContextSample[])
    }
  }
  return fail({ reason: 'invalid', issues: issues.list })
}

function checkSample(sample: JsonValue, path: string, issues: Issues): void {
  if (!isObjectOf(sample, path, issues, ['flag'], ['key', 'attributes', 'absent'])) return
  const { flag, key, attributes, absent } = sample
  isText(flag, at(path, 'flag'), issues, 1, MAX_NAME_CHARS)
  if (key !== undefined) isIntegerIn(key, at(path, 'key'), issues, 0, MAX_HASH)
  if (attributes !== undefined) checkAttributes(attributes, at(path, 'attributes'), issues)
  if (absent !== undefined && isList(absent, at(path, 'absent'), issues, MAX_SAMPLED_ATTRIBUTES)) {
    for (const [index, name] of absent.entries())
      isText(name, at(at(path, 'absent'), index), issues, 1, MAX_NAME_CHARS)
  }
}

function checkAttributes(attributes: JsonValue, path: string, issues: Issues): void {
  if (!isJsonObject(attributes)) {
    issues.add(path, 'must be an object')
    return
  }
  const entries = Object.entries(attributes)
  if (entries.length > MAX_SAMPLED_ATTRIBUTES)
    issues.add(path, `must have at most ${MAX_SAMPLED_ATTRIBUTES} members`)
  for (const [name, value] of entries) {
    const place = at(path, name.slice(0, MAX_NAME_CHARS))
    // Nobody sends it: what is meant to be a hash must not come in by the back door.
    if (name === 'targetingKey') issues.add(place, 'must not be sent')
    if (name === '' || name.length > MAX_NAME_CHARS)
      issues.add(place, `a name has 1 to ${MAX_NAME_CHARS} characters`)
    const values = Array.isArray(value) ? value : [value]
    if (values.length > MAX_SAMPLED_LIST || !values.every(isShort))
      issues.add(
        place,
        `must be a string of at most ${MAX_SAMPLED_TEXT} characters, a number, a boolean or at most ${MAX_SAMPLED_LIST} of them`,
      )
  }
}

function isShort(value: JsonValue): boolean {
  if (typeof value === 'string') return value.length <= MAX_SAMPLED_TEXT
  return typeof value === 'number' || typeof value === 'boolean'
}
