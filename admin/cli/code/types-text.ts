/** TypeScript out of documents: a type for each config, and for each flag. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '#core'
import { inferSchema } from '@driftless/sdk/schema'

export interface Shapes {
  /** By config: its document in every environment. */
  readonly configs: ReadonlyMap<string, readonly JsonValue[]>
  /** By flag: its type, and the values of its variants. */
  readonly flags: ReadonlyMap<
    string,
    { readonly type: string; readonly values: readonly JsonValue[] }
  >
}

/** How the file begins, so that nobody takes it for code of their own. */
export const GENERATED = '// Written by `driftless types generate`'

export function typesText({ configs, flags }: Shapes): string {
  const configLines = [...configs].map(
    ([name, documents]) =>
      `  readonly ${memberName(name)}: ${typeOf(inferSchema(documents), '  ')}`,
  )
  const flagLines = [...flags].map(
    ([key, { type, values }]) => `  readonly ${memberName(key)}: ${flagType(type, values)}`,
  )
  return `${GENERATED}. It says what documents look like now; what they must look like, a schema says.

/** By name, as \`getConfig<Configs['name']>('name')\` answers. */
export interface Configs {
${configLines.join('\n')}
}

/** By key, what a flag serves. */
export interface Flags {
${flagLines.join('\n')}
}
`
}

function flagType(type: string, values: readonly JsonValue[]): string {
  if (type === 'string') return union(values.map((value) => JSON.stringify(value)))
  if (type === 'object') return typeOf(inferSchema(values), '  ')
  return type === 'number' ? 'number' : 'boolean'
}

/** A type of an inferred schema. */
function typeOf(schema: JsonObject, indent: string): string {
  const { type } = schema
  const names = Array.isArray(type) ? type : [type]
  return union(names.map((name: JsonValue | undefined) => oneType(name, schema, indent)))
}

function oneType(name: JsonValue | undefined, schema: JsonObject, indent: string): string {
  if (name === 'object') return objectType(schema, indent)
  if (name === 'array') {
    const { items } = schema
    const element = items === undefined ? 'unknown' : typeOf(asObject(items), indent)
    return element.includes(' | ') ? `readonly (${element})[]` : `readonly ${element}[]`
  }
  if (name === 'integer') return 'number'
  const known: readonly (JsonValue | undefined)[] = ['number', 'string', 'boolean', 'null']
  return typeof name === 'string' && known.includes(name) ? name : 'unknown'
}

function objectType(schema: JsonObject, indent: string): string {
  const properties = Object.entries(asObject(schema['properties']))
  if (properties.length === 0) return 'Readonly<Record<string, never>>'
  const { required } = schema
  const always: readonly JsonValue[] = Array.isArray(required) ? required : []
  const deeper = `${indent}  `
  const lines = properties.map(
    ([name, member]) =>
      `${deeper}readonly ${memberName(name)}${always.includes(name) ? '' : '?'}: ${typeOf(asObject(member), deeper)}`,
  )
  return `{\n${lines.join('\n')}\n${indent}}`
}

const asObject = (value: JsonValue | undefined): JsonObject =>
  value !== undefined && isJsonObject(value) ? value : {}

const union = (types: readonly string[]): string =>
  [...new Set(types)].toSorted().join(' | ') || 'never'

const memberName = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
