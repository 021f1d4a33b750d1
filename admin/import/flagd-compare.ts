/** The comparisons of JsonLogic and flagd, one attribute with known values. See `flagd-condition.ts` for the rules. */
import type { Condition, JsonObject } from '#core'
import {
  FLAGD_RANGES,
  type FlagdRange,
  flagdVersion,
  isInFlagdRange,
} from '#migrate/flagd-version.ts'
import { asInJsonLogic } from './flagd-missing.ts'
import { timeCondition } from './flagd-time.ts'
import { both, type Formula, negated } from './formula.ts'
import {
  type Attribute,
  type FlagScope,
  type Operand,
  type Operation,
  operandOf,
  type Primitive,
} from './json-logic.ts'
import { Untranslatable } from './translation.ts'

export function compareConditionOf(operation: Operation, scope: FlagScope): Formula {
  const { operator, at } = operation
  switch (operator) {
    case '==':
    case '===':
      return equality(operation, scope)
    case '!=':
    case '!==':
      return negated(equality(operation, scope))
    case '<':
    case '<=':
    case '>':
    case '>=':
      return order(operator, operation, scope)
    case 'in':
      return membership(operation, scope)
    case 'starts_with':
      return affix('startsWith', operation, scope)
    case 'ends_with':
      return affix('endsWith', operation, scope)
    case 'sem_ver':
      return version(operation, scope)
    default:
      throw new Untranslatable(at(), `the operation "${operator}" has no counterpart here`)
  }
}

/** Exactly `count` operands. */
function read(
  { operator, operands, at }: Operation,
  count: number,
  scope: FlagScope,
): readonly Operand[] {
  if (operands.length !== count) {
    throw new Untranslatable(at(), `"${operator}" takes ${count} operands`)
  }
  return operands.map((operand, index) => operandOf(operand, at(index), scope))
}

/** The attribute and the other operand of a comparison whose sides may change places. */
function sides(operation: Operation, scope: FlagScope) {
  const [left, right] = read(operation, 2, scope)
  if (left?.kind === 'attribute') return { attribute: left, other: right }
  if (right?.kind === 'attribute') return { attribute: right, other: left }
  return { attribute: undefined, left, right }
}

function equality(operation: Operation, scope: FlagScope): Formula {
  const { operator, at } = operation
  const found = sides(operation, scope)
  const [a, b] = found.attribute === undefined ? [found.left, found.right] : [found.other]
  if (a?.kind !== 'value') throw noCounterpart(operation)
  // What loose equality makes of other types differs between flagd's own implementations.
  if (operator.length === 2 && !isPlainText(a.value)) {
    throw new Untranslatable(
      at(),
      `"${operator}" coerces types, which has no counterpart here; "${operator}=" has`,
    )
  }
  if (found.attribute !== undefined) {
    const { name } = found.attribute
    const { value } = a
    if (value === null) {
      // With a fallback that is not null it never is.
      return found.attribute.fallback === null && { attribute: name, operator: 'notExists' }
    }
    return asInJsonLogic(oneOf(name, [value]), found.attribute, false, (known) => known === value)
  }
  if (b?.kind !== 'value') throw noCounterpart(operation)
  if (operator.length === 2 && !isPlainText(b.value)) throw noCounterpart(operation)
  return a.value === b.value
}

/** A text that no number or truth is loosely equal to. */
function isPlainText(value: Primitive): boolean {
  return typeof value === 'string' && Number.isNaN(Number(value))
}

function oneOf(attribute: string, values: readonly Primitive[]): Condition {
  const [only, ...others] = values
  return others.length === 0 && only !== undefined
    ? { attribute, operator: 'equals', value: only }
    : { attribute, operator: 'in', value: values }
}

const ORDER_OPERATORS = { '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' } as const
const MIRRORED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const
type OrderOperator = keyof typeof ORDER_OPERATORS

/** `a < b`, or `a < b < c`. */
function order(operator: OrderOperator, operation: Operation, scope: FlagScope): Formula {
  const { operands, at } = operation
  const isBetween = operands.length === 3 && (operator === '<' || operator === '<=')
  const [a, b, c] = read(operation, isBetween ? 3 : 2, scope)
  const first = orderOf(operator, a, b, operation)
  const formula = c === undefined ? first : both(first, orderOf(operator, b, c, operation))
  if (typeof formula !== 'boolean') {
    scope.notes.set(
      at(),
      'only numbers are compared here; JsonLogic also compares texts that read like numbers',
    )
  }
  return formula
}

function orderOf(
  operator: OrderOperator,
  left: Operand | undefined,
  right: Operand | undefined,
  operation: Operation,
): Formula {
  if (left?.kind === 'value' && (right?.kind === 'attribute' || right?.kind === 'time')) {
    return orderOf(MIRRORED[operator], right, left, operation)
  }
  if (right?.kind !== 'value' || typeof right.value !== 'number') throw noCounterpart(operation)
  if (left?.kind === 'value' && typeof left.value === 'number') {
    return isOrdered(operator, left.value, right.value)
  }
  if (left?.kind === 'time') return timeOrder(operator, right.value)
  if (left?.kind !== 'attribute') throw noCounterpart(operation)
  const bound = right.value
  const condition = { attribute: left.name, operator: ORDER_OPERATORS[operator], value: bound }
  // Null counts as 0, and so does a missing attribute.
  return asInJsonLogic(condition, left, false, (value) => isOrdered(operator, Number(value), bound))
}

