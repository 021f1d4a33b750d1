/** Differences between documents as JSON Patch (RFC 6902), made and applied. Pure: nothing given is changed. */
import { isJsonObject } from './json.ts'
import type { JsonArray, JsonObject, JsonValue } from './json.ts'
import { escapePointer, getMember, isArrayIndex, parsePointer } from './pointer.ts'

/** One operation of RFC 6902 §4. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string }

/** Whether two values are the same JSON: members in any order, elements in the same. `-0` is `0`. */
export function equalJson(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true
  if (isList(a)) {
    return isList(b) && a.length === b.length && a.every((one, i) => equalMember(one, b[i]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && equalMember(a[name], b[name]))
  )
}

function equalMember(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalJson(a, b)
}

/**
 * The patch that makes `b` of `a`: `add`, `remove` and `replace` only, `[]` when they are equal. Of two lists, what they
 * have in common at both ends stays; it is not always the shortest patch.
 *
 * diffDocuments({ a: 1, b: 2 }, { b: 3 }) // [{ op: 'remove', path: '/a' }, { op: 'replace', path: '/b', value: 3 }]
 */
export function diffDocuments(a: JsonValue, b: JsonValue): PatchOperation[] {
  const patch: PatchOperation[] = []
  diff(a, b, '', patch)
  return patch
}

function diff(a: JsonValue, b: JsonValue, path: string, patch: PatchOperation[]): void {
  if (isList(a) && isList(b)) diffLists(a, b, path, patch)
  else if (isJsonObject(a) && isJsonObject(b)) diffObjects(a, b, path, patch)
  else if (a !== b) patch.push({ op: 'replace', path, value: b })
}

function diffObjects(a: JsonObject, b: JsonObject, path: string, patch: PatchOperation[]): void {
  for (const name of Object.keys(a)) {
    if (!Object.hasOwn(b, name))
      patch.push({ op: 'remove', path: `${path}/${escapePointer(name)}` })
  }
  for (const [name, value] of Object.entries(b)) {
    const at = `${path}/${escapePointer(name)}`
    const before = Object.hasOwn(a, name) ? a[name] : undefined
    if (before === undefined) patch.push({ op: 'add', path: at, value })
    else diff(before, value, at, patch)
  }
}

function diffLists(a: JsonArray, b: JsonArray, path: string, patch: PatchOperation[]): void {
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && equalMember(a[start], b[start])) start++
  let end = 0
  while (end < shorter - start && equalMember(a.at(-1 - end), b.at(-1 - end))) end++
  for (let i = start; i < shorter - end; i++) {
    const [before, after] = [a[i], b[i]]
    if (before !== undefined && after !== undefined) diff(before, after, `${path}/${i}`, patch)
  }
  const at = shorter - end
  for (let i = at; i < a.length - end; i++) patch.push({ op: 'remove', path: `${path}/${at}` })
  for (const [i, value] of b.slice(at, b.length - end).entries()) {
    patch.push({ op: 'add', path: `${path}/${at + i}`, value })
  }
}

/**
 * `document` with all operations of `patch` applied in order, or none: throws a TypeError that names the operation, when
 * a path is not there, a `test` does not hold, or a member would be named `__proto__`.
 */
export function applyPatch(document: JsonValue, patch: readonly PatchOperation[]): JsonValue {
  let root: Draft = copy(document)
  for (const [i, operation] of patch.entries()) {
    const refuse = (why: string): TypeError =>
      new TypeError(
        `patch operation ${i} (${operation.op} ${JSON.stringify(operation.path)}): ${why}`,
      )
    root = applyOperation(root, operation, refuse)
  }
  return root
}

/** A copy that is ours to change. */
type Draft = string | number | boolean | null | Draft[] | { [member: string]: Draft }
type Refuse = (why: string) => TypeError

function applyOperation(root: Draft, operation: PatchOperation, refuse: Refuse): Draft {
  const { op, path } = operation
  switch (op) {
    case 'add':
      return put(root, path, copy(operation.value), true, refuse)
    case 'replace':
      return put(root, path, copy(operation.value), false, refuse)
    case 'remove':
      return remove(root, path, refuse)
    case 'test':
      if (equalJson(find(root, path, refuse), operation.value)) return root
      throw refuse('the value is another')
    case 'copy':
      return put(root, path, copy(find(root, operation.from, refuse)), true, refuse)
    case 'move': {
      if (path.startsWith(`${operation.from}/`)) throw refuse('moved into itself')
      const moved = find(root, operation.from, refuse)
      return put(remove(root, operation.from, refuse), path, moved, true, refuse)
    }
  }
}

/** Where `path` ends: the container and the token in it; undefined for the whole document. */
function locate(
  root: Draft,
  path: string,
  refuse: Refuse,
): { readonly container: Draft; readonly token: string } | undefined {
  const tokens = parsePointer(path)
  if (!tokens) throw refuse('not a JSON pointer')
  if (tokens.includes('__proto__')) throw refuse('a member must not be named __proto__')
  const token = tokens.pop()
  if (token === undefined) return undefined
  let container = root
  for (const step of tokens) container = memberOf(container, step, refuse)
  return { container, token }
}

function memberOf(container: Draft, token: string, refuse: Refuse): Draft {
  // What is found in a draft is a draft: getMember only follows own members.
  const member = getMember(container, token)
  if (member === undefined) throw refuse('there is nothing at the path')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return member as Draft
}

function find(root: Draft, path: string, refuse: Refuse): Draft {
  const place = locate(root, path, refuse)
  return place ? memberOf(place.container, place.token, refuse) : root
}

function put(root: Draft, path: string, value: Draft, isNew: boolean, refuse: Refuse): Draft {
  const place = locate(root, path, refuse)
  if (!place) return value
  const { container, token } = place
  if (typeof container !== 'object' || container === null) throw refuse('its parent has no members')
  if (!isNew) memberOf(container, token, refuse)
  if (!Array.isArray(container)) {
    container[token] = value
    return root
  }
  const index = token === '-' && isNew ? container.length : Number(token)
  if (token !== '-' && !isArrayIndex(token)) throw refuse('not an index of a list')
  if (index > container.length) throw refuse('past the end of the list')
  container.splice(index, isNew ? 0 : 1, value)
  return root
}

function remove(root: Draft, path: string, refuse: Refuse): Draft {
  const place = locate(root, path, refuse)
  if (!place) throw refuse('the whole document cannot be removed')
  const { container, token } = place
  memberOf(container, token, refuse)
  if (Array.isArray(container)) container.splice(Number(token), 1)
  else if (typeof container === 'object' && container !== null) delete container[token]
  return root
}

function copy(value: JsonValue): Draft {
  if (isList(value)) return value.map(copy)
  if (!isJsonObject(value)) return value
  const copied: { [member: string]: Draft } = {}
  for (const [name, member] of Object.entries(value)) {
    // An assignment would set the prototype.
    if (name === '__proto__') throw new TypeError('a member must not be named __proto__')
    copied[name] = copy(member)
  }
  return copied
}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: JsonValue): value is JsonArray {
  return Array.isArray(value)
}
