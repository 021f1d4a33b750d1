/** The override that makes one document of another: the merge of `mergeLayers`, backwards. */
import { equalJson, isJsonObject } from '#core'
import type { JsonValue } from '#core'

/** A document that, laid over `below`, resolves to `target`; undefined when they are equal and nothing is needed. */
export function overrideBetween(below: JsonValue, target: JsonValue): JsonValue | undefined {
  if (equalJson(below, target)) return undefined
  if (!isJsonObject(below) || !isJsonObject(target)) return target
  const override: Record<string, JsonValue> = {}
  for (const [name, member] of Object.entries(below)) {
    const wanted = Object.hasOwn(target, name) ? target[name] : undefined
    const change = wanted === undefined ? { $unset: true } : overrideBetween(member, wanted)
    if (change !== undefined) override[name] = change
  }
  for (const [name, member] of Object.entries(target)) {
    if (!Object.hasOwn(below, name)) override[name] = member
  }
  return override
}
