/**
 * flagd's targeting as our rules. Targeting is JsonLogic that answers the name of a variant (booleans count as "true" and
 * "false"), or null for the default; here it becomes a list of rules asked in order. The first branch that holds decides
 * in both, so the list means the same once each condition does (`flagd-condition.ts`).
 */
import { isJsonObject } from '#core'
import type { JsonObject, JsonValue, Rule, WeightedVariant } from '#core'
import { MAX_CONDITION_DEPTH, MAX_RULES } from '../contract/limits.ts'
import { conditionOf } from './flagd-condition.ts'
import { branchesOfFractional } from './flagd-fractional.ts'
import { both, depthOf, either, type Formula, negated, toCondition } from './formula.ts'
import { type FlagScope, operationOf, referredTo, spend } from './json-logic.ts'
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
  /** A variant, the default (null), or shares, which pass over whom they do not take. */
  readonly serve: string | null | Share
  readonly path: string
}

/** A split in flagd's buckets. */
export interface Share {
  readonly seed: string
  readonly bucketBy: string
  /** What `from` and `weight` are counted in. */
  readonly parts: number
  readonly positions: readonly (WeightedVariant & { readonly from: number })[]
}

/** @throws Untranslatable */
export function rulesOf(
  targeting: JsonValue,
  flag: Targeted,
  shared: TargetingScope,
): { readonly rules: readonly Rule[]; readonly notes: readonly Skipped[] } {
  const scope: FlagScope = {
    ...shared,
    flagKey: flag.key,
    parts: { left: MAX_PARTS_OF_FLAG },
    references: [],
    missingText: 'null',
    notes: new Map(),
  }
  const branches = branchesOf(targeting, flag.path, scope)
  const rules: Rule[] = []
  /** Contexts that get the code's default, which no rule can serve: later rules must not take them. */
  let excluded: Formula = false
  for (const branch of branches) {
    const when = both(negated(excluded), branch.when)
    if (when === false) continue
    // Whoever no rule takes gets the default anyway.
    if (when === true && branch.serve === null) break
    const serve = branch.serve ?? flag.defaultVariant
    if (!variantsOf(serve).every((variant) => Object.hasOwn(flag.variants, variant))) {
      throw new Untranslatable(branch.path, 'it answers a name that is none of the variants')
    }
    if (serve === null) excluded = either(excluded, branch.when)
    else rules.push(ruleOf(rules.length + 1, when, serve, branch.path))
    if (when === true && typeof serve === 'string') break
  }
  if (rules.length > MAX_RULES) {
    throw new Untranslatable(
      flag.path,
      `it needs ${rules.length} rules, at most ${MAX_RULES} are allowed`,
    )
  }
  return { rules, notes: [...scope.notes].map(([path, reason]) => ({ path, reason })) }
}

function variantsOf(serve: Branch['serve']): readonly string[] {
  if (serve === null) return []
  return typeof serve === 'string' ? [serve] : serve.positions.map(({ variant }) => variant)
}

function ruleOf(number: number, when: Formula, serve: string | Share, path: string): Rule {
  const condition = toCondition(when)
  if (condition !== undefined && depthOf(condition) > MAX_CONDITION_DEPTH) {
    throw new Untranslatable(
      path,
      `its conditions nest deeper than ${MAX_CONDITION_DEPTH} once translated`,
    )
  }
  return {
    id: `flagd-${number}`,
    ...(condition !== undefined && { when: condition }),
    ...(typeof serve === 'string' ? { serve: { variant: serve } } : splitOf(serve)),
  }
}

function splitOf({ seed, bucketBy, parts, positions }: Share): Omit<Rule, 'id'> {
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
    serve: { split },
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
