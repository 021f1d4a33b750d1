/**
 * What a LaunchDarkly rule or fallthrough serves: one variation, or a rollout. There someone who cannot be hashed is at 0 and
 * gets the first variation that has a share; ours pass them over, so other rules stand beside the split for them.
 */
import { launchdarklyBucket } from '#migrate/launchdarkly.ts'
import { allOf } from './conditions.ts'
import { elementsOf, numberAt, objectAt, present, textAt } from './json.ts'
import { attributeAt } from './launchdarkly-clause.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { Condition, JsonObject, JsonValue, Rule, WeightedVariant } from '#core'
import type { Placed, SkippedList } from './skipped.ts'

const PARTS = 100_000
const MAX_SEED_CHARACTERS = 128
const MEMBERS = ['variations', 'bucketBy', 'contextKind', 'kind', 'seed']

export interface RolloutScope {
  /** `<flag key>.<salt>`: the seed unless a rollout brings its own. */
  readonly flagSeed: string
  /** The name of a variation. @throws Untranslatable when there is none of this index. */
  readonly variantAt: (index: JsonValue | undefined, path: string) => string
  readonly skipped: SkippedList
}

export interface Served {
  /** In this order, all under the same condition. */
  readonly rules: readonly Pick<Rule, 'when' | 'serve' | 'seed' | 'bucketBy' | 'bucketing'>[]
  /** For those whom none of the rules takes. */
  readonly rest: string
}

/** @throws Untranslatable */
export function servedBy({ value, path }: Placed<JsonObject>, scope: RolloutScope): Served {
  const variation = present(value, 'variation')
  if (variation !== undefined) {
    return { rules: [], rest: scope.variantAt(variation, at(path, 'variation')) }
  }
  const rollout = objectAt({ value: present(value, 'rollout'), path: at(path, 'rollout') })
  return rolloutOf(rollout, scope)
}

function rolloutOf(placed: Placed<JsonObject>, scope: RolloutScope): Served {
  const { value: rollout, path } = placed
  scope.skipped.addUnknown(placed, MEMBERS)
  const shares = elementsOf(rollout['variations'], at(path, 'variations')).map((one) =>
    shareAt(objectAt(one), scope),
  )
  const split = splitOf(shares)
  const first = variantFrom(split, 0)
  if (first === undefined)
    throw new Untranslatable(at(path, 'variations'), 'must have at least one')
  const seed = seedOf(placed, scope.flagSeed)
  const { bucketBy, isKey } = bucketByOf(placed)
  const rule = {
    serve: { split },
    ...(seed === scope.flagSeed ? {} : { seed }),
    bucketBy,
    bucketing: { by: 'launchdarkly' },
  }
  if (isKey) return { rules: [rule], rest: first }
  const bucketable: Condition = { attribute: bucketBy, operator: 'launchdarkly.bucketable' }
  return {
    rules: [{ when: { not: bucketable }, serve: { variant: first } }, rule],
    // Only the empty text is left: LaunchDarkly hashes it, ours do not.
    rest: variantFrom(split, launchdarklyBucket('', seed)) ?? first,
  }
}

interface Share {
  readonly variant: string
  readonly weight: number
}

function shareAt({ value: share, path }: Placed<JsonObject>, scope: RolloutScope): Share {
  scope.skipped.addUnknown({ value: share, path }, ['variation', 'weight', 'untracked'])
  const weight = numberAt(present(share, 'weight'), at(path, 'weight'))
  if (weight === undefined || !Number.isSafeInteger(weight) || weight < 0) {
    throw new Untranslatable(at(path, 'weight'), 'must be an integer, at least 0')
  }
  return { variant: scope.variantAt(present(share, 'variation'), at(path, 'variation')), weight }
}

/** The last one takes what is left over, and nothing is past the end. */
function splitOf(shares: readonly Share[]): readonly WeightedVariant[] {
  let end = 0
  return shares.map(({ variant, weight }, i) => {
    const start = end
    end = i === shares.length - 1 ? PARTS : Math.min(PARTS, end + weight)
    return { variant, weight: end - start }
  })
}

function variantFrom(split: readonly WeightedVariant[], fraction: number): string | undefined {
  let end = 0
  for (const { variant, weight } of split) {
    end += weight
    if (fraction < end / PARTS) return variant
  }
  return split.at(-1)?.variant
}

/** A number of 0 is as none: so the Node SDK has it. */
function seedOf({ value: rollout, path }: Placed<JsonObject>, flagSeed: string): string {
  const seed = numberAt(present(rollout, 'seed'), at(path, 'seed'))
  const used = seed ? String(seed) : flagSeed
  if (used.length <= MAX_SEED_CHARACTERS) return used
  throw new Untranslatable(
    path,
    `the key and the salt have more than ${MAX_SEED_CHARACTERS} characters`,
  )
}

/** An experiment goes by the key, whatever it says. A kind that is there always has a key that can be hashed. */
function bucketByOf({ value: rollout, path }: Placed<JsonObject>): {
  readonly bucketBy: string
  readonly isKey: boolean
} {
  const kind = textAt(present(rollout, 'contextKind'), at(path, 'contextKind')) || 'user'
  const given = present(rollout, 'kind') === 'experiment' ? undefined : present(rollout, 'bucketBy')
  const isKey = !given || given === 'key'
  const asked = { value: isKey ? { contextKind: kind, bucketBy: 'key' } : rollout, path }
  const bucketBy = attributeAt(asked, 'bucketBy', 'contextKind')
  if (bucketBy !== undefined) return { bucketBy, isKey }
  throw new Untranslatable(at(path, 'bucketBy'), 'a name with a dot cannot be hashed here')
}

/** The rules of `served` under `when`; with the one for the rest at the end unless it stands elsewhere. */
export function rulesOf(
  served: Served,
  when: Condition | undefined,
  withRest: boolean,
): readonly Omit<Rule, 'id'>[] {
  const rest: Served['rules'] = withRest ? [{ serve: { variant: served.rest } }] : []
  return [...served.rules, ...rest].map(({ when: own, ...rule }) => {
    const all = [when, own].filter((one) => one !== undefined)
    return { ...(all.length === 0 ? {} : { when: allOf(all) }), ...rule }
  })
}
