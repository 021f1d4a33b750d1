/** TOML 1.0 by the package `smol-toml`, held to what JSON can carry. Dates become text as they are written. */
import { parse, stringify, TomlDate, TomlError } from 'smol-toml'
import { isJsonObject } from '../core/json.ts'
import {
  checkDepth,
  checkName,
  checkNumber,
  checkString,
  checkText,
  MAX_DEPTH,
  reading,
  Refusal,
} from './fault.ts'
import { tomlPlaces } from './toml-scan.ts'
import type { JsonValue } from '../core/json.ts'
import type { ParseResult, Tokens } from './fault.ts'
import type { TomlPlace } from './toml-scan.ts'

/** A package reads it: bounded more tightly than what we read ourselves. */
const MAX_UNITS = 1024 * 1024

export function parseToml(text: string): ParseResult {
  return reading(text, () => {
    checkText(text, MAX_UNITS)
    let value: unknown
    try {
      value = parse(text, { integersAsBigInt: 'asNeeded', maxDepth: MAX_DEPTH + 1 })
    } catch (error) {
      throw refusalOf(error, text)
    }
    return toJson(value, [], tomlPlaces(text))
  })
}

/** Throws a Refusal for what TOML cannot hold: null, and anything but an object at the top. */
export function printToml(document: JsonValue): string {
  if (!isJsonObject(document)) throw new Refusal('TOML holds an object', 0)
  checkCarried(document, [])
  return Object.keys(document).length === 0 ? '' : stringify(document)
}

/** A value on one line. */
export function printTomlValue(value: JsonValue, tokens: Tokens): string {
  checkCarried(value, tokens)
  return printInline(value)
}

/** A key as it is written in a header or before `=`. */
export function printTomlKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : printText(key)
}

function printInline(value: JsonValue): string {
  if (typeof value === 'string') return printText(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `[${value.map(printInline).join(', ')}]`
  if (!isJsonObject(value)) throw new Refusal('TOML has no null', 0)
  const entries = Object.entries(value).map(
    ([name, one]) => `${printTomlKey(name)} = ${printInline(one)}`,
  )
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

/** JSON's escapes are TOML's, but TOML wants U+007F escaped too. */
function printText(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f')
}

function checkCarried(value: JsonValue, tokens: Tokens): void {
  if (value === null) throw new Refusal('TOML has no null', 0, tokens)
  if (typeof value !== 'object') return
  checkDepth(tokens, 0)
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') throw new Refusal('a member must not be named __proto__', 0, tokens)
    checkCarried(member, [...tokens, Array.isArray(value) ? Number(name) : name])
  }
}

function refusalOf(error: unknown, text: string): Refusal {
  if (!(error instanceof TomlError)) {
    // Recursion is bounded above; this is for what we did not think of.
    if (error instanceof RangeError) return new Refusal('nested too deep to read', 0)
    throw error
  }
  // The package says where, by line and column, and shows the lines, which an error of ours does not.
  const message = error.message
    .split('\n', 1)
    .join('')
    .replace(/^Invalid TOML document: /, '')
  return new Refusal(message.trim(), offsetOf(text, error.line, error.column))
}

function offsetOf(text: string, line: number, column: number): number {
  let at = 0
  for (let one = 1; one < line; one++) {
    const end = text.indexOf('\n', at)
    if (end < 0) break
    at = end + 1
  }
  return Math.min(at + column - 1, text.length)
}

type Places = (tokens: Tokens) => TomlPlace | undefined

/** `value` is what the package read: null prototypes, bigints past the safe range, dates as objects. */
function toJson(value: unknown, tokens: Tokens, places: Places): JsonValue {
  const offset = (path: Tokens = tokens): number => places(path)?.start ?? 0
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) checkString(value, offset(), tokens)
    return value
  }
  if (typeof value === 'boolean') return value
  if (typeof value === 'bigint') {
    checkNumber(Number(value), true, offset(), tokens)
    return Number(value)
  }
  if (typeof value === 'number') {
    if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) checkNumber(value, false, offset(), tokens)
    return value
  }
  if (value instanceof TomlDate) return places(tokens)?.source ?? value.toISOString()
  if (tokens.length >= MAX_DEPTH) checkDepth(tokens, offset())
  if (Array.isArray(value)) {
    return value.map((element, index) => toJson(element, [...tokens, index], places))
  }
  const object: Record<string, JsonValue> = {}
  for (const [name, member] of Object.entries(value ?? {})) {
    const path = [...tokens, name]
    if (name === '__proto__') checkName(name, object, offset(path), tokens)
    if (/\p{Surrogate}/u.test(name)) checkString(name, offset(path), path)
    object[name] = toJson(member, path, places)
  }
  return object
}
