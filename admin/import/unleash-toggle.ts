/** One Unleash toggle: its keys, the rules of its boolean flag, and those of its variants. */
import { keyFromName } from '#core'
import { at, textOf } from './skipped.ts'
import { translateStrategy } from './unleash-strategy.ts'
import { DISABLED, readVariants, VariantTable, variantRules, whenAll } from './unleash-variants.ts'
import type { Condition, FlagItem, JsonObject, Rule } from '#core'
import type { Placed, SkippedList } from './skipped.ts'
import type { Rollout, Strategy } from './unleash-strategy.ts'
import type { VariantList } from './unleash-variants.ts'

const MAX_RULES = 100
const MAX_VARIANTS = 200
const MAX_KEY_CHARACTERS = 128

const MEMBERS = [
  'name',
  'description',
  'enabled',
  'strategies',
  'variants',
  'dependencies',
  'impressionData',
  'type',
  'project',
  'stale',
]
/** Decide nothing. */
const ADMINISTRATIVE = [
  'archived',
  'archivedAt',
  'createdAt',
  'createdBy',
  'lastSeenAt',
  'favorite',
  'environments',
  'tags',
]

export interface Toggle {
  readonly name: string
  readonly key: string
  /** Key of the flag that is on where this one is off, made only when asked for. */
  readonly offKey: string
  readonly feature: Placed<JsonObject>
  /** Without strategies a toggle that is enabled is on. */
  readonly isAlwaysOn: boolean
  readonly rules: readonly Rule[]
  /** Absent: `getVariant()` is always `disabled`. */
  readonly variants?: ToggleVariants
}

export interface ToggleVariants {
  readonly key: string
  readonly table: VariantTable
  readonly rules: readonly Rule[]
}

/** All toggles that have a key, by name. */
export function translateToggles(
  features: ReadonlyMap<string, Placed<JsonObject>>,
  segments: ReadonlyMap<unknown, string | undefined>,
  skipped: SkippedList,
): ReadonlyMap<string, Toggle> {
  const toggles = new Map<string, Toggle>()
  const taken = new Set([...features.keys()].map(keyFromName))
  // Toggles keep their names; what is made beside them steps aside.
  const beside = (key: string, suffix: string): string => {
    for (let i = 1; ; i++) {
      const end = i === 1 ? suffix : `${suffix}-${i}`
      const candidate = key.slice(0, MAX_KEY_CHARACTERS - end.length) + end
      if (taken.has(candidate)) continue
      taken.add(candidate)
      return candidate
    }
  }
  for (const [name, feature] of features) {
    const key = keyFromName(name)
    if (key === undefined) {
      skipped.add(at(feature.path, 'name'), 'cannot be written as a key; the feature was left out')
      continue
    }
    const keys = { name, key, offKey: beside(key, '.off'), variantKey: beside(key, '.variant') }
    toggles.set(name, translateToggle(keys, feature, segments, skipped))
  }
  return toggles
}

interface Keys {
  readonly name: string
  readonly key: string
  readonly offKey: string
  readonly variantKey: string
}

function translateToggle(
  { name, key, offKey, variantKey }: Keys,
  feature: Placed<JsonObject>,
  segments: ReadonlyMap<unknown, string | undefined>,
  skipped: SkippedList,
): Toggle {
  listMembers(feature, skipped)
  const strategies = strategiesOf(name, feature, segments, skipped)
  const rules = strategies.list.map(({ id, strategy }) => ruleOf(id, strategy))
  const fits = rules.length <= MAX_RULES
  if (!fits) {
    const place = at(feature.path, 'strategies')
    skipped.add(place, `more than ${MAX_RULES} strategies; the flag has none and is off`)
  }
  const variants = variantsOf(name, feature, strategies.list, skipped)
  if (variants !== undefined && variantKey !== `${key}.variant`) {
    skipped.add(
      at(feature.path, 'variants'),
      `they stand under the key ${JSON.stringify(variantKey)}`,
    )
  }
  return {
    name,
    key,
    offKey,
    feature,
    isAlwaysOn: strategies.areNone,
    rules: fits ? rules : [],
    ...(variants === undefined ? {} : { variants: { key: variantKey, ...variants } }),
  }
}

function listMembers(feature: Placed<JsonObject>, skipped: SkippedList): void {
  skipped.addUnknown(feature, [...MEMBERS, ...ADMINISTRATIVE])
  const { enabled, impressionData } = feature.value
  if (typeof enabled !== 'boolean') {
    skipped.add(at(feature.path, 'enabled'), 'must be true or false; the flag is off')
  }
  if (impressionData === true) {
    skipped.add(at(feature.path, 'impressionData'), 'impression events are not sent')
  }
}

interface Numbered {
  /** Rule id. */
  readonly id: string
  readonly strategy: Strategy
}

