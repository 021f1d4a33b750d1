/**
 * Conditions of ConfigCat. One that cannot be decided, for want of an attribute or because it does not read as a number or a
 * version, is neither true nor false there: its rule is passed over, negated or not. So each is translated for the answer that
 * is wanted of it. Texts are native, since `contextFrom('configcat', …)` makes texts of all attributes; the rest is
 * `configcat.condition` of `@driftless/sdk/migrate`.
 */
import { isJsonObject } from '#core'
import type { Condition, JsonObject, JsonValue } from '#core'
import { both, either, type Formula, negated } from './formula.ts'
import { elementsOf, objectAt, present, textAt } from './json.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { Placed, SkippedList } from './skipped.ts'

const MAX_ATTRIBUTE_CHARACTERS = 256
const MAX_CONDITIONS = 100

/** What each comparator compares with: a text, a number or a list of texts. By ConfigCat's numbers, in pairs of opposites. */
const TEXT = [6, 7, 8, 9, 20, 21, 28, 29]
const NUMBER = [10, 11, 12, 13, 14, 15, 18, 19]
const LIST = [0, 1, 2, 3, 4, 5, 16, 17, 22, 23, 24, 25, 26, 27, 30, 31, 32, 33, 34, 35]
/** Those that compare hashes. */
const HASHED = [16, 17, 20, 21, 22, 23, 24, 25, 26, 27]
const NATIVE: Readonly<Record<number, string>> = {
  0: 'in',
  2: 'contains',
  28: 'equals',
  30: 'startsWith',
  32: 'endsWith',
}

export interface ConditionScope {
  /** `p.s` of the document: what is hashed behind a text. */
  readonly salt: string | undefined
  /** What the hashes are salted with besides: the setting's key, or the segment's name. */
  readonly name: string
  readonly skipped: SkippedList
}

/**
 * Whether the condition on one attribute answers `wanted`.
 *
 * @throws Untranslatable
 */
export function userCondition(
  placed: Placed<JsonObject>,
  wanted: boolean,
  scope: ConditionScope,
): Condition {
  const { value: condition, path } = placed
  scope.skipped.addUnknown(placed, ['a', 'c', 's', 'd', 'l'])
  const attribute = attributeAt(condition['a'], at(path, 'a'))
  const comparator = condition['c']
  if (typeof comparator !== 'number' || ![...TEXT, ...NUMBER, ...LIST].includes(comparator)) {
    throw new Untranslatable(at(path, 'c'), 'this comparator is not known')
  }
  const compared = comparedWith(placed, comparator)
  const isNegation = comparator % 2 === 1
  const native = NATIVE[isNegation ? comparator - 1 : comparator]
  if (native !== undefined) return textCondition(attribute, native, compared, isNegation !== wanted)
  const salt = HASHED.includes(comparator) ? { salt: saltAt(path, scope) } : {}
  const member = TEXT.includes(comparator) ? 's' : NUMBER.includes(comparator) ? 'd' : 'l'
  return {
    attribute,
    operator: 'configcat.condition',
    value: { c: comparator, [member]: compared, ...salt, ...(wanted ? {} : { is: false }) },
  }
}

/** @throws Untranslatable for a name that an attribute cannot have here. */
export function attributeAt(value: JsonValue | undefined, path: string): string {
  const name = textAt(value, path) ?? ''
  if (name !== '' && name.length <= MAX_ATTRIBUTE_CHARACTERS && name !== 'targetingKey') return name
  throw new Untranslatable(
    path,
    `must be a name of 1 to ${MAX_ATTRIBUTE_CHARACTERS} characters, other than "targetingKey"`,
  )
}

function comparedWith({ value, path }: Placed<JsonObject>, comparator: number): JsonValue {
  if (NUMBER.includes(comparator)) {
    if (typeof value['d'] === 'number') return value['d']
    throw new Untranslatable(at(path, 'd'), 'must be a number')
  }
  if (TEXT.includes(comparator)) {
    const text = textAt(present(value, 's'), at(path, 's'))
    if (text !== undefined) return text
    throw new Untranslatable(at(path, 's'), 'must be a string')
  }
  if (present(value, 'l') === undefined) throw new Untranslatable(at(path, 'l'), 'must be a list')
  return elementsOf(value['l'], at(path, 'l')).map((one) => {
    const text = textAt(one.value, one.path) ?? ''
    // It would throw there, whomever it is asked for.
    if (comparator >= 22 && comparator <= 25 && !/^\d+_./.test(text)) {
      throw new Untranslatable(one.path, 'must be the length of a text, "_" and its hash')
    }
    return text
  })
}

function saltAt(path: string, { salt, name }: ConditionScope): string {
  if (salt !== undefined) return salt + name
  throw new Untranslatable(path, 'it compares hashes, and the document has no salt at /p/s')
}

/** The empty text is a missing attribute to ConfigCat. */
function textCondition(
  attribute: string,
  operator: string,
  value: JsonValue,
  isHolding: boolean,
): Condition {
  const values: readonly JsonValue[] = Array.isArray(value) ? value : [value]
  // Nothing is one of none.
  const condition: Condition = values.length === 0 ? { any: [] } : { attribute, operator, value }
  const isThere: readonly Condition[] = [
    { attribute, operator: 'exists' },
    { attribute, operator: 'notEquals', value: '' },
  ]
  if (!isHolding) return { all: [...isThere, { not: condition }] }
  return values.includes('') ? { all: [...isThere, condition] } : condition
}

/** Whether all conditions of a segment hold, or else, when `wanted` is false, the first that does not is known not to. */
export function segmentFormula(
  segment: Placed<JsonObject>,
  wanted: boolean,
  scope: ConditionScope,
): Formula {
  const conditions = elementsOf(present(segment.value, 'r'), at(segment.path, 'r')).map(objectAt)
  if (conditions.length > MAX_CONDITIONS) {
    throw new Untranslatable(at(segment.path, 'r'), `more than ${MAX_CONDITIONS}`)
  }
  let all: Formula = true
  let none: Formula = false
  for (const one of conditions) {
    if (!wanted) none = either(none, both(all, userCondition(one, false, scope)))
    all = both(all, userCondition(one, true, scope))
  }
  return wanted ? all : none
}

/** What a setting serves: a value where its condition holds and none before it did; null: it goes on with the next. */
export interface Branch {
  readonly when: Formula
  readonly value: JsonValue
}

/** Whether a setting of these branches serves `value`. */
export function servesFormula(branches: readonly Branch[], value: JsonValue): Formula {
  let served: Formula = false
  let open: Formula = true
  for (const branch of branches) {
    const here = both(open, branch.when)
    if (branch.value === value) served = either(served, here)
    open = both(open, negated(branch.when))
  }
  return served
}

/** The member of `{b | s | i | d}` that a setting of this type has. */
export function valueAt(
  value: JsonValue | undefined,
  type: number,
  path: string,
): string | number | boolean {
  const [name, kind] = TYPES[type] ?? ['v', 'none']
  if (value === undefined || !isJsonObject(value))
    throw new Untranslatable(path, 'must be an object')
  const given = value[name]
  const isFit = typeof given === kind
  if (
    isFit &&
    (typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean')
  ) {
    return given
  }
  throw new Untranslatable(at(path, name), `must be a ${kind}, as the setting says`)
}

/** By ConfigCat's numbers: where a value stands, and what it is. */
export const TYPES: readonly (readonly [member: string, kind: 'boolean' | 'string' | 'number'])[] =
  [
    ['b', 'boolean'],
    ['s', 'string'],
    ['i', 'number'],
    ['d', 'number'],
  ]
