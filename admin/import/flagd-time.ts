/**
 * Comparisons of flagd's `$flagd.timestamp` with known times. Our conditions know no time, but rules do: while a condition
 * is put together, a comparison stands in it as one of an attribute that no context has, and a rule takes it out again.
 */
import type { AttributeCondition, Condition } from '#core'
import type { Formula } from './formula.ts'
import { Untranslatable } from './translation.ts'

const ATTRIBUTE = '$flagd.timestamp'

interface Times {
  readonly formula: Formula
  readonly startMs?: number
  readonly endMs?: number
}

/** `from`: the time is that or later, in whole seconds; else it is before. */
export function timeCondition(isFrom: boolean, seconds: number): Condition {
  return { attribute: ATTRIBUTE, operator: isFrom ? 'gte' : 'lt', value: seconds }
}

/** @throws Untranslatable where a time is not one of the things that must all hold. */
export function takeTimes(formula: Formula, path: string): Times {
  if (typeof formula === 'boolean') return { formula }
  const parts = 'all' in formula ? formula.all : [formula]
  const from: number[] = []
  const until: number[] = []
  const others = parts.filter((part) => {
    const time = timeOf(part)
    if (!time) return true
    const isFrom = (time.operator === 'gte') !== 'not' in part
    ;(isFrom ? from : until).push(Number(time.value) * 1000)
    return false
  })
  if (others.some(hasTime)) {
    throw new Untranslatable(
      path,
      'a time must stand by itself or in an "and"; rules have startMs and endMs',
    )
  }
  const [only, ...more] = others
  return {
    formula: only === undefined ? true : more.length === 0 ? only : { all: others },
    ...(from.length > 0 && { startMs: Math.max(...from) }),
    ...(until.length > 0 && { endMs: Math.min(...until) }),
  }
}

/** The comparison with the time that `condition` is, itself or negated. */
function timeOf(condition: Condition): AttributeCondition | undefined {
  const one = 'not' in condition ? condition.not : condition
  return 'operator' in one && one.attribute === ATTRIBUTE ? one : undefined
}

function hasTime(condition: Condition): boolean {
  if ('all' in condition) return condition.all.some(hasTime)
  if ('any' in condition) return condition.any.some(hasTime)
  if ('not' in condition) return hasTime(condition.not)
  return condition.attribute === ATTRIBUTE
}
