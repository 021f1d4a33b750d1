/**
 * Strict JSON (RFC 8259): text that two parsers could read differently is refused, with the place, instead of read
 * somehow. JSON.parse keeps the last of two members, rounds large integers and makes `__proto__` an own member.
 */
import {
  BYTE_ORDER_MARK,
  checkName,
  checkNumber,
  MAX_DEPTH,
  quote,
  reading,
  Refusal,
} from './fault.ts'
import type { JsonValue } from '../core/json.ts'
import type { ParseResult } from './fault.ts'

export interface ParseJsonOptions {
  /** How deep objects and arrays may nest, 1 to 1,000; default 32. */
  readonly maxDepth?: number
  /** Read JSONC: comments as in JavaScript, a comma after the last entry, one leading byte order mark. Default false. */
  readonly comments?: boolean
  /** Where integers that a double cannot hold are rounded instead of refused. Default: nowhere. */
  readonly roundsAt?: (path: readonly (string | number)[]) => boolean
}

/**
 * Reads one JSON text. Refused besides what RFC 8259 refuses: duplicate members, members named `__proto__`, integers
 * outside ±(2^53 − 1), numbers that overflow, lone surrogates (raw or escaped), a byte order mark, nesting deeper than
 * `maxDepth`. A number with a fraction or exponent counts as an integer when its canonical form (RFC 8785) is written
 * as one, so that what is accepted here is accepted again once canonicalized.
 *
 * Linear in the text. Throws only a TypeError, for a `maxDepth` out of range.
 */
export function parseJson(text: string, options: ParseJsonOptions = {}): ParseResult {
  const { maxDepth = MAX_DEPTH, comments = false, roundsAt = () => false } = options
  if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > 1000) {
    throw new TypeError('maxDepth must be an integer from 1 to 1000')
  }
  const reader: Reader = { text, at: 0, path: [], maxDepth, comments, roundsAt }
  return reading(text, () => {
    if (text.charCodeAt(0) === BYTE_ORDER_MARK) {
      if (!comments) throw refuse(reader, 'starts with a byte order mark', 0)
      reader.at++
    }
    skipSpace(reader)
    const value = readValue(reader)
    skipSpace(reader)
    if (reader.at < text.length) throw unexpected(reader, 'the end of the text')
    return value
  })
}

interface Reader {
  readonly text: string
  at: number
  readonly path: (string | number)[]
  readonly maxDepth: number
  readonly comments: boolean
  readonly roundsAt: (path: readonly (string | number)[]) => boolean
}

function refuse(reader: Reader, message: string, offset: number): Refusal {
  return new Refusal(message, offset, reader.path)
}

function readValue(reader: Reader): JsonValue {
  switch (reader.text.charCodeAt(reader.at)) {
    case 0x22: // "
      return readString(reader)
    case 0x7b: // {
      return readObject(reader)
    case 0x5b: // [
      return readArray(reader)
    case 0x74: // t
      return readWord(reader, 'true', true)
    case 0x66: // f
      return readWord(reader, 'false', false)
    case 0x6e: // n
      return readWord(reader, 'null', null)
    default:
      return readNumber(reader)
  }
}

function readObject(reader: Reader): JsonValue {
  const { text, path } = reader
  enter(reader)
  const object: Record<string, JsonValue> = {}
  skipSpace(reader)
  if (text.charCodeAt(reader.at) === 0x7d) {
    reader.at++
    return object
  }
  for (;;) {
    const start = reader.at
    if (text.charCodeAt(start) !== 0x22) throw unexpected(reader, 'a member name in double quotes')
    const name = readString(reader)
    checkName(name, object, start, path)
    path.push(name)
    skipSpace(reader)
    if (text.charCodeAt(reader.at) !== 0x3a) throw unexpected(reader, '":"')
    reader.at++
    skipSpace(reader)
    object[name] = readValue(reader)
    path.pop()
    if (isLast(reader, 0x7d)) return object
  }
}

function readArray(reader: Reader): JsonValue {
  const { text, path } = reader
  enter(reader)
  const array: JsonValue[] = []
  skipSpace(reader)
  if (text.charCodeAt(reader.at) === 0x5d) {
    reader.at++
    return array
  }
  for (;;) {
    path.push(array.length)
    array.push(readValue(reader))
    path.pop()
    if (isLast(reader, 0x5d)) return array
  }
}

function enter(reader: Reader): void {
  if (reader.path.length >= reader.maxDepth) {
    throw refuse(reader, `nested deeper than ${reader.maxDepth}`, reader.at)
  }
  reader.at++
}

