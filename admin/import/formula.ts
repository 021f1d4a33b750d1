/** Conditions while they are put together: known truths are folded away, so that no rule carries a constant. */
import type { Condition } from '#core'

/** A condition, or the truth when it is the same for every context. */
export type Formula = boolean | Condition

export function both(a: Formula, b: Formula): Formula {
  if (a === false || b === false) return false
  if (a === true) return b
  if (b === true) return a
  return { all: [...conjuncts(a), ...conjuncts(b)] }
}

export function either(a: Formula, b: Formula): Formula {
  if (a === true || b === true) return true
  if (a === false) return b
  if (b === false) return a
  return { any: [...disjuncts(a), ...disjuncts(b)] }
}

export function negated(formula: Formula): Formula {
  if (typeof formula === 'boolean') return !formula
  return 'not' in formula ? formula.not : { not: formula }
}

/** Undefined: holds for every context. Never asked for what holds for none. */
export function toCondition(formula: Formula): Condition | undefined {
  return typeof formula === 'boolean' ? undefined : formula
}

/** How deep `all`, `any` and `not` nest. */
export function depthOf(condition: Condition): number {
  if ('all' in condition) return 1 + Math.max(0, ...condition.all.map(depthOf))
  if ('any' in condition) return 1 + Math.max(0, ...condition.any.map(depthOf))
  return 'not' in condition ? 1 + depthOf(condition.not) : 0
}

/** Whether it has more comparisons and groups than `limit`; asks no more than these. */
export function hasMoreParts(formula: Formula, limit: number): boolean {
  const waiting = typeof formula === 'boolean' ? [] : [formula]
  let left = limit
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    left -= 1
    if (left < 0) return true
    if ('not' in part) waiting.push(part.not)
    else if ('all' in part) waiting.push(...part.all)
    else if ('any' in part) waiting.push(...part.any)
  }
  return false
}

function conjuncts(condition: Condition): readonly Condition[] {
  return 'all' in condition ? condition.all : [condition]
}

function disjuncts(condition: Condition): readonly Condition[] {
  return 'any' in condition ? condition.any : [condition]
}
