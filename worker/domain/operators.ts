/** The operators of EVALUATION.md §5 as a writer sees them: which there are, and which `value` each can read. */
import { isJsonObject } from '#core'
import { MAX_PARTS } from './limits.ts'
import type { JsonValue } from '#core'

interface Operator {
  /** Whether an evaluator can read `value`; undefined: absent. */
  readonly reads: (value: JsonValue | undefined) => boolean
  /** What `value` must be, after "must be". */
  readonly rule: string
}

const isScalar = (value: JsonValue | undefined): boolean =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

const isString = (value: JsonValue | undefined): value is string => typeof value === 'string'

/** One, or a non-empty list of them: any suffices. */
function oneOrMore(reads: (value: JsonValue | undefined) => boolean): Operator['reads'] {
  return (value) => (isArray(value) ? value.length > 0 && value.every(reads) : reads(value))
}

const TEXT: Operator = { reads: oneOrMore(isString), rule: 'a string or a list of strings' }
const NUMBER: Operator = { reads: (value) => typeof value === 'number', rule: 'a number' }
const DATE: Operator = {
  reads: (value) => typeof value === 'number' || (isString(value) && isDate(value)),
  rule: 'an RFC 3339 date with zone, or a number of milliseconds',
}
const VERSION: Operator = {
  reads: (value) => isString(value) && SEMVER.test(value),
  rule: 'a version of SemVer 2.0.0',
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  equals: { reads: isScalar, rule: 'a string, number, boolean or null' },
  in: {
    reads: (value) => isArray(value) && value.every(isScalar),
    rule: 'a list of strings, numbers, booleans or nulls',
  },
  contains: TEXT,
  startsWith: TEXT,
  endsWith: TEXT,
  matches: { reads: oneOrMore(isString), rule: 'an RE2 pattern or a list of them' },
  lt: NUMBER,
  lte: NUMBER,
  gt: NUMBER,
  gte: NUMBER,
  before: DATE,
  after: DATE,
  semverEquals: VERSION,
  semverLt: VERSION,
  semverLte: VERSION,
  semverGt: VERSION,
  semverGte: VERSION,
  exists: { reads: (value) => value === undefined, rule: 'absent' },
  inSegment: { reads: oneOrMore(isString), rule: 'a segment key or a list of them' },
  ipInCidr: {
    reads: oneOrMore((value) => isString(value) && isCidr(value)),
    rule: 'a CIDR such as "10.0.0.0/8" or a list of them',
  },
  percentage: { reads: isPercentage, rule: `{from?, to, seed?}, 0 ≤ from ≤ to ≤ ${MAX_PARTS}` },
}

/** The operator of this name without its negation (`notIn` → `in`); undefined when it is not known. */
export function operatorNamed(name: string): (Operator & { readonly name: string }) | undefined {
  const negated = /^not([A-Z])(.*)$/.exec(name)
  const plain = negated === null ? name : `${(negated[1] ?? '').toLowerCase()}${negated[2] ?? ''}`
  const operator = Object.hasOwn(OPERATORS, plain) ? OPERATORS[plain] : undefined
  return operator && { ...operator, name: plain }
}

export const OPERATOR_NAMES: readonly string[] = Object.keys(OPERATORS)

// RFC 3339 §5.6, then whether the calendar has that day: Date.parse would take 30 February.
const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

function isDate(text: string): boolean {
  const match = RFC3339.exec(text)
  if (match === null) return false
  const [year, month, day] = match.slice(1, 4).map(Number)
  if (year === undefined || month === undefined || day === undefined) return false
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return days !== undefined && day >= 1 && day <= days
}

// The expression semver.org suggests (SemVer 2.0.0, FAQ).
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/

function isCidr(text: string): boolean {
  const match = /^([0-9A-Fa-f:.]{2,45})\/(\d{1,3})$/.exec(text)
  if (match === null) return false
  const [, address = '', prefix] = match
  if (isIpv4(address)) return Number(prefix) <= 32
  return isIpv6(address) && Number(prefix) <= 128
}

function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)
}

function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  let groups = 0
  for (const [half, part] of halves.entries()) {
    const fields = part === '' ? [] : part.split(':')
    for (const [index, field] of fields.entries()) {
      const last = half === halves.length - 1 && index === fields.length - 1
      if (last && isIpv4(field)) groups += 2
      else if (/^[0-9A-Fa-f]{1,4}$/.test(field)) groups += 1
      else return false
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8
}

function isPercentage(value: JsonValue | undefined): boolean {
  if (value === undefined || !isJsonObject(value)) return false
  const { from = 0, to, seed = '' } = value
  return (
    Object.keys(value).every((name) => ['from', 'to', 'seed'].includes(name)) &&
    isParts(from) &&
    isParts(to) &&
    from <= to &&
    isString(seed)
  )
}

function isParts(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_PARTS
}

// Array.isArray does not narrow a readonly array out of a union.
function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
