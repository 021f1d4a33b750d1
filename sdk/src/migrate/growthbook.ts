/**
 * GrowthBook: what features imported by `admin/import/growthbook*.ts` need to behave as under GrowthBook's JavaScript SDK
 * (1.8): its buckets, its conditions, and its attributes as our context.
 *
 * Not here: sticky buckets, visual experiments, URL redirects, tracking.
 */
import { evalCondition } from './growthbook-condition.ts'
import { growthbookHash, HASH_PARTS, isInRange } from './growthbook-hash.ts'
import { textOf } from './text.ts'
import type { Bucketer } from '../core/bucketer.ts'
import type { EvaluationContext } from '../core/evaluation.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import type { BucketRange } from './growthbook-hash.ts'

/**
 * The version of the hash is told by what the shares are counted in: 1,000 parts are version 1, 10,000 version 2. These are
 * all the values it has, so that every range, however written, is a whole number of parts.
 */
export const growthbook: Bucketer = {
  bucket(value, seed, parts) {
    const version = parts === HASH_PARTS[1] ? 1 : parts === HASH_PARTS[2] ? 2 : 0
    const fraction = growthbookHash(seed, value, version)
    if (fraction === null)
      throw new RangeError('parts must be 1000 (hash version 1) or 10000 (version 2)')
    return fraction
  },
  operators: {
    /** `value` is a GrowthBook condition on the whole context; it stands without an attribute. */
    condition: (_, value, context) => evalCondition(context, value),
    /** The same with the saved groups it asks: `value` is `{condition, savedGroups}`. */
    conditionWithGroups: (_, value, context) =>
      isMembers(value) && evalCondition(context, value['condition'], value['savedGroups']),
    /** `value` is `{seed, hashVersion, ranges}`: filters and namespaces, which are shares asked as conditions. */
    inRanges: (attribute, value) => {
      if (!attribute || !isFilter(value)) return false
      const fraction = growthbookHash(value.seed, textOf(attribute), value.hashVersion)
      return fraction !== null && value.ranges.some((range) => isInRange(fraction, range))
    },
  },
}

interface Filter {
  readonly seed: string
  readonly hashVersion: number
  readonly ranges: readonly BucketRange[]
}

function isMembers(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFilter(value: JsonValue): value is JsonValue & Filter {
  return isMembers(value) && 'seed' in value && 'ranges' in value
}

/**
 * GrowthBook's attributes as our context: the same members, and `targetingKey` from `id` unless there is one. A context
 * that has a `targetingKey` and no `id` gets the `id` that GrowthBook's rules hash by default.
 */
export function contextFromGrowthBook(attributes: unknown): EvaluationContext {
  const context: Record<string, unknown> =
    typeof attributes === 'object' && attributes !== null ? { ...attributes } : {}
  const { id, targetingKey } = context
  if (typeof targetingKey === 'string') {
    context['id'] ??= targetingKey
    return context
  }
  return { ...context, targetingKey: id ? textOf(id) : undefined }
}
