/** One flag becomes a function from context to outcome: EVALUATION.md §2 and §3. */
import type { FlagMetadata } from './evaluation.ts'
import type { FlagType } from './snapshot.ts'
import type { Asking, Outcome, Serve } from './outcome.ts'
import {
  isList,
  isListOf,
  isMembers,
  isNumber,
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
}

/** Throws what `malformed` makes for a flag that does not fit the grammar. */
export function compileFlag(given: unknown, asking: Asking): CompiledFlag {
  const flag = membersOf(given, 'flag')
  const type = need(flag, 'type', isFlagType)
  const serve = serverOf(need(flag, 'variants', isMembers), type)
  const seed = need(flag, 'seed', isString)
  const offVariant = may(flag, 'offVariant', isString)
  const defaultVariant = may(flag, 'defaultVariant', isString)
  const isEnabled = own(flag, 'enabled') === true

  const off = serve(offVariant, 'DISABLED')
  const prerequisites = (may(flag, 'prerequisites', isList) ?? []).map((prerequisite) =>
    compilePrerequisite(prerequisite, asking, (key) =>
      serve(offVariant, 'DISABLED', { prerequisite: key }),
    ),
  )
  const targets = compileTargets(may(flag, 'targets', isMembers) ?? {}, serve)
  const rules = (may(flag, 'rules', isList) ?? []).map((rule) =>
    compileRule(rule, seed, serve, asking),
  )
  const isStatic = prerequisites.length + targets.size + rules.length === 0
  const fallthrough = serve(
    defaultVariant,
    isStatic && defaultVariant !== undefined ? 'STATIC' : 'DEFAULT',
  )

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
  }
}

function isFlagType(value: unknown): value is FlagType {
  return value === 'boolean' || value === 'string' || value === 'number' || value === 'object'
}

function isMetadata(value: unknown): value is FlagMetadata {
  return isMembers(value) && isListOf(Object.values(value), isPlain)
}

function isPlain(value: unknown): value is string | number | boolean {
  return isString(value) || isNumber(value) || typeof value === 'boolean'
}

/** Looks the variants up once, when outcomes are made. */
function serverOf(variants: Members, type: FlagType): Serve {
  for (const value of Object.values(variants)) {
    if (typeof value !== type || value === null) throw malformed('variants')
  }
  return (variant, reason, more) => {
    const value = variant === undefined ? undefined : own(variants, variant)
    if (variant === undefined || value !== undefined) return { value, variant, reason, ...more }
    return {
      ...more,
      value,
      variant: undefined,
      reason: 'ERROR',
      errorCode: 'PARSE_ERROR',
      errorMessage: `there is no variant ${JSON.stringify(variant)}`,
    }
  }
}

interface Prerequisite {
  readonly key: string
  readonly isMet: (context: Members) => boolean
  readonly unmet: Outcome
}

function compilePrerequisite(
  given: unknown,
  asking: Asking,
  unmetBy: (key: string) => Outcome,
): Prerequisite {
  const prerequisite = membersOf(given, 'prerequisite')
  const key = need(prerequisite, 'flag', isString)
  const variants = need(prerequisite, 'variants', isStrings)
  // Found out when first asked: compiling a flag must not compile all those it depends on.
  let isTooLong: boolean | undefined
  return {
    key,
    isMet: (context) => {
      isTooLong ??= asking.isChainTooLong(key)
      const variant = isTooLong ? undefined : asking.variantOf(key, context)
      return variant !== undefined && variants.includes(variant)
    },
    unmet: unmetBy(key),
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
