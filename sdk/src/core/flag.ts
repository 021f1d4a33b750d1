/** One flag becomes a function from context to outcome: EVALUATION.md §2 and §3. */
import type { Test } from './conditions.ts'
import type { FlagMetadata } from './evaluation.ts'
import type { FlagType } from './snapshot.ts'
import type { Asking, Outcome, Serve } from './outcome.ts'
import {
  isList,
  isMembers,
  isString,
  isStrings,
  malformed,
  may,
  membersOf,
  need,
  own,
} from './read.ts'
import type { Members } from './read.ts'
import { compileRule } from './rule.ts'

export interface CompiledFlag {
  readonly type: FlagType
  readonly isEnabled: boolean
  readonly metadata: FlagMetadata
  readonly prerequisiteKeys: readonly string[]
  readonly decide: (context: Members) => Outcome
  /** The evaluation `variant` is from, when the flag was asked as a prerequisite. */
  turn: number
  variant: string | undefined
}

/** Throws what `malformed` makes for a flag that does not fit the grammar. */
export function compileFlag(given: unknown, asking: Asking): CompiledFlag {
  const flag = membersOf(given, 'flag')
  const type = need(flag, 'type', isFlagType)
  const serve = serverOf(need(flag, 'variants', isMembers), type)
  const seed = need(flag, 'seed', isString)
  const isEnabled = own(flag, 'enabled') === true
  const offVariant = may(flag, 'offVariant', isString)
  const off = serve(offVariant, 'DISABLED')
  const prerequisites = (may(flag, 'prerequisites', isList) ?? []).map((one) => {
    const prerequisite = membersOf(one, 'prerequisites')
    const key = need(prerequisite, 'flag', isString)
    const isMet = compilePrerequisite(key, need(prerequisite, 'variants', isStrings), asking)
    return { key, isMet, unmet: serve(offVariant, 'DISABLED', undefined, undefined, key) }
  })
  const targets = compileTargets(may(flag, 'targets', isMembers) ?? {}, serve)
  const rules = (may(flag, 'rules', isList) ?? []).map((rule) =>
    compileRule(rule, seed, serve, asking),
  )
  const defaultVariant = may(flag, 'defaultVariant', isString)
  const isStatic =
    prerequisites.length + targets.size + rules.length === 0 && defaultVariant !== undefined
  const fallthrough = serve(defaultVariant, isStatic ? 'STATIC' : 'DEFAULT')

  return {
    type,
    isEnabled,
    metadata: may(flag, 'metadata', isMetadata) ?? {},
    prerequisiteKeys: prerequisites.map(({ key }) => key),
    decide: (context) => {
      if (!isEnabled) return off
      for (const { isMet, unmet } of prerequisites) if (!isMet(context)) return unmet
      if (targets.size > 0) {
        const outcome = targets.get(own(context, 'targetingKey'))
        if (outcome) return outcome
      }
      for (const rule of rules) {
        const outcome = rule(context)
        if (outcome) return outcome
      }
      return fallthrough
    },
    turn: 0,
    variant: undefined,
  }
}

function isFlagType(value: unknown): value is FlagType {
  return value === 'boolean' || value === 'string' || value === 'number' || value === 'object'
}

function isMetadata(value: unknown): value is FlagMetadata {
  return (
    isMembers(value) &&
    Object.values(value).every((one) => isFlagType(typeof one) && typeof one !== 'object')
  )
}

/** Looks the variants up once, when outcomes are made. */
function serverOf(variants: Members, type: FlagType): Serve {
  for (const value of Object.values(variants)) {
    if (typeof value !== type || value === null) throw malformed('variants')
  }
  return (variant, reason, ruleId, bucketOf, prerequisite) => {
    const value = variant === undefined ? undefined : own(variants, variant)
    const isThere = variant === undefined || value !== undefined
    return {
      value,
      variant: isThere ? variant : undefined,
      reason,
      ruleId,
      bucketOf,
      prerequisite,
      fault: isThere ? undefined : `no variant ${JSON.stringify(variant)}`,
    }
  }
}

/** Whether the other flag serves one of `variants`. */
function compilePrerequisite(key: string, variants: readonly string[], asking: Asking): Test {
  // Found out when first asked: compiling a flag must not compile all those it depends on.
  let isTooLong: boolean | undefined
  return (context) => {
    isTooLong ??= asking.isChainTooLong(key)
    const variant = isTooLong ? undefined : asking.variantOf(key, context)
    return variant !== undefined && variants.includes(variant)
  }
}

/** By targeting key, so that a thousand targets cost one look. Of a key listed twice the variant first by name counts. */
function compileTargets(targets: Members, serve: Serve): ReadonlyMap<unknown, Outcome> {
  const outcomes = new Map<unknown, Outcome>()
  for (const variant of Object.keys(targets).toSorted()) {
    const outcome = serve(variant, 'TARGETING_MATCH')
    for (const key of need(targets, variant, isStrings)) {
      if (!outcomes.has(key)) outcomes.set(key, outcome)
    }
  }
  return outcomes
}
