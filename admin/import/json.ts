/** Reading a foreign document: what must be of some form, or else is refused with its place. */
import { isJsonObject } from '#core'
import { Untranslatable } from './translation.ts'
import { at } from './skipped.ts'
import type { JsonObject, JsonValue } from '#core'
import type { Placed } from './skipped.ts'

// Array.isArray does not narrow a readonly array out of a union.
export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** The elements of a list and their places; none when it is absent. @throws Untranslatable for what is no list. */
export function elementsOf(
  value: JsonValue | undefined,
  path: string,
  what = 'a list',
): readonly Placed[] {
  if (value === undefined) return []
  if (!isArray(value)) throw new Untranslatable(path, `must be ${what}`)
  return value.map((one, i) => ({ value: one, path: at(path, i) }))
}

/** @throws Untranslatable for what is no object. */
export function objectAt({ value, path }: Placed<JsonValue | undefined>): Placed<JsonObject> {
  if (value === undefined || !isJsonObject(value))
    throw new Untranslatable(path, 'must be an object')
  return { value, path }
}

/** One number; undefined when it is absent. @throws Untranslatable for anything else. */
export function numberAt(value: JsonValue | undefined, path: string): number | undefined {
  if (value === undefined || typeof value === 'number') return value
  throw new Untranslatable(path, 'must be a number')
}

/** One text; undefined when it is absent. @throws Untranslatable for anything else. */
export function textAt(value: JsonValue | undefined, path: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new Untranslatable(path, 'must be a string')
}

/** An own member; undefined when there is none. */
export function member(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** An own member that is there and not null. */
export function present(object: JsonObject, name: string): JsonValue | undefined {
  return member(object, name) ?? undefined
}
