/** A schema that documents fit: a first draft for people to tighten. */
import { isJsonObject } from '../core/json.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { isList } from './keywords-value.ts'

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

/**
 * The schema of what `documents` have in common: types, members, those that all have as `required`, elements of lists.
 * No values and no bounds are taken from them, so nothing in the schema tells what stands in a document.
 *
 * inferSchema([{ port: 80 }, { port: 81, tls: true }]) // port is required and an integer, tls a boolean
 */
export function inferSchema(documents: readonly JsonValue[]): JsonObject {
  return { $schema: DIALECT, ...inferred(documents) }
}

function inferred(values: readonly JsonValue[]): JsonObject {
  const types = typesOf(values)
  const objects = values.filter(isJsonObject)
  const elements = values.flatMap((value) => (isList(value) ? value : []))
  const [only] = types
  return {
    ...(types.length > 0 && { type: types.length === 1 && only !== undefined ? only : types }),
    ...(objects.length > 0 && membersOf(objects)),
    ...(elements.length > 0 && { items: inferred(elements) }),
  }
}

function typesOf(values: readonly JsonValue[]): readonly string[] {
  const types = new Set(values.map(typeOf))
  if (types.has('number')) types.delete('integer')
  return [...types].toSorted()
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (isList(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

function membersOf(objects: readonly JsonObject[]): JsonObject {
  const values = new Map<string, JsonValue[]>()
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      const known = values.get(name)
      if (known) known.push(value)
      else values.set(name, [value])
    }
  }
  const all = [...values].filter(([, found]) => found.length === objects.length)
  return {
    properties: Object.fromEntries([...values].map(([name, found]) => [name, inferred(found)])),
    ...(all.length > 0 && { required: all.map(([name]) => name) }),
  }
}
