/**
 * GrowthBook's conditions (a dialect of MongoDB's), decided as its JavaScript SDK (1.8) decides them, coercions included:
 * a missing attribute is null, null is 0 to `$lt`, and the text "5" is the number 5.
 *
 * Two differences, on purpose: only own members are ever read, and `$regex` runs in linear time, so that look-around and
 * back-references throw instead of matching.
 */
import { matchesJavaScriptPattern } from './pattern.ts'
import { compareGrowthBookVersions } from './growthbook-version.ts'
import { textOf } from './text.ts'

type Members = Readonly<Record<string, unknown>>

/** A list of values (the older form), or `{type: 'list', attributeKey?, values}` or `{type: 'condition', condition}`, by id. */
export type SavedGroups = Members

interface Scope {
  readonly groups: SavedGroups
  /** Groups being decided, so that one that asks itself contains nobody. */
  readonly visited: ReadonlySet<string>
}

/**
 * Whether `condition` holds for `attributes`. An operator that is not known does not hold.
 *
 * @throws SyntaxError for a regular expression that has no linear-time form.
 */
export function evalCondition(
  attributes: unknown,
  condition: unknown,
  savedGroups: unknown = {},
): boolean {
  const groups = isMembers(savedGroups) ? savedGroups : {}
  return holds(attributes, condition, { groups, visited: new Set() })
}

function holds(attributes: unknown, condition: unknown, scope: Scope): boolean {
  if (!isMembers(condition)) return false
  for (const [name, value] of Object.entries(condition)) {
    if (!memberHolds(attributes, name, value, scope)) return false
  }
  return true
}

function memberHolds(attributes: unknown, name: string, value: unknown, scope: Scope): boolean {
  switch (name) {
    case '$or':
      return anyHolds(attributes, value, scope)
    case '$nor':
      return !anyHolds(attributes, value, scope)
    case '$and':
      return Array.isArray(value) && value.every((one) => holds(attributes, one, scope))
    case '$not':
      return !holds(attributes, value, scope)
    case '$savedGroup':
      return isInSavedGroup(attributes, value, scope)
    default:
      return valueHolds(value, readPath(attributes, name), scope)
  }
}

/** Any of nothing holds: so GrowthBook has it. */
function anyHolds(attributes: unknown, conditions: unknown, scope: Scope): boolean {
  if (!Array.isArray(conditions)) return false
  return conditions.length === 0 || conditions.some((one) => holds(attributes, one, scope))
}

function isInSavedGroup(attributes: unknown, reference: unknown, scope: Scope): boolean {
  if (!isMembers(reference)) return false
  const { id, attributeKey } = reference
  if (typeof id !== 'string' || scope.visited.has(id)) return false
  if (attributeKey !== undefined && typeof attributeKey !== 'string') return false
  const group = own(scope.groups, id)
  if (!isMembers(group)) return false
  if (group['type'] === 'list') {
    const key = attributeKey ?? group['attributeKey']
    const { values } = group
    return (
      typeof key === 'string' && Array.isArray(values) && isIn(readPath(attributes, key), values)
    )
  }
  const { condition } = group
  if (group['type'] !== 'condition' || !isMembers(condition)) return false
  return holds(attributes, condition, { ...scope, visited: new Set([...scope.visited, id]) })
}

/** By dotted path, through lists by index too; null for what is not there. */
function readPath(attributes: unknown, path: string): unknown {
  let value = attributes
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return null
    value = Object.getOwnPropertyDescriptor(value, step)?.value
  }
  return value
}

/** Whether `value` is what `expected` asks: the same after coercion, or what its operators say. */
function valueHolds(expected: unknown, value: unknown, scope: Scope, ignoresCase = false): boolean {
  if (typeof expected === 'string') {
    const text = textOf(value)
    return ignoresCase ? text.toLowerCase() === expected.toLowerCase() : text === expected
  }
  if (typeof expected === 'number') return Number(primitiveOf(value)) === expected
  if (typeof expected === 'boolean') return value !== null && Boolean(value) === expected
  if (expected === null) return value === null
  if (!isMembers(expected) || !hasOnlyOperators(expected)) {
    return JSON.stringify(value) === JSON.stringify(expected)
  }
  for (const [operator, operand] of Object.entries(expected)) {
    if (!operatorHolds(operator, value, operand, scope)) return false
  }
  return true
}

/** Whether an object is a set of operators rather than a value to be equal to. */
export function hasOnlyOperators(value: Members): boolean {
  const names = Object.keys(value)
  return names.length > 0 && names.every((name) => name.startsWith('$'))
}

