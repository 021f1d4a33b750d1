/**
 * The content of a project as one flat map, an entry a layer, whatever it came from: an export, a folder, a file. Contents are
 * normalised by the contract's schemas, so two that mean the same are equal. Pure.
 */
import {
  isJsonObject,
  type ItemKind,
  type ItemRef,
  type JsonObject,
  type JsonValue,
  type Operation,
} from '#core'
import { operations as schemas } from '../../contract/change-set.ts'
import { type Issue, parseWith } from '../../contract/schema.ts'

export interface Item {
  readonly ref: ItemRef
  /** As it is stored. A declared flag may lack its `seed`: then the stored one stays. */
  readonly content: JsonObject
}

/** By {@link idOf}. */
export type Items = ReadonlyMap<string, Item>

/**
 * `config/storefront/production`, `flag/new-checkout/base`: how people and `leave` patterns name a layer. An environment that is itself
 * called `base` is `@base`.
 */
export function idOf({ kind, key, layer }: ItemRef): string {
  return `${kind}/${key}/${layer === 'env:base' ? '@base' : layer.replace(/^env:/, '')}`
}

/** What a layer holds; without an environment, the base layer. */
export function contentOf(
  items: Items,
  kind: ItemKind,
  key: string,
  environment?: string,
): JsonObject | undefined {
  const layer = environment === undefined ? 'base' : `env:${environment}`
  return items.get(idOf({ kind, key, layer }))?.content
}

export function environmentOf({ layer }: ItemRef): string | undefined {
  return layer.startsWith('env:') ? layer.slice(4) : undefined
}

/** The name of the operation that writes a layer. An environment that exists is updated instead. */
const PUT = {
  environment: ['createEnvironment', 'createEnvironment'],
  config: ['putConfig', 'putConfigOverride'],
  flag: ['putFlag', 'putFlagEnvironment'],
  segment: ['putSegment', 'putSegment'],
  schema: ['putSchema', 'putSchema'],
  mirror: ['putMirror', 'putMirror'],
} as const satisfies Record<
  Exclude<ItemKind, 'secret'>,
  readonly [Operation['op'], Operation['op']]
>

export type Put =
  | { readonly ok: true; readonly operation: Operation; readonly content: JsonObject }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** The operation that writes `content` to `ref`, and the content with its defaults in place. */
export function putOperation(ref: ItemRef, content: JsonValue): Put {
  if (!isJsonObject(content))
    return { ok: false, issues: [{ path: '', message: 'must be an object' }] }
  if (ref.kind === 'secret')
    return { ok: false, issues: [{ path: '', message: 'secrets are not kept in files' }] }
  const environment = environmentOf(ref)
  const op = PUT[ref.kind][environment === undefined ? 0 : 1]
  const names: JsonObject = namesOf(ref, environment)
  const parsed = parseWith(schemas[op], { ...content, ...names, op })
  if (!parsed.ok) return parsed
  const rest = Object.entries(parsed.value).filter(([name]) => name !== 'op' && !(name in names))
  const normal: unknown = Object.fromEntries(rest)
  // What the schemas give is JSON: every leaf of them is.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return { ok: true, operation: parsed.value, content: normal as JsonObject }
}

function namesOf({ kind, key }: ItemRef, environment: string | undefined): JsonObject {
  if (kind === 'environment') return { environment: key }
  return {
    ...(kind === 'config' || kind === 'schema' || kind === 'mirror' ? { name: key } : { key }),
    ...(environment !== undefined && { environment }),
  }
}

export interface ExportedItem {
  readonly kind: string
  readonly key: string
  readonly layer: string
  readonly content: JsonValue
}

const KINDS: readonly string[] = [
  'environment',
  'config',
  'flag',
  'segment',
  'schema',
  'mirror',
] satisfies ItemKind[]

/** Items of an export. Kinds that this program does not know are left out: it could neither show nor keep them. */
export function itemsOfExport(exported: readonly ExportedItem[]): Items {
  const items = new Map<string, Item>()
  for (const { kind, key, layer, content } of exported) {
    if (!isKind(kind) || !isJsonObject(content)) continue
    const ref = { kind, key, layer }
    items.set(idOf(ref), { ref, content })
  }
  return items
}

export function isKind(kind: string): kind is ItemKind {
  return KINDS.includes(kind)
}
