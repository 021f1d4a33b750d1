/** How the layers of a config become its resolved document (design: base, then each parent's override, then its own). */
import { isJsonObject } from './json.ts'
import { escapePointer } from './pointer.ts'
import type { JsonObject, JsonValue } from './json.ts'

/**
 * The document that `layers`, the base first, resolve to. Objects merge member by member; arrays and scalars replace;
 * `null` is a value like others; an object that is exactly `{"$unset": true}` removes the member it stands for.
 *
 * A removed member that a later layer sets again starts empty. Inside arrays nothing is merged or removed. When the
 * last word on the whole document is a removal, or there are no layers, the result is `null`. The result may share
 * arrays with the layers.
 *
 * mergeLayers([{ a: 1, b: { c: 2 } }, { a: { $unset: true }, b: { d: 3 } }]) // { b: { c: 2, d: 3 } }
 */
export function mergeLayers(layers: readonly JsonValue[]): JsonValue {
  let merged: JsonValue | undefined
  for (const layer of layers) merged = merge(merged, layer)
  return merged ?? null
}

/** A layer with a name, such as `base` or `env:production`. */
export interface NamedLayer {
  readonly name: string
  readonly document: JsonValue
}

/**
 * Which of `layers`, the base first, each value of what they resolve to came from: by JSON pointer, for every text, number,
 * boolean, null, list (as a whole, since lists replace) and empty object.
 *
 * originsOf([{ name: 'base', document: { a: 1, b: 2 } }, { name: 'env:x', document: { b: 3 } }]) // { '/a': 'base', '/b': 'env:x' }
 */
export function originsOf(layers: readonly NamedLayer[]): Readonly<Record<string, string>> {
  let tree: Origin | undefined
  for (const { name, document } of layers) tree = mergeOrigins(tree, document, name)
  const origins: Record<string, string> = {}
  const walk = (origin: Origin, pointer: string): void => {
    if (typeof origin === 'string') origins[pointer] = origin
    else if (origin.members.size === 0) origins[pointer] = origin.layer
    else
      for (const [name, below] of origin.members) walk(below, `${pointer}/${escapePointer(name)}`)
  }
  if (tree !== undefined) walk(tree, '')
  return origins
}

/** The layer of a value that is no object, or that made an object, and those of its members. */
type Origin = string | { readonly layer: string; readonly members: ReadonlyMap<string, Origin> }

function mergeOrigins(
  below: Origin | undefined,
  layer: JsonValue,
  name: string,
): Origin | undefined {
  if (!isJsonObject(layer)) return name
  if (isUnset(layer)) return undefined
  const before = typeof below === 'object' ? below : { layer: name, members: new Map() }
  const members = new Map<string, Origin>(before.members)
  for (const [member, above] of Object.entries(layer)) {
    const origin = mergeOrigins(members.get(member), above, name)
    if (origin === undefined) members.delete(member)
    else members.set(member, origin)
  }
  return { layer: before.layer, members }
}

/** Whether `value` is the marker that removes: an object with the single member `$unset: true`. */
export function isUnset(value: JsonValue): boolean {
  return isJsonObject(value) && value['$unset'] === true && Object.keys(value).length === 1
}

/** `undefined` stands for absent. A removal is consumed at once, since only what is below it can be removed. */
function merge(below: JsonValue | undefined, layer: JsonValue): JsonValue | undefined {
  if (!isJsonObject(layer)) return layer
  if (isUnset(layer)) return undefined
  const merged: Record<string, JsonValue> = {}
  const base: JsonObject = below !== undefined && isJsonObject(below) ? below : {}
  for (const name of Object.keys(base)) {
    const member = base[name]
    if (member !== undefined) setOwn(merged, name, member)
  }
  for (const name of Object.keys(layer)) {
    const above = layer[name]
    if (above === undefined) continue
    const member = merge(Object.hasOwn(base, name) ? base[name] : undefined, above)
    if (member === undefined) delete merged[name]
    else setOwn(merged, name, member)
  }
  return merged
}

/** Sets an own member, also one named `__proto__`, which an assignment would turn into a prototype. */
function setOwn(object: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name !== '__proto__') object[name] = value
  else
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
}
