/** Why conditions and segments hold or not: every node is asked by itself, then what it saw is set beside it. */
import { attributeOf, bucketingValue, readAttribute } from './attributes.ts'
import { toEpochMs } from './date.ts'
import type { ExplainedComparison, ExplainedCondition, ExplainedSegment } from './explanation.ts'
import type { JsonValue } from './json.ts'
import type { Probe } from './probe.ts'
import {
  formOf,
  isList,
  isNumber,
  isString,
  malformed,
  may,
  membersOf,
  need,
  own,
  stringsOf,
} from './read.ts'
import type { Members } from './read.ts'
import { versionKey } from './semver.ts'

/** What is deeper does not fit the grammar, and is not walked. */
const MAX_DEPTH = 6

export interface ConditionPlans {
  /** Throws what `malformed` makes when it does not fit the grammar. */
  readonly condition: (when: unknown, seed: string) => () => ExplainedCondition
  /** The segments asked by the conditions that were explained so far. */
  readonly segments: () => Readonly<Record<string, ExplainedSegment>>
}

export function planConditions(probe: Probe): ConditionPlans {
  const plans = new Map<string, () => ExplainedSegment>()
  const asked = new Set<string>()

  function planCondition(given: unknown, seed: string, depth = 0): () => ExplainedCondition {
    const members = membersOf(given, 'when')
    const form = formOf(members, ['all', 'any', 'not', 'operator'])
    const verdict = probe.condition(seed, members)
    if (form === 'operator') return planComparison(members, verdict)
    if (depth >= MAX_DEPTH) throw malformed(form)
    const below = (one: unknown): (() => ExplainedCondition) => planCondition(one, seed, depth + 1)
    if (form === 'not') {
      const not = below(members['not'])
      return () => ({ not: not(), holds: verdict() === 'holds' })
    }
    const plan = need(members, form, isList).map(below)
    return () => {
      const holds = verdict() === 'holds'
      const nodes = plan.map((one) => one())
      return form === 'all' ? { all: nodes, holds } : { any: nodes, holds }
    }
  }

  function planComparison(
    members: Members,
    verdict: ReturnType<Probe['condition']>,
  ): () => ExplainedComparison {
    const operator = need(members, 'operator', isString)
    const attribute = may(members, 'attribute', isString)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a member of a JSON body
    const value = own(members, 'value') as JsonValue | undefined
    const { name } = plainOperator(operator)
    const segmentKeys = name === 'inSegment' ? (stringsOf(value) ?? []) : []
    for (const key of segmentKeys) planSegment(key)
    return () => {
      const answer = verdict()
      for (const key of segmentKeys) asked.add(key)
      const seen = look(attribute ?? (name === 'percentage' ? 'targetingKey' : undefined), probe)
      const why =
        answer === 'not understood'
          ? notUnderstood(members, probe)
          : answer === 'holds'
            ? undefined
            : notHeld(operator, value, seen)
      return {
        ...(attribute !== undefined && { attribute }),
        operator,
        ...(value !== undefined && { value }),
        ...(seen !== undefined && { seen }),
        holds: answer === 'holds',
        ...(why !== undefined && { why }),
      }
    }
  }

  function planSegment(key: string): void {
    if (plans.has(key)) return
    const segment = own(probe.segments, key)
    const contains = probe.condition(key, { operator: 'inSegment', value: key })
    if (segment === undefined) {
      plans.set(key, () => ({ contains: false, why: 'no such segment' }))
      return
    }
    const unreadable: ExplainedSegment = { contains: false, why: 'cannot be read' }
    // Set before what it leads to is planned: that may lead back here.
    plans.set(key, () => unreadable)
    try {
      const parts = membersOf(segment, key)
      const asks = (ids: unknown): ReturnType<Probe['condition']> =>
        probe.condition(key, { operator: 'inSegment', value: probe.segment({ ids }) })
      const isExcluded = asks(own(parts, 'excludedIds'))
      const isListed = asks(own(parts, 'ids'))
      const condition = own(parts, 'when')
      const when = condition === undefined ? undefined : planCondition(condition, key)
      plans.set(key, () => {
        const verdict = contains()
        if (verdict === 'not understood') return { ...unreadable, ...(when && { when: when() }) }
        const isIn = verdict === 'holds'
        if (isExcluded() === 'holds') return { contains: isIn, why: 'excluded' }
        if (isListed() === 'holds') return { contains: isIn, why: 'listed' }
        if (when === undefined) return { contains: isIn, why: 'not listed' }
        const why = isIn ? 'condition holds' : 'condition does not hold'
        return { contains: isIn, why, when: when() }
      })
    } catch {
      // It does not fit the grammar: nobody is in it.
    }
  }

  return {
    condition: planCondition,
    segments() {
      const explained = new Map<string, ExplainedSegment>()
      // Grows while it is walked: a segment's condition may ask others.
      for (const key of asked) {
        const plan = plans.get(key)
        if (plan) explained.set(key, plan())
      }
      return Object.fromEntries(explained)
    },
  }
}

