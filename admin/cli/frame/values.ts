/** Values as people read them, in a line. Pure. */
import { canonicalize, equalJson, type JsonValue } from '#core'

/** A value in one line, cut at `max` characters. */
export function valueText(value: unknown, max = 72): string {
  if (value === undefined) return '(none)'
  const text = JSON.stringify(value) ?? '(none)'
  return text.length > max ? `${text.slice(0, max - 1)}…` : text
}

/**
 * Two values in a line each, so that what differs can be seen: of lists only the elements that do, of long texts from shortly before the
 * first letter that does.
 */
export function pairText(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  max = 72,
): readonly [string, string] {
  const [a, b] =
    isList(before) && isList(after) ? listTexts(before, after) : [before, after].map(oneText)
  const texts = [a ?? '', b ?? ''] as const
  if (texts.every((text) => text.length <= max)) return texts
  let same = 0
  while (same < texts[0].length && texts[0][same] === texts[1][same]) same++
  const from = same > max / 2 ? same - 12 : 0
  return [cut(texts[0], from, max), cut(texts[1], from, max)]
}

const oneText = (value: JsonValue | undefined): string =>
  value === undefined ? '(none)' : canonicalize(value)

function cut(text: string, from: number, max: number): string {
  const begun = from === 0 || text.length <= from ? text : `…${text.slice(from)}`
  return begun.length > max ? `${begun.slice(0, max - 1)}…` : begun
}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function listTexts(a: readonly JsonValue[], b: readonly JsonValue[]): [string, string] {
  const shorter = Math.min(a.length, b.length)
  let head = 0
  while (head < shorter && isSame(a[head], b[head])) head++
  let tail = 0
  while (tail < shorter - head && isSame(a.at(-1 - tail), b.at(-1 - tail))) tail++
  const text = (list: readonly JsonValue[]): string =>
    `[${[
      ...(head > 0 ? [`${head} same`] : []),
      ...list.slice(head, list.length - tail).map(oneText),
      ...(tail > 0 ? [`${tail} same`] : []),
    ].join(', ')}]`
  return [text(a), text(b)]
}

const isSame = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
  a !== undefined && b !== undefined && equalJson(a, b)
