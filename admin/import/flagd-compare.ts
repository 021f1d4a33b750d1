/** The comparisons of JsonLogic and flagd, one attribute with known values. See `flagd-condition.ts` for the rules. */
import { compareSemver } from '#core'
import type { Condition } from '#core'
import { both, either, type Formula, negated } from './formula.ts'
import {
  type FlagScope,
  type Operand,
  type Operation,
  operandOf,
  type Primitive,
} from './json-logic.ts'
import { Untranslatable } from './translation.ts'

interface Attribute {
  readonly name: string
  readonly fallback: Primitive
}

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

/**
 * `condition`, which is `ours` on a missing attribute and on null, made to give what JsonLogic gives there: `theirs`.
 */
function whenMissing(
  condition: Formula,
  attribute: string,
  ours: boolean,
  theirs: boolean,
): Formula {
  if (ours === theirs) return condition
  return theirs
    ? either(condition, { attribute, operator: 'notExists' })
    : both({ attribute, operator: 'exists' }, condition)
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
  const isStrict = operator.length === 3
  const found = sides(operation, scope)
  if (found.attribute === undefined) {
    const { left, right } = found
    if (left?.kind !== 'value' || right?.kind !== 'value') throw noCounterpart(operation)
    return isStrict ? left.value === right.value : isLooselyEqual(left.value, right.value)
  }
  const { attribute, other } = found
  if (other?.kind !== 'value') throw noCounterpart(operation)
  const { name, fallback } = attribute
  const { value } = other
  if (value === null) {
    return whenMissing({ attribute: name, operator: 'notExists' }, name, true, fallback === null)
  }
  if (isStrict) return whenMissing(oneOf(name, [value]), name, false, fallback === value)
  if (typeof value !== 'string') {
    throw new Untranslatable(
      at(),
      `"${operator}" with ${typeof value === 'number' ? 'a number' : 'true or false'} also takes texts that read like it, which has no counterpart; "${operator}=" has`,
    )
  }
  return whenMissing(
    oneOf(name, equalTo(value)),
    name,
    false,
    fallback !== null && isLooselyEqual(fallback, value),
  )
}

/** All values that are loosely equal to a text: itself, and the number or truth it reads as. */
function equalTo(text: string): readonly Primitive[] {
  const number = Number(text)
  if (!Number.isFinite(number)) return [text]
  return [text, number, ...(number === 1 ? [true] : []), ...(number === 0 ? [false] : [])]
}

function isLooselyEqual(a: Primitive, b: Primitive): boolean {
  // oxlint-disable-next-line eqeqeq -- JsonLogic's == is JavaScript's
  return a == b
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
  if (left?.kind === 'value' && right?.kind === 'attribute') {
    return orderOf(MIRRORED[operator], right, left, operation)
  }
  if (right?.kind !== 'value' || typeof right.value !== 'number') throw noCounterpart(operation)
  if (left?.kind === 'value' && typeof left.value === 'number') {
    return isOrdered(operator, left.value, right.value)
  }
  if (left?.kind !== 'attribute') throw noCounterpart(operation)
  const { name, fallback } = left
  const condition = { attribute: name, operator: ORDER_OPERATORS[operator], value: right.value }
  // A missing attribute is null, and null counts as 0.
  return whenMissing(condition, name, false, isOrdered(operator, Number(fallback), right.value))
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
    const { name, fallback } = needle
    const values = haystack.values.filter((value) => value !== null)
    const condition = values.length === 0 ? false : oneOf(name, values)
    return whenMissing(condition, name, false, haystack.values.includes(fallback))
  }
  if (needle?.kind === 'value' && haystack?.kind === 'attribute') {
    const { value } = needle
    if (typeof value !== 'string') throw noCounterpart(operation)
    scope.notes.set(
      at(),
      'of a list, any text that contains it counts here; in JsonLogic only an equal one',
    )
    const { name, fallback } = haystack
    return textCondition({ name, fallback }, 'contains', value)
  }
  throw noCounterpart(operation)
}

function affix(
  operator: 'startsWith' | 'endsWith',
  operation: Operation,
  scope: FlagScope,
): Formula {
  const [attribute, text] = read(operation, 2, scope)
  if (text?.kind !== 'value' || typeof text.value !== 'string') throw noCounterpart(operation)
  if (attribute?.kind === 'value') return holds(attribute.value, operator, text.value)
  if (attribute?.kind !== 'attribute') throw noCounterpart(operation)
  return textCondition(attribute, operator, text.value)
}

type TextOperator = 'contains' | 'startsWith' | 'endsWith'

function textCondition(
  { name, fallback }: Attribute,
  operator: TextOperator,
  value: string,
): Formula {
  const condition = { attribute: name, operator, value }
  return whenMissing(condition, name, false, holds(fallback, operator, value))
}

function holds(text: Primitive, operator: TextOperator, part: string): boolean {
  if (typeof text !== 'string') return false
  if (operator === 'contains') return text.includes(part)
  return operator === 'startsWith' ? text.startsWith(part) : text.endsWith(part)
}

/** `sem_ver: [attribute, range, version]`. What is no version answers false, `!=` too. */
function version(operation: Operation, scope: FlagScope): Formula {
  const { at } = operation
  const [attribute, range, against] = read(operation, 3, scope)
  if (attribute?.kind !== 'attribute' || attribute.fallback !== null) throw noCounterpart(operation)
  const text = against?.kind === 'value' ? against.value : undefined
  if (typeof text !== 'string' || compareSemver(text, text) === undefined) {
    throw new Untranslatable(at(2), 'must be a complete version such as 1.2.3')
  }
  scope.notes.set(at(), 'only complete versions such as 1.2.3 count here; flagd also reads v1.2.3')
  const compare = (operator: string, value: string): Condition => ({
    attribute: attribute.name,
    operator,
    value,
  })
  if (range?.kind !== 'value' || typeof range.value !== 'string') throw noCounterpart(operation)
  const condition = versionCondition(range.value, text, compare)
  if (condition !== undefined) return condition
  throw new Untranslatable(at(1), 'must be one of =, !=, <, <=, >, >=, ^ and ~')
}

function versionCondition(
  range: string,
  text: string,
  compare: (operator: string, value: string) => Condition,
): Condition | undefined {
  // Of any size: a version's numbers have no limit.
  const [major = 0n, minor = 0n] = text.split('.', 2).map(BigInt)
  switch (range) {
    case '=':
      return compare('semverEquals', text)
    case '!=':
      return { any: [compare('semverLt', text), compare('semverGt', text)] }
    case '<':
      return compare('semverLt', text)
    case '<=':
      return compare('semverLte', text)
    case '>':
      return compare('semverGt', text)
    case '>=':
      return compare('semverGte', text)
    // `-0` is the lowest prerelease there is, so these bounds take all prereleases of the range and none of the next.
    case '^':
      return {
        all: [compare('semverGte', `${major}.0.0-0`), compare('semverLt', `${major + 1n}.0.0-0`)],
      }
    case '~':
      return {
        all: [
          compare('semverGte', `${major}.${minor}.0-0`),
          compare('semverLt', `${major}.${minor + 1n}.0-0`),
        ],
      }
    default:
      return undefined
  }
}

function noCounterpart({ operator, at }: Operation): Untranslatable {
  return new Untranslatable(
    at(),
    `"${operator}" has a counterpart here only between one attribute and known values of a fitting type`,
  )
}
