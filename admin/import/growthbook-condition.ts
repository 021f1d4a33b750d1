/**
 * A GrowthBook condition as one of ours: native where each part means exactly the same whatever the attribute holds (`$in`,
 * `$nin`, `$exists`, saved groups, and how they are put together), else the whole of it as an operator of
 * `@driftless/sdk/migrate`. Nearly all else coerces there: `{"age": {"$lt": 60}}` holds for people without an age.
 */
import { isJsonObject } from '#core'
import { hasOnlyOperators } from '#migrate/growthbook-condition.ts'
import { allOf, depthOf } from './conditions.ts'
import { checkCondition, type Note } from './growthbook-check.ts'
import { isArray } from './json.ts'
import type { Condition, JsonObject, JsonValue } from '#core'
import type { SavedGroups } from './growthbook-groups.ts'

/** How deep ours nest, less what a rule puts around them. */
const MAX_DEPTH = 5
const MAX_PARTS = 1_000
const MAX_ATTRIBUTE_CHARACTERS = 256

/** @throws Untranslatable for an operator that is not known under a negation, or a pattern that has no linear-time form. */
export function translateCondition(
  condition: JsonObject,
  path: string,
  groups: SavedGroups,
  note?: Note,
): Condition {
  const asked = new Set<string>()
  checkCondition(condition, path, asked, note)
  const native = nativeCondition(condition, groups)
  if (native !== undefined && depthOf(native) <= MAX_DEPTH) return native
  const savedGroups = groups.allAskedBy(asked, path)
  return Object.keys(savedGroups).length === 0
    ? { operator: 'growthbook.condition', value: condition }
    : { operator: 'growthbook.conditionWithGroups', value: { condition, savedGroups } }
}

/** Undefined when a part of it has no exact counterpart. */
function nativeCondition(condition: JsonObject, groups: SavedGroups): Condition | undefined {
  const parts: (Condition | undefined)[] = []
  for (const [name, value] of Object.entries(condition)) {
    if (name === '$and' || name === '$or' || name === '$nor') {
      const list = isArray(value) ? value : []
      const inner = complete(
        list.map((one) => (isJsonObject(one) ? nativeCondition(one, groups) : undefined)),
      )
      if (inner === undefined || inner.length > MAX_PARTS) return undefined
      // Any of nothing holds in GrowthBook.
      const any: Condition = inner.length === 0 ? { all: [] } : { any: inner }
      parts.push(name === '$and' ? allOf(inner) : name === '$or' ? any : { not: any })
    } else if (name === '$not') {
      parts.push(negated(isJsonObject(value) ? nativeCondition(value, groups) : undefined))
    } else if (name === '$savedGroup') {
      const segment = isJsonObject(value) ? groups.segmentOf(value) : undefined
      parts.push(segment === undefined ? undefined : { operator: 'inSegment', value: segment })
    } else parts.push(nativeAttribute(name, value, groups))
  }
  const all = complete(parts)
  return all && allOf(all)
}

function nativeAttribute(
  attribute: string,
  value: JsonValue,
  groups: SavedGroups,
): Condition | undefined {
  // A dot is a path in GrowthBook; here a member of that whole name would come first.
  if (attribute === '' || attribute.includes('.')) return undefined
  if (attribute.length > MAX_ATTRIBUTE_CHARACTERS) return undefined
  if (!isJsonObject(value) || !hasOnlyOperators(value)) return undefined
  const parts = Object.entries(value).map(([operator, operand]): Condition | undefined => {
    switch (operator) {
      case '$exists':
        return { attribute, operator: operand ? 'exists' : 'notExists' }
      case '$in':
      case '$nin': {
        // A missing attribute is null there, so a list with null has everyone without one.
        if (!isArray(operand) || !operand.every(isScalar)) return undefined
        return { attribute, operator: operator === '$in' ? 'in' : 'notIn', value: operand }
      }
      case '$inGroup':
      case '$notInGroup': {
        const segment =
          typeof operand === 'string' ? groups.segmentFor(operand, attribute) : undefined
        if (segment === undefined) return undefined
        return { operator: operator === '$inGroup' ? 'inSegment' : 'notInSegment', value: segment }
      }
      case '$not':
        return negated(nativeAttribute(attribute, operand, groups))
      default:
        return undefined
    }
  })
  const all = complete(parts)
  return all && allOf(all)
}

function isScalar(value: JsonValue): value is string | number | boolean {
  return value !== null && typeof value !== 'object'
}

function complete(parts: readonly (Condition | undefined)[]): readonly Condition[] | undefined {
  const known = parts.filter((part) => part !== undefined)
  return known.length === parts.length ? known : undefined
}

function negated(condition: Condition | undefined): Condition | undefined {
  return condition && { not: condition }
}