function strategiesOf(
  name: string,
  { value: feature, path }: Placed<JsonObject>,
  segments: ReadonlyMap<unknown, string | undefined>,
  skipped: SkippedList,
): { readonly list: readonly Numbered[]; readonly areNone: boolean } {
  const { strategies } = feature
  const place = at(path, 'strategies')
  if (!Array.isArray(strategies)) {
    skipped.add(place, 'must be a list; the flag is never on')
    return { list: [], areNone: false }
  }
  const list = strategies.flatMap((strategy: unknown, index) => {
    const scope = { segments, randomSeed: `${name.slice(0, 100)}:${index + 1}:` }
    const read = translateStrategy({ value: strategy, path: at(place, index) }, scope, skipped)
    return read === undefined ? [] : [{ id: `strategy-${index + 1}`, strategy: read }]
  })
  return { list, areNone: strategies.length === 0 }
}

function ruleOf(id: string, { conditions, rollout }: Strategy): Rule {
  const when = whenAll(conditions)
  if (rollout === undefined) return { id, ...when, serve: { variant: 'on' } }
  const { bucketBy, seed, to } = rollout
  return {
    id,
    ...when,
    serve: { split: [{ variant: 'on', weight: to }] },
    seed,
    bucketBy,
    bucketing: { by: 'unleash', parts: 100 },
  }
}

/** The flag that says which variant, given that the boolean flag is on. Undefined when there are no variants. */
function variantsOf(
  name: string,
  { value: feature, path }: Placed<JsonObject>,
  strategies: readonly Numbered[],
  skipped: SkippedList,
): Omit<ToggleVariants, 'key'> | undefined {
  const table = new VariantTable()
  const place = at(path, 'variants')
  const own = readVariants({ value: feature['variants'], path: place }, table, skipped)
  const ownRules = (base: string, conditions: readonly Condition[]): readonly Rule[] | undefined =>
    isList(own)
      ? variantRules(base, conditions, own, name, stickinessOf(own.stickiness ?? 'default'))
      : []
  const ofStrategies = strategies.map(({ id, strategy }) => ({
    id,
    strategy,
    list: readVariants(strategy.variants, table, skipped),
  }))
  let rules: (readonly Rule[] | undefined)[]
  if (ofStrategies.every(({ list }) => list === 'none')) {
    rules = [ownRules('variants', [])]
  } else {
    // The strategy that switches the toggle on brings its variants, so each is asked again in order.
    rules = ofStrategies.map(({ id, strategy, list }) => {
      const conditions = [...strategy.conditions, ...rolloutAsked(strategy.rollout)]
      if (list === 'none' && isList(own)) return ownRules(id, conditions)
      if (!isList(list)) return [{ id, ...whenAll(conditions), serve: { variant: DISABLED } }]
      const { groupId, stickiness } = strategy.parameters.value
      const sticky = stickinessOf(list.stickiness || stickiness || 'default')
      return variantRules(
        id,
        conditions,
        list,
        groupId === undefined ? 'undefined' : textOf(groupId),
        sticky,
      )
    })
  }
  const count = Object.keys(table.variants).length
  if (count === 1) return undefined
  const all = rules.flatMap((some) => some ?? [])
  const fits =
    rules.every((some) => some !== undefined) && all.length <= MAX_RULES && count <= MAX_VARIANTS
  if (fits) return { table, rules: all }
  skipped.add(
    place,
    `more than ${MAX_VARIANTS} variants, ${MAX_RULES} rules or a groupId or stickiness that is too long; none is chosen`,
  )
  return undefined
}

function isList(list: VariantList | 'none' | undefined): list is VariantList {
  return list !== 'none' && list !== undefined
}

/** A stickiness that is no text is a field that no context has. */
function stickinessOf(stickiness: unknown): string {
  return typeof stickiness === 'string' ? stickiness : ''
}

function rolloutAsked(rollout: Rollout | undefined): readonly Condition[] {
  if (rollout === undefined) return []
  const { bucketBy, seed, to } = rollout
  return [{ attribute: bucketBy, operator: 'unleash.rollout', value: { seed, to } }]
}

/** What people read, and what has no place of its own with us. */
export function describe(
  { name, key, feature }: Toggle,
  skipped: SkippedList,
): Pick<FlagItem, 'description' | 'metadata'> {
  const { description, type, project, stale } = feature.value
  const metadata = {
    ...(name === key ? {} : { unleashName: name }),
    ...(typeof type === 'string' && type.length <= 1_000 ? { unleashType: type } : {}),
    ...(typeof project === 'string' && project.length <= 1_000 ? { unleashProject: project } : {}),
    ...(stale === true ? { unleashStale: true } : {}),
  }
  const isTooLong = typeof description === 'string' && description.length > 1_000
  if (isTooLong)
    skipped.add(at(feature.path, 'description'), 'more than 1000 characters; it was left out')
  return {
    ...(typeof description === 'string' && !isTooLong ? { description } : {}),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  }
}
