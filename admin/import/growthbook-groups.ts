/**
 * GrowthBook's saved groups. One that is asked natively becomes a segment: `<id>.<attribute>` for a list of values, since
 * the attribute is named by who asks, `<id>` for a condition. Those asked by other operators travel with them.
 */
import { isJsonObject, keyFromName } from '#core'
import { groupValues } from '#migrate/growthbook-condition.ts'
import { checkCondition } from './growthbook-check.ts'
import { Untranslatable } from './translation.ts'
import { at } from './skipped.ts'
import type { Condition, JsonObject, JsonValue, Operation } from '#core'
import type { SkippedList } from './skipped.ts'

export class SavedGroups {
  readonly #groups: JsonObject
  readonly #areEncrypted: boolean
  readonly #asked = new Set<string>()
  readonly #segments = new Map<string, { readonly id: string; readonly when: Condition }>()

  /** `areEncrypted`: the document keeps groups that cannot be read; then one that is missing is not taken for empty. */
  constructor(groups: JsonObject, areEncrypted: boolean) {
    this.#groups = groups
    this.#areEncrypted = areEncrypted
  }

  /** All that GrowthBook would be given: for evaluating there and then. */
  get all(): JsonObject {
    return this.#groups
  }

  /** The segment of those whose `attribute` is in the list; undefined when it has none of exactly that meaning. */
  segmentFor(id: string, attribute: string): string | undefined {
    const values = Object.hasOwn(this.#groups, id) ? groupValues(this.#own(id)) : undefined
    if (values === undefined || !values.every(isScalar)) return undefined
    const key = keyFromName(`${id}.${attribute}`)
    if (key === undefined || attribute === '' || attribute.includes('.')) return undefined
    this.#asked.add(id)
    this.#segments.set(key, { id, when: { attribute, operator: 'in', value: values } })
    return key
  }

  /** The segment a `$savedGroup` names. */
  segmentOf({ id, attributeKey }: JsonObject): string | undefined {
    const group = typeof id === 'string' ? this.#own(id) : undefined
    if (typeof id !== 'string' || !isJsonObject(group) || group['type'] !== 'list') return undefined
    const attribute = attributeKey === undefined ? group['attributeKey'] : attributeKey
    return typeof attribute === 'string' ? this.segmentFor(id, attribute) : undefined
  }

  /** The groups of these ids and those that they ask. @throws Untranslatable when one cannot be read. */
  allAskedBy(ids: Iterable<string>, path: string): JsonObject {
    const found = new Map<string, JsonValue>()
    const waiting = [...ids]
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (found.has(id)) continue
      const group = this.#own(id)
      if (group === undefined) {
        if (this.#areEncrypted)
          throw new Untranslatable(path, 'it asks a saved group that is encrypted')
        continue
      }
      this.#asked.add(id)
      found.set(id, group)
      if (isJsonObject(group) && group['type'] === 'condition') {
        const asked = new Set<string>()
        checkCondition(group['condition'], at(at('/savedGroups', id), 'condition'), asked)
        waiting.push(...asked)
      }
    }
    return Object.fromEntries(found)
  }

  operations(): readonly { readonly operation: Operation; readonly path: string }[] {
    return [...this.#segments].map(([key, { id, when }]) => ({
      operation: { op: 'putSegment', key, visibility: 'server', when },
      path: at('/savedGroups', id),
    }))
  }

  listUnused(skipped: SkippedList): void {
    for (const id of Object.keys(this.#groups)) {
      if (this.#asked.has(id)) continue
      skipped.add(at('/savedGroups', id), 'no imported feature asks this group; it was left out')
    }
  }

  #own(id: string): JsonValue | undefined {
    return Object.hasOwn(this.#groups, id) ? this.#groups[id] : undefined
  }
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
