/** What a flag, and its settings in one environment, must be, taken by themselves: EVALUATION.md §2. Total: never throws. */
import { isJsonObject } from '#core'
import { MAX_DESCRIPTION_CHARACTERS, VISIBILITIES } from './config-check.ts'
import { at, isBoolean, isList, isObjectOf, isOneOf, isText } from './issues.ts'
import { MAX_VARIANTS } from './limits.ts'
import { isItemName, ITEM_NAME_RULE } from './names.ts'
import { checkRules } from './rule-check.ts'
import { MAX_ID_CHARACTERS } from './segment-check.ts'
import { checkVariant, MAX_SEED_CHARACTERS, MAX_VARIANT_CHARACTERS } from './variant-check.ts'
import type {
  FlagEnvironmentItem,
  FlagItem,
  FlagKind,
  FlagType,
  JsonObject,
  JsonValue,
} from '#core'
import type { Issues } from './issues.ts'

const TYPES: readonly FlagType[] = ['boolean', 'string', 'number', 'object']
const MAX_METADATA = 100
const MAX_METADATA_CHARACTERS = 1_000
const MAX_PREREQUISITES = 100
const MAX_TARGETS_OF_A_VARIANT = 10_000
const KINDS: readonly FlagKind[] = [
  'release',
  'experiment',
  'operational',
  'permission',
  'killswitch',
]
const MAX_OWNER_CHARACTERS = 128
const MAX_TAGS = 20
const MAX_TAG_CHARACTERS = 64

const FLAG_REQUIRED = ['type', 'variants', 'visibility', 'seed']
const LIFECYCLE = ['owner', 'tags', 'kind', 'temporary', 'archived']
const FLAG_OPTIONAL = ['description', 'offVariant', 'defaultVariant', 'metadata', ...LIFECYCLE]

export function isFlagItem(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): value is JsonValue & FlagItem {
  return issues.passes(() => {
    if (!isObjectOf(value, path, issues, FLAG_REQUIRED, FLAG_OPTIONAL)) return
    const { type, description } = value
    isOneOf(value['visibility'], at(path, 'visibility'), issues, VISIBILITIES)
    isText(value['seed'], at(path, 'seed'), issues, 1, MAX_SEED_CHARACTERS)
    if (description !== undefined) {
      isText(description, at(path, 'description'), issues, 0, MAX_DESCRIPTION_CHARACTERS)
    }
    if (isOneOf(type, at(path, 'type'), issues, TYPES)) {
      checkVariants(value['variants'], type, at(path, 'variants'), issues)
    }
    checkDefaults(value, variantNames(value['variants']), path, issues)
    if (value['metadata'] !== undefined) {
      checkMetadata(value['metadata'], at(path, 'metadata'), issues)
    }
    checkLifecycle(value, path, issues)
  })
}

const SETTINGS_OPTIONAL = [
  'offVariant',
  'defaultVariant',
  'seed',
  'prerequisites',
  'targets',
  'rules',
]

/** Whether `value` is the settings of `flag` in one environment. */
export function isFlagEnvironmentItem(
  value: JsonValue | undefined,
  flag: FlagItem,
  path: string,
  issues: Issues,
): value is JsonValue & FlagEnvironmentItem {
  return issues.passes(() => {
    if (!isObjectOf(value, path, issues, ['enabled'], SETTINGS_OPTIONAL)) return
    const variants = variantNames(flag.variants)
    const { seed, prerequisites, targets, rules } = value
    isBoolean(value['enabled'], at(path, 'enabled'), issues)
    if (seed !== undefined) isText(seed, at(path, 'seed'), issues, 1, MAX_SEED_CHARACTERS)
    checkDefaults(value, variants, path, issues)
    if (prerequisites !== undefined) {
      checkPrerequisites(prerequisites, at(path, 'prerequisites'), issues)
    }
    if (targets !== undefined) checkTargets(targets, variants, at(path, 'targets'), issues)
    if (rules !== undefined) checkRules(rules, variants, at(path, 'rules'), issues)
  })
}

function variantNames(variants: unknown): ReadonlySet<string> {
  return new Set(typeof variants === 'object' && variants !== null ? Object.keys(variants) : [])
}

