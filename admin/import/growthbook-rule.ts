/**
 * One rule of a GrowthBook feature as one of ours: forced values, rollouts and experiments. GrowthBook asks filters (or the
 * namespace), the condition and the share; a rule that does not take someone leaves them to the next, as ours do.
 */
import { isJsonObject } from '#core'
import { getBucketRanges, HASH_PARTS } from '#migrate/growthbook-hash.ts'
import { allOf } from './conditions.ts'
import { translateCondition } from './growthbook-condition.ts'
import { positionsOf, rangeAt, rangesAt, rolloutWeight } from './growthbook-shares.ts'
import { elementsOf, isArray, numberAt, objectAt, textAt } from './json.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { Condition, JsonObject, JsonValue, Rule, Serve } from '#core'
import type { SavedGroups } from './growthbook-groups.ts'
import type { Placed, SkippedList } from './skipped.ts'

const MAX_SEED_CHARACTERS = 128
const MAX_ATTRIBUTE_CHARACTERS = 256

export const RULE_MEMBERS: readonly string[] = [
  ...'id condition parentConditions force variations weights key seed coverage'.split(' '),
  ...'hashAttribute hashVersion range ranges namespace filters meta'.split(' '),
  // Only sticky buckets ask these; `fallbackAttribute` and `minBucketVersion` are listed on their own.
  ...'fallbackAttribute disableStickyBucketing bucketVersion minBucketVersion'.split(' '),
  // Only tracking asks these.
  ...'name phase tracks'.split(' '),
  ...'contextualBanditRef contextualVariations'.split(' '),
]

export interface RuleScope {
  /** The feature's own name, which GrowthBook hashes by default. */
  readonly name: string
  /** The seed that stands with the flag. */
  readonly flagSeed: string
  readonly variantOf: (value: JsonValue, path: string) => string
  readonly groups: SavedGroups
  readonly skipped: SkippedList
}

/** Undefined for a rule that never serves anyone. @throws Untranslatable */
export function translateRule(
  { value: rule, path }: Placed<JsonObject>,
  id: string,
  scope: RuleScope,
): Rule | undefined {
  listStickiness({ value: rule, path }, scope.skipped)
  if (Object.hasOwn(rule, 'contextualBanditRef') || Object.hasOwn(rule, 'contextualVariations')) {
    throw new Untranslatable(path, 'a contextual bandit changes its weights at GrowthBook')
  }
  const conditions = [
    ...elementsOf(rule['filters'] || undefined, at(path, 'filters')).map((one) =>
      filterOf(objectAt(one)),
    ),
    ...conditionOf({ value: rule, path }, scope),
  ]
  const share = Object.hasOwn(rule, 'force')
    ? rolloutOf({ value: rule, path }, scope)
    : experimentOf({ value: rule, path }, scope)
  if (share === undefined) return undefined
  if ('variant' in share) return { id, ...whenAll(conditions), serve: share }
  const { serve, seed, bucketBy, parts, conditions: more } = share
  // GrowthBook hashes no value that is falsy. Ours hash the number 0.
  const guard: Condition = { attribute: bucketBy, operator: 'notEquals', value: 0 }
  return {
    id,
    ...whenAll([guard, ...more, ...conditions]),
    serve,
    ...(seed === scope.flagSeed ? {} : { seed }),
    bucketBy,
    bucketing: { by: 'growthbook', parts },
  }
}

function whenAll(conditions: readonly Condition[]): { readonly when?: Condition } {
  return conditions.length === 0 ? {} : { when: allOf(conditions) }
}

function listStickiness({ value: rule, path }: Placed<JsonObject>, skipped: SkippedList): void {
  if (rule['disableStickyBucketing'] === true || Object.hasOwn(rule, 'force')) return
  for (const name of ['fallbackAttribute', 'minBucketVersion']) {
    if (rule[name])
      skipped.add(
        at(path, name),
        'sticky buckets are not imported: the rule goes by its hash alone',
      )
  }
}

function conditionOf(
  { value: rule, path }: Placed<JsonObject>,
  { groups, skipped }: RuleScope,
): readonly Condition[] {
  const { condition } = rule
  if (!condition) return []
  const place = at(path, 'condition')
  if (!isJsonObject(condition)) throw new Untranslatable(place, 'a condition must be an object')
  return [translateCondition(condition, place, groups, (where, why) => skipped.add(where, why))]
}

function filterOf({ value: filter, path }: Placed<JsonObject>): Condition {
  const seed = textAt(filter['seed'], at(path, 'seed'))
  if (seed === undefined) throw new Untranslatable(at(path, 'seed'), 'must be a string')
  return inRanges(
    attributeAt(filter['attribute'], at(path, 'attribute')),
    seed,
    numberAt(filter['hashVersion'], at(path, 'hashVersion')) || 2,
    rangesAt(filter['ranges'], at(path, 'ranges')).map(([from, to]) => [from, to]),
  )
}

function inRanges(
  attribute: string,
  seed: string,
  hashVersion: number,
  ranges: readonly (readonly number[])[],
): Condition {
  return { attribute, operator: 'growthbook.inRanges', value: { seed, hashVersion, ranges } }
}

/** Whose share of what. */
interface Share {
  readonly serve: Serve
  readonly seed: string
  readonly bucketBy: string
  readonly parts: number
  /** What must hold besides, for the same people. */
  readonly conditions: readonly Condition[]
}

