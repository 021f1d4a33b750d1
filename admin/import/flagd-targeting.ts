/**
 * flagd's targeting as our rules. Targeting is JsonLogic that answers the name of a variant (booleans count as "true" and
 * "false"), or null for the default; here it becomes a list of rules asked in order. The first branch that holds decides
 * in both, so the list means the same once each condition does (`flagd-condition.ts`).
 */
import { isJsonObject } from '#core'
import type { Condition, JsonObject, JsonValue, Rule, WeightedVariant } from '#core'
import { MAX_CONDITION_DEPTH, MAX_RULES } from '../contract/limits.ts'
import { conditionOf } from './flagd-condition.ts'
import { branchesOfFractional } from './flagd-fractional.ts'
import { asInJsonLogic } from './flagd-missing.ts'
import { takeTimes } from './flagd-time.ts'
import { both, depthOf, either, type Formula, negated, toCondition } from './formula.ts'
import {
  type FlagScope,
  operandOf,
  operationOf,
  type Primitive,
  referredTo,
  spend,
} from './json-logic.ts'
import { type Skipped, Untranslatable } from './translation.ts'

/** What all flags of a document share. */
export interface TargetingScope {
  readonly evaluators: JsonObject
  /** Parts of all flags that may still be translated: references can make a small document endless. */
  readonly budget: { left: number }
}

const MAX_PARTS = 500_000
const MAX_PARTS_OF_FLAG = 10_000

export function startTranslating(evaluators: JsonObject): TargetingScope {
  return { evaluators, budget: { left: MAX_PARTS } }
}

interface Targeted {
  /** JSON pointer of the targeting. */
  readonly path: string
  readonly key: string
  readonly variants: JsonObject
  readonly defaultVariant: string | null
}

/** One branch: what is answered when `when` holds and no branch before it did. */
export interface Branch {
  readonly when: Formula
  /** A variant, the default (null), shares, which pass over whom they do not take, or what no rule can serve. */
  readonly serve: string | null | Share | typeof CODE_DEFAULT
  readonly path: string
}

/** The default that the application's code gives: flagd's answer to a name that is none of the variants. */
export const CODE_DEFAULT: unique symbol = Symbol('code default')
/** A split in flagd's buckets. */
export interface Share {
  readonly seed: string
  readonly bucketBy: string
  /** What `from` and `weight` are counted in. */
  readonly parts: number
  readonly positions: readonly (WeightedVariant & { readonly from: number })[]
  /** The only position there is grows from nobody to everybody within it. */
  readonly period?: { readonly startMs: number; readonly endMs: number }
}

/** @throws Untranslatable */
export function rulesOf(
  targeting: JsonValue,
  flag: Targeted,
  shared: TargetingScope,
): {
  readonly rules: readonly Rule[]
  /** Rules serve the flag's default to those who get it: whom no rule takes gets the code's. */
  readonly isDefaultServed: boolean
  readonly notes: readonly Skipped[]
} {
  const scope: FlagScope = {
    ...shared,
    flagKey: flag.key,
    parts: { left: MAX_PARTS_OF_FLAG },
    references: [],
    missingText: 'null',
    variants: Object.keys(flag.variants),
    notes: new Map(),
  }
  const branches = branchesOf(targeting, flag.path, scope)
  const isDefaultServed =
    flag.defaultVariant !== null && branches.some(({ serve }) => serve === CODE_DEFAULT)
  const rules: Rule[] = []
  /** Contexts that get the code's default, which no rule can serve: later rules must not take them. */
  let excluded: Formula = false
  for (const branch of branches) {
    const when = both(negated(excluded), branch.when)
    if (when === false) continue
    // Whoever no rule takes gets the default anyway.
    if (when === true && branch.serve === null && !isDefaultServed) break
    const serve = branch.serve === CODE_DEFAULT ? null : (branch.serve ?? flag.defaultVariant)
    if (!variantsOf(serve).every((variant) => Object.hasOwn(flag.variants, variant))) {
      throw new Untranslatable(branch.path, 'it answers a name that is none of the variants')
    }
    if (serve === null) excluded = either(excluded, branch.when)
    else {
      const rule = ruleOf(rules.length + 1, when, serve, branch.path)
      const { startMs = Number.NEGATIVE_INFINITY, endMs = Number.POSITIVE_INFINITY } = rule
      // Otherwise there is no time at which it is asked.
      if (startMs < endMs) rules.push(rule)
    }
    if (when === true && typeof serve === 'string') break
  }
  if (rules.length > MAX_RULES) {
    throw new Untranslatable(
      flag.path,
      `it needs ${rules.length} rules, at most ${MAX_RULES} are allowed`,
    )
  }
  return {
    rules,
    isDefaultServed,
    notes: [...scope.notes].map(([path, reason]) => ({ path, reason })),
  }
}

function variantsOf(serve: string | Share | null): readonly string[] {
  if (serve === null) return []
  return typeof serve === 'string' ? [serve] : serve.positions.map(({ variant }) => variant)
}

function ruleOf(number: number, when: Formula, serve: string | Share, path: string): Rule {
  const { formula, ...period } = takeTimes(when, path)
  const condition = toCondition(formula)
  if (condition !== undefined && depthOf(condition) > MAX_CONDITION_DEPTH) {
    throw new Untranslatable(
      path,
      `its conditions nest deeper than ${MAX_CONDITION_DEPTH} once translated`,
    )
  }
  return {
    id: `flagd-${number}`,
    ...(condition !== undefined && { when: condition }),
    ...period,
    ...(typeof serve === 'string' ? { serve: { variant: serve } } : splitOf(serve)),
  }
}

