/** What a config's base or override layer must be: see design §7 and §10, SNAPSHOT.md §2. Total: never throws. */
import { formatPointer, isJsonObject, isUnset, parsePointer, REFERENCE_TYPES } from '#core'
import { DOCUMENT_FORMATS, findPlace, parseDocument } from '#formats'
import { at, isObjectOf, isOneOf, isText } from './issues.ts'
import { MAX_CONFIG_BYTES } from './limits.ts'
import type { ConfigItem, ConfigOverrideItem, JsonValue } from '#core'
import type { Digest } from './digest.ts'
import type { Issues } from './issues.ts'

export const VISIBILITIES = ['server', 'client'] as const
export const MAX_DESCRIPTION_CHARACTERS = 1_000
const MAX_TYPES = 1_000
const MAX_TYPE_POINTER = 1_024

/** Whether `value` is a base layer. Its size is checked apart: see {@link sourceBytes}. */
export function isConfigItem(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): value is JsonValue & ConfigItem {
  return issues.passes(() => {
    const optional = ['description', 'types']
    if (!isObjectOf(value, path, issues, ['format', 'source', 'visibility'], optional)) return
    isOneOf(value['visibility'], at(path, 'visibility'), issues, VISIBILITIES)
    if (value['description'] !== undefined) {
      const max = MAX_DESCRIPTION_CHARACTERS
      isText(value['description'], at(path, 'description'), issues, 0, max)
    }
    if (value['types'] !== undefined) checkTypes(value['types'], at(path, 'types'), issues)
    checkSource(value['format'], value['source'], path, issues, 'base')
  })
}

/** Whether `value` is an override layer. */
export function isConfigOverrideItem(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): value is JsonValue & ConfigOverrideItem {
  return issues.passes(() => {
    if (!isObjectOf(value, path, issues, ['format', 'source'])) return
    checkSource(value['format'], value['source'], path, issues, 'override')
  })
}

/** Bytes of a source when it is too large, else undefined. */
export function oversizeSource(source: unknown, digest: Digest): number | undefined {
  // A UTF-16 unit takes at most 3 bytes: most sources need no counting.
  if (typeof source !== 'string' || source.length * 3 <= MAX_CONFIG_BYTES) return undefined
  if (source.length > MAX_CONFIG_BYTES) return source.length
  const { size } = digest(source)
  return size > MAX_CONFIG_BYTES ? size : undefined
}

function checkTypes(types: JsonValue, path: string, issues: Issues): void {
  if (!isJsonObject(types)) return issues.add(path, 'must be an object: JSON pointer → type')
  const entries = Object.entries(types)
  if (entries.length > MAX_TYPES) issues.add(path, `must have at most ${MAX_TYPES} members`)
  for (const [pointer, type] of entries) {
    if (parsePointer(pointer) === undefined || pointer.length > MAX_TYPE_POINTER) {
      issues.add(
        at(path, pointer),
        `must be a JSON pointer of at most ${MAX_TYPE_POINTER} characters`,
      )
    }
    isOneOf(type, at(path, pointer), issues, REFERENCE_TYPES)
  }
}

type Layer = 'base' | 'override'

function checkSource(
  format: JsonValue | undefined,
  source: JsonValue | undefined,
  path: string,
  issues: Issues,
  layer: Layer,
): void {
  if (!isOneOf(format, at(path, 'format'), issues, DOCUMENT_FORMATS)) return
  if (!isText(source, at(path, 'source'), issues, 1, MAX_CONFIG_BYTES)) return
  const parsed = parseDocument(source, format)
  if (!parsed.ok) {
    const { line, column, message, path: inside } = parsed.error
    issues.add(at(path, 'source'), `line ${line}, column ${column}${where(inside)}: ${message}`)
    return
  }
  if (!mayHoldDollar(source)) return
  for (const found of reservedMembers(parsed.value, layer)) {
    const { line, column } = findPlace(source, format, found.tokens)
    const inside = where(formatPointer(found.tokens))
    issues.add(at(path, 'source'), `line ${line}, column ${column}${inside}: ${found.message}`)
  }
}

/** Neither a "$" nor an escape that may be one: no reserved member, no reference. Spares large documents the walk. */
export function mayHoldDollar(source: string): boolean {
  return source.includes('$') || /\\(?:u0024|U00000024|x24|0044)/.test(source)
}

function where(pointer: string): string {
  return pointer === '' ? '' : ` (${pointer.length > 200 ? `${pointer.slice(0, 200)}…` : pointer})`
}

interface Reserved {
  readonly tokens: readonly (string | number)[]
  readonly message: string
}

/** The members a writer must refuse (SNAPSHOT.md §2), at most 20 of them. */
function reservedMembers(document: JsonValue, layer: Layer): readonly Reserved[] {
  const found: Reserved[] = []
  const walk = (value: JsonValue, tokens: readonly (string | number)[], inArray: boolean): void => {
    if (typeof value !== 'object' || value === null || found.length >= 20) return
    if (Array.isArray(value)) {
      for (const [index, element] of value.entries()) walk(element, [...tokens, index], true)
      return
    }
    // Inside arrays nothing is merged, so nothing would consume the marker there.
    if (isUnset(value) && layer === 'override' && !inArray) return
    for (const [name, member] of Object.entries(value)) {
      if (name === '$external') {
        found.push({ tokens: [...tokens, name], message: 'the member $external is reserved' })
      } else if (name === '$unset') {
        found.push({ tokens: [...tokens, name], message: UNSET_RULE[layer] })
      } else walk(member, [...tokens, name], inArray)
    }
  }
  walk(document, [], false)
  return found
}

const UNSET_RULE: Readonly<Record<Layer, string>> = {
  base: 'the member $unset is reserved, and a base layer has nothing below it to remove',
  override: 'the member $unset is reserved: only {"$unset": true} removes, and not inside a list',
}
