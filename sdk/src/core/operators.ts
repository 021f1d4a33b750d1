/**
 * The operators of EVALUATION.md §5 that compare one attribute with a value. Each reads its value once, when the flag is
 * compiled, and gives comparisons of which any suffices; or nothing for a value it cannot read. Negations are made by the
 * caller.
 */
import { isListOf, stringsOf } from './read.ts'

/**
 * How an attribute is compared. One shape for all, and data for what is asked most: calling a function that may be any of
 * many costs more than the comparison itself.
 */
export interface Comparison {
  readonly kind: 'equals' | 'in' | 'contains' | 'startsWith' | 'endsWith' | Order | 'test'
  /** `equals`. */
  readonly value: unknown
  /** `in`. */
  readonly values: ReadonlySet<unknown>
  /** `contains`, `startsWith` and `endsWith`. */
  readonly text: string
  /** Of an order. */
  readonly bound: number
  /** What of the attribute is compared; undefined: itself. */
  readonly read: Reader | undefined
  /** `test`. */
  readonly test: AttributeTest
}

export type Order = '<' | '<=' | '>' | '>='

/** A test of one attribute, which may be missing (undefined) or of any type. */
export type AttributeTest = (attribute: unknown) => boolean

/** What is compared of an attribute: a number, NaN for what is not of the kind that is compared. */
export type Reader = (attribute: unknown) => number

export type Operator = (value: unknown) => readonly Comparison[] | undefined

/** By name. */
export type Operators = Readonly<Record<string, Operator>>

/** Whether one attribute, or one element of a list, is what is asked for. NaN is in no order with anything. */
export function holds(one: Comparison, attribute: unknown): boolean {
  switch (one.kind) {
    case 'equals':
      return attribute === one.value
    case 'in':
      return one.values.has(attribute)
    case 'contains':
      return typeof attribute === 'string' && attribute.includes(one.text)
    case 'startsWith':
      return typeof attribute === 'string' && attribute.startsWith(one.text)
    case 'endsWith':
      return typeof attribute === 'string' && attribute.endsWith(one.text)
    case '<':
      return typeof attribute === 'number' && attribute < one.bound
    case '<=':
      return typeof attribute === 'number' && attribute <= one.bound
    case '>':
      return typeof attribute === 'number' && attribute > one.bound
    case '>=':
      return typeof attribute === 'number' && attribute >= one.bound
    case 'test':
      return one.test(attribute)
  }
}

/** Holds for nothing: what comparisons are made from. */
export const UNLIKE: Comparison = {
  kind: 'test',
  value: undefined,
  values: new Set(),
  text: '',
  bound: 0,
  read: undefined,
  test: () => false,
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function ofTexts(kind: Comparison['kind']): Operator {
  return (value) => stringsOf(value)?.map((text) => ({ ...UNLIKE, kind, text }))
}

/** With what `read` makes of the value. */
export function ordered(kind: Order, read?: Reader): Operator {
  return (value) => {
    const bound = read ? read(value) : value
    return typeof bound === 'number' && !Number.isNaN(bound)
      ? [{ ...UNLIKE, kind, bound, read }]
      : undefined
  }
}

/** Those that every evaluator has; for the others see more-operators.ts. */
export const OPERATORS: Operators = {
  equals: (value) => (isScalar(value) ? [{ ...UNLIKE, kind: 'equals', value }] : undefined),
  in: (value) =>
    isListOf(value, isScalar) ? [{ ...UNLIKE, kind: 'in', values: new Set(value) }] : undefined,
  contains: ofTexts('contains'),
  startsWith: ofTexts('startsWith'),
  endsWith: ofTexts('endsWith'),
  lt: ordered('<'),
  lte: ordered('<='),
  gt: ordered('>'),
  gte: ordered('>='),
}
