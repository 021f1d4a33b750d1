/** What a condition must be (EVALUATION.md §2, §5), and which segments it asks. Total: never throws. */
import { isJsonObject } from '#core'
import { otherAttribute } from '#schema'
import { at, isList, isObjectOf, isText } from './issues.ts'
import { MAX_CONDITION_DEPTH } from './limits.ts'
import { needsNoAttribute, OPERATOR_NAMES, operatorNamed } from './operators.ts'
import type { Condition, JsonValue } from '#core'
import type { Issues } from './issues.ts'

const MAX_ATTRIBUTE_CHARACTERS = 256
const MAX_PARTS_OF_A_GROUP = 1_000

/**
 * Adds an issue for everything in `value` that is not a condition. One about a document has no segments and no shares, and
 * may compare with another place: `{"$attribute": "pool.max"}`.
 */
export function checkCondition(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
  about: 'context' | 'document' = 'context',
  depth = 0,
): void {
  if (value === undefined || !isJsonObject(value)) {
    issues.add(path, 'must be {all}, {any}, {not} or {attribute, operator, value}')
    return
  }
  const group = ['all', 'any', 'not'].find((name) => Object.hasOwn(value, name))
  if (group === undefined) {
    checkLeaf(value, path, issues, about)
    return
  }
  if (!isObjectOf(value, path, issues, [group])) return
  if (depth >= MAX_CONDITION_DEPTH) {
    issues.add(path, `all, any and not must nest at most ${MAX_CONDITION_DEPTH} deep`)
    return
  }
  const inside = value[group]
  const below = at(path, group)
  if (group === 'not') checkCondition(inside, below, issues, about, depth + 1)
  else if (isList(inside, below, issues, MAX_PARTS_OF_A_GROUP)) {
    for (const [index, part] of inside.entries()) {
      checkCondition(part, at(below, index), issues, about, depth + 1)
    }
  }
}

function checkLeaf(
  value: JsonValue,
  path: string,
  issues: Issues,
  about: 'context' | 'document',
): void {
  if (!isObjectOf(value, path, issues, ['operator'], ['attribute', 'value'])) return
  const { attribute, operator: name } = value
  const operator = typeof name === 'string' ? operatorNamed(name) : undefined
  if (operator === undefined) {
    const known = OPERATOR_NAMES.join(', ')
    issues.add(at(path, 'operator'), `must be one of ${known}, or its negation such as notEquals`)
    return
  }
  if (about === 'document' && !isAboutValues(operator.name)) {
    issues.add(at(path, 'operator'), 'must compare values; segments and shares are about people')
    return
  }
  const other = about === 'document' ? otherAttribute(value['value']) : undefined
  if (other === undefined) checkValue(operator, value['value'], at(path, 'value'), issues)
  else isText(other, at(at(path, 'value'), '$attribute'), issues, 1, MAX_ATTRIBUTE_CHARACTERS)
  if (operator.name === 'inSegment') {
    if (attribute !== undefined) issues.add(at(path, 'attribute'), 'must be absent for inSegment')
  } else if (attribute !== undefined || !needsNoAttribute(operator.name)) {
    isText(attribute, at(path, 'attribute'), issues, 1, MAX_ATTRIBUTE_CHARACTERS)
  }
}

function isAboutValues(operator: string): boolean {
  return !needsNoAttribute(operator) && operator !== 'percentage'
}

function checkValue(
  { reads, rule, faultOf }: NonNullable<ReturnType<typeof operatorNamed>>,
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): void {
  if (!reads(value)) {
    issues.add(path, `must be ${rule}`)
    return
  }
  const texts: readonly (JsonValue | undefined)[] = Array.isArray(value) ? value : [value]
  for (const [index, text] of texts.entries()) {
    const fault = typeof text === 'string' ? faultOf?.(text) : undefined
    if (fault !== undefined) issues.add(Array.isArray(value) ? at(path, index) : path, fault)
  }
}

export interface SegmentReference {
  readonly segment: string
  /** JSON pointer within the condition. */
  readonly path: string
}

/** The segments a checked condition asks, in order, with their places. */
export function segmentsOf(condition: Condition, path = ''): readonly SegmentReference[] {
  if ('all' in condition) return segmentsOfAll(condition.all, at(path, 'all'))
  if ('any' in condition) return segmentsOfAll(condition.any, at(path, 'any'))
  if ('not' in condition) return segmentsOf(condition.not, at(path, 'not'))
  if (operatorNamed(condition.operator)?.name !== 'inSegment') return []
  const { value } = condition
  const place = at(path, 'value')
  if (typeof value === 'string') return [{ segment: value, path: place }]
  if (!Array.isArray(value)) return []
  return value.flatMap((segment, index) =>
    typeof segment === 'string' ? [{ segment, path: at(place, index) }] : [],
  )
}

function segmentsOfAll(parts: readonly Condition[], path: string): readonly SegmentReference[] {
  return parts.flatMap((part, index) => segmentsOf(part, at(path, index)))
}
