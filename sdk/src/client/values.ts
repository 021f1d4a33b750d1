/** Values inside a snapshot: found by path, frozen. Pure. */

/** Freezes a JSON value all through. What is frozen already is taken to be so below too. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value && !Object.isFrozen(value))
    Object.values(Object.freeze(value)).forEach(freeze)
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
export function valueAt(document: unknown, members: readonly string[]): unknown {
  return members.reduce(
    (value, member) =>
      // An array's length is its own, but not enumerable.
      value instanceof Object && Object.prototype.propertyIsEnumerable.call(value, member)
        ? Reflect.get(value, member)
        : undefined,
    document,
  )
}
