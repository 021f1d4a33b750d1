/** One LaunchDarkly flag. Its variants are named by their index, `"0"`, `"1"`, …: an SDK document has no names. */
import { elementsOf, numberAt, objectAt, present, textAt } from './json.ts'
import { translateClause } from './launchdarkly-clause.ts'
import { rulesOf, servedBy } from './launchdarkly-rollout.ts'
import { allOf } from './conditions.ts'
import { Targets } from './launchdarkly-targets.ts'
import { RuleIds } from './rule-ids.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import { typeOf } from './value-type.ts'
import type { FlagType, JsonObject, JsonValue, Operation, Prerequisite, Rule } from '#core'
import type { ClauseScope } from './launchdarkly-clause.ts'
import type { Served } from './launchdarkly-rollout.ts'
import type { Placed } from './skipped.ts'

const MAX_RULES = 100
const MAX_VARIANTS = 200
const MAX_PREREQUISITES = 100
const MAX_DEPTH = 10
const MAX_SEED_CHARACTERS = 128

const MEMBERS = [
  ...'key on variations offVariation fallthrough targets contextTargets rules prerequisites salt'.split(
    ' ',
  ),
  ...'version deleted clientSide clientSideAvailability migration'.split(' '),
  // Only events ask these.
  ...'trackEvents trackEventsFallthrough debugEventsUntilDate samplingRatio excludeFromSummaries'.split(
    ' ',
  ),
]

/** What is known of another flag. */
export interface Parent {
  readonly key: string
  readonly variations: number
  /** The off variation it always serves, since a prerequisite of its own cannot be met; else absent. */
  readonly stuckAt?: JsonValue | undefined
  /** How many prerequisites follow each other from here. */
  readonly depth: number
}

export interface FlagScope extends ClauseScope {
  readonly environment: string
  /** The flag as it was translated; null when the document has none. @throws Untranslatable */
  readonly flagOf: (name: string, path: string) => Parent | null
}

export interface TranslatedFlag extends Parent {
  readonly operations: readonly Operation[]
}

/** @throws Untranslatable */
export function translateFlag(
  name: string,
  key: string,
  { value: flag, path }: Placed<JsonObject>,
  scope: FlagScope,
): TranslatedFlag {
  const { skipped, environment } = scope
  skipped.addUnknown({ value: flag, path }, MEMBERS)
  if (present(flag, 'migration') !== undefined) {
    throw new Untranslatable(
      at(path, 'migration'),
      'a migration flag drives LaunchDarkly’s migrator',
    )
  }
  const variations = elementsOf(present(flag, 'variations'), at(path, 'variations'))
  const type = typeAt(variations, at(path, 'variations'))
  const variantAt = (index: JsonValue | undefined, place: string): string => {
    const isThere = typeof index === 'number' && Number.isInteger(index) && index >= 0
    if (isThere && index < variations.length) return String(index)
    throw new Untranslatable(
      place,
      `must be the index of a variation: 0 to ${variations.length - 1}`,
    )
  }
  const salt = textAt(present(flag, 'salt'), at(path, 'salt')) ?? ''
  const flagSeed = `${textAt(present(flag, 'key'), at(path, 'key')) ?? name}.${salt}`
  const off = present(flag, 'offVariation')
  const offVariant = off === undefined ? undefined : variantAt(off, at(path, 'offVariation'))
  const isOn = Boolean(flag['on'])
  const asked = prerequisitesOf({ value: flag, path }, scope)
  const placed = { value: flag, path }
  const targeted = new Targets(placed, variantAt)
  const ids = new RuleIds()
  const rules: Rule[] = targeted.rules(ids)
  const serving = { flagSeed, variantAt, skipped }
  for (const one of elementsOf(present(flag, 'rules'), at(path, 'rules'))) {
    rules.push(...ruleOf(objectAt(one), ids, scope, (rule) => servedBy(rule, serving)))
  }
  const fallthrough = fallthroughOf(placed, isOn, (value) => servedBy(value, serving))
  for (const rule of fallthrough === undefined ? [] : rulesOf(fallthrough, undefined, false)) {
    rules.push({ id: ids.make('fallthrough'), ...rule })
  }
  if (rules.length > MAX_RULES)
    throw new Untranslatable(at(path, 'rules'), `more than ${MAX_RULES} rules here`)
  listAvailability(placed, scope)
  const operations: readonly Operation[] = [
    {
      op: 'putFlag',
      key,
      type,
      variants: Object.fromEntries(variations.map(({ value }, i) => [String(i), value])),
      visibility: 'server',
      seed: flagSeed.slice(0, MAX_SEED_CHARACTERS),
    },
    {
      op: 'putFlagEnvironment',
      key,
      environment,
      enabled: isOn && !asked.isImpossible,
      ...(offVariant === undefined ? {} : { offVariant }),
      ...(fallthrough === undefined ? {} : { defaultVariant: fallthrough.rest }),
      ...(asked.list.length === 0 ? {} : { prerequisites: asked.list }),
      ...(targeted.isEmpty ? {} : { targets: targeted.native }),
      ...(rules.length === 0 ? {} : { rules }),
    },
  ]
  const stuckAt = isOn && asked.isImpossible ? (off ?? null) : undefined
  return { key, variations: variations.length, stuckAt, depth: asked.depth, operations }
}

