/** Values inside a snapshot: found by path, compared, frozen. Pure. */
import type { JsonValue } from '../core/json.ts'
import { getMember } from '../core/pointer.ts'

/** Whether two JSON values are equal, whatever the order of their members. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(
      (name) => Object.hasOwn(b, name) && isEqual(Reflect.get(a, name), Reflect.get(b, name)),
    )
  )
}

/** Freezes a JSON value all through, once: what is frozen already is not walked again. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) freeze(member)
  }
  return value
}

/**
 * Splits `settings.database.pool` into a config's name and a path in it. Names may hold dots, so the longest name that `has`
 * knows wins; undefined when it knows none.
 */
export function splitPath(
  path: string,
  has: (name: string) => boolean,
): { readonly name: string; readonly members: readonly string[] } | undefined {
  const parts = path.split('.')
  for (let length = parts.length; length > 0; length--) {
    const name = parts.slice(0, length).join('.')
    if (has(name)) return { name, members: parts.slice(length) }
  }
  return undefined
}

/** The value at `members` in a document: own members and array indexes; undefined when nothing is there. */
export function valueAt(
  document: JsonValue | undefined,
  members: readonly string[],
): JsonValue | undefined {
  let value = document
  for (const member of members) value = value === undefined ? undefined : getMember(value, member)
  return value
}
