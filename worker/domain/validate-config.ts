/** Checks of documents that are not written, or not yet; and a schema made from those that are. */
import { parseDocument } from '#formats'
import { classifyChange, inferSchema, MAX_FUEL } from '#schema'
import { fail, ok } from './errors.ts'
import { Issues, readJson } from './issues.ts'
import { BASE_LAYER, environmentLayer, itemsOver, WorkingItems } from './items.ts'
import { resolveConfig } from './resolve-config.ts'
import { isSchemaItem } from './schema-check.ts'
import { documentViolations } from './violations.ts'
import type { DocumentFormat, Invariant, ItemRef, JsonValue, SchemaItem } from '#core'
import type { SchemaChange } from '#schema'
import type { Result } from './errors.ts'
import type { Items, ItemSource } from './items.ts'
import type { Violation } from './violations.ts'

/** See `validateBody` of the contract. */
export interface ValidateRequest {
  readonly environment?: string
  readonly format?: DocumentFormat
  readonly source?: string
  readonly document?: JsonValue
  readonly schema?: JsonValue
  readonly formats?: 'assertion' | 'annotation'
  readonly invariants?: readonly Invariant[]
}

export interface ValidationIssue {
  readonly path: string
  readonly message: string
  readonly rule: string
  readonly rulePath: string
  readonly environments: readonly string[]
}

export interface Validation {
  readonly valid: boolean
  readonly schemaVersion: string | null
  readonly issues: readonly ValidationIssue[]
  readonly change?: SchemaChange
}

export function validateConfig(
  source: ItemSource,
  config: string,
  request: ValidateRequest,
): Result<Validation> {
  const items = itemsOver(source)
  const { environment } = request
  if (environment !== undefined && items.environment(environment) === undefined) {
    return fail({ reason: 'not_found', noun: 'environment', name: environment })
  }
  const isGiven = request.source !== undefined || request.document !== undefined
  if (!isGiven && items.config(config) === undefined) {
    return fail({ reason: 'not_found', noun: 'config', name: config })
  }
  const stored = items.schema(config)
  const schema = schemaOf(stored, request)
  if (!schema.ok) return schema
  const fuel = { left: 5 * MAX_FUEL }
  const check = (document: JsonValue, where: string | undefined): readonly Violation[] => {
    const settings = where === undefined ? undefined : items.environment(where)
    return documentViolations(document, { config, schema: schema.value, settings, fuel })
  }
  const issues =
    request.document === undefined
      ? layerIssues(source, config, request, check)
      : grouped([[environment, check(request.document, environment)]])
  const isOwn = schema.value !== undefined && schema.value === stored
  return ok({
    valid: issues.length === 0,
    schemaVersion: isOwn ? schema.value.version : null,
    issues,
    ...(request.schema !== undefined &&
      stored !== undefined && { change: classifyChange(stored.schema, request.schema) }),
  })
}

/** The schema to check against: the stored one, or what is given in its place. */
function schemaOf(
  stored: SchemaItem | undefined,
  { schema, formats, invariants }: ValidateRequest,
): Result<SchemaItem | undefined> {
  if (schema === undefined && formats === undefined && invariants === undefined) return ok(stored)
  const issues = new Issues()
  const item = readJson(
    {
      version: '0.0.0',
      schema: schema ?? stored?.schema ?? true,
      formats: formats ?? stored?.formats,
      invariants: invariants ?? (schema === undefined ? stored?.invariants : undefined),
    },
    '',
    issues,
  )
  if (isSchemaItem(item, '', issues)) return ok(item)
  return fail({ reason: 'invalid', issues: issues.list })
}

/** Of the stored layers, with the given source in the place of one of them, in every environment that is meant. */
function layerIssues(
  source: ItemSource,
  config: string,
  { environment, format, source: text }: ValidateRequest,
  check: (document: JsonValue, environment: string) => readonly Violation[],
): readonly ValidationIssue[] {
  const working = new WorkingItems(source)
  const { items } = working
  if (text !== undefined && format !== undefined) {
    const parsed = parseDocument(text, format)
    if (!parsed.ok) {
      const { line, column, message, path: pointer } = parsed.error
      const said = `line ${line}, column ${column}: ${message}`
      return grouped([[environment, [{ pointer, rule: 'syntax', message: said, rulePath: '' }]]])
    }
    const base = items.config(config)
    const isOverride = environment !== undefined && base !== undefined
    const layer = isOverride ? environmentLayer(environment) : BASE_LAYER
    const ref: ItemRef = { kind: 'config', key: config, layer }
    const layerItem = { format, source: text }
    const content = isOverride
      ? layerItem
      : { ...(base ?? { visibility: 'server' as const }), ...layerItem }
    working.write({ ref, content, path: '', exact: false })
  }
  const meant = environment === undefined ? environmentsOf(items) : [environment]
  return grouped(
    meant.map((where) => {
      const resolution = resolveConfig(items, config, where)
      if (resolution === undefined) return [where, []]
      const { faults, document } = resolution
      if (faults.length === 0) return [where, check(document, where)]
      return [where, faults.map((fault) => ({ ...fault, rule: 'reference', rulePath: '' }))]
    }),
  )
}

function environmentsOf(items: Items): readonly string[] {
  return [...items.refs('environment')].map(({ key }) => key).toSorted()
}

/** What is wrong in the same way in several environments is told once. */
function grouped(
  found: readonly (readonly [string | undefined, readonly Violation[]])[],
): readonly ValidationIssue[] {
  const issues = new Map<string, ValidationIssue & { readonly environments: string[] }>()
  for (const [environment, violations] of found) {
    for (const { pointer, message, rule, rulePath } of violations) {
      const id = JSON.stringify([pointer, message, rule, rulePath])
      const known = issues.get(id) ?? { path: pointer, message, rule, rulePath, environments: [] }
      if (environment !== undefined) known.environments.push(environment)
      issues.set(id, known)
    }
  }
  return [...issues.values()]
}

/** A schema that the config fits in every environment. */
export function inferConfigSchema(items: Items, config: string): Result<JsonValue> {
  if (items.config(config) === undefined) {
    return fail({ reason: 'not_found', noun: 'config', name: config })
  }
  const documents = environmentsOf(items).flatMap((environment) => {
    const resolution = resolveConfig(items, config, environment)
    return resolution === undefined ? [] : [resolution.document]
  })
  return ok(inferSchema(documents))
}
