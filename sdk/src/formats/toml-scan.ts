/**
 * Where everything in a TOML text stands: the parser of `toml.ts` says what a text means and whether it is valid, this
 * says where. Trusts the text to be valid TOML; on any other the places are meaningless, but it ends.
 */
import { formatPointer } from '../core/pointer.ts'
import { MAX_DEPTH } from './fault.ts'
import type { Tokens } from './fault.ts'

/** A value as written: `[start, end)`. */
export interface TomlNode {
  readonly kind: 'scalar' | 'list' | 'table'
  readonly start: number
  readonly end: number
  /** Of a list or an inline table. */
  readonly entries: readonly TomlEntry[]
}

/** `keys = value`, or an element of a list, which has no keys. */
export interface TomlEntry {
  readonly keys: readonly string[]
  readonly start: number
  readonly value: TomlNode
}

/** What stands under one `[header]`, or before the first. */
export interface TomlSection {
  /** From the root, with the index where the header leads into a list of tables. */
  readonly tokens: Tokens
  /** `[[header]]`: an element of a list. */
  readonly isElement: boolean
  readonly start: number
  /** Behind the line of the header. */
  readonly bodyStart: number
  readonly entries: readonly TomlEntry[]
}

export function scanToml(text: string): readonly TomlSection[] {
  const lists = new Map<string, number>()
  const first = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let entries: TomlEntry[] = []
  const sections: TomlSection[] = [
    { tokens: [], isElement: false, start: first, bodyStart: first, entries },
  ]
  let at = skipBlank(text, first)
  while (at < text.length) {
    const start = at
    if (text.charAt(at) === '[') {
      const isElement = text.charAt(at + 1) === '['
      const { keys, end } = readKeys(text, at + (isElement ? 2 : 1))
      at = endOfLine(text, end)
      entries = []
      const tokens = resolve(keys, isElement, lists)
      sections.push({ tokens, isElement, start, bodyStart: Math.min(at + 1, text.length), entries })
    } else {
      const entry = readEntry(text, at)
      entries.push(entry)
      at = endOfLine(text, Math.max(entry.value.end, at + 1))
    }
    at = skipBlank(text, at)
  }
  return sections
}

/** Where the first thing that makes a value begins, and how a value of one line or list is written. */
export interface TomlPlace {
  readonly start: number
  readonly source?: string
}

/** Finds places in a text, which is scanned when the first is asked for, and only then. */
export function tomlPlaces(text: string): (tokens: Tokens) => TomlPlace | undefined {
  let places: Map<string, TomlPlace> | undefined
  return (tokens) => {
    places ??= indexPlaces(text)
    return places.get(formatPointer(tokens))
  }
}

function indexPlaces(text: string): Map<string, TomlPlace> {
  const places = new Map<string, TomlPlace>()
  const add = (tokens: Tokens, from: number, start: number): void => {
    for (let length = from + 1; length <= Math.min(tokens.length, MAX_DEPTH + 1); length++) {
      const pointer = formatPointer(tokens.slice(0, length))
      if (!places.has(pointer)) places.set(pointer, { start })
    }
  }
  const walk = (entries: readonly TomlEntry[], above: Tokens): void => {
    for (const [index, { keys, start, value }] of entries.entries()) {
      const tokens = [...above, ...(keys.length === 0 ? [index] : keys)]
      add(tokens, above.length, start)
      const source = text.slice(value.start, value.end)
      places.set(formatPointer(tokens), { start, source })
      walk(value.entries, tokens)
    }
  }
  for (const { tokens, start, entries } of scanToml(text)) {
    add(tokens, 0, start)
    walk(entries, tokens)
  }
  return places
}

/** The header's keys with the index of the newest element behind each list they pass. */
function resolve(keys: readonly string[], isElement: boolean, lists: Map<string, number>): Tokens {
  const tokens: (string | number)[] = []
  for (const [index, key] of keys.entries()) {
    tokens.push(key)
    const list = JSON.stringify(tokens)
    const count = lists.get(list)
    if (isElement && index === keys.length - 1) {
      lists.set(list, (count ?? 0) + 1)
      tokens.push(count ?? 0)
    } else if (count !== undefined) tokens.push(count - 1)
  }
  return tokens
}

