/** What a config's schema must be, taken by itself, and what becomes of it when documents are checked. */
import { equalJson } from '#core'
import { classifyChange, compileSchema, waysFrom } from '#schema'
import { checkCondition } from './condition-check.ts'
import { at, isList, isObjectOf, isOneOf, isText } from './issues.ts'
import { isMigrationList, isVersion, VERSION_RULE } from './migration-check.ts'
import { MAX_WAYS_CHARACTERS } from './limits.ts'
import type { JsonValue, SchemaItem, SchemaMigration } from '#core'
import type { CompiledSchema } from '#schema'
import type { Digest } from './digest.ts'
import type { Issues } from './issues.ts'

/** Bytes of a schema with its invariants, as JSON. */
export const MAX_SCHEMA_BYTES = 1024 * 1024
const MAX_INVARIANTS = 100
const MAX_NAME_CHARACTERS = 128
const MAX_MESSAGE_CHARACTERS = 1_000
const FIRST_VERSION = '1.0.0'

/** Schemas as functions, as long as their items are held: a commit asks the same one for each environment. */
const compiled = new WeakMap<object, CompiledSchema>()

export function isSchemaItem(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): value is JsonValue & SchemaItem {
  return issues.passes(() => {
    const optional = ['formats', 'invariants', 'migrations']
    if (!isObjectOf(value, path, issues, ['version', 'schema'], optional)) return
    const { version, schema, formats, invariants, migrations } = value
    if (!isVersion(version)) issues.add(at(path, 'version'), VERSION_RULE)
    if (formats !== undefined) {
      isOneOf(formats, at(path, 'formats'), issues, ['assertion', 'annotation'] as const)
    }
    if (schema !== undefined) {
      const result = compileSchema(schema)
      if (!result.ok) {
        for (const fault of result.faults)
          issues.add(at(path, 'schema') + fault.path, fault.message)
      }
    }
    if (invariants !== undefined) checkInvariantList(invariants, at(path, 'invariants'), issues)
    if (migrations !== undefined && isMigrationList(migrations, at(path, 'migrations'), issues)) {
      checkWays(migrations, version, at(path, 'migrations'), issues)
    }
  })
}

/** Readers are told what leads on from the version. */
function checkWays(
  migrations: readonly SchemaMigration[],
  version: JsonValue | undefined,
  path: string,
  issues: Issues,
): void {
  if (typeof version !== 'string') return
  const { length } = JSON.stringify(waysFrom(migrations, version))
  if (length > MAX_WAYS_CHARACTERS) {
    const message = `must have at most ${MAX_WAYS_CHARACTERS} characters in what leads on from ${version}, has ${length}`
    issues.add(path, message)
  }
}

function checkInvariantList(value: JsonValue, path: string, issues: Issues): void {
  if (!isList(value, path, issues, MAX_INVARIANTS)) return
  for (const [index, invariant] of value.entries()) {
    const here = at(path, index)
    const optional = ['when', 'message']
    if (!isObjectOf(invariant, here, issues, ['name', 'require'], optional)) continue
    const { name, when, require, message } = invariant
    isText(name, at(here, 'name'), issues, 1, MAX_NAME_CHARACTERS)
    if (when !== undefined) checkCondition(when, at(here, 'when'), issues, 'document')
    checkCondition(require, at(here, 'require'), issues, 'document')
    if (message !== undefined) {
      isText(message, at(here, 'message'), issues, 1, MAX_MESSAGE_CHARACTERS)
    }
  }
}

/** Bytes of a schema that is too large, else undefined. */
export function oversizeSchema(item: object, digest: Digest): number | undefined {
  const { size } = digest(JSON.stringify(item))
  return size > MAX_SCHEMA_BYTES ? size : undefined
}

/** The version of a schema that names none: the stored one's, raised by what the change means to documents that fit. */
export function nextVersion(stored: SchemaItem | undefined, schema: JsonValue): string {
  if (stored === undefined) return FIRST_VERSION
  if (equalJson(stored.schema, schema)) return stored.version
  const [major = 0, minor = 0, patch = 0] =
    stored.version.split(/[-+]/)[0]?.split('.').map(Number) ?? []
  switch (classifyChange(stored.schema, schema).kind) {
    case 'breaking':
      return `${major + 1}.0.0`
    case 'compatible':
      return `${major}.${minor + 1}.0`
    case 'none':
      return `${major}.${minor}.${patch + 1}`
  }
}

/** The schema of an item that was checked. */
export function compiledSchema(item: SchemaItem): CompiledSchema {
  const known = compiled.get(item)
  if (known !== undefined) return known
  const result = compileSchema(item.schema, { formats: item.formats })
  if (!result.ok) throw new Error('a stored schema does not compile')
  compiled.set(item, result.schema)
  return result.schema
}
