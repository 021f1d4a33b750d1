/** What the editors of all formats share: places to change, and the lines around them. */
import type { JsonValue } from '../core/json.ts'

/** One change inside a container that is there: `value` undefined removes the member or element. */
export interface Change {
  readonly container: readonly (string | number)[]
  readonly key: string | number
  readonly value: JsonValue | undefined
  /** Whether the member or element is there. */
  readonly exists: boolean
}

/** Tries to write a change into a text. Each proposal is read again by who asked; the first that says what was meant counts. */
export type Editor = (text: string, change: Change) => Iterable<string>

/** `text` with `[from, to)` replaced. */
export function splice(text: string, from: number, to: number, put = ''): string {
  return text.slice(0, from) + put + text.slice(to)
}

/** The offset where the line of `at` begins. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** The offset of the line feed that ends the line of `at`, before a carriage return; or the end of the text. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  if (end < 0) return text.length
  return end > at && text.charAt(end - 1) === '\r' ? end - 1 : end
}

/** The offset where the next line begins, or the end of the text. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

/** The space that the line of `at` begins with. */
export function indentOf(text: string, at: number): string {
  const start = lineStart(text, at)
  return /^[ \t]*/.exec(text.slice(start, at))?.[0] ?? ''
}

/** How this text ends its lines. */
export function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** Puts `line` on a line of its own before the line that begins at `at`. */
export function insertLine(text: string, at: number, line: string): string {
  const newline = newlineOf(text)
  const before =
    at > 0 && text.charAt(at - 1) !== '\n' && !(at === 1 && text.charCodeAt(0) === 0xfeff)
  return splice(text, at, at, `${before ? newline : ''}${line}${newline}`)
}