/** The time is in whole seconds. */
function timeOrder(operator: OrderOperator, bound: number): Formula {
  const isLate = operator === '>' || operator === '>='
  const isNext = operator === '>' || operator === '<='
  return timeCondition(isLate, isNext ? Math.floor(bound) + 1 : Math.ceil(bound))
}

function isOrdered(operator: OrderOperator, a: number, b: number): boolean {
  switch (operator) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

/** In a list by strict equality, or in a text. */
function membership(operation: Operation, scope: FlagScope): Formula {
  const { at } = operation
  const [needle, haystack] = read(operation, 2, scope)
  if (needle?.kind === 'value' && haystack?.kind === 'value') {
    const { value: part } = needle
    if (typeof part !== 'string' || typeof haystack.value !== 'string')
      throw noCounterpart(operation)
    return haystack.value.includes(part)
  }
  if (needle?.kind === 'value' && haystack?.kind === 'list') {
    return haystack.values.includes(needle.value)
  }
  if (needle?.kind === 'attribute' && haystack?.kind === 'list') {
    const values = haystack.values.filter((value) => value !== null)
    const condition = values.length === 0 ? false : oneOf(needle.name, values)
    return asInJsonLogic(condition, needle, false, (value) => haystack.values.includes(value))
  }
  if (needle?.kind === 'value' && haystack?.kind === 'attribute') {
    const { value } = needle
    if (typeof value !== 'string') throw noCounterpart(operation)
    scope.notes.set(
      at(),
      'of a list, any text that contains it counts here; in JsonLogic only an equal one',
    )
    return textCondition(haystack, 'contains', value)
  }
  throw noCounterpart(operation)
}

function affix(
  operator: 'startsWith' | 'endsWith',
  operation: Operation,
  scope: FlagScope,
): Formula {
  const [attribute, text] = read(operation, 2, scope)
  if (text?.kind !== 'value') throw noCounterpart(operation)
  // What is no text answers null, whatever it is compared with.
  if (typeof text.value !== 'string') return false
  if (attribute?.kind === 'value') return holds(attribute.value, operator, text.value)
  if (attribute?.kind !== 'attribute') throw noCounterpart(operation)
  return textCondition(attribute, operator, text.value)
}

type TextOperator = 'contains' | 'startsWith' | 'endsWith'

function textCondition(attribute: Attribute, operator: TextOperator, value: string): Formula {
  const condition = { attribute: attribute.name, operator, value }
  return asInJsonLogic(condition, attribute, false, (known) => holds(known, operator, value))
}

function holds(text: Primitive, operator: TextOperator, part: string): boolean {
  if (typeof text !== 'string') return false
  if (operator === 'contains') return text.includes(part)
  return operator === 'startsWith' ? text.startsWith(part) : text.endsWith(part)
}

const MIRRORED_RANGES = { ...MIRRORED, '=': '=', '!=': '!=', '^': '^', '~': '~' } as const

/** `sem_ver: [version, range, version]`. What is no version answers false, `!=` too. */
function version(operation: Operation, scope: FlagScope): Formula {
  const { at } = operation
  const [left, between, right] = read(operation, 3, scope)
  const range = FLAGD_RANGES.find((one) => between?.kind === 'value' && one === between.value)
  if (range === undefined) {
    throw new Untranslatable(at(1), `must be one of ${FLAGD_RANGES.join(' ')}`)
  }
  if (left?.kind === 'attribute') return versionCondition(left, range, right, operation)
  if (right?.kind === 'attribute') {
    return versionCondition(right, MIRRORED_RANGES[range], left, operation)
  }
  if (left?.kind !== 'value' || right?.kind !== 'value') throw noCounterpart(operation)
  return isInFlagdRange(left.value, range, right.value)
}

function versionCondition(
  attribute: Attribute,
  range: FlagdRange,
  other: Operand | undefined,
  operation: Operation,
): Formula {
  const compare = (value: JsonObject): Condition => ({
    attribute: attribute.name,
    operator: 'flagd.semVer',
    value: { range, ...value },
  })
  if (other?.kind === 'attribute') {
    if (attribute.fallback !== null || other.fallback !== null) throw noCounterpart(operation)
    return compare({ than: other.name })
  }
  if (other?.kind !== 'value') throw noCounterpart(operation)
  const { value } = other
  if (flagdVersion(value) === undefined) return false
  return asInJsonLogic(compare({ version: value }), attribute, false, (known) =>
    isInFlagdRange(known, range, value),
  )
}

function noCounterpart({ operator, at }: Operation): Untranslatable {
  return new Untranslatable(
    at(),
    `"${operator}" has a counterpart here only between one attribute and known values of a fitting type`,
  )
}