function operatorHolds(operator: string, value: unknown, operand: unknown, scope: Scope): boolean {
  switch (operator) {
    case '$eq':
      return value === operand
    case '$ne':
      return value !== operand
    case '$lt':
      return isLess(value, operand)
    case '$lte':
      return isAtMost(value, operand)
    case '$gt':
      return isLess(operand, value)
    case '$gte':
      return isAtMost(operand, value)
    case '$veq':
      return compareGrowthBookVersions(value, operand) === 0
    case '$vne':
      return compareGrowthBookVersions(value, operand) !== 0
    case '$vlt':
      return compareGrowthBookVersions(value, operand) < 0
    case '$vlte':
      return compareGrowthBookVersions(value, operand) <= 0
    case '$vgt':
      return compareGrowthBookVersions(value, operand) > 0
    case '$vgte':
      return compareGrowthBookVersions(value, operand) >= 0
    case '$exists':
      return Boolean(operand) === ((value ?? null) !== null)
    case '$in':
      return Array.isArray(operand) && isIn(value, operand)
    case '$ini':
      return Array.isArray(operand) && isIn(value, operand, foldCase)
    case '$nin':
      return Array.isArray(operand) && !isIn(value, operand)
    case '$nini':
      return Array.isArray(operand) && !isIn(value, operand, foldCase)
    case '$inGroup':
    case '$notInGroup': {
      const values = groupValues(own(scope.groups, textOf(operand)))
      return values !== undefined && isIn(value, values) === (operator === '$inGroup')
    }
    case '$not':
      return !valueHolds(operand, value, scope)
    case '$size':
      return Array.isArray(value) && valueHolds(operand, value.length, scope)
    case '$elemMatch':
      return Array.isArray(value) && value.some((one) => elementHolds(operand, one, scope))
    case '$all':
      return isInAll(value, operand, scope, false)
    case '$alli':
      return isInAll(value, operand, scope, true)
    case '$regex':
      return matches(value, operand, false) ?? false
    case '$regexi':
      return matches(value, operand, true) ?? false
    case '$notRegex':
      return !(matches(value, operand, false) ?? true)
    case '$notRegexi':
      return !(matches(value, operand, true) ?? true)
    case '$type':
      return typeOf(value) === operand
    default:
      return false
  }
}

function isIn(
  value: unknown,
  expected: readonly unknown[],
  form: (value: unknown) => unknown = (same) => same,
): boolean {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.some((one) => expected.some((other) => form(one) === form(other)))
}

const foldCase = (value: unknown): unknown =>
  typeof value === 'string' ? value.toLowerCase() : value

/** Undefined for a group that is there but no list: then neither being in it nor not being in it holds. */
export function groupValues(group: unknown): readonly unknown[] | undefined {
  if (group === undefined) return []
  if (Array.isArray(group)) return group
  if (!isMembers(group) || group['type'] !== 'list') return undefined
  return Array.isArray(group['values']) ? group['values'] : undefined
}

function elementHolds(expected: unknown, element: unknown, scope: Scope): boolean {
  if (element === null || element === undefined) return false
  return isMembers(expected) && hasOnlyOperators(expected)
    ? valueHolds(expected, element, scope)
    : holds(element, expected, scope)
}

function isInAll(value: unknown, expected: unknown, scope: Scope, ignoresCase: boolean): boolean {
  if (!Array.isArray(value) || !Array.isArray(expected)) return false
  return expected.every((one) =>
    value.some((element) => valueHolds(one, element, scope, ignoresCase)),
  )
}

/** Undefined for what is no regular expression. */
function matches(value: unknown, pattern: unknown, ignoresCase: boolean): boolean | undefined {
  if (typeof pattern !== 'string') return undefined
  return matchesJavaScriptPattern(pattern, textOf(value), ignoresCase)
}

/** As `<` compares in JavaScript: two texts by their UTF-16 units, anything else as numbers. */
function isLess(a: unknown, b: unknown): boolean {
  const left = primitiveOf(a)
  const right = primitiveOf(b)
  if (typeof left === 'string' && typeof right === 'string') return left < right
  return Number(left) < Number(right)
}

function isAtMost(a: unknown, b: unknown): boolean {
  const left = primitiveOf(a)
  const right = primitiveOf(b)
  if (typeof left === 'string' && typeof right === 'string') return left <= right
  return Number(left) <= Number(right)
}

function primitiveOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? textOf(value) : value
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined
}
