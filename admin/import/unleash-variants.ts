/**
 * Unleash's variants as the variants and rules of one flag. A variant's value is what `getVariant()` answers, without
 * `feature_enabled`: `{name, enabled, payload?: {type, value}}`; so `getObjectValue('<key>.variant', …)` takes its place
 * in the code, and names, payload types and the text of numbers stay as they were.
 */
import { isJsonObject } from '#core'
import { at } from './skipped.ts'
import { isAttribute, MAX_ATTRIBUTE_CHARACTERS } from './unleash-constraint.ts'
import { MAX_SEED_CHARACTERS } from './unleash-strategy.ts'
import type { Condition, JsonObject, JsonValue, Rule } from '#core'
import type { Placed, SkippedList } from './skipped.ts'

/** What `getVariant()` says when there is none. */
export const DISABLED = 'disabled'

const MAX_PARTS = 1_000_000_000
const MAX_NAME_CHARACTERS = 128
const MEMBERS = ['name', 'weight', 'weightType', 'stickiness', 'payload', 'overrides']

/** Variant name in our flag → value. Distinct values under one name are kept apart by a number. */
export class VariantTable {
  readonly variants: Record<string, JsonValue> = { [DISABLED]: { name: DISABLED, enabled: false } }

  /** The variant of our flag that holds `value`. */
  keyOf(name: string, value: JsonObject, path: string, skipped: SkippedList): string {
    const text = JSON.stringify(value)
    const isFit = name.length >= 1 && name.length <= MAX_NAME_CHARACTERS && name !== '__proto__'
    for (let i = 1; ; i++) {
      const key = isFit && i === 1 ? name : `${isFit ? name.slice(0, 100) : 'variant'} (${i})`
      const known = Object.hasOwn(this.variants, key) ? this.variants[key] : undefined
      if (known !== undefined && JSON.stringify(known) !== text) continue
      if (known === undefined) {
        this.variants[key] = value
        if (key !== name)
          skipped.add(
            path,
            `stands under the variant name ${JSON.stringify(key)}, its value has the true one`,
          )
      }
      return key
    }
  }

  /** The variants whose name under Unleash is one of `names`. */
  keysOf(names: readonly unknown[]): readonly string[] {
    return Object.keys(this.variants).filter((key) => {
      const value = this.variants[key]
      return isJsonObject(value) && names.includes(value['name'])
    })
  }
}

export interface VariantList {
  /** Under Unleash's weights; the sum is at least 1. */
  readonly split: readonly { readonly variant: string; readonly weight: number }[]
  readonly total: number
  /** In order of precedence, before the split. */
  readonly overrides: readonly { readonly when: Condition; readonly variant: string }[]
  /** Of the first variant, as it stands. */
  readonly stickiness: JsonValue | undefined
}

/** `none`: there are none to choose from; undefined, and listed: they cannot be told. */
export function readVariants(
  { value: list, path }: Placed<JsonValue | undefined>,
  table: VariantTable,
  skipped: SkippedList,
): VariantList | 'none' | undefined {
  if (list === undefined || list === null) return 'none'
  if (!Array.isArray(list)) {
    skipped.add(path, 'must be a list of variants; it was left out')
    return 'none'
  }
  const split: { variant: string; weight: number }[] = []
  const overrides: { when: Condition; variant: string }[] = []
  for (const [index, variant] of list.entries()) {
    const place = at(path, index)
    const { name, weight } = isJsonObject(variant) ? variant : {}
    if (!isJsonObject(variant) || typeof name !== 'string' || !isWeight(weight)) {
      skipped.add(
        place,
        'a variant must have a name and a weight, an integer from 0; none is chosen',
      )
      return undefined
    }
    const placed = { value: variant, path: place }
    skipped.addUnknown(placed, MEMBERS)
    const key = table.keyOf(name, valueOf(name, placed, skipped), place, skipped)
    split.push({ variant: key, weight })
    const when = overrideOf(placed, skipped)
    if (when === undefined) return undefined
    if (when !== 'none') overrides.push({ when, variant: key })
  }
  const total = split.reduce((sum, { weight }) => sum + weight, 0)
  if (total <= 0) return 'none'
  if (total > MAX_PARTS) {
    skipped.add(path, `weights must sum to at most ${MAX_PARTS}; none is chosen`)
    return undefined
  }
  const [first] = list
  return {
    split,
    total,
    overrides,
    stickiness: isJsonObject(first) ? first['stickiness'] : undefined,
  }
}

