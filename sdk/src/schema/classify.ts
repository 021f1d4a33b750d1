/**
 * What a change of a schema means for documents that fit it. A change that might refuse one of them is breaking; one that
 * cannot be compared counts as such.
 */
import { equalJson } from '../core/diff.ts'
import { isJsonObject } from '../core/json.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { escapePointer } from '../core/pointer.ts'
import { isList } from './keywords-value.ts'

export type SchemaChangeKind = 'breaking' | 'compatible' | 'none'

export interface SchemaChange {
  /** The worst of `changes`; `none` where only what people read differs. */
  readonly kind: SchemaChangeKind
  readonly changes: readonly {
    /** JSON pointer into the schema. */
    readonly path: string
    readonly kind: SchemaChangeKind
    readonly what: string
  }[]
}

/** At most so many are told. */
const MAX_CHANGES = 100
/** They say nothing about a document. */
const NOTES = ['$comment', 'default', 'deprecated', 'description', 'examples', 'title']
const HIGHER = [
  'minimum',
  'exclusiveMinimum',
  'minLength',
  'minItems',
  'minProperties',
  'minContains',
]
const LOWER = [
  'maximum',
  'exclusiveMaximum',
  'maxLength',
  'maxItems',
  'maxProperties',
  'maxContains',
]
const INNER = ['items', 'additionalProperties', 'additionalItems', 'contains', 'propertyNames']
const INNER_CLOSED = ['unevaluatedProperties', 'unevaluatedItems']
const MAPS = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']

export function classifyChange(before: JsonValue, after: JsonValue): SchemaChange {
  const changes: SchemaChange['changes'][number][] = []
  compare(before, after, '', (path, kind, what) => {
    if (changes.length < MAX_CHANGES) changes.push({ path, kind, what })
  })
  const kinds = changes.map(({ kind }) => kind)
  return { kind: kinds.includes('breaking') ? 'breaking' : (kinds[0] ?? 'none'), changes }
}

type Tell = (path: string, kind: 'breaking' | 'compatible', what: string) => void

function compare(before: JsonValue, after: JsonValue, path: string, tell: Tell): void {
  if (equalJson(before, after)) return
  if (isAll(before) && isAll(after)) return
  if (isAll(after) || before === false) {
    tell(path, 'compatible', 'allows more')
    return
  }
  if (isAll(before) || after === false) {
    tell(path, 'breaking', 'allows less')
    return
  }
  if (!isJsonObject(before) || !isJsonObject(after)) {
    tell(path, 'breaking', 'is another schema')
    return
  }
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)])
  for (const keyword of keywords) {
    if (NOTES.includes(keyword)) continue
    const was = before[keyword]
    const is = after[keyword]
    if (was !== undefined && is !== undefined && equalJson(was, is)) continue
    const at = `${path}/${escapePointer(keyword)}`
    compareKeyword(keyword, was, is, at, { before, tell })
  }
}

interface Both {
  /** The schema as it was. */
  readonly before: JsonObject
  readonly tell: Tell
}

/** Whether a schema takes everything. */
function isAll(schema: JsonValue): boolean {
  return schema === true || (isJsonObject(schema) && Object.keys(schema).every(isNote))
}

const isNote = (keyword: string): boolean => NOTES.includes(keyword)

function compareKeyword(
  keyword: string,
  was: JsonValue | undefined,
  is: JsonValue | undefined,
  at: string,
  both: Both,
): void {
  const { tell } = both
  if (MAPS.includes(keyword)) {
    compareMaps(keyword, was, is, at, both)
  } else if (INNER.includes(keyword) || INNER_CLOSED.includes(keyword)) {
    compare(was ?? true, is ?? true, at, tell)
  } else if (keyword === 'required') {
    const [old, now] = [textsOf(was), textsOf(is)]
    for (const name of now) if (!old.includes(name)) tell(at, 'breaking', `requires ${name}`)
    for (const name of old) {
      if (!now.includes(name)) tell(at, 'compatible', `no longer requires ${name}`)
    }
  } else if (keyword === 'type') {
    compareTypes(was, is, at, tell)
  } else if (keyword === 'enum' && isList(was) && isList(is)) {
    const isGone = was.some((one) => !is.some((other) => equalJson(one, other)))
    tell(
      at,
      isGone ? 'breaking' : 'compatible',
      isGone ? 'allows fewer values' : 'allows more values',
    )
  } else if (HIGHER.includes(keyword) || LOWER.includes(keyword)) {
    compareBounds(keyword, was, is, at, tell)
  } else if (is === undefined) tell(at, 'compatible', 'is gone')
  else tell(at, 'breaking', was === undefined ? 'is new' : 'is another')
}

function compareMaps(
  keyword: string,
  was: JsonValue | undefined,
  is: JsonValue | undefined,
  at: string,
  { before, tell }: Both,
): void {
  const [old, now] = [isJsonObject(was) ? was : {}, isJsonObject(is) ? is : {}]
  for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const place = `${at}/${escapePointer(name)}`
    const [left, right] = [old[name], now[name]]
    if (left !== undefined && right !== undefined) compare(left, right, place, tell)
    // A definition does nothing until something refers to it, which is then another `$ref`.
    else if (keyword === '$defs' || keyword === 'definitions') {
      if (left !== undefined) tell(place, 'compatible', 'is gone')
    } else if (right === undefined) {
      // Somebody reads what was declared, whether or not it may still be there.
      tell(place, 'breaking', 'is removed')
    } else {
      const isOpen = keyword !== 'properties' || before['additionalProperties'] !== false
      const narrows = isOpen && !isAll(right)
      tell(place, narrows && keyword !== 'properties' ? 'breaking' : 'compatible', 'is added')
    }
  }
}

function compareTypes(
  was: JsonValue | undefined,
  is: JsonValue | undefined,
  at: string,
  tell: Tell,
): void {
  if (is === undefined) return tell(at, 'compatible', 'any type is allowed')
  if (was === undefined) return tell(at, 'breaking', 'asks for a type')
  const now = textsOf(is)
  const isTaken = (type: string): boolean =>
    now.includes(type) || (type === 'integer' && now.includes('number'))
  const isNarrower = !textsOf(was).every(isTaken)
  tell(
    at,
    isNarrower ? 'breaking' : 'compatible',
    isNarrower ? 'allows fewer types' : 'allows more types',
  )
}

function compareBounds(
  keyword: string,
  was: JsonValue | undefined,
  is: JsonValue | undefined,
  at: string,
  tell: Tell,
): void {
  const loosens =
    is === undefined ||
    (typeof was === 'number' &&
      typeof is === 'number' &&
      (HIGHER.includes(keyword) ? is < was : is > was))
  tell(at, loosens ? 'compatible' : 'breaking', loosens ? 'allows more' : 'allows less')
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value]
  return isList(value) ? value.filter((one) => typeof one === 'string') : []
}
