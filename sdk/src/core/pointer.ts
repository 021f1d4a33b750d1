/** JSON Pointer (RFC 6901): names one place in a document. Own members only, so no name reaches a prototype. */
import type { JsonValue } from './json.ts'

/** Escapes one reference token: `~` becomes `~0`, `/` becomes `~1`. */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The pointer that leads through `tokens`; `''`, the whole document, for none. */
export function formatPointer(tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${escapePointer(String(token))}`).join('')
}

/** The tokens of `pointer`, unescaped; undefined when it is not a pointer (RFC 6901 §3). */
export function parsePointer(pointer: string): string[] | undefined {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value `pointer` names in `document`; undefined when nothing is there or it is not a pointer. */
export function getPointer(document: JsonValue, pointer: string): JsonValue | undefined {
  const tokens = parsePointer(pointer)
  if (tokens === undefined) return undefined
  let value: JsonValue | undefined = document
  for (const token of tokens) value = value === undefined ? undefined : getMember(value, token)
  return value
}

/** One step of {@link getPointer}. An array's index is written without leading zeros. */
export function getMember(value: JsonValue, token: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined
  if (isArray(value)) return isArrayIndex(token) ? value[Number(token)] : undefined
  return value[token]
}

/** Whether `token` is an array index as RFC 6901 §4 writes it. */
export function isArrayIndex(token: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(token)
}

// Array.isArray does not narrow a readonly array out of a union.
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
