/**
 * The operators of EVALUATION.md §5 that compare one attribute with a value. Each reads its value once, when the flag is
 * compiled, and gives a test of the attribute; or nothing for a value it cannot read. Negations are made by the caller.
 */
import { isListOf, isString, stringsOf } from './read.ts'

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
export type Key = number | string

type Holds = (a: Key, b: Key) => boolean

export function ordered(
  read: (value: unknown) => Key,
  holds: (a: Key, b: Key) => boolean,
): Operator {
  return (value) => {
    const bound = read(value)
    return Number.isNaN(bound) ? undefined : (attribute) => holds(read(attribute), bound)
  }
}

export const isBelow: Holds = (a, b) => a < b
export const isAtMost: Holds = (a, b) => a <= b
export const isAbove: Holds = (a, b) => a > b
export const isAtLeast: Holds = (a, b) => a >= b

const toNumber = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN)

/** Those that every evaluator has; for the others see more-operators.ts. */
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
}
