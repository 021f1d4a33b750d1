/**
 * A LaunchDarkly clause as a condition on the context that `contextFrom('launchdarkly', …)` makes, where each kind is an
 * attribute of its own: native where ours means the same, else the whole clause as an operator of
 * `@driftless/sdk/migrate` (versions, which may lack parts there, and names with dots, which are paths here).
 */
import { compilePattern } from '#core'
import {
  attributePath,
  launchdarklyDate,
  LAUNCHDARKLY_OPERATORS,
} from '#migrate/launchdarkly-clause.ts'
import { isRegularExpression } from '#migrate/javascript-pattern.ts'
import { allOf } from './conditions.ts'
import { elementsOf, present, textAt } from './json.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { Condition, JsonObject, JsonValue } from '#core'
import type { Placed, SkippedList } from './skipped.ts'

const MEMBERS = ['attribute', 'op', 'values', 'negate', 'contextKind', '_id', 'id']
const MAX_ATTRIBUTE_CHARACTERS = 256

export const NEVER: Condition = { any: [] }
export const ALWAYS: Condition = { all: [] }

export interface ClauseScope {
  /** The key of a segment as it was translated; null when the document has none. @throws Untranslatable */
  readonly segmentOf: (name: string, path: string) => string | null
  readonly skipped: SkippedList
}

/** @throws Untranslatable */
export function translateClause(
  { value: clause, path }: Placed<JsonObject>,
  scope: ClauseScope,
): Condition {
  scope.skipped.addUnknown({ value: clause, path }, MEMBERS)
  const op = textAt(present(clause, 'op'), at(path, 'op')) ?? ''
  const isNegated = Boolean(clause['negate'])
  const values = elementsOf(clause['values'], at(path, 'values'))
  if (op === 'segmentMatch') return segmentMatch(values, isNegated, scope)
  const attribute = attributeAt({ value: clause, path }, 'attribute', 'contextKind')
  if (!LAUNCHDARKLY_OPERATORS.includes(op)) return unknownOperator(at(path, 'op'), isNegated, scope)
  const plain = attribute === undefined ? undefined : nativeCondition(attribute, op, values)
  if (attribute === undefined || plain === undefined) {
    // Refuses a pattern that would throw there.
    if (op === 'matches') patternsOf(values)
    const known = ['attribute', 'op', 'values', 'negate', 'contextKind'].flatMap((name) => {
      const value = present(clause, name)
      return value === undefined ? [] : [[name, value] as const]
    })
    return { operator: 'launchdarkly.clause', value: Object.fromEntries(known) }
  }
  if (!isNegated) return plain
  // Not even a negated clause holds for people without the attribute.
  return allOf([{ attribute, operator: 'exists' }, { not: plain }])
}

/** Nothing is switched on for not being understood, though LaunchDarkly does so where such a clause is negated. */
function unknownOperator(path: string, isNegated: boolean, { skipped }: ClauseScope): Condition {
  if (isNegated) throw new Untranslatable(path, 'this operator is not known, and it is negated')
  skipped.add(
    path,
    'this operator is not known: the clause never holds, as with LaunchDarkly’s SDKs',
  )
  return NEVER
}

function segmentMatch(
  values: readonly Placed[],
  isNegated: boolean,
  { segmentOf }: ClauseScope,
): Condition {
  const keys = values.flatMap(({ value, path }) => {
    const key = typeof value === 'string' ? segmentOf(value, path) : null
    return key === null ? [] : [key]
  })
  if (keys.length === 0) return isNegated ? ALWAYS : NEVER
  return { operator: isNegated ? 'notInSegment' : 'inSegment', value: keys }
}

/**
 * The attribute that `name` stands for in our context; undefined for one that only LaunchDarkly can name.
 *
 * @throws Untranslatable for what is no reference: LaunchDarkly then serves the caller's fallback.
 */
export function attributeAt(
  { value: object, path }: Placed<JsonObject>,
  name: string,
  kindName: string,
): string | undefined {
  const kind = textAt(present(object, kindName), at(path, kindName))
  const steps = attributePath(present(object, name), !kind)
  if (steps === undefined)
    throw new Untranslatable(at(path, name), 'must be an attribute reference')
  return nativeName(kind || 'user', steps)
}

export function nativeName(kind: string, steps: readonly string[]): string | undefined {
  if (steps.length === 1 && steps[0] === 'kind') return 'kind'
  const names = [kind, ...steps]
  const whole = names.join('.')
  if (kind === 'kind' || names.some((step) => step.includes('.'))) return undefined
  return whole.length <= MAX_ATTRIBUTE_CHARACTERS ? whole : undefined
}

/** Whether the context has a kind whose key is one of these. */
export function hasKeyIn(kind: string, keys: readonly string[]): Condition {
  const attribute = nativeName(kind, ['key'])
  if (attribute !== undefined) return { attribute, operator: 'in', value: keys }
  return {
    operator: 'launchdarkly.clause',
    value: { contextKind: kind, attribute: 'key', op: 'in', values: keys },
  }
}

/** Undefined where ours means something else for some values. Values of another type than the operator's never match. */
function nativeCondition(
  attribute: string,
  op: string,
  placed: readonly Placed[],
): Condition | undefined {
  const values = placed.map(({ value }) => value)
  switch (op) {
    case 'in':
      // Null only ever equals an element of a list.
      if (values.includes(null)) return undefined
      return { attribute, operator: 'in', value: values.filter(isScalar) }
    case 'startsWith':
    case 'endsWith':
    case 'contains':
      return anyOf(attribute, op, values.filter(isText))
    case 'matches':
      return anyOf(attribute, op, patternsOf(placed))
    case 'lessThan':
      return bounded(attribute, 'lt', values.filter(isNumber))
    case 'lessThanOrEqual':
      return bounded(attribute, 'lte', values.filter(isNumber))
    case 'greaterThan':
      return bounded(attribute, 'gt', values.filter(isNumber))
    case 'greaterThanOrEqual':
      return bounded(attribute, 'gte', values.filter(isNumber))
    case 'before':
    case 'after':
      return bounded(attribute, op, values.map(launchdarklyDate).filter(isNumber))
    default:
      return undefined
  }
}

function anyOf(attribute: string, operator: string, values: readonly string[]): Condition {
  return values.length === 0 ? NEVER : { attribute, operator, value: values }
}

/** Below any of them is below the largest. */
function bounded(attribute: string, operator: string, values: readonly number[]): Condition {
  const isUpper = operator.startsWith('l') || operator === 'before'
  const bound = values.reduce<number | undefined>(
    (best, value) => (best === undefined || value > best === isUpper ? value : best),
    undefined,
  )
  return bound === undefined ? NEVER : { attribute, operator, value: bound }
}

/** What is no regular expression never matches at LaunchDarkly. */
function patternsOf(placed: readonly Placed[]): readonly string[] {
  return placed.flatMap(({ value, path }) => {
    if (typeof value !== 'string' || !isRegularExpression(value)) return []
    try {
      compilePattern(value)
      return [value]
    } catch {
      throw new Untranslatable(
        path,
        'must be a regular expression in RE2 syntax: without look-around, back-references or large counts',
      )
    }
  })
}

function isScalar(value: JsonValue): value is string | number | boolean {
  return value !== null && typeof value !== 'object'
}

const isText = (value: JsonValue): value is string => typeof value === 'string'
const isNumber = (value: JsonValue | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value)