function typeAt(variations: readonly Placed[], path: string): FlagType {
  let type: FlagType | undefined
  for (const { value, path: place } of variations) {
    const own = typeOf(value)
    if (own === undefined) throw new Untranslatable(place, 'null cannot be served as a value')
    type ??= own
    if (own !== type)
      throw new Untranslatable(
        place,
        `is of type ${own}, the first of type ${type}: one flag has one type`,
      )
  }
  if (type === undefined || variations.length > MAX_VARIANTS) {
    throw new Untranslatable(path, `must have 1 to ${MAX_VARIANTS} variations`)
  }
  return type
}

function ruleOf(
  placed: Placed<JsonObject>,
  ids: RuleIds,
  scope: FlagScope,
  served: (rule: Placed<JsonObject>) => Served,
): readonly Rule[] {
  const { value: rule, path } = placed
  scope.skipped.addUnknown(placed, [
    'id',
    'clauses',
    'variation',
    'rollout',
    'trackEvents',
    'ref',
    '_id',
  ])
  const id = ids.next(textAt(present(rule, 'id') || undefined, at(path, 'id')))
  const clauses = present(rule, 'clauses')
  if (clauses === undefined) {
    scope.skipped.add(path, 'it has no clauses: the rule never matches, and was left out')
    return []
  }
  const conditions = elementsOf(clauses, at(path, 'clauses')).map((one) =>
    translateClause(objectAt(one), scope),
  )
  const when = conditions.length === 0 ? undefined : allOf(conditions)
  return rulesOf(served(placed), when, true).map((one, i) => ({
    id: i === 0 ? id : ids.make(id),
    ...one,
  }))
}

/** Absent and never asked where the flag is off. */
function fallthroughOf(
  { value: flag, path }: Placed<JsonObject>,
  isOn: boolean,
  served: (fallthrough: Placed<JsonObject>) => Served,
): Served | undefined {
  const fallthrough = present(flag, 'fallthrough')
  if (fallthrough === undefined && !isOn) return undefined
  return served(objectAt({ value: fallthrough, path: at(path, 'fallthrough') }))
}

function listAvailability({ value: flag, path }: Placed<JsonObject>, { skipped }: FlagScope): void {
  const availability = present(flag, 'clientSideAvailability')
  const isAvailable =
    typeof availability === 'object' && !Array.isArray(availability)
      ? Object.values(availability ?? {}).includes(true)
      : flag['clientSide'] === true
  if (!isAvailable) return
  skipped.add(
    at(path, availability === undefined ? 'clientSide' : 'clientSideAvailability'),
    'imported for servers only: clients evaluate here themselves, so they would see its rules and segments',
  )
}

function prerequisitesOf(
  { value: flag, path }: Placed<JsonObject>,
  { flagOf, skipped }: FlagScope,
): {
  readonly list: readonly Prerequisite[]
  readonly isImpossible: boolean
  readonly depth: number
} {
  const list: Prerequisite[] = []
  let isImpossible = false
  let depth = 0
  for (const one of elementsOf(present(flag, 'prerequisites'), at(path, 'prerequisites'))) {
    const { value: prerequisite, path: place } = objectAt(one)
    skipped.addUnknown({ value: prerequisite, path: place }, ['key', 'variation'])
    const name = textAt(present(prerequisite, 'key'), at(place, 'key')) ?? ''
    const variation = numberAt(present(prerequisite, 'variation'), at(place, 'variation'))
    const parent = flagOf(name, at(place, 'key'))
    if (parent !== null && parent.stuckAt !== undefined && parent.stuckAt === variation) {
      throw new Untranslatable(
        place,
        'asks for what a flag serves whose own prerequisite cannot be met',
      )
    }
    const isPossible =
      Number.isInteger(variation) &&
      Number(variation) >= 0 &&
      Number(variation) < (parent?.variations ?? 0)
    if (parent === null || !isPossible) {
      skipped.add(
        place,
        'there is no such flag or variation: the flag is off, as it is at LaunchDarkly',
      )
      isImpossible = true
      continue
    }
    depth = Math.max(depth, parent.depth + 1)
    list.push({ flag: parent.key, variants: [String(variation)] })
  }
  if (depth > MAX_DEPTH || list.length > MAX_PREREQUISITES) {
    const place = at(path, 'prerequisites')
    throw new Untranslatable(
      place,
      `more than ${MAX_PREREQUISITES}, or more than ${MAX_DEPTH} that follow each other`,
    )
  }
  return { list, isImpossible, depth }
}
