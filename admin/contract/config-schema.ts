/** Schemas of configs: JSON Schema, invariants, and what a document is checked for. */
import type { Invariant, MigrationStep, PatchOperation, SchemaItem, SchemaMigration } from '#core'
import { isJsonObject } from '#core'
import * as v from 'valibot'
import { listOf } from './answer.ts'
import { condition } from './condition.ts'
import { documentFormat } from './config.ts'
import {
  MAX_INVARIANTS,
  MAX_MESSAGE_CHARS,
  MAX_MIGRATIONS,
  MAX_NAME_CHARS,
  MAX_POINTER_CHARS,
  MAX_STEPS,
} from './limits.ts'
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

const pointer = v.pipe(v.string(), v.maxLength(MAX_POINTER_CHARS))

// The operation decides which form it is, as for conditions.
const patchOperation: v.GenericSchema<PatchOperation> = v.lazy((input) => {
  const op = isJsonObject(input) ? input['op'] : undefined
  if (op === 'remove') return patchRemoval
  return op === 'move' || op === 'copy' ? patchMove : patchValue
})

const patchRemoval = strict({ op: v.literal('remove'), path: pointer })
const patchMove = strict({ op: v.picklist(['move', 'copy']), from: pointer, path: pointer })
const patchValue = strict({
  op: v.picklist(['add', 'replace', 'test']),
  path: pointer,
  value: jsonValue,
})

const steps = {
  move: strict({ op: v.literal('move'), from: pointer, path: pointer }),
  rename: strict({ op: v.literal('rename'), path: pointer, name: text(MAX_MESSAGE_CHARS) }),
  set: strict({ op: v.literal('set'), path: pointer, value: jsonValue }),
  remove: strict({ op: v.literal('remove'), path: pointer }),
  convert: strict({
    op: v.literal('convert'),
    path: pointer,
    type: v.picklist(['string', 'number', 'boolean', 'list']),
  }),
  patch: strict({
    op: v.literal('patch'),
    patch: v.pipe(v.array(patchOperation), v.maxLength(MAX_STEPS)),
  }),
}

const STEPS = Object.keys(steps)

const step: v.GenericSchema<MigrationStep> = named(
  'MigrationStep',
  v.lazy((input) => {
    const op = isJsonObject(input) ? input['op'] : undefined
    return isStep(op) ? steps[op] : unknownStep
  }),
)

function isStep(op: unknown): op is MigrationStep['op'] {
  return typeof op === 'string' && Object.hasOwn(steps, op)
}

const unknownStep = v.custom<never>(() => false, `must be a step: ${STEPS.join(', ')}`)

const stepList = v.pipe(v.array(step), v.maxLength(MAX_STEPS))

const migration: v.GenericSchema<SchemaMigration> = named(
  'SchemaMigration',
  strict({ from: version, to: version, up: stepList, down: v.exactOptional(stepList) }),
)

/** What is stored. `version` absent: raised by what the change means. */
const storedSchemaMembers = {
  version: v.exactOptional(version),
  schema,
  formats: v.exactOptional(formats),
  invariants: v.exactOptional(invariants),
  migrations: v.exactOptional(v.pipe(v.array(migration), v.maxLength(MAX_MIGRATIONS))),
}

/** `migrate`: takes the stored layers along. */
export const putSchemaMembers = {
  ...storedSchemaMembers,
  migrate: v.exactOptional(v.literal(true)),
}

export const schemaItem: v.GenericSchema<SchemaItem> = named(
  'SchemaItem',
  strict({ ...storedSchemaMembers, version }),
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
