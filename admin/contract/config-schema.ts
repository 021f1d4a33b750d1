/** Schemas of configs: JSON Schema, invariants, and what a document is checked for. */
import type { Invariant, SchemaItem } from '#core'
import { isJsonObject } from '#core'
import * as v from 'valibot'
import { listOf } from './answer.ts'
import { condition } from './condition.ts'
import { documentFormat } from './config.ts'
import { MAX_INVARIANTS, MAX_MESSAGE_CHARS, MAX_NAME_CHARS } from './limits.ts'
import { jsonValue, named, scopeName, strict, text } from './schema.ts'

const invariant: v.GenericSchema<Invariant> = named(
  'Invariant',
  strict({
    name: text(MAX_NAME_CHARS),
    when: v.exactOptional(condition),
    require: condition,
    message: v.exactOptional(text(MAX_MESSAGE_CHARS)),
  }),
)

const invariants = v.pipe(v.array(invariant), v.maxLength(MAX_INVARIANTS))
const formats = v.picklist(['assertion', 'annotation'])
/** SemVer; which texts are one is the domain's to say. */
const version = text(MAX_NAME_CHARS)

const schema = named(
  'JSONSchema',
  v.pipe(
    jsonValue,
    v.check(
      (value) => typeof value === 'boolean' || isJsonObject(value),
      'must be an object or a boolean',
    ),
  ),
)

/** `version` absent: raised by what the change means. */
export const putSchemaMembers = {
  version: v.exactOptional(version),
  schema,
  formats: v.exactOptional(formats),
  invariants: v.exactOptional(invariants),
}

export const schemaItem: v.GenericSchema<SchemaItem> = named(
  'SchemaItem',
  strict({ ...putSchemaMembers, version }),
)

/**
 * What to check: nothing given, what is stored; `source` with `format`, as the base layer, or as the override of
 * `environment`; or `document`, as it is. `schema`, `formats` and `invariants` stand in for the stored ones.
 */
export const validateBody = v.pipe(
  strict({
    environment: v.exactOptional(scopeName),
    format: v.exactOptional(documentFormat),
    source: v.exactOptional(v.string()),
    document: v.exactOptional(jsonValue),
    schema: v.exactOptional(schema),
    formats: v.exactOptional(formats),
    invariants: v.exactOptional(invariants),
  }),
  v.check(
    ({ source, format }) => (source === undefined) === (format === undefined),
    'must have source and format together',
  ),
  v.check(
    ({ source, document }) => source === undefined || document === undefined,
    'must have either a source or a document',
  ),
)

export const schemaChange = named(
  'SchemaChange',
  v.object({
    kind: v.picklist(['breaking', 'compatible', 'none']),
    changes: listOf(
      v.object({
        /** JSON pointer into the schema. */
        path: v.string(),
        kind: v.picklist(['breaking', 'compatible', 'none']),
        what: v.string(),
      }),
    ),
  }),
)

export const validation = named(
  'Validation',
  v.object({
    valid: v.boolean(),
    /** The stored schema's; null when another one was given, or there is none. */
    schemaVersion: v.nullable(v.string()),
    issues: listOf(
      v.object({
        /** JSON pointer into the resolved document. */
        path: v.string(),
        message: v.string(),
        /** The keyword; `syntax`, `reference`, `blank`, `invariant`, `limit`, `check` or `requireSchema`. */
        rule: v.string(),
        /** JSON pointer to the rule: in the schema, among its invariants, or among the environment’s checks. */
        rulePath: v.string(),
        environments: listOf(v.string()),
      }),
    ),
    /** What the given schema changes of the stored one. */
    change: v.exactOptional(schemaChange),
  }),
)

/** Whether a place of a body is in a JSON Schema, whose bounds are often those of 64-bit integers: there they are rounded. */
export function isInSchema([first, , third]: readonly (string | number)[]): boolean {
  return first === 'schema' || (first === 'operations' && third === 'schema')
}
