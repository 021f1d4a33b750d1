/** A change to one place of a text that leaves the rest as it was written, in every format. */
import { equalJson } from '../core/diff.ts'
import { isJsonObject } from '../core/json.ts'
import { isArrayIndex, parsePointer } from '../core/pointer.ts'
import { parseDocument, printDocument } from './document.ts'
import { faultOf, quote, Refusal } from './fault.ts'
import { editJson } from './json-edit.ts'
import { editEnv, editIni } from './line-edit.ts'
import { editToml } from './toml-edit.ts'
import { editYaml } from './yaml-edit.ts'
import type { DocumentFormat } from '../core/change-set.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import type { ParseError } from './fault.ts'
import type { Change, Editor } from './splice.ts'

export type EditResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: ParseError }

const EDITORS: Readonly<Record<DocumentFormat, Editor>> = {
  json: editJson,
  jsonc: editJson,
  yaml: editYaml,
  toml: editToml,
  env: editEnv,
  ini: editIni,
}

/**
 * `text` with the value at `path`, a JSON pointer, set to `value`, or removed when that is undefined. Comments and layout
 * around it stay; what is read from the result is exactly the document with that change.
 *
 * A member that is not there is added, with the objects above it that are missing. In a list, its length or `-` adds an
 * element. `''` replaces the whole text. Refused, with nothing thrown: a text that does not parse, a path that leads
 * through a text or number, the removal of what is not there, a value that the format cannot hold.
 */
export function editDocument(
  text: string,
  format: DocumentFormat,
  path: string,
  value: JsonValue | undefined,
): EditResult {
  const parsed = parseDocument(text, format)
  if (!parsed.ok) return parsed
  try {
    return { ok: true, text: edit(text, format, parsed.value, path, value) }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: { ...faultOf(text, error), path } }
    // From printDocument, which says so to who calls it alone.
    if (!(error instanceof TypeError)) throw error
    return { ok: false, error: { ...faultOf(text, new Refusal(error.message, 0)), path } }
  }
}

function edit(
  text: string,
  format: DocumentFormat,
  document: JsonValue,
  path: string,
  value: JsonValue | undefined,
): string {
  const tokens = parsePointer(path)
  if (tokens === undefined) throw new Refusal(`${quote(path)} is not a JSON pointer`, 0)
  if (tokens.length === 0) {
    if (value === undefined) throw new Refusal('the whole document cannot be removed', 0)
    return printDocument(value, format)
  }
  const change = locate(document, tokens, value)
  const expected = apply(document, change, 0)
  if (equalJson(document, expected)) return text
  for (const proposal of proposals(text, format, document, change, expected)) {
    const again = parseDocument(proposal, format)
    if (again.ok && equalJson(again.value, expected)) return proposal
  }
  throw new Refusal('cannot be changed in place; send the whole text', 0)
}

function* proposals(
  text: string,
  format: DocumentFormat,
  document: JsonValue,
  change: Change,
  expected: JsonValue,
): Generator<string> {
  // A text of nothing but comments has no place to change.
  if (document === null)
    yield text.trim() === ''
      ? printDocument(expected, format)
      : joined(text, printDocument(expected, format))
  yield* EDITORS[format](text, change)
}

function joined(text: string, printed: string): string {
  return `${text}${text.endsWith('\n') ? '' : '\n'}${printed}`
}

/** The innermost container that is there, and what to do in it. */
function locate(
  document: JsonValue,
  tokens: readonly string[],
  value: JsonValue | undefined,
): Change {
  const container: (string | number)[] = []
  let node: JsonValue = document ?? {}
  for (const [index, token] of tokens.entries()) {
    const rest = tokens.slice(index + 1)
    const key = keyIn(node, token, container)
    const below = memberOf(node, key)
    if (rest.length === 0 || below === undefined || below === null) {
      if (value === undefined && (below === undefined || rest.length > 0)) {
        throw new Refusal('is not there', 0)
      }
      const wrapped = value === undefined ? undefined : wrap(rest, value)
      return { container, key, value: wrapped, exists: below !== undefined }
    }
    container.push(key)
    node = below
  }
  throw new Refusal('is not there', 0)
}

function keyIn(
  node: JsonValue,
  token: string,
  above: readonly (string | number)[],
): string | number {
  if (isJsonObject(node)) {
    if (token === '__proto__') throw new Refusal('a member must not be named __proto__', 0)
    return token
  }
  if (!Array.isArray(node)) {
    throw new Refusal(`${quote(above.join('/'))} is neither an object nor a list`, 0)
  }
  const index = token === '-' ? node.length : Number(token)
  if ((token !== '-' && !isArrayIndex(token)) || index > node.length) {
    throw new Refusal(`${quote(token)} is not an index of the list, nor its end`, 0)
  }
  return index
}

function wrap(tokens: readonly string[], value: JsonValue): JsonValue {
  let wrapped = value
  for (const token of tokens.toReversed()) {
    if (token === '__proto__') throw new Refusal('a member must not be named __proto__', 0)
    wrapped = { [token]: wrapped }
  }
  return wrapped
}

function memberOf(node: JsonValue, key: string | number): JsonValue | undefined {
  if (isList(node)) return node[Number(key)]
  return isJsonObject(node) && Object.hasOwn(node, key) ? node[key] : undefined
}

function apply(node: JsonValue, change: Change, depth: number): JsonValue {
  const { container, key, value } = change
  const step = container[depth] ?? key
  const below = memberOf(node, step)
  const member = depth < container.length ? apply(below ?? {}, change, depth + 1) : value
  if (isList(node)) {
    const index = Number(step)
    return member === undefined ? node.toSpliced(index, 1) : node.toSpliced(index, 1, member)
  }
  const { [String(step)]: _, ...others }: JsonObject = isJsonObject(node) ? node : {}
  return member === undefined ? others : { ...others, [step]: member }
}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
