/** What differs between two environments, or two layers, each at a revision: as JSON Patch and as text. */
import { canonicalize, diffDocuments } from '#core'
import { BASE_LAYER, environmentLayer } from './items.ts'
import { parseDocument } from '#formats'
import { resolveConfig } from './resolve-config.ts'
import { flagIn } from './snapshot.ts'
import { unifiedDiff } from './unified-diff.ts'
import type { JsonValue, PatchOperation } from '#core'
import type { ItemContent, Items } from './items.ts'

/** One of the two that are compared. */
export interface Side {
  readonly items: Items
  /** Undefined: the base layer, which has no environment. */
  readonly environment: string | undefined
  /** For the header of texts: `production@12`. */
  readonly label: string
}

/** `resolved`: what applications get; `layers`: what was written for that environment alone, or for the base. */
export type DifferenceOf = 'resolved' | 'layers'

export interface ItemDifference {
  readonly kind: 'config' | 'flag' | 'segment'
  readonly key: string
  readonly change: 'added' | 'removed' | 'changed'
  /** RFC 6902, from the one document to the other; absent when it was removed, or there is no room. */
  readonly patch?: readonly PatchOperation[]
  /** As `diff -u` writes it: of sources where both are such, else of indented JSON. Absent when there is no room. */
  readonly text?: string
}

/** What there is on a side of one item. */
interface Said {
  readonly document: JsonValue
  /** As written; undefined for what was never a text. */
  readonly source: string | undefined
}

/** The differences of the chosen items, or of all, sorted by kind and key. */
export function* differencesBetween(
  a: Side,
  b: Side,
  of: DifferenceOf,
  chosen?: { readonly kind: 'config' | 'flag'; readonly key: string },
): Generator<ItemDifference> {
  const kinds = chosen === undefined ? (['config', 'flag', 'segment'] as const) : [chosen.kind]
  for (const kind of kinds) {
    const keys = chosen === undefined ? keysOf(kind, [a.items, b.items]) : [chosen.key]
    for (const key of keys) {
      const difference = differenceBetween(kind, key, a, b, of)
      if (difference !== undefined) yield difference
    }
  }
}

function keysOf(kind: ItemDifference['kind'], sides: readonly Items[]): readonly string[] {
  const keys = new Set<string>()
  for (const items of sides) for (const { key } of items.refs(kind)) keys.add(key)
  return [...keys].toSorted()
}

/** The same of one stored item at two revisions; undefined where it was not there. */
export function contentDifference(
  before: ItemContent | undefined,
  after: ItemContent | undefined,
  label: string,
): { readonly patch?: readonly PatchOperation[]; readonly text: string } {
  return compare(saidBy(before), saidBy(after), label, label)
}

function compare(
  before: Said | undefined,
  after: Said | undefined,
  labelBefore: string,
  labelAfter: string,
): { readonly patch?: readonly PatchOperation[]; readonly text: string } {
  // A side that is not there is no text of its own kind: an added source is shown as it was written.
  const isSource =
    (before ?? after)?.source !== undefined && (after ?? before)?.source !== undefined
  const textOf = (said: Said | undefined): string =>
    said === undefined ? '' : isSource ? (said.source ?? '') : print(said.document)
  const text = unifiedDiff(textOf(before), textOf(after), labelBefore, labelAfter)
  if (after === undefined) return { text }
  const patch: readonly PatchOperation[] =
    before === undefined
      ? [{ op: 'add', path: '', value: after.document }]
      : diffDocuments(before.document, after.document)
  return { patch, text }
}

function differenceBetween(
  kind: ItemDifference['kind'],
  key: string,
  a: Side,
  b: Side,
  of: DifferenceOf,
): ItemDifference | undefined {
  const before = saidOn(a, kind, key, of)
  const after = saidOn(b, kind, key, of)
  if (before === undefined && after === undefined) return undefined
  const compared = compare(before, after, `${a.label}/${key}`, `${b.label}/${key}`)
  if (after === undefined) return { kind, key, change: 'removed', ...compared }
  if (before === undefined) return { kind, key, change: 'added', ...compared }
  // A comment alone is a change of a layer too.
  const isSame = compared.patch?.length === 0 && compared.text === ''
  return isSame ? undefined : { kind, key, change: 'changed', ...compared }
}

function saidOn(
  { items, environment }: Side,
  kind: ItemDifference['kind'],
  key: string,
  of: DifferenceOf,
): Said | undefined {
  if (of === 'layers' || environment === undefined) {
    const layer = environment === undefined ? BASE_LAYER : environmentLayer(environment)
    return saidBy(contentOf(items, kind, key, layer))
  }
  if (kind === 'segment') return saidBy(items.segment(key))
  if (kind === 'flag') {
    const flag = flagIn(items, key, environment)
    return flag === undefined ? undefined : { document: toJson(flag), source: undefined }
  }
  const resolution = resolveConfig(items, key, environment)
  return resolution && { document: resolution.document, source: undefined }
}

function contentOf(
  items: Items,
  kind: ItemDifference['kind'],
  key: string,
  layer: string,
): ItemContent | undefined {
  const environment = layer === BASE_LAYER ? undefined : layer.slice('env:'.length)
  if (kind === 'segment') return environment === undefined ? items.segment(key) : undefined
  if (environment === undefined) return kind === 'config' ? items.config(key) : items.flag(key)
  return kind === 'config'
    ? items.override(key, environment)
    : items.flagEnvironment(key, environment)
}

function saidBy(content: ItemContent | undefined): Said | undefined {
  if (content === undefined) return undefined
  if (!('source' in content)) return { document: toJson(content), source: undefined }
  const parsed = parseDocument(content.source, content.format)
  // Stored sources parse; else it is compared as the text it is.
  return { document: parsed.ok ? parsed.value : content.source, source: content.source }
}

/** Items are JSON, but for members that are undefined. */
function toJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value))
}

/** Indented, with members in one order, so that only what differs does. */
function print(document: JsonValue): string {
  const sorted: JsonValue = JSON.parse(canonicalize(document))
  return `${JSON.stringify(sorted, null, 2)}\n`
}

/** UTF-16 units that patches and texts of one answer may take. */
const MAX_DIFFERENCE_UNITS = 8 * 1024 * 1024

/** All of them as one answer: past its room a difference is named without its patch and text. */
export function boundedList(differences: Iterable<ItemDifference>): readonly ItemDifference[] {
  const list: ItemDifference[] = []
  let units = 0
  for (const difference of differences) {
    const weight = JSON.stringify(difference).length
    const { kind, key, change } = difference
    if (units + weight > MAX_DIFFERENCE_UNITS) list.push({ kind, key, change })
    else {
      list.push(difference)
      units += weight
    }
  }
  return list
}
