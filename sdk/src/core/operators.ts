/**
 * The operators of EVALUATION.md §5 that compare one attribute with a value. Each reads its value once, when the flag is
 * compiled, and gives a test of the attribute; or nothing for a value it cannot read. Negations are made by the caller.
 */
import { toEpochMs } from './date.ts'
import { isListOf, isNumber, isString, stringsOf } from './read.ts'
import { compareParsedSemver, parseSemver } from './semver.ts'

/** A test of one attribute, which may be missing (undefined) or of any type. */
export type AttributeTest = (attribute: unknown) => boolean

type Operator = (value: unknown) => AttributeTest | undefined

type Scalar = string | number | boolean | null

function isScalar(value: unknown): value is Scalar {
  return (
    value === null || isString(value) || typeof value === 'number' || typeof value === 'boolean'
  )
}

function isIn(value: unknown): AttributeTest | undefined {
  if (!isListOf(value, isScalar)) return undefined
  // A short list is searched faster than it is hashed; and unlike a Set, === finds no NaN.
  if (value.length <= 8) {
    return (attribute) => {
      for (const one of value) if (attribute === one) return true
      return false
    }
  }
  const values: ReadonlySet<unknown> = new Set(value.filter((one) => !Number.isNaN(one)))
  return (attribute) => values.has(attribute)
}

/** Any of the texts in `value` suffices. */
function text(holds: (attribute: string, value: string) => boolean): Operator {
  return (value) => {
    const texts = stringsOf(value)
    if (!texts) return undefined
    return (attribute) => {
      if (isString(attribute)) for (const one of texts) if (holds(attribute, one)) return true
      return false
    }
  }
}

/** `read` gives undefined or NaN for what is not of its kind; then nothing holds, since NaN compares with nothing. */
function ordered<T>(
  read: (value: unknown) => T | undefined,
  compare: (a: T, b: T) => number,
  holds: Holds,
): Operator {
  return (value) => {
    const bound = read(value)
    if (bound === undefined || Number.isNaN(bound)) return undefined
    return (attribute) => {
      const subject = read(attribute)
      return subject !== undefined && holds(compare(subject, bound))
    }
  }
}

type Holds = (order: number) => boolean
const isBelow: Holds = (order) => order < 0
const isAtMost: Holds = (order) => order <= 0
const isAbove: Holds = (order) => order > 0
const isAtLeast: Holds = (order) => order >= 0

// Two infinities are equal, though their difference is NaN.
const byDifference = (a: number, b: number): number => (a === b ? 0 : a - b)
const number = (holds: Holds): Operator =>
  ordered((value) => (isNumber(value) ? value : Number.NaN), byDifference, holds)
const date = (holds: Holds): Operator => ordered(toEpochMs, byDifference, holds)
const semver = (holds: Holds): Operator =>
  ordered((value) => (isString(value) ? parseSemver(value) : undefined), compareParsedSemver, holds)

/** `matches` and `ipInCidr` are to come; until then they are operators that are not known. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  equals: (value) => (isScalar(value) ? (attribute) => attribute === value : undefined),
  in: isIn,
  contains: text((attribute, value) => attribute.includes(value)),
  startsWith: text((attribute, value) => attribute.startsWith(value)),
  endsWith: text((attribute, value) => attribute.endsWith(value)),
  lt: number(isBelow),
  lte: number(isAtMost),
  gt: number(isAbove),
  gte: number(isAtLeast),
  before: date(isBelow),
  after: date(isAbove),
  semverEquals: semver((order) => order === 0),
  semverLt: semver(isBelow),
  semverLte: semver(isAtMost),
  semverGt: semver(isAbove),
  semverGte: semver(isAtLeast),
}
