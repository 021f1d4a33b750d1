/** Keywords about one value by itself: its type, what it may be, numbers and texts. */
import { equalJson } from '../core/diff.ts'
import { isJsonObject } from '../core/json.ts'
import type { JsonValue } from '../core/json.ts'
import type { Keyword, KeywordCompiler } from './compile.ts'
import { formatNamed } from './formats.ts'
import { burn } from './pattern.ts'
import type { Check, Run } from './run.ts'

type Type = (value: JsonValue) => boolean

const TYPES: Readonly<Record<string, Type>> = {
  array: (value) => Array.isArray(value),
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  null: (value) => value === null,
  number: (value) => typeof value === 'number',
  object: isJsonObject,
  string: (value) => typeof value === 'string',
}

const NOUNS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'an integer',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a string',
}

const type: KeywordCompiler = ({ value, name, path, fault }) => {
  const names: readonly JsonValue[] = Array.isArray(value) ? value : [value]
  const tests: Type[] = []
  const nouns: string[] = []
  for (const one of names) {
    const test = typeof one === 'string' && Object.hasOwn(TYPES, one) ? TYPES[one] : undefined
    if (!test || typeof one !== 'string')
      return fault(`must be one of ${Object.keys(TYPES).join(', ')}, or a list of them`)
    tests.push(test)
    nouns.push(NOUNS[one] ?? '')
  }
  const message = `must be ${nouns.join(' or ')}`
  const [only] = tests
  if (only && tests.length === 1) {
    return (document, at, run) => only(document) || run.fail(at, name, path, message)
  }
  return (document, at, run) =>
    tests.some((test) => test(document)) || run.fail(at, name, path, message)
}

/** As it stands in a message: of a schema, so nothing that has to be hidden. */
function print(value: JsonValue): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function isKnown(document: JsonValue, run: Run): boolean {
  if (!run.opaque || typeof document !== 'string' || run.opaque(document) === undefined) return true
  run.unknown++
  return false
}

const enumeration: KeywordCompiler = ({ value, name, path, fault }) => {
  if (!isList(value)) return fault('must be a list of values')
  const scalars: ReadonlySet<JsonValue> = new Set(
    value.filter((one) => typeof one !== 'object' || one === null),
  )
  const others = value.filter((one) => typeof one === 'object' && one !== null)
  const shown = value.slice(0, 12).map(print).join(', ')
  const message = `must be one of ${shown}${value.length > 12 ? ', …' : ''}`
  return (document, at, run) => {
    if (scalars.has(document) || !isKnown(document, run)) return true
    burn(run.fuel, others.length)
    return others.some((one) => equalJson(one, document)) || run.fail(at, name, path, message)
  }
}

const constant: KeywordCompiler = ({ value, name, path }) => {
  const message = `must be ${print(value)}`
  return (document, at, run) =>
    equalJson(value, document) || !isKnown(document, run) || run.fail(at, name, path, message)
}

function ofNumber(rule: string, holds: (value: number, limit: number) => boolean): KeywordCompiler {
  return ({ value: limit, name, path, fault }) => {
    if (typeof limit !== 'number') return fault('must be a number')
    const message = `must be ${rule} ${limit}`
    return (document, at, run) =>
      typeof document !== 'number' || holds(document, limit) || run.fail(at, name, path, message)
  }
}

const multipleOf: KeywordCompiler = (keyword) => {
  if (typeof keyword.value === 'number' && keyword.value <= 0) {
    return keyword.fault('must be more than 0')
  }
  return ofNumber('a multiple of', isMultiple)(keyword)
}

/** Exact on the decimal numbers as they are written: 0.3 is a multiple of 0.1. */
function isMultiple(value: number, of: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(of)) return value % of === 0
  const [a, b] = [decimal(value), decimal(of)]
  const exponent = Math.min(a.exponent, b.exponent)
  const scale = ({ digits, exponent: own }: Decimal): bigint =>
    digits * 10n ** BigInt(own - exponent)
  return scale(a) % scale(b) === 0n
}

interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

function decimal(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

export function readCount({ value, fault }: Keyword): number | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  return fault('must be an integer of at least 0')
}

const lengthOf = (text: string): number => {
  let length = text.length
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length--
      i++
    }
  }
  return length
}

const minLength: KeywordCompiler = (keyword) => {
  const limit = readCount(keyword)
  if (limit === undefined) return undefined
  const { name, path } = keyword
  const message = limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`
  return textCheck((text) => text.length >= limit && lengthOf(text) >= limit, name, path, message)
}

const maxLength: KeywordCompiler = (keyword) => {
  const limit = readCount(keyword)
  if (limit === undefined) return undefined
  const message = `must have at most ${limit} characters`
  return textCheck(
    (text) => text.length <= limit || lengthOf(text) <= limit,
    keyword.name,
    keyword.path,
    message,
  )
}

function textCheck(
  holds: (text: string, run: Run) => boolean,
  name: string,
  path: string,
  message: string,
): Check {
  return (document, at, run) =>
    typeof document !== 'string' ||
    holds(document, run) ||
    !isKnown(document, run) ||
    run.fail(at, name, path, message)
}

const pattern: KeywordCompiler = (keyword) => {
  const { value, name, path } = keyword
  if (typeof value !== 'string') return keyword.fault('must be a string')
  const compiled = keyword.pattern(value)
  if (!compiled) return undefined
  const shown = value.length > 200 ? `${value.slice(0, 200)}…` : value
  return textCheck((text, run) => compiled.test(text, run.fuel), name, path, `must match ${shown}`)
}

const format: KeywordCompiler = ({ value, name, path, formats, fault }) => {
  if (typeof value !== 'string') return fault('must be a string')
  const holds = formats === 'assertion' ? formatNamed(value) : undefined
  return (
    holds &&
    textCheck(
      (text, run) => {
        burn(run.fuel, text.length)
        return holds(text)
      },
      name,
      path,
      `must be in the format ${value}`,
    )
  )
}

export const valueKeywords: Readonly<Record<string, KeywordCompiler>> = {
  type,
  enum: enumeration,
  const: constant,
  minimum: ofNumber('at least', (value, limit) => value >= limit),
  maximum: ofNumber('at most', (value, limit) => value <= limit),
  exclusiveMinimum: ofNumber('more than', (value, limit) => value > limit),
  exclusiveMaximum: ofNumber('less than', (value, limit) => value < limit),
  multipleOf,
  minLength,
  maxLength,
  pattern,
  format,
}

// Array.isArray does not narrow a readonly array out of a union.
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
