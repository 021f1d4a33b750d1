/** Finds the place of a member in JSON text, for faults that are found in the document and not while reading the text. */

export interface SourcePosition {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
}

/**
 * Where the member or element that `tokens` leads to begins (a member: its name) in `text`, which must be valid JSON.
 * Linear in the text before it.
 */
export function positionOf(text: string, tokens: readonly (string | number)[]): SourcePosition {
  let from = skipSpace(text, 0)
  let found = from
  for (const token of tokens) {
    const place = typeof token === 'number' ? element(text, from, token) : member(text, from, token)
    found = place.start
    from = place.value
  }
  return lineAndColumn(text, found)
}

interface Place {
  readonly start: number
  readonly value: number
}

function member(text: string, open: number, name: string): Place {
  let at = skipSpace(text, open + 1)
  while (at < text.length) {
    const end = skipString(text, at)
    const value = skipSpace(text, skipSpace(text, end) + 1)
    if (JSON.parse(text.slice(at, end)) === name) return { start: at, value }
    at = nextSibling(text, value)
  }
  return { start: open, value: open }
}

function element(text: string, open: number, index: number): Place {
  let at = skipSpace(text, open + 1)
  for (let i = 0; i < index; i++) at = nextSibling(text, at)
  return { start: at, value: at }
}

function nextSibling(text: string, value: number): number {
  return skipSpace(text, skipSpace(text, skipValue(text, value)) + 1)
}

function skipValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"') at = skipString(text, at) - 1
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') {
      if (depth === 0) return at
      depth--
    } else if (character === ',' && depth === 0) return at
  }
  return text.length
}

/** The offset behind the string that begins at `start`. */
function skipString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
  return at + 1
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  return at
}

function lineAndColumn(text: string, offset: number): SourcePosition {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/)
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}
