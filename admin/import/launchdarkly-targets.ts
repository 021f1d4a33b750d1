/** Individual targets of a LaunchDarkly flag. */
import { elementsOf, objectAt, present, textAt } from './json.ts'
import { hasKeyIn } from './launchdarkly-clause.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { JsonObject, JsonValue, Rule } from '#core'
import type { RuleIds } from './rule-ids.ts'
import type { Placed } from './skipped.ts'

const MAX_TARGETS = 10_000

/**
 * Individual targets, in LaunchDarkly's order: those of users up to the first of another kind are ours too, what comes after
 * becomes rules. A key that is listed twice counts where it is first.
 */
export class Targets {
  readonly #keys = new Map<string, string[]>()
  readonly #rules: Omit<Rule, 'id'>[] = []

  constructor(
    { value: flag, path }: Placed<JsonObject>,
    variantAt: (index: JsonValue | undefined, path: string) => string,
  ) {
    const seen = new Set<string>()
    for (const target of targetsOf({ value: flag, path })) {
      const { value, path: place } = target
      const kind = textAt(present(value, 'contextKind'), at(place, 'contextKind')) || 'user'
      const variant = variantAt(present(value, 'variation'), at(place, 'variation'))
      // No context has an empty key, and none that is no text.
      const keys = elementsOf(present(value, 'values'), at(place, 'values')).flatMap((one) =>
        typeof one.value === 'string' && one.value !== '' ? [one.value] : [],
      )
      if (kind !== 'user' || this.#rules.length > 0) {
        if (keys.length > 0) this.#rules.push({ when: hasKeyIn(kind, keys), serve: { variant } })
        continue
      }
      const known = this.#keys.get(variant) ?? []
      for (const one of keys) {
        if (seen.has(one)) continue
        seen.add(one)
        known.push(one)
      }
      if (known.length > MAX_TARGETS)
        throw new Untranslatable(place, `more than ${MAX_TARGETS} targets of one variation`)
      this.#keys.set(variant, known)
    }
  }

  get isEmpty(): boolean {
    return [...this.#keys.values()].every((keys) => keys.length === 0)
  }

  get native(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#keys].filter(([, keys]) => keys.length > 0))
  }

  rules(ids: RuleIds): Rule[] {
    return this.#rules.map((rule) => ({ id: ids.make('target'), ...rule }))
  }
}

/** With targets of other kinds, those of users stand in their list only as places: their keys are in the older list. */
function targetsOf({ value: flag, path }: Placed<JsonObject>): readonly Placed<JsonObject>[] {
  const users = elementsOf(present(flag, 'targets'), at(path, 'targets')).map(objectAt)
  const contexts = elementsOf(present(flag, 'contextTargets'), at(path, 'contextTargets')).map(
    objectAt,
  )
  if (contexts.length === 0) return users
  return contexts.flatMap((target) => {
    const kind = present(target.value, 'contextKind')
    if (kind && kind !== 'user') return [target]
    const { variation } = target.value
    const named = users.find((user) => present(user.value, 'variation') === variation)
    return named === undefined ? [] : [named]
  })
}
