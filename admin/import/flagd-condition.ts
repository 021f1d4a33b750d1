/**
 * JsonLogic conditions as ours, where both mean the same. JsonLogic coerces types and reads a missing attribute as null; we
 * do neither (EVALUATION.md §5), so every translation says what a missing attribute gives and adds `exists` where it
 * differs. An attribute that is compared with one value is taken to be one value: flagd's own implementations do not
 * agree on what a list would give there. What is translated but for a corner is noted.
 */
import { isJsonObject } from '#core'
import type { Condition, JsonValue } from '#core'
import { compareConditionOf } from './flagd-compare.ts'
import { conditionOfFractional } from './flagd-fractional.ts'
import { asInJsonLogic } from './flagd-missing.ts'
import { both, either, type Formula, negated } from './formula.ts'
import {
  type FlagScope,
  type Operation,
  operandOf,
  operationOf,
  referredTo,
  spend,
} from './json-logic.ts'
import { Untranslatable } from './translation.ts'

/** @throws Untranslatable */
export function conditionOf(logic: JsonValue, path: string, scope: FlagScope): Formula {
  spend(scope, path)
  if (!isJsonObject(logic)) return isTruthy(logic)
  const operation = operationOf(logic, path)
  const { operator, operands, at } = operation
  const inner = (index: number) => conditionOf(operands[index] ?? null, at(index), scope)
  switch (operator) {
    case 'var':
      return truthOf(logic, path, scope)
    case '$ref':
      return referredTo(operands, at, scope, conditionOf)
    case '!':
      return negated(inner(0))
    case '!!':
      return inner(0)
    case 'and':
      return operands.map((_, index) => inner(index)).reduce(both, operands.length > 0)
    case 'or':
      return operands.map((_, index) => inner(index)).reduce(either, false)
    case 'if':
    case '?:':
      return conditionOfIf(operation, scope)
    case 'fractional':
      return conditionOfFractional(operands, at, scope, conditionOf)
    default:
      return compareConditionOf(operation, scope)
  }
}

/** Whether the answer of the branch that is taken is truthy. */
function conditionOfIf({ operands, at }: Operation, scope: FlagScope): Formula {
  let held: Formula = false
  let open: Formula = true
  for (let index = 0; index < operands.length; index += 2) {
    const first = conditionOf(operands[index] ?? null, at(index), scope)
    const answer = operands[index + 1]
    if (answer === undefined) return either(held, both(open, first))
    const then = conditionOf(answer, at(index + 1), scope)
    held = either(held, both(open, both(first, then)))
    open = both(open, negated(first))
  }
  return held
}

/** An attribute as a condition: there, and neither null, false, 0 nor "". */
function truthOf(logic: JsonValue, path: string, scope: FlagScope): Formula {
  const operand = operandOf(logic, path, scope)
  if (operand.kind === 'value') return isTruthy(operand.value)
  if (operand.kind === 'time') return true
  if (operand.kind === 'list') throw new Untranslatable(path, 'a list is no condition')
  const { name: attribute } = operand
  const condition: Condition = {
    all: [
      { attribute, operator: 'exists' },
      { attribute, operator: 'notIn', value: [false, 0, ''] },
    ],
  }
  return asInJsonLogic(condition, operand, false, isTruthy)
}

/** JsonLogic's truth: JavaScript's, but an empty list is false. */
function isTruthy(value: JsonValue): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}
