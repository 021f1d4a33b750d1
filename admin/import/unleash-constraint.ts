/**
 * An Unleash constraint as a condition: native where ours means the same on the attributes that `contextFrom('unleash', …)`
 * makes (all text), else an operator `unleash.*` of `@driftless/sdk/migrate`.
 *
 * Semantic versions are compared natively. Unleash also takes `=1.2.3` and surrounding spaces in the *context*; we do not.
 */
import { compareSemver, compilePattern, isJsonObject } from '#core'
import { at } from './skipped.ts'
import type { Condition, JsonObject, JsonValue } from '#core'
import type { Placed, SkippedList } from './skipped.ts'

const MEMBERS = ['contextName', 'operator', 'values', 'value', 'inverted', 'caseInsensitive']
/** Names of attributes of ours have at most this many characters. */
export const MAX_ATTRIBUTE_CHARACTERS = 256

export const NEVER: Condition = { any: [] }

const TEXT: Readonly<Record<string, string>> = {
  STR_STARTS_WITH: 'startsWith',
  STR_ENDS_WITH: 'endsWith',
  STR_CONTAINS: 'contains',
}
const NUMBER: Readonly<Record<string, string>> = {
  NUM_EQ: 'unleash.numEq',
  NUM_LT: 'unleash.numLt',
  NUM_LTE: 'unleash.numLte',
  NUM_GT: 'unleash.numGt',
  NUM_GTE: 'unleash.numGte',
}
const DATE: Readonly<Record<string, string>> = {
  DATE_BEFORE: 'unleash.dateBefore',
  DATE_AFTER: 'unleash.dateAfter',
}
const SEMVER: Readonly<Record<string, string>> = {
  SEMVER_EQ: 'semverEquals',
  SEMVER_LT: 'semverLt',
  SEMVER_LTE: 'semverLte',
  SEMVER_GT: 'semverGt',
  SEMVER_GTE: 'semverGte',
}

/** Undefined, and listed, when it cannot be told when the constraint holds: what asks it must then never match. */
export function translateConstraint(
  { value: constraint, path }: Placed<unknown>,
  skipped: SkippedList,
): Condition | undefined {
  if (!isJsonObject(constraint)) {
    skipped.add(path, 'a constraint must be an object; what asks it never matches')
    return undefined
  }
  const placed = { value: constraint, path }
  skipped.addUnknown(placed, MEMBERS)
  const condition = conditionOf(placed, skipped)
  return condition && (constraint['inverted'] ? negationOf(condition) : condition)
}

function negationOf(condition: Condition): Condition {
  if ('operator' in condition && condition.operator === 'in')
    return { ...condition, operator: 'notIn' }
  if ('operator' in condition && condition.operator === 'notIn')
    return { ...condition, operator: 'in' }
  return { not: condition }
}

function conditionOf(
  { value: constraint, path }: Placed<JsonObject>,
  skipped: SkippedList,
): Condition | undefined {
  const { contextName: attribute, operator, value, caseInsensitive } = constraint
  const fail = (member: string, rule: string): undefined => {
    skipped.add(at(path, member), `must be ${rule}; what asks this constraint never matches`)
  }
  if (!isAttribute(attribute)) {
    return fail('contextName', `a name of 1 to ${MAX_ATTRIBUTE_CHARACTERS} characters`)
  }
  if (typeof operator !== 'string') return fail('operator', 'the name of an operator')
  const texts = textsOf(constraint)
  const named = (table: Readonly<Record<string, string>>): string | undefined =>
    Object.hasOwn(table, operator) ? table[operator] : undefined

  const textOperator = named(TEXT)
  if (operator === 'IN' || operator === 'NOT_IN' || operator === 'IN_CIDR' || textOperator) {
    if (texts === undefined) return fail('values', 'a list of texts')
    if (operator === 'IN') return { attribute, operator: 'in', value: texts }
    if (operator === 'NOT_IN') return { attribute, operator: 'notIn', value: texts }
    if (texts.length === 0) return NEVER
    if (!textOperator) return { attribute, operator: 'unleash.inCidr', value: texts }
    const name = caseInsensitive ? `unleash.${textOperator}IgnoringCase` : textOperator
    return { attribute, operator: name, value: texts }
  }
  const numeric = named(NUMBER)
  if (numeric) {
    if (typeof value !== 'string' && typeof value !== 'number') return fail('value', 'a number')
    return { attribute, operator: numeric, value }
  }
  const dated = named(DATE)
  if (dated) {
    // Whatever its name, Unleash compares the context's time.
    if (typeof value !== 'string') return fail('value', 'a date')
    return { attribute: '$unleash.currentTime', operator: dated, value }
  }
  const versioned = named(SEMVER)
  if (versioned) {
    if (typeof value !== 'string') return fail('value', 'a semantic version')
    const version = value.trim().replace(/^[v=\s]+/, '')
    return isVersion(version) ? { attribute, operator: versioned, value: version } : NEVER
  }
  if (operator === 'REGEX') {
    if (typeof value !== 'string') return fail('value', 'a regular expression in RE2 syntax')
    const pattern = caseInsensitive ? `(?i)${value}` : value
    if (!isPattern(pattern)) return fail('value', 'a regular expression in RE2 syntax')
    return { attribute, operator: 'matches', value: pattern }
  }
  return fail('operator', 'an operator that is known here')
}

export function isAttribute(name: JsonValue | undefined): name is string {
  return typeof name === 'string' && name !== '' && name.length <= MAX_ATTRIBUTE_CHARACTERS
}

/** `values` as Unleash cleans them. */
function textsOf({ values }: JsonObject): readonly string[] | undefined {
  if (!Array.isArray(values)) return undefined
  const texts: string[] = []
  for (const value of values) {
    if (value === null || value === '') continue
    if (typeof value !== 'string') return undefined
    texts.push(value.trim())
  }
  return texts
}

/** npm's `semver`, which Unleash uses, also limits the length and the numbers. */
function isVersion(text: string): boolean {
  if (text.length > 256 || compareSemver(text, text) === undefined) return false
  const [core = ''] = text.split(/[-+]/)
  return core.split('.').every((part) => Number.isSafeInteger(Number(part)))
}

function isPattern(text: string): boolean {
  try {
    compilePattern(text)
    return true
  } catch {
    return false
  }
}
