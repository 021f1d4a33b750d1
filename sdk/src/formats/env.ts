/**
 * ENV: the dotenv dialect of Docker Compose, read into one object of strings. Nothing is substituted here: references stay
 * in the values, and a dollar sign that the source says is only that becomes `$$` (docs/formats.md).
 */
import {
  BYTE_ORDER_MARK,
  checkName,
  checkString,
  checkText,
  quote,
  reading,
  Refusal,
} from './fault.ts'
import { isJsonObject } from '../core/json.ts'
import type { JsonValue } from '../core/json.ts'
import type { ParseResult } from './fault.ts'
import type { Line } from './lines.ts'

const MAX_UNITS = 10 * 1024 * 1024

export function parseEnv(text: string): ParseResult {
  return reading(text, () => {
    checkText(text, MAX_UNITS)
    const object: Record<string, string> = {}
    for (const { name, value, start } of scanEnv(text)) {
      checkName(name, object, start, [])
      object[name] = value
    }
    return object
  })
}

/** Throws a Refusal for anything but an object of strings with names that can be written. */
export function printEnv(document: JsonValue): string {
  if (!isJsonObject(document)) throw new Refusal('ENV holds an object of texts', 0)
  return Object.entries(document)
    .map(([name, value]) => `${printEnvEntry(name, value)}\n`)
    .join('')
}

export function printEnvEntry(name: string, value: JsonValue): string {
  if (!/^(?!export\s)[\p{L}\p{N}_.[\]-]*$/u.test(name) || name === '__proto__') {
    throw new Refusal('a name in ENV has letters, digits, "_", ".", "-", "[" and "]"', 0, [name])
  }
  if (typeof value !== 'string') {
    throw new Refusal('ENV holds texts only, not nested and of no other type', 0, [name])
  }
  return `${name}=${printValue(value)}`
}

function printValue(value: string): string {
  if (/^[\w./:@%+,=$-]*$/.test(value)) return value
  const inner = value.replaceAll(/["\\\p{Cc}]/gu, (unit) => PRINTED[unit] ?? unit)
  return `"${inner}"`
}

const PRINTED: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

const SPACE = /[\t\v\f\r \u0085\u00a0]*/y
const NAME = /[\p{L}\p{N}_.[\]-]*/uy

/** Every `name=value` of a text, in order. Throws a Refusal. */
export function* scanEnv(text: string): Generator<Line> {
  let at = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0
  for (;;) {
    at = skipBlank(text, at)
    if (at >= text.length) return
    const start = at
    const exported = /export[\t\v\f\r \u0085\u00a0]+/y
    exported.lastIndex = at
    at += exported.exec(text)?.[0].length ?? 0
    const nameEnd = skip(NAME, text, at)
    const name = text.slice(at, nameEnd)
    const sign = skip(SPACE, text, nameEnd)
    if (text.charAt(sign) !== '=' && text.charAt(sign) !== ':') {
      throw noSign(text, start, nameEnd, sign, name)
    }
    const from = skip(SPACE, text, sign + 1)
    const read = readValue(text, from, name)
    checkString(read.value, from, [name])
    at = read.end
    yield { name, value: read.value, start, from, to: read.end }
  }
}

function noSign(text: string, start: number, nameEnd: number, sign: number, name: string): Refusal {
  const found = text.codePointAt(sign)
  if (found === undefined || found === 0x0a) {
    return new Refusal(`${quote(name)} has no value; write ${quote(`${name}=`)}`, start)
  }
  if (sign > nameEnd) return new Refusal('a key cannot contain a space', nameEnd)
  const what = quote(String.fromCodePoint(found))
  return new Refusal(`unexpected ${what} in a name, expected "=" or ":"`, sign)
}

interface Value {
  readonly value: string
  readonly end: number
}

function readValue(text: string, from: number, name: string): Value {
  const mark = text.charAt(from)
  if (mark === '"' || mark === "'") return readQuoted(text, from, mark, name)
  const newline = text.indexOf('\n', from)
  const line = text.slice(from, newline < 0 ? text.length : newline)
  const comment =
    line.startsWith('#') && from > 0 && text.charAt(from - 1) === ' ' ? 0 : line.indexOf(' #')
  const value = (comment < 0 ? line : line.slice(0, comment)).trimEnd()
  return { value, end: from + value.length }
}

/** Quoted text may have several lines. Behind it only a comment may stand on its last one. */
function readQuoted(text: string, from: number, mark: string, name: string): Value {
  let inner = ''
  let at = from + 1
  while (at < text.length && text.charAt(at) !== mark) {
    // Any escape keeps its backslash but that of the closing mark; double-quoted text reads the others below.
    const escaped = text.charAt(at) === '\\' && at + 1 < text.length
    const part = text.slice(at, at + (escaped ? 2 : 1))
    inner += escaped && part.endsWith(mark) && mark === "'" ? mark : part
    at += part.length
  }
  if (at >= text.length) throw new Refusal('an unterminated quoted value', from, [name])
  const end = at + 1
  const rest = skip(SPACE, text, end)
  const after = text.charAt(rest)
  if (after !== '' && after !== '\n' && after !== '#') {
    throw new Refusal('text after a quoted value; only a comment may stand there', rest, [name])
  }
  const value = mark === '"' ? unescape(inner) : inner.replaceAll(/\$(?=[$\w{])/g, '$$$$')
  return { value, end }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  c: '\\c',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  $: '$$',
  '"': '"',
  '\\': '\\',
}

function unescape(inner: string): string {
  return inner.replaceAll(/\\(?:0([0-3][0-7]{2})|([abcfnrtv$"\\]))/g, (_, octal, letter) =>
    typeof octal === 'string'
      ? String.fromCharCode(Number.parseInt(octal, 8))
      : (ESCAPES[String(letter)] ?? ''),
  )
}

function skipBlank(text: string, start: number): number {
  let at = start
  for (;;) {
    at = skip(/\s*/y, text, at)
    if (text.charAt(at) !== '#') return at
    const newline = text.indexOf('\n', at)
    if (newline < 0) return text.length
    at = newline
  }
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return at + (pattern.exec(text)?.[0].length ?? 0)
}
