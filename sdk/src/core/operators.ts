/**
 * The operators of EVALUATION.md §5 that compare one attribute with a value. Each reads its value once, when the flag is
 * compiled, and gives a test of the attribute; or nothing for a value it cannot read. Negations are made by the caller.
 */
import { toEpochMs } from './date.ts'
import { isListOf, isString, stringsOf } from './read.ts'
import { semverKey } from './semver.ts'

/** A test of one attribute, which may be missing (undefined) or of any type. */
export type AttributeTest = (attribute: unknown) => boolean

export type Operator = (value: unknown) => AttributeTest | undefined

/** By name. */
export type Operators = Readonly<Record<string, Operator>>

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

/** Any of the texts in `value` suffices. `read` makes a test of each, or nothing where it cannot be read. */
export function text(
  read: (value: string) => ((attribute: string) => boolean) | undefined,
): Operator {
  return (value) => {
    const tests = stringsOf(value)?.map(read)
    if (!isListOf(tests, (test) => test !== undefined)) return undefined
    return (attribute) => {
      if (isString(attribute)) for (const test of tests) if (test(attribute)) return true
      return false
    }
  }
}

/** What compares by `<`; NaN for what is not of the kind that is compared, so that nothing holds. */
type Key = number | string

function ordered(read: (value: unknown) => Key, holds: (a: Key, b: Key) => boolean): Operator {
  return (value) => {
    const bound = read(value)
    return Number.isNaN(bound) ? undefined : (attribute) => holds(read(attribute), bound)
  }
}

const isBelow = (a: Key, b: Key): boolean => a < b
const isAtMost = (a: Key, b: Key): boolean => a <= b
const isAbove = (a: Key, b: Key): boolean => a > b
const isAtLeast = (a: Key, b: Key): boolean => a >= b

const toNumber = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN)

// Rules one after the other mostly compare the same version.
let lastVersion = ''
let lastKey: Key = Number.NaN

function toVersion(value: unknown): Key {
  if (!isString(value)) return Number.NaN
  if (value !== lastVersion) {
    lastVersion = value
    lastKey = semverKey(value) ?? Number.NaN
  }
  return lastKey
}

/** Those that every evaluator has. `matches` and `ipInCidr` are in text-operators.ts. */
export const OPERATORS: Operators = {
  equals: (value) => (isScalar(value) ? (attribute) => attribute === value : undefined),
  in: (value) => {
    if (!isListOf(value, isScalar)) return undefined
    const values: ReadonlySet<unknown> = new Set(value)
    return (attribute) => values.has(attribute)
  },
  contains: text((value) => (attribute) => attribute.includes(value)),
  startsWith: text((value) => (attribute) => attribute.startsWith(value)),
  endsWith: text((value) => (attribute) => attribute.endsWith(value)),
  lt: ordered(toNumber, isBelow),
  lte: ordered(toNumber, isAtMost),
  gt: ordered(toNumber, isAbove),
  gte: ordered(toNumber, isAtLeast),
  before: ordered(toEpochMs, isBelow),
  after: ordered(toEpochMs, isAbove),
  semverEquals: ordered(toVersion, (a, b) => a === b),
  semverLt: ordered(toVersion, isBelow),
  semverLte: ordered(toVersion, isAtMost),
  semverGt: ordered(toVersion, isAbove),
  semverGte: ordered(toVersion, isAtLeast),
}
