/** Putting conditions together. */
import type { Condition } from '#core'

/** All of them, without a level of its own where that is not needed. */
export function allOf(conditions: readonly Condition[]): Condition {
  const flat = conditions.flatMap((one) => ('all' in one ? one.all : [one]))
  const [only] = flat
  return flat.length === 1 && only !== undefined ? only : { all: flat }
}

/** Any of them, without a level of its own where that is not needed. */
export function anyOf(conditions: readonly Condition[]): Condition {
  const flat = conditions.flatMap((one) => ('any' in one ? one.any : [one]))
  const [only] = flat
  return flat.length === 1 && only !== undefined ? only : { any: flat }
}

/** How deep `all`, `any` and `not` nest in it. */
export function depthOf(condition: Condition): number {
  if ('not' in condition) return 1 + depthOf(condition.not)
  const inner = 'all' in condition ? condition.all : 'any' in condition ? condition.any : undefined
  return inner === undefined ? 0 : 1 + inner.reduce((most, one) => Math.max(most, depthOf(one)), 0)
}
