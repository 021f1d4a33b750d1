/** What every format says when it refuses a text: the one shape of a fault, and the checks that all of them share. */
import { formatPointer } from '../core/pointer.ts'
import type { JsonValue } from '../core/json.ts'

/** Where and why a text was refused. */
export interface ParseError {
  /** One sentence part without the place: `duplicate member "a"`. */
  readonly message: string
  /** JSON pointer to the innermost value that was being read; `''` is the whole document. */
  readonly path: string
  /** From 1. Lines end with LF, CR or CR LF. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
  /** From 0, in UTF-16 code units. */
  readonly offset: number
}

export type ParseResult =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly error: ParseError }

/** The way to a place in a document: member names and indices. */
export type Tokens = readonly (string | number)[]

/** How deep objects and lists may nest, in every format. */
export const MAX_DEPTH = 32

export const BYTE_ORDER_MARK = 0xfeff

/** Thrown inside this folder only: the doors turn it into a {@link ParseError}. */
export class Refusal extends Error {
  readonly offset: number
  readonly tokens: Tokens
  constructor(message: string, offset: number, tokens: Tokens = []) {
    super(message)
    this.offset = offset
    this.tokens = [...tokens]
  }
}

/** Runs `read`; a {@link Refusal} becomes a fault with its place in `text`. */
export function reading(text: string, read: () => JsonValue): ParseResult {
  try {
    return { ok: true, value: read() }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ok: false, error: faultOf(text, error) }
  }
}

export function faultOf(text: string, { message, offset, tokens }: Refusal): ParseError {
  return { ...placeAt(text, offset), message, path: formatPointer(tokens) }
}

/** A place in a text. */
export interface SourcePosition {
  /** From 1. Lines end with LF, CR or CR LF. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
  /** From 0, in UTF-16 code units. */
  readonly offset: number
}

export function placeAt(text: string, offset: number): SourcePosition {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, offset }
}

/** Refuses what no format may hold, before anything is parsed: too much text, and half a character. */
export function checkText(text: string, maxUnits: number): void {
  if (text.length > maxUnits) {
    throw new Refusal(`a text of more than ${maxUnits} characters in this format`, maxUnits)
  }
  const lone = text.search(/\p{Surrogate}/u)
  if (lone >= 0) throw new Refusal('a lone surrogate', lone)
}

/** Refuses a string whose escapes made half a character. */
export function checkString(value: string, offset: number, tokens: Tokens): void {
  if (/\p{Surrogate}/u.test(value)) throw new Refusal('a lone surrogate', offset, tokens)
}

/**
 * Refuses a number that JSON would not carry unchanged. From 1e21 on the canonical form (RFC 8785) has an exponent;
 * below that a large number is written as an integer, so `isInteger` is only asked beyond.
 */
export function checkNumber(
  value: number,
  isInteger: boolean,
  offset: number,
  tokens: Tokens,
): void {
  if (Number.isNaN(value))
    throw new Refusal('not a number, which JSON does not have', offset, tokens)
  if (!Number.isFinite(value)) throw new Refusal('a number too large for a double', offset, tokens)
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER && (isInteger || Math.abs(value) < 1e21)) {
    throw new Refusal('an integer outside ±9007199254740991; write it as a string', offset, tokens)
  }
}

/** Refuses a member name that is there already, or that would be a prototype. `tokens` lead to the object. */
export function checkName(
  name: string,
  object: Readonly<Record<string, unknown>>,
  offset: number,
  tokens: Tokens,
): void {
  const path = [...tokens, name]
  if (name === '__proto__') {
    throw new Refusal('a member must not be named __proto__', offset, path)
  }
  if (Object.hasOwn(object, name)) {
    throw new Refusal(`duplicate member ${quote(name)}`, offset, path)
  }
}

export function checkDepth(tokens: Tokens, offset: number): void {
  if (tokens.length >= MAX_DEPTH) {
    throw new Refusal(`nested deeper than ${MAX_DEPTH}`, offset, tokens)
  }
}

/** Long names are cut: an error is a sentence, not a copy of the document. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)
}
