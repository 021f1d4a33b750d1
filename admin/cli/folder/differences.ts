/**
 * What differs between two items, place by place, for people to read: `config storefront in production  /banner/text  "a" → "b"`. Not a
 * patch (that is `diffDocuments` of the core): lists of another length differ as a whole, since people do not count indexes. Pure.
 */
import {
  type DocumentFormat,
  equalJson,
  escapePointer,
  isJsonObject,
  type ItemRef,
  type JsonObject,
  type JsonValue,
} from '#core'
import { DOCUMENT_FORMATS, parseDocument } from '#formats'
import type { Item, Items } from './items.ts'
import { idOf } from './items.ts'

export interface Place {
  /**
   * JSON pointer into the config's document, or into the item. A name without a slash (`format`, `visibility`, `text`) is of the layer
   * itself; `text`: the source differs in comments or layout only.
   */
  readonly path: string
  /** Absent: nothing there. */
  readonly before?: JsonValue
  readonly after?: JsonValue
}

export interface ItemChange {
  readonly ref: ItemRef
  readonly change: 'added' | 'removed' | 'changed'
  readonly before?: JsonObject
  readonly after?: JsonObject
  readonly places: readonly Place[]
}

/** In the order of `after`, what was removed last. */
export function changesBetween(before: Items, after: Items): ItemChange[] {
  const changes: ItemChange[] = []
  for (const [id, { ref, content }] of after) {
    const old = before.get(id)
    if (old === undefined)
      changes.push({
        ref,
        change: 'added',
        after: content,
        places: placesOf(ref, undefined, content),
      })
    else {
      const wanted = withKept(ref, content, old)
      if (!equalJson(old.content, wanted))
        changes.push({
          ref,
          change: 'changed',
          before: old.content,
          after: wanted,
          places: placesOf(ref, old.content, wanted),
        })
    }
  }
  for (const [id, { ref, content }] of before)
    if (!after.has(id))
      changes.push({
        ref,
        change: 'removed',
        before: content,
        places: placesOf(ref, content, undefined),
      })
  return changes
}

/**
 * A declared flag without a seed keeps the stored one: it decides who gets what, and nobody changes it by leaving it out. A declared schema
 * without a version keeps the stored one as long as it says the same; else the server raises it.
 */
function withKept(ref: ItemRef, content: JsonObject, { content: old }: Item): JsonObject {
  const name = ref.kind === 'schema' ? 'version' : 'seed'
  const isOurs = ref.kind === 'schema' || (ref.kind === 'flag' && ref.layer === 'base')
  const kept = old[name]
  if (!isOurs || content[name] !== undefined || kept === undefined) return content
  const whole = { ...content, [name]: kept }
  return ref.kind === 'flag' || equalJson(whole, old) ? whole : content
}

/** The places that differ, of one layer. */
export function placesOf(
  ref: ItemRef,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): Place[] {
  if (ref.kind !== 'config') return differences(before, after, '')
  const { source: textBefore, ...aboutBefore } = before ?? {}
  const { source: textAfter, ...aboutAfter } = after ?? {}
  const documents = [documentOf(before), documentOf(after)] as const
  // A source that cannot be read is shown as its text.
  const readable = documents.every((one) => one !== null)
  const places = readable
    ? differences(documents[0]?.value, documents[1]?.value, '')
    : differences(textBefore, textAfter, 'text')
  const about = differences(aboutBefore, aboutAfter, '').map((place) => ({
    ...place,
    path: place.path.slice(1),
  }))
  const shown = before === undefined || after === undefined ? [] : about
  if (places.length + shown.length === 0 && textBefore !== textAfter) return [{ path: 'text' }]
  return [...places, ...shown]
}

/** Undefined: no such layer; null: its source cannot be read. */
export function documentOf(
  layer: JsonObject | undefined,
): { readonly value: JsonValue } | undefined | null {
  if (layer === undefined) return undefined
  const { source, format } = layer
  if (typeof source !== 'string' || !isFormat(format)) return null
  const parsed = parseDocument(source, format)
  return parsed.ok ? parsed : null
}

export function isFormat(name: unknown): name is DocumentFormat {
  const names: readonly unknown[] = DOCUMENT_FORMATS
  return names.includes(name)
}

export function differences(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
  /** An object that comes or goes is one place, instead of a place a member. */
  whole = false,
): Place[] {
  if (before === undefined && after === undefined) return []
  if (before !== undefined && after !== undefined) {
    if (equalJson(before, after)) return []
    if (isList(before) && isList(after) && before.length === after.length)
      return before.flatMap((one, index) =>
        differences(one, after[index], `${path}/${index}`, whole),
      )
    if (isJsonObject(before) && isJsonObject(after))
      return memberDifferences(before, after, path, whole)
    return [{ path, before, after }]
  }
  const one = before ?? after
  // A whole object that comes or goes is shown by its members.
  if (!whole && one !== undefined && isJsonObject(one) && Object.keys(one).length > 0)
    return memberDifferences(asObject(before), asObject(after), path, whole)
  return [{ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }]
}

function memberDifferences(
  before: JsonObject,
  after: JsonObject,
  path: string,
  whole: boolean,
): Place[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) =>
    differences(own(before, name), own(after, name), `${path}/${escapePointer(name)}`, whole),
  )
}

const own = (object: JsonObject, name: string): JsonValue | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined

const asObject = (value: JsonValue | undefined): JsonObject =>
  value !== undefined && isJsonObject(value) ? value : {}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** `config/storefront/production#/banner/text` */
export function placeId(ref: ItemRef, { path }: Place): string {
  return path === '' ? idOf(ref) : `${idOf(ref)}#${path}`
}