function rolloutOf(
  { value: rule, path }: Placed<JsonObject>,
  scope: RuleScope,
): Share | { readonly variant: string } | undefined {
  const variant = scope.variantOf(rule['force'] ?? null, at(path, 'force'))
  const range = rule['range'] ? rangeAt(rule['range'], at(path, 'range')) : undefined
  const coverage = numberAt(rule['coverage'], at(path, 'coverage'))
  if (range === undefined && coverage === undefined) return { variant }
  const parts = partsOf({ value: rule, path }, scope)
  if (parts === undefined) return undefined
  const [taken] = range ? positionsOf([range], parts) : []
  // Without a range the end of the coverage counts too, unless it is 0.
  const weight =
    range || coverage === undefined ? taken?.weight : coverage && rolloutWeight(coverage, parts)
  const from = taken?.from ?? 0
  return {
    serve: { split: [{ variant, weight: weight ?? 0, ...(from === 0 ? {} : { from }) }] },
    seed: seedAt({ value: rule, path }, [rule['seed'], scope.name]),
    bucketBy: attributeAt(rule['hashAttribute'], at(path, 'hashAttribute')),
    parts,
    conditions: [],
  }
}

function experimentOf(
  { value: rule, path }: Placed<JsonObject>,
  scope: RuleScope,
): Share | undefined {
  const { variations } = rule
  // A rule that has only prerequisites serves nobody.
  if (variations === undefined || variations === null) return undefined
  const values = elementsOf(variations, at(path, 'variations'))
  const [first] = values
  if (first === undefined || values.length < 2) {
    scope.skipped.add(
      at(path, 'variations'),
      'less than two: the rule never serves anyone, and was left out',
    )
    return undefined
  }
  const parts = partsOf({ value: rule, path }, scope)
  if (parts === undefined) return undefined
  const passes = passedThrough({ value: rule, path })
  const names = values.map((one, i) =>
    passes[i] ? undefined : scope.variantOf(one.value, one.path),
  )
  const split: { variant: string; weight: number; from?: number }[] = []
  let end = 0
  for (const { index, from, weight } of positionsOf(
    rangesOf({ value: rule, path }, values.length),
    parts,
  )) {
    // A range past the last variation, or one that passes people on, is a gap.
    const variant = names[index]
    if (variant === undefined) continue
    split.push(from === end ? { variant, weight } : { variant, weight, from })
    end = from + weight
  }
  if (split.length === 0)
    split.push({ variant: names.find((name) => name !== undefined) ?? '', weight: 0 })
  if (split[0]?.variant === '') return undefined
  const bucketBy = attributeAt(rule['hashAttribute'], at(path, 'hashAttribute'))
  return {
    serve: { split },
    seed: seedAt({ value: rule, path }, [rule['seed'], rule['key'], scope.name]),
    bucketBy,
    parts,
    conditions: namespaceOf({ value: rule, path }, bucketBy),
  }
}

/** Filters, where there are any, stand for the namespace. */
function namespaceOf(
  { value: rule, path }: Placed<JsonObject>,
  bucketBy: string,
): readonly Condition[] {
  const { namespace } = rule
  if (!namespace || rule['filters']) return []
  const [id, from, to] = isArray(namespace) ? namespace : []
  if (typeof id !== 'string' || typeof from !== 'number' || typeof to !== 'number') {
    throw new Untranslatable(at(path, 'namespace'), 'must be [id, from, to]')
  }
  return [inRanges(bucketBy, `__${id}`, 1, [[from, to]])]
}

function rangesOf({ value: rule, path }: Placed<JsonObject>, variations: number) {
  if (rule['ranges']) return rangesAt(rule['ranges'], at(path, 'ranges'))
  const place = at(path, 'weights')
  const weights = rule['weights'] ? elementsOf(rule['weights'], place) : undefined
  const coverage = numberAt(rule['coverage'], at(path, 'coverage'))
  return getBucketRanges(
    variations,
    coverage,
    weights?.map((one) => numberAt(one.value, one.path) ?? 0),
  )
}

/** Which variations hand people on to the next rule: holdouts. */
function passedThrough({ value: rule, path }: Placed<JsonObject>): readonly boolean[] {
  if (!rule['meta']) return []
  return elementsOf(rule['meta'], at(path, 'meta')).map(({ value }) =>
    isJsonObject(value) ? Boolean(value['passthrough']) : false,
  )
}

/** Undefined, and listed, for a version nobody knows: GrowthBook then takes nobody. */
function partsOf(
  { value: rule, path }: Placed<JsonObject>,
  { skipped }: RuleScope,
): number | undefined {
  const place = at(path, 'hashVersion')
  const parts = HASH_PARTS[numberAt(rule['hashVersion'], place) || 1]
  if (parts === undefined) {
    skipped.add(place, 'not a version of the hash: the rule never serves anyone, and was left out')
  }
  return parts
}

function seedAt(
  { path }: Placed<JsonObject>,
  candidates: readonly (JsonValue | undefined)[],
): string {
  const seed = candidates.find(Boolean)
  if (typeof seed === 'string' && seed.length <= MAX_SEED_CHARACTERS) return seed
  throw new Untranslatable(
    at(path, 'seed'),
    `a seed must be a string of at most ${MAX_SEED_CHARACTERS} characters`,
  )
}

function attributeAt(value: JsonValue | undefined, path: string): string {
  const name = textAt(value || 'id', path) ?? 'id'
  if (name.length <= MAX_ATTRIBUTE_CHARACTERS && !name.includes('.')) return name
  // GrowthBook would look for a member of that whole name only.
  throw new Untranslatable(
    path,
    `must be a name without dots, of at most ${MAX_ATTRIBUTE_CHARACTERS} characters`,
  )
}
