/** Flags, ready to be asked: EVALUATION.md §3. */
import type { Compiling } from './conditions.ts'
import type { FlagMetadata } from './evaluation.ts'
import type { Asking, Outcome, Serve } from './outcome.ts'
import { own } from './read.ts'
import type { Members } from './read.ts'
import { askRule, compileRule } from './rule.ts'
import type { CompiledRule } from './rule.ts'
import type { Flag, FlagType } from './snapshot.ts'

export interface CompiledFlag {
  readonly key: string
  readonly type: FlagType
  readonly isEnabled: boolean
  readonly metadata: FlagMetadata | undefined
  readonly off: Outcome
  readonly prerequisites: readonly CompiledPrerequisite[]
  readonly targets: ReadonlyMap<unknown, Outcome>
  readonly rules: readonly CompiledRule[]
  readonly otherwise: Outcome
  /** For whom the flags and segments it refers to were looked at: they are another evaluator's after an update. */
  checkedFor: Asking | undefined
  /** The evaluation `variant` is from, when the flag was asked as a prerequisite. */
  turn: number
  variant: string | undefined
}

interface CompiledPrerequisite {
  readonly flag: string
  readonly variants: readonly string[]
  readonly unmet: Outcome
  /** Prerequisites lead on from it for too long, or in a circle. */
  isEndless: boolean
}

/** How many prerequisites may follow each other. */
const MAX_PREREQUISITES = 10
/** How many references between segments may follow each other. */
const MAX_SEGMENTS = 6

/** Throws for a flag that cannot be read. */
export function compileFlag(flag: Flag, key: string, options: Compiling): CompiledFlag {
  const { type, variants, seed, offVariant, defaultVariant, prerequisites = [] } = flag
  const serve: Serve = (variant, reason, ruleId, placing, prerequisite) => {
    const value = variant === undefined ? undefined : own(variants, variant)
    const served = typeof value === type ? value : undefined
    return { value: served, variant, reason, ruleId, placing, prerequisite }
  }
  const enabled: unknown = flag.enabled
  const targets = compileTargets(flag.targets ?? {}, serve)
  const rules = (flag.rules ?? []).map((rule) => compileRule(rule, seed, serve, options))
  const isStatic =
    prerequisites.length + targets.size + rules.length === 0 && defaultVariant !== undefined
  return {
    key,
    type,
    isEnabled: enabled === true,
    metadata: flag.metadata,
    off: serve(offVariant, 'DISABLED'),
    prerequisites: prerequisites.map(({ flag: other, variants: wanted }) => ({
      flag: other,
      variants: wanted,
      unmet: serve(offVariant, 'DISABLED', undefined, undefined, other),
      isEndless: false,
    })),
    targets,
    rules,
    otherwise: serve(defaultVariant, isStatic ? 'STATIC' : 'DEFAULT'),
    checkedFor: undefined,
    turn: 0,
    variant: undefined,
  }
}

// Most flags have none, and an empty map is not free.
const NO_TARGETS: ReadonlyMap<unknown, Outcome> = new Map()

/** By targeting key, so that a thousand targets cost one look. Of a key listed twice the variant first by name counts. */
function compileTargets(
  targets: Readonly<Record<string, readonly string[]>>,
  serve: Serve,
): ReadonlyMap<unknown, Outcome> {
  const names = Object.keys(targets)
  if (names.length === 0) return NO_TARGETS
  const outcomes = new Map<unknown, Outcome>()
  for (const variant of names.toSorted().toReversed()) {
    const outcome = serve(variant, 'TARGETING_MATCH')
    for (const key of targets[variant] ?? []) outcomes.set(key, outcome)
  }
  return outcomes
}

/** Of a flag that is enabled. */
export function decide(flag: CompiledFlag, context: Members, asking: Asking): Outcome {
  if (flag.checkedFor !== asking) checkReferences(flag, asking)
  const { prerequisites, rules } = flag
  if (prerequisites.length > 0) {
    const prerequisite = prerequisites.find((one) => !isMet(one, context, asking))
    if (prerequisite) return prerequisite.unmet
  }
  if (flag.targets.size > 0) {
    const outcome = flag.targets.get(own(context, 'targetingKey'))
    if (outcome) return outcome
  }
  for (let n = 0; n < rules.length; n++) {
    const rule = rules[n]
    const outcome = rule !== undefined ? askRule(rule, context, asking) : undefined
    if (outcome !== undefined) return outcome
  }
  return flag.otherwise
}

function isMet(
  { flag, variants, isEndless }: CompiledPrerequisite,
  context: Members,
  asking: Asking,
): boolean {
  const other = asking.flag(flag)
  if (isEndless || !other?.isEnabled) return false
  if (other.turn !== asking.turn) {
    // The other flag's rules are not those the metadata speaks of.
    const { skipped } = asking
    asking.skipped = undefined
    const { value, variant } = decide(other, context, asking)
    other.variant = value === undefined ? undefined : variant
    other.turn = asking.turn
    asking.skipped = skipped
  }
  return other.variant !== undefined && variants.includes(other.variant)
}

/** What hangs on the body alone, so that it is done once an evaluator. */
function checkReferences(flag: CompiledFlag, asking: Asking): void {
  for (const prerequisite of flag.prerequisites) {
    prerequisite.isEndless = isChainLonger(
      [prerequisite.flag],
      (key) => asking.flag(key)?.prerequisites.map((one) => one.flag) ?? [],
      MAX_PREREQUISITES,
    )
  }
  for (const rule of flag.rules) {
    rule.isReadable =
      rule.isUnderstood &&
      !isChainLonger(
        rule.segmentKeys,
        (key) => {
          const segment = asking.segment(key)
          // As if it led to itself.
          return segment === null ? [key] : (segment?.segmentKeys ?? [])
        },
        MAX_SEGMENTS + 1,
      )
  }
  flag.checkedFor = asking
}

/** Whether more than `limit` keys follow each other from one of `start`; a circle goes on for ever. */
function isChainLonger(
  start: Iterable<string>,
  next: (key: string) => Iterable<string>,
  limit: number,
): boolean {
  let layer = new Set(start)
  for (let length = 0; layer.size > 0; length++) {
    if (length >= limit) return true
    layer = new Set([...layer].flatMap((key) => [...next(key)]))
  }
  return false
}
