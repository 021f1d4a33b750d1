/** Conditions of rules and segments (EVALUATION.md §2 and §5): their shape. Which operators exist is the evaluator's. */
import type { Condition } from '#core'
import { isJsonObject } from '#core'
import * as v from 'valibot'
import { MAX_CONDITION_DEPTH, MAX_TEXT_CHARS } from './limits.ts'
import { jsonValue, strict, text } from './schema.ts'

// The member that is there decides which form it is: a union would report the faults of all four at once.
const anyCondition: v.GenericSchema<Condition> = v.lazy((input) => {
  if (!isJsonObject(input)) return attributeCondition
  if (Object.hasOwn(input, 'all')) return allOf
  if (Object.hasOwn(input, 'any')) return anyOf
  return Object.hasOwn(input, 'not') ? negation : attributeCondition
})

const allOf = strict({ all: v.array(anyCondition) })
const anyOf = strict({ any: v.array(anyCondition) })
const negation = strict({ not: anyCondition })
const attributeCondition = strict({
  attribute: v.exactOptional(text(MAX_TEXT_CHARS)),
  operator: text(64),
  value: v.exactOptional(jsonValue),
})

/** A condition, nested at most 6 deep. */
export const condition: v.GenericSchema<Condition> = v.pipe(
  anyCondition,
  v.title('Condition'),
  v.check(
    (input) => depthOf(input) <= MAX_CONDITION_DEPTH,
    `all, any and not may nest at most ${MAX_CONDITION_DEPTH} deep`,
  ),
)

function depthOf(input: Condition): number {
  if ('all' in input) return 1 + deepest(input.all)
  if ('any' in input) return 1 + deepest(input.any)
  return 'not' in input ? 1 + depthOf(input.not) : 0
}

function deepest(conditions: readonly Condition[]): number {
  return conditions.reduce((most, one) => Math.max(most, depthOf(one)), 0)
}
