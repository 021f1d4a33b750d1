/** The operators of EVALUATION.md §5 as a writer sees them: which there are, and which `value` each can read. */
import {
  compareSemver,
  compilePattern,
  isJsonObject,
  parseCidr,
  SHARE_PARTS,
  toEpochMs,
} from '#core'
import type { JsonValue } from '#core'

interface Operator {
  /** Whether an evaluator can read `value`; undefined: absent. */
  readonly reads: (value: JsonValue | undefined) => boolean
  /** Where `value` is one text or a list of them: what is wrong with one, undefined for nothing. Instead of `rule`. */
  readonly faultOf?: (text: string) => string | undefined
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

const CIDR = 'an address or CIDR such as "10.0.0.0/8" or "2001:db8::/32"'

const TEXT: Operator = { reads: oneOrMore(isString), rule: 'a string or a list of strings' }
const NUMBER: Operator = { reads: (value) => typeof value === 'number', rule: 'a number' }
const DATE: Operator = {
  reads: (value) => !Number.isNaN(toEpochMs(value)),
  rule: 'an RFC 3339 date with zone, or a number of milliseconds',
}
const VERSION: Operator = {
  reads: (value) => isString(value) && compareSemver(value, value) !== undefined,
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
  matches: { ...TEXT, rule: 'an RE2 pattern or a list of them', faultOf: patternFault },
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
    ...TEXT,
    rule: `${CIDR} or a list of them`,
    faultOf: (text) => (parseCidr(text) ? undefined : `must be ${CIDR}`),
  },
  percentage: { reads: isPercentage, rule: `{from?, to, seed?}, 0 ≤ from ≤ to ≤ ${SHARE_PARTS}` },
}

/** `<vendor>.<name>`: an operator the application passes in (EVALUATION.md §9). Which values it reads is its own affair. */
const FOREIGN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** The operator of this name without its negation (`notIn` → `in`); undefined when it is not known. */
export function operatorNamed(name: string): (Operator & { readonly name: string }) | undefined {
  if (FOREIGN.test(name)) return { name, reads: () => true, rule: 'any value' }
  const negated = /^not([A-Z])(.*)$/.exec(name)
  const plain = negated === null ? name : `${(negated[1] ?? '').toLowerCase()}${negated[2] ?? ''}`
  const operator = Object.hasOwn(OPERATORS, plain) ? OPERATORS[plain] : undefined
  return operator && { ...operator, name: plain }
}

/** Whether an operator may stand without an attribute. */
export function needsNoAttribute(name: string): boolean {
  return name === 'inSegment' || FOREIGN.test(name)
}

export const OPERATOR_NAMES: readonly string[] = Object.keys(OPERATORS)

function patternFault(text: string): string | undefined {
  try {
    compilePattern(text)
    return undefined
  } catch (error) {
    return `must be an RE2 pattern; ${error instanceof Error ? error.message : ''}`
  }
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
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= SHARE_PARTS
}

// Array.isArray does not narrow a readonly array out of a union.
function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