function isWeight(weight: JsonValue | undefined): weight is number {
  return typeof weight === 'number' && Number.isSafeInteger(weight) && weight >= 0
}

function valueOf(
  name: string,
  { value: variant, path }: Placed<JsonObject>,
  skipped: SkippedList,
): JsonObject {
  const { payload } = variant
  const place = at(path, 'payload')
  if (payload === undefined || payload === null) return { name, enabled: true }
  if (
    !isJsonObject(payload) ||
    typeof payload['type'] !== 'string' ||
    typeof payload['value'] !== 'string'
  ) {
    skipped.add(place, 'must be {type, value}, both texts; the variant has none')
    return { name, enabled: true }
  }
  skipped.addUnknown({ value: payload, path: place }, ['type', 'value'])
  return { name, enabled: true, payload: { type: payload['type'], value: payload['value'] } }
}

/** Who gets this variant whatever the bucket. */
function overrideOf(
  { value: variant, path }: Placed<JsonObject>,
  skipped: SkippedList,
): Condition | 'none' | undefined {
  const { overrides } = variant
  const place = at(path, 'overrides')
  if (overrides === undefined || overrides === null) return 'none'
  const fail = (where: string, rule: string): undefined => {
    skipped.add(where, `must be ${rule}; none of these variants is chosen`)
  }
  if (!Array.isArray(overrides)) return fail(place, 'a list')
  const any: Condition[] = []
  for (const [index, override] of overrides.entries()) {
    const { contextName, values } = isJsonObject(override) ? override : {}
    if (!isAttribute(contextName) || !Array.isArray(values)) {
      return fail(at(place, index), '{contextName, values}')
    }
    const texts = values.filter((value) => typeof value === 'string')
    any.push({ attribute: contextName, operator: 'in', value: texts })
  }
  const [only] = any
  return any.length === 1 && only ? only : { any }
}

/**
 * The rules that choose from `list` where all of `conditions` hold; with `base` as the start of their ids. Undefined when
 * a name is too long for a seed or an attribute.
 */
export function variantRules(
  base: string,
  conditions: readonly Condition[],
  list: VariantList,
  groupId: string,
  stickiness: string,
): readonly Rule[] | undefined {
  const seed = `${groupId}:`
  if (seed.length > MAX_SEED_CHARACTERS || stickiness.length > MAX_ATTRIBUTE_CHARACTERS)
    return undefined
  const chosen = {
    serve: { split: list.split },
    seed,
    bucketing: { by: 'unleashVariant', parts: list.total },
    ...whenAll(conditions),
  }
  const overrides = list.overrides.map(({ when, variant }, i) => ({
    id: `${base}-override-${i + 1}`,
    ...whenAll([...conditions, when]),
    serve: { variant },
  }))
  if (stickiness === 'default') {
    return [...overrides, { id: base, ...chosen, bucketBy: '$unleash.variantStickiness' }]
  }
  // Without a value for its field Unleash draws at random: the second rule is asked when the first has nothing to hash.
  const random = { id: `${base}-random`, ...chosen, bucketBy: '$unleash.random' }
  if (stickiness === '') return [...overrides, random]
  return [...overrides, { id: base, ...chosen, bucketBy: stickiness }, random]
}

/** The `when` of a rule: absent for every context. */
export function whenAll(conditions: readonly Condition[]): { readonly when?: Condition } {
  const [only] = conditions
  if (only === undefined) return {}
  return { when: conditions.length === 1 ? only : { all: conditions } }
}