function splitOf({ seed, bucketBy, parts, positions, period }: Share): Omit<Rule, 'id'> {
  let end = 0
  const split = positions.map(({ variant, from, weight }) => {
    const isNext = from === end
    end = from + weight
    return isNext ? { variant, weight } : { variant, weight, from }
  })
  return {
    seed,
    ...(bucketBy !== 'targetingKey' && { bucketBy }),
    bucketing: { by: 'flagd', parts },
    serve:
      period && split[0]
        ? { ramp: { variant: split[0].variant, from: 0, to: parts, ...period } }
        : { split },
  }
}

/** Operations whose answer is true or false in every implementation of flagd, whatever they are given. */
const BOOLEAN_OPERATIONS = ['==', '===', '!=', '!==', '<', '<=', '>', '>=', '!', '!!', 'in']

/** The branches of an expression that answers a variant; the last one always holds. */
function branchesOf(logic: JsonValue, path: string, scope: FlagScope): readonly Branch[] {
  spend(scope, path)
  if (logic === null) return [{ when: true, serve: null, path }]
  if (typeof logic === 'string') return [{ when: true, serve: logic, path }]
  if (typeof logic === 'boolean') return [{ when: true, serve: String(logic), path }]
  if (!isJsonObject(logic)) {
    throw new Untranslatable(path, 'what a number or a list as an answer means is not defined')
  }
  const { operator, operands, at } = operationOf(logic, path)
  switch (operator) {
    case 'if':
    case '?:':
      // flagd-core interprets an `if` of one condition without an else, where `cat` leaves out what is missing.
      return branchesOfIf(operands, at, operands.length < 3 ? { ...scope, missingText: '' } : scope)
    case '$ref':
      return referredTo(operands, at, scope, branchesOf)
    case 'fractional':
      return branchesOfFractional(operands, at, scope, branchesOf)
    case 'var':
      return branchesOfVar(logic, path, scope)
    case 'sem_ver':
    case 'starts_with':
    case 'ends_with':
      return [
        { when: conditionOf(logic, path, scope), serve: 'true', path },
        { when: isAnswered(operator, operands, path, scope), serve: 'false', path },
        { when: true, serve: null, path },
      ]
    default:
      if (!isBoolean(logic, path)) {
        throw new Untranslatable(at(), `the operation "${operator}" cannot answer a variant here`)
      }
      return [
        { when: conditionOf(logic, path, scope), serve: 'true', path },
        { when: true, serve: 'false', path },
      ]
  }
}

/** The attribute is the variant's name, or as a number or a truth its text. */
function branchesOfVar(logic: JsonObject, path: string, scope: FlagScope): readonly Branch[] {
  const operand = operandOf(logic, path, scope)
  if (operand.kind === 'value') return branchesOf(operand.value, path, scope)
  if (operand.kind !== 'attribute') {
    throw new Untranslatable(path, 'the time and lists are no names of variants')
  }
  const { name: attribute } = operand
  const branches = scope.variants.map((variant): Branch => {
    const same = [true, false, Number(variant)].filter((value) => String(value) === variant)
    const condition = { attribute, operator: 'in', value: [variant, ...same] }
    const isNamed = (known: Primitive): boolean => known !== null && String(known) === variant
    return { when: asInJsonLogic(condition, operand, false, isNamed), serve: variant, path }
  })
  const exists: Condition = { attribute, operator: 'exists' }
  const isOther = asInJsonLogic(exists, operand, false, (known) => known !== null)
  return [
    ...branches,
    { when: isOther, serve: CODE_DEFAULT, path },
    { when: true, serve: null, path },
  ]
}

/** Whether the operation answers at all: of what is no version, or no text, it answers null. */
function isAnswered(
  operator: string,
  [left = null, text = null, right = null]: readonly JsonValue[],
  path: string,
  scope: FlagScope,
): Formula {
  if (operator !== 'sem_ver') {
    const known = operandOf(text, path, scope)
    const isText = known.kind === 'value' && typeof known.value === 'string'
    return isText && conditionOf({ [operator]: [left, ''] }, path, scope)
  }
  const isEqual = conditionOf({ sem_ver: [left, '=', right] }, path, scope)
  return either(isEqual, conditionOf({ sem_ver: [left, '!=', right] }, path, scope))
}

/** `and` and `or` answer one of their operands, which is a boolean when all of them are. */
function isBoolean(logic: JsonValue, path: string): boolean {
  if (typeof logic === 'boolean') return true
  if (!isJsonObject(logic)) return false
  const { operator, operands } = operationOf(logic, path)
  if (operator !== 'and' && operator !== 'or') return BOOLEAN_OPERATIONS.includes(operator)
  return operands.length > 0 && operands.every((operand) => isBoolean(operand, path))
}

/** `[condition, answer, condition, answer, …, else?]`; without `else`: null. */
function branchesOfIf(
  operands: readonly JsonValue[],
  at: (index: number) => string,
  scope: FlagScope,
): readonly Branch[] {
  const branches: Branch[] = []
  for (let index = 0; index < operands.length; index += 2) {
    const [first = null, answer] = operands.slice(index, index + 2)
    if (answer === undefined) return [...branches, ...branchesOf(first, at(index), scope)]
    const when = conditionOf(first, at(index), scope)
    for (const inner of branchesOf(answer, at(index + 1), scope)) {
      branches.push({ ...inner, when: both(when, inner.when) })
    }
  }
  return [...branches, { when: true, serve: null, path: at(operands.length - 1) }]
}
