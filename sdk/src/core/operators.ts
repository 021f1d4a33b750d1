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

/** `test` makes a test of one text; any of the texts in `value` suffices. */
function text(test: (one: string) => AttributeTest): Operator {
  return (value) => {
    const tests = stringsOf(value)?.map(test)
    // Mostly there is one, which is asked directly.
    return tests?.length === 1
      ? tests[0]
      : tests && ((attribute) => tests.some((one) => one(attribute)))
  }
}

export type Order = '<' | '<=' | '=' | '>' | '>='

/** NaN is in no order with anything. */
export function isInOrder(a: number, order: Order, b: number): boolean {
  if (a < b) return order === '<' || order === '<='
  if (a > b) return order === '>' || order === '>='
  return a === b && order !== '<' && order !== '>'
}

/** `read` gives NaN for what is not of the kind that is compared. */
export function ordered(read: (value: unknown) => number, order: Order): Operator {
  return (value) => {
    const bound = read(value)
    return Number.isNaN(bound) ? undefined : (attribute) => isInOrder(read(attribute), order, bound)
  }
}

const toNumber = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN)

/** Those that every evaluator has; for the others see more-operators.ts. */
export const OPERATORS: Operators = {
  equals: (value) => (isScalar(value) ? (attribute) => attribute === value : undefined),
  in: (value) => {
    if (!isListOf(value, isScalar)) return undefined
    const values: ReadonlySet<unknown> = new Set(value)
    return (attribute) => values.has(attribute)
  },
  contains: text((one) => (attribute) => isString(attribute) && attribute.includes(one)),
  startsWith: text((one) => (attribute) => isString(attribute) && attribute.startsWith(one)),
  endsWith: text((one) => (attribute) => isString(attribute) && attribute.endsWith(one)),
  lt: ordered(toNumber, '<'),
  lte: ordered(toNumber, '<='),
  gt: ordered(toNumber, '>'),
  gte: ordered(toNumber, '>='),
}
