/**
 * What must hold between places of one document, in the condition language of flags (EVALUATION.md §5): `attribute` is
 * a path with dots into the document, and `{"$attribute": "pool.max"}` as a `value` is what stands at another one.
 */
import { readAttribute } from '../core/attributes.ts'
import { check, compileCondition } from '../core/conditions.ts'
import { isJsonObject } from '../core/json.ts'
import type { JsonValue } from '../core/json.ts'
import { MORE_OPERATORS } from '../core/more-operators.ts'
import type { Asking } from '../core/outcome.ts'
import type { Invariant } from '../core/change-set.ts'
import type { Condition } from '../core/snapshot.ts'
import type { Opaque, SchemaIssue } from './run.ts'

/** What does not hold; a condition about a text that is not known yet counts as holding. Never throws. */
export function checkInvariants(
  invariants: readonly Invariant[],
  document: JsonValue,
  opaque?: Opaque,
): readonly SchemaIssue[] {
  return invariants.flatMap(({ name, when, require, message }, index) => {
    const conditions = when ? [when, require] : [require]
    if (conditions.some((condition) => isUnknown(condition, document, opaque))) return []
    if (when && !holds(when, document)) return []
    if (holds(require, document)) return []
    return {
      path: '',
      message: message ?? `must satisfy the invariant ${JSON.stringify(name)}`,
      keyword: 'invariant',
      schemaPath: `/invariants/${index}`,
    }
  })
}

/** Whether `document` fits `condition`. One that cannot be read does not hold: it is refused when it is declared. */
export function holds(condition: Condition, document: JsonValue): boolean {
  const context = isJsonObject(document) ? document : {}
  try {
    const scope = {
      attributes: new Map(),
      seed: '',
      segmentKeys: new Set<string>(),
      operators: MORE_OPERATORS,
    }
    return check(compileCondition(filled(condition, document), scope), context, asking())
  } catch {
    return false
  }
}

/** Nothing of a flag's surroundings is there. */
function asking(): Asking {
  return {
    turn: 1,
    nowMs: () => 0,
    skipped: undefined,
    flag: () => undefined,
    segment: () => undefined,
  }
}

/** Holds for nothing. */
const NEVER: Condition = { any: [] }

/** The condition with the values of other places in it; a comparison with a place that is not there never holds. */
function filled(condition: Condition, document: JsonValue): Condition {
  if ('all' in condition) return { all: condition.all.map((one) => filled(one, document)) }
  if ('any' in condition) return { any: condition.any.map((one) => filled(one, document)) }
  if ('not' in condition) return { not: filled(condition.not, document) }
  const other = otherAttribute(condition.value)
  if (other === undefined) return condition
  const value = valueAt(other, document)
  return value === undefined ? NEVER : { ...condition, value }
}

/** The place that `value` refers to. */
export function otherAttribute(value: JsonValue | undefined): string | undefined {
  const name = isJsonObject(value) ? value['$attribute'] : undefined
  return typeof name === 'string' ? name : undefined
}

function valueAt(name: string, document: JsonValue): JsonValue | undefined {
  if (!isJsonObject(document)) return undefined
  const path = name.includes('.') ? name.split('.') : undefined
  // Reads own members of a JSON document only.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return readAttribute({ name, path }, document) as JsonValue | undefined
}

function isUnknown(condition: Condition, document: JsonValue, opaque: Opaque | undefined): boolean {
  if (!opaque) return false
  if ('all' in condition) return condition.all.some((one) => isUnknown(one, document, opaque))
  if ('any' in condition) return condition.any.some((one) => isUnknown(one, document, opaque))
  if ('not' in condition) return isUnknown(condition.not, document, opaque)
  const names = [condition.attribute, otherAttribute(condition.value)]
  return names.some((name) => {
    const value = name === undefined ? undefined : valueAt(name, document)
    return typeof value === 'string' && opaque(value) !== undefined
  })
}
