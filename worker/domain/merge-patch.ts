/** JSON Merge Patch, RFC 7396: null removes, objects merge, everything else replaces. */
import { isJsonObject } from '#core'
import type { JsonValue } from '#core'

/** `target` with `patch` applied; neither is changed. Members named `__proto__` must have been refused before. */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch
  const below = target !== undefined && isJsonObject(target) ? target : {}
  const merged: Record<string, JsonValue> = { ...below }
  for (const [name, member] of Object.entries(patch)) {
    if (member === null) delete merged[name]
    else merged[name] = mergePatch(Object.hasOwn(below, name) ? below[name] : undefined, member)
  }
  return merged
}