function readEntry(text: string, start: number): TomlEntry {
  const { keys, end } = readKeys(text, start)
  return { keys, start, value: readValue(text, skipSpace(text, end + 1)) }
}

/** Dotted keys up to the `=` or `]` behind them. */
function readKeys(text: string, start: number): { keys: string[]; end: number } {
  const keys: string[] = []
  // A hostile line may have a million; a document that is taken has no more than its depth.
  const add = (key: string): number => (keys.length > MAX_DEPTH ? 0 : keys.push(key))
  let at = start
  for (;;) {
    at = skipSpace(text, at)
    const mark = text.charAt(at)
    let end = at
    if (mark === '"' || mark === "'") {
      end = skipString(text, at)
      const inner = text.slice(at + 1, end - 1)
      add(mark === '"' ? unescape(inner) : inner)
    } else {
      while (/[\w-]/.test(text.charAt(end))) end++
      add(text.slice(at, end))
    }
    at = skipSpace(text, end)
    if (text.charAt(at) !== '.') return { keys, end: at }
    at++
  }
}

function unescape(inner: string): string {
  return inner.replaceAll(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g,
    (_, two?: string, four?: string, eight?: string, letter?: string) => {
      const hex = two ?? four ?? eight
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
      return ESCAPES[letter ?? ''] ?? letter ?? ''
    },
  )
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\u001b',
}

function readValue(text: string, start: number): TomlNode {
  const mark = text.charAt(start)
  if (mark === '[' || mark === '{') return readContainer(text, start, mark === '{')
  let end = start
  if (mark === '"' || mark === "'") end = skipString(text, start)
  else {
    while (end < text.length && !/[,\]}#\n\r]/.test(text.charAt(end))) end++
    while (end > start && /\s/.test(text.charAt(end - 1))) end--
  }
  return { kind: 'scalar', start, end, entries: [] }
}

function readContainer(text: string, start: number, isTable: boolean): TomlNode {
  const entries: TomlEntry[] = []
  const close = isTable ? '}' : ']'
  let at = skipBlank(text, start + 1)
  while (at < text.length && text.charAt(at) !== close) {
    const entry = isTable
      ? readEntry(text, at)
      : { keys: [], start: at, value: readValue(text, at) }
    entries.push(entry)
    at = skipBlank(text, Math.max(entry.value.end, at + 1))
    if (text.charAt(at) === ',') at = skipBlank(text, at + 1)
  }
  return { kind: isTable ? 'table' : 'list', start, end: Math.min(at + 1, text.length), entries }
}

/** The offset behind the string that begins at `start`. */
function skipString(text: string, start: number): number {
  const mark = text.charAt(start)
  const triple = mark.repeat(3)
  const isLong = text.startsWith(triple, start)
  const end = isLong ? triple : mark
  let at = start + end.length
  while (at < text.length && !text.startsWith(end, at)) {
    at += mark === '"' && text.charAt(at) === '\\' ? 2 : 1
  }
  at = Math.min(at + end.length, text.length)
  // Up to two more marks belong to the text.
  const more = isLong ? text.slice(at, at + 2) : ''
  return at + (more === mark + mark ? 2 : more.startsWith(mark) ? 1 : 0)
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at++
  return at
}

/** Over space, line ends and comments. */
export function skipBlank(text: string, start: number): number {
  let at = start
  for (;;) {
    while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++
    if (text.charAt(at) !== '#') return at
    at = endOfLine(text, at)
  }
}

/** The offset of the next line feed, or the end. */
export function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end < 0 ? text.length : end
}

/** Whether `long` begins with `short`. */
export function startsWith(long: Tokens, short: Tokens): boolean {
  return long.length >= short.length && short.every((token, index) => token === long[index])
}