function checkVariants(
  variants: JsonValue | undefined,
  type: FlagType,
  path: string,
  issues: Issues,
): void {
  if (variants === undefined || !isJsonObject(variants)) {
    issues.add(path, 'must be an object from variant name to value')
    return
  }
  const entries = Object.entries(variants)
  if (entries.length < 1 || entries.length > MAX_VARIANTS) {
    issues.add(path, `must have 1 to ${MAX_VARIANTS} variants, has ${entries.length}`)
  }
  for (const [name, value] of entries) {
    if (name.length < 1 || name.length > MAX_VARIANT_CHARACTERS) {
      issues.add(
        at(path, name),
        `a variant's name must have 1 to ${MAX_VARIANT_CHARACTERS} characters`,
      )
    }
    if (!isOfType(value, type)) issues.add(at(path, name), `must be ${TYPE_RULE[type]}`)
  }
}

const TYPE_RULE: Readonly<Record<FlagType, string>> = {
  boolean: 'a boolean, as the type of the flag says',
  string: 'a string, as the type of the flag says',
  number: 'a number, as the type of the flag says',
  object: 'an object or a list, as the type of the flag says',
}

function isOfType(value: JsonValue, type: FlagType): boolean {
  if (type === 'object') return typeof value === 'object' && value !== null
  return typeof value === type
}

function checkDefaults(
  value: JsonObject,
  variants: ReadonlySet<string>,
  path: string,
  issues: Issues,
): void {
  for (const name of ['offVariant', 'defaultVariant']) {
    if (value[name] !== undefined) checkVariant(value[name], variants, at(path, name), issues)
  }
}

function checkMetadata(value: JsonValue, path: string, issues: Issues): void {
  if (!isJsonObject(value)) {
    issues.add(path, 'must be an object')
    return
  }
  const entries = Object.entries(value)
  if (entries.length > MAX_METADATA) issues.add(path, `must have at most ${MAX_METADATA} members`)
  for (const [name, member] of entries) {
    if (!['string', 'number', 'boolean'].includes(typeof member)) {
      issues.add(at(path, name), 'must be a string, number or boolean')
    } else if (typeof member === 'string' && member.length > MAX_METADATA_CHARACTERS) {
      issues.add(at(path, name), `must have at most ${MAX_METADATA_CHARACTERS} characters`)
    }
  }
}

function checkLifecycle(value: JsonObject, path: string, issues: Issues): void {
  const { owner, tags, kind, temporary, archived } = value
  if (owner !== undefined) isText(owner, at(path, 'owner'), issues, 1, MAX_OWNER_CHARACTERS)
  if (kind !== undefined) isOneOf(kind, at(path, 'kind'), issues, KINDS)
  if (temporary !== undefined) isBoolean(temporary, at(path, 'temporary'), issues)
  if (archived !== undefined) isBoolean(archived, at(path, 'archived'), issues)
  if (tags === undefined || !isList(tags, at(path, 'tags'), issues, MAX_TAGS)) return
  for (const [index, tag] of tags.entries()) {
    const place = at(at(path, 'tags'), index)
    if (!isText(tag, place, issues, 1, MAX_TAG_CHARACTERS)) continue
    if (tags.indexOf(tag) < index) issues.add(place, 'must be there once')
  }
}

function checkPrerequisites(value: JsonValue, path: string, issues: Issues): void {
  if (!isList(value, path, issues, MAX_PREREQUISITES)) return
  for (const [index, prerequisite] of value.entries()) {
    const place = at(path, index)
    if (!isObjectOf(prerequisite, place, issues, ['flag', 'variants'])) continue
    const { flag, variants } = prerequisite
    if (!isItemName(flag)) issues.add(at(place, 'flag'), ITEM_NAME_RULE)
    if (!isList(variants, at(place, 'variants'), issues, MAX_VARIANTS)) continue
    if (variants.length === 0) issues.add(at(place, 'variants'), 'must name at least one variant')
    for (const [i, variant] of variants.entries()) {
      isText(variant, at(at(place, 'variants'), i), issues, 1, MAX_VARIANT_CHARACTERS)
    }
  }
}

function checkTargets(
  value: JsonValue,
  variants: ReadonlySet<string>,
  path: string,
  issues: Issues,
): void {
  if (!isJsonObject(value)) {
    issues.add(path, 'must be an object from variant to a list of targeting keys')
    return
  }
  for (const [variant, keys] of Object.entries(value)) {
    const place = at(path, variant)
    checkVariant(variant, variants, place, issues)
    if (!isList(keys, place, issues, MAX_TARGETS_OF_A_VARIANT)) continue
    for (const [index, key] of keys.entries()) {
      isText(key, at(place, index), issues, 1, MAX_ID_CHARACTERS)
    }
  }
}