function look(attribute: string | undefined, { context }: Probe): unknown {
  try {
    return attribute === undefined ? undefined : readAttribute(attributeOf(attribute), context)
  } catch {
    return undefined
  }
}

/** `notEquals` is `equals` turned round. */
function plainOperator(operator: string): { readonly name: string; readonly isNegated: boolean } {
  const isNegated = /^not[A-Z]/.test(operator)
  const name = isNegated ? operator.charAt(3).toLowerCase() + operator.slice(4) : operator
  return { name, isNegated }
}

type Fits = (seen: unknown, value: unknown) => boolean

const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value)
const isLikeOne: Fits = (seen, value) =>
  (isList(value) ? value : [value]).some((one) => kindOf(one) === kindOf(seen))
const isDate: Fits = (seen) => !Number.isNaN(toEpochMs(seen))
const isVersion: Fits = (seen) => isString(seen) && versionKey(seen) !== undefined

/** Every operator, with what an attribute must be for it to hold at all. Diagnosis only: it decides nothing. */
export const ATTRIBUTE_KINDS: Readonly<Record<string, Fits>> = {
  equals: isLikeOne,
  in: isLikeOne,
  contains: isString,
  startsWith: isString,
  endsWith: isString,
  matches: isString,
  ipInCidr: isString,
  lt: isNumber,
  lte: isNumber,
  gt: isNumber,
  gte: isNumber,
  before: isDate,
  after: isDate,
  semverEquals: isVersion,
  semverLt: isVersion,
  semverLte: isVersion,
  semverGt: isVersion,
  semverGte: isVersion,
  exists: () => true,
  inSegment: () => true,
  percentage: (seen) => bucketingValue(seen) !== undefined,
}

function notHeld(operator: string, value: unknown, seen: unknown): ExplainedComparison['why'] {
  const { name, isNegated } = plainOperator(operator)
  if (name === 'inSegment') return isNegated ? 'in the segment' : 'in no such segment'
  if (isNegated) return 'comparison fails'
  if (seen === undefined) return 'attribute is missing'
  const fits = Object.hasOwn(ATTRIBUTE_KINDS, name) ? ATTRIBUTE_KINDS[name] : undefined
  const isLike = !fits || (isList(seen) ? seen : [seen]).some((one) => fits(one, value))
  return isLike ? 'comparison fails' : 'attribute is of another type'
}

function notUnderstood(members: Members, probe: Probe): ExplainedComparison['why'] {
  const operator = need(members, 'operator', isString)
  if (operator.includes('.'))
    return probe.hasOperator(operator) ? 'bucketer failed' : 'missing bucketer'
  const { name } = plainOperator(operator)
  if (!Object.hasOwn(ATTRIBUTE_KINDS, name)) return 'unknown operator'
  const isReadable = name === 'inSegment' && stringsOf(own(members, 'value')) !== undefined
  return isReadable ? 'segment cannot be read' : 'value cannot be read'
}
