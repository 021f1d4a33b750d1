/**
 * Where everything in a JSON or JSONC text stands: the parser of `json.ts` says whether it is valid, this says where.
 * Trusts the text to be valid; on any other the places are meaningless, but it ends.
 */
import type { Tokens } from './fault.ts'

/** A value as written: `[start, end)`. */
export interface JsonNode {
  readonly kind: 'object' | 'list' | 'scalar'
  readonly start: number
  readonly end: number
  readonly entries: readonly JsonEntry[]
}

/** A member or element. */
export interface JsonEntry {
  readonly key: string | number
  /** Of the member's name, or the element. */
  readonly start: number
  readonly value: JsonNode
  /** The comma behind it, if there is one. */
  readonly comma: number | undefined
}

/** Where the member or element that `tokens` lead to begins. */
export function jsonOffset(text: string, tokens: Tokens): number {
  const root = scanJson(text)
  let node = root
  let { start } = root
  for (const token of tokens) {
    const entry = node.entries.find(({ key }) => key === token)
    if (entry === undefined) return start
    start = entry.start
    node = entry.value
  }
  return start
}

export function scanJson(text: string): JsonNode {
  return readValue(text, skipBlank(text, text.charCodeAt(0) === 0xfeff ? 1 : 0))
}

function readValue(text: string, start: number): JsonNode {
  const mark = text.charAt(start)
  if (mark === '"') return { kind: 'scalar', start, end: skipString(text, start), entries: [] }
  if (mark !== '{' && mark !== '[') {
    let end = start
    while (end < text.length && !/[\s,\]}/]/.test(text.charAt(end))) end++
    return { kind: 'scalar', start, end, entries: [] }
  }
  const close = mark === '{' ? '}' : ']'
  const entries: JsonEntry[] = []
  let at = skipBlank(text, start + 1)
  while (at < text.length && text.charAt(at) !== close) {
    const first = at
    let key: string | number = entries.length
    if (mark === '{') {
      const end = skipString(text, at)
      key = String(JSON.parse(text.slice(at, end)))
      at = skipBlank(text, skipBlank(text, end) + 1)
    }
    const value = readValue(text, at)
    at = skipBlank(text, Math.max(value.end, at + 1))
    const comma = text.charAt(at) === ',' ? at : undefined
    entries.push({ key, start: first, value, comma })
    if (comma !== undefined) at = skipBlank(text, at + 1)
  }
  return { kind: mark === '{' ? 'object' : 'list', start, end: at + 1, entries }
}

/** The offset behind the string that begins at `start`. */
function skipString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
  return at + 1
}

/** Over space and comments. */
export function skipBlank(text: string, start: number): number {
  let at = start
  for (;;) {
    while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
    if (text.startsWith('//', at)) {
      while (at < text.length && !'\n\r'.includes(text.charAt(at))) at++
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2)
      at = end < 0 ? text.length : end + 2
    } else return at
  }
}