/** Reads what stands after a member or element: `close` ends the container, a comma goes on. */
function isLast(reader: Reader, close: number): boolean {
  skipSpace(reader)
  const unit = reader.text.charCodeAt(reader.at)
  if (unit !== close && unit !== 0x2c)
    throw unexpected(reader, `"," or "${String.fromCharCode(close)}"`)
  reader.at++
  if (unit === close) return true
  skipSpace(reader)
  if (!reader.comments || reader.text.charCodeAt(reader.at) !== close) return false
  reader.at++
  return true
}

function readWord<T extends JsonValue>(reader: Reader, word: string, value: T): T {
  for (let i = 0; i < word.length; i++, reader.at++) {
    if (reader.text.charCodeAt(reader.at) !== word.charCodeAt(i)) throw unexpected(reader, word)
  }
  return value
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y

function readNumber(reader: Reader): number {
  const { text, at: start } = reader
  // Most numbers are short whole ones, and a regular expression costs ten times what those do.
  let at = start
  let whole = 0
  let unit = text.charCodeAt(at)
  for (; unit >= 0x30 && unit <= 0x39 && at - start < 15; unit = text.charCodeAt(++at)) {
    whole = whole * 10 + unit - 0x30
  }
  const goesOn = (unit >= 0x30 && unit <= 0x39) || unit === 0x2e || unit === 0x65 || unit === 0x45
  if (at > start && !goesOn && (at === start + 1 || text.charCodeAt(start) !== 0x30)) {
    reader.at = at
    return whole
  }
  NUMBER.lastIndex = start
  const match = NUMBER.exec(text)
  if (!match) throw unexpected(reader, 'a value')
  const [literal, fraction, exponent] = match
  const value = Number(literal)
  const isInteger = fraction === undefined && exponent === undefined
  const isRounded =
    Number.isFinite(value) && !Number.isSafeInteger(value) && reader.roundsAt(reader.path)
  if (!isRounded) checkNumber(value, isInteger, start, reader.path)
  reader.at += literal.length
  return value
}

function readString(reader: Reader): string {
  const { text } = reader
  const start = reader.at++
  let value = ''
  let from = reader.at
  for (;;) {
    const unit = text.charCodeAt(reader.at)
    if (unit === 0x22) {
      value += text.slice(from, reader.at++)
      return value
    }
    if (unit === 0x5c) {
      value += text.slice(from, reader.at) + readEscape(reader)
      from = reader.at
    } else if (unit >= 0xd800 && unit < 0xe000) {
      if (unit >= 0xdc00 || !isLowSurrogate(text.charCodeAt(reader.at + 1))) {
        throw refuse(reader, 'a lone surrogate', reader.at)
      }
      reader.at += 2
    } else if (unit >= 0x20) {
      reader.at++
    } else if (reader.at < text.length) {
      throw refuse(reader, 'a control character in a string; escape it', reader.at)
    } else {
      throw refuse(reader, 'a string that does not end', start)
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

function readEscape(reader: Reader): string {
  const start = reader.at
  const letter = reader.text.charAt(start + 1)
  reader.at += 2
  if (letter !== 'u') {
    const escaped = ESCAPES[letter]
    if (escaped === undefined) throw refuse(reader, 'an unknown escape in a string', start)
    return escaped
  }
  const unit = readHex(reader)
  if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit)
  if (unit > 0xdbff || !reader.text.startsWith('\\u', reader.at))
    throw refuse(reader, 'a lone surrogate', start)
  reader.at += 2
  const low = readHex(reader)
  if (!isLowSurrogate(low)) throw refuse(reader, 'a lone surrogate', start)
  return String.fromCharCode(unit, low)
}

function readHex(reader: Reader): number {
  const digits = reader.text.slice(reader.at, reader.at + 4)
  if (!/^[0-9a-fA-F]{4}$/.test(digits))
    throw refuse(reader, '\\u must be followed by four hex digits', reader.at)
  reader.at += 4
  return Number.parseInt(digits, 16)
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

function skipSpace(reader: Reader): void {
  for (;;) {
    const unit = reader.text.charCodeAt(reader.at)
    if (unit === 0x2f && reader.comments) skipComment(reader)
    else if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return
    else reader.at++
  }
}

function skipComment(reader: Reader): void {
  const { text, at } = reader
  if (text.startsWith('//', at)) {
    while (reader.at < text.length && !isLineEnd(text.charCodeAt(reader.at))) reader.at++
  } else if (text.startsWith('/*', at)) {
    const end = text.indexOf('*/', at + 2)
    if (end < 0) throw refuse(reader, 'a comment that does not end', at)
    reader.at = end + 2
  } else throw unexpected(reader, 'a value or a comment')
}

function isLineEnd(unit: number): boolean {
  return unit === 0x0a || unit === 0x0d
}

function unexpected(reader: Reader, expected: string): Refusal {
  const found = reader.text.codePointAt(reader.at)
  const what = found === undefined ? 'end of the text' : quote(String.fromCodePoint(found))
  return refuse(reader, `unexpected ${what}, expected ${expected}`, reader.at)
}
