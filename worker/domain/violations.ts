/**
 * Whether what environments get of their configs fits: the config's schema and invariants, and the environment's own
 * rules. A change is refused for what it newly breaks only, so that nobody has to mend what others left before he may go on.
 */
import { getPointer, parseTemplate } from '#core'
import { checkInvariants, holds, MAX_FUEL } from '#schema'
import { affectedEnvironments } from './affected.ts'
import { usersIn } from './config-references.ts'
import { IS_SECRET } from './environment-check.ts'
import { Issues } from './issues.ts'
import { BASE_LAYER } from './items.ts'
import { resolveConfig } from './resolve-config.ts'
import { compiledSchema } from './schema-check.ts'
import type { EnvironmentCheck, EnvironmentItem, JsonValue, SchemaItem } from '#core'
import type { Opaque } from '#schema'
import type { DomainError } from './errors.ts'
import type { Items, WorkingItems, Written } from './items.ts'

/** All documents that one change touches, together: some seconds. See {@link MAX_FUEL}. */
const MAX_CHANGE_FUEL = 5 * MAX_FUEL

/** A rule that a document breaks. */
export interface Violation {
  /** JSON pointer into the resolved document. */
  readonly pointer: string
  /** The keyword, `blank`, `invariant`, `limit`, `check` or `requireSchema`. */
  readonly rule: string
  readonly message: string
  /** JSON pointer to the keyword in the schema, to the invariant in the schema's item, or to the check in the environment. */
  readonly rulePath: string
}

/** What `working` newly breaks; undefined when nothing. */
export function findViolations(working: WorkingItems, before: Items): DomainError | undefined {
  const { items } = working
  const issues = new Issues()
  const fuel = { left: MAX_CHANGE_FUEL }
  for (const { config, environment, cause } of placesToCheck(working, before)) {
    const found = violationsIn(items, config, environment, fuel)
    if (found.length === 0) continue
    const known = new Set(violationsIn(before, config, environment, fuel).map(idOf))
    for (const violation of found) {
      if (known.has(idOf(violation))) continue
      const { pointer, rule, message } = violation
      const place = `config ${config} in ${environment}${pointer === '' ? '' : `, ${pointer}`}`
      issues.add(cause.path, `${place}: ${message}`, { config, environment, pointer, rule })
    }
  }
  return issues.list.length === 0 ? undefined : { reason: 'invalid', issues: issues.list }
}

/** A violation is the same when it is told in the same words of the same place: schemas may have moved around it. */
function idOf({ pointer, rule, message }: Violation): string {
  return JSON.stringify([pointer, rule, message])
}

interface PlaceToCheck {
  readonly config: string
  readonly environment: string
  /** The write that makes the check necessary. */
  readonly cause: Written
}

function* placesToCheck(working: WorkingItems, before: Items): Iterable<PlaceToCheck> {
  const { items } = working
  const written = [...working.written.values()]
  const causes = new Map<string, Written>()
  for (const one of written) {
    const { kind, key, layer } = one.ref
    if (kind !== 'config' && kind !== 'schema') continue
    if (!causes.has(key) || (kind === 'config' && layer === BASE_LAYER)) causes.set(key, one)
  }
  if (causes.size > 0) {
    const users = usersIn(items)
    // Who refers to one of them, through others too. A Map is walked with what is added on the way.
    for (const [config, cause] of causes) {
      for (const [user, used] of users) {
        if (used.has(config) && !causes.has(user)) causes.set(user, cause)
      }
    }
    const refs = written.map(({ ref }) => ref)
    const concerned = refs.filter(({ kind }) => kind === 'config' || kind === 'schema')
    for (const environment of affectedEnvironments(before, items, concerned)) {
      for (const [config, cause] of causes) {
        if (isAsked(items, config, environment)) yield { config, environment, cause }
      }
    }
  }
  const places = written.filter(
    ({ ref, content }) => ref.kind === 'environment' && content !== null,
  )
  const [first] = places
  if (first === undefined) return
  const reached = new Set(places.map(({ ref }) => ref.key))
  const refs = places.map(({ ref }) => ref)
  for (const environment of affectedEnvironments(before, items, refs)) reached.add(environment)
  for (const environment of reached) {
    const cause = places.find(({ ref }) => ref.key === environment) ?? first
    for (const { key: config, layer } of items.refs('config')) {
      const isNew = layer === BASE_LAYER && !causes.has(config)
      if (isNew && isAsked(items, config, environment)) yield { config, environment, cause }
    }
  }
}

/** Whether there is any rule for the config there. */
function isAsked(items: Items, config: string, environment: string): boolean {
  const settings = items.environment(environment)
  if (settings === undefined || items.config(config) === undefined) return false
  const { checks = [], requireSchema = false } = settings
  return requireSchema || checks.length > 0 || items.schema(config) !== undefined
}

function violationsIn(
  items: Items,
  config: string,
  environment: string,
  fuel: { left: number },
): readonly Violation[] {
  const settings = items.environment(environment)
  if (settings === undefined || !isAsked(items, config, environment)) return []
  const resolution = resolveConfig(items, config, environment)
  if (resolution === undefined || resolution.faults.length > 0) return []
  const schema = items.schema(config)
  return documentViolations(resolution.document, { config, schema, settings, fuel })
}

export interface Rules {
  readonly config: string
  readonly schema: SchemaItem | undefined
  /** Of the environment; undefined: none is meant. */
  readonly settings: EnvironmentItem | undefined
  readonly fuel: { left: number }
}

/** What a resolved document breaks of `rules`. References to variables and secrets are not known yet, and pass. */
export function documentViolations(document: JsonValue, rules: Rules): readonly Violation[] {
  const { config, schema, settings, fuel } = rules
  const found: Violation[] = []
  if (schema !== undefined) {
    const noBlanks = settings?.protected ?? false
    const issues = [
      ...compiledSchema(schema).validate(document, { fuel, opaque, noBlanks }),
      ...checkInvariants(schema.invariants ?? [], document, opaque),
    ]
    for (const { path, keyword, message, schemaPath } of issues) {
      found.push({ pointer: path, rule: keyword, message, rulePath: schemaPath })
    }
  } else if (settings?.requireSchema === true) {
    const message = 'must have a schema, as the environment wants of each config'
    found.push({ pointer: '', rule: 'requireSchema', message, rulePath: '/requireSchema' })
  }
  for (const [index, check] of (settings?.checks ?? []).entries()) {
    if (check.config !== '*' && check.config !== config) continue
    const message = faultOf(check, document)
    if (message === undefined) continue
    found.push({ pointer: check.path, rule: 'check', message, rulePath: `/checks/${index}` })
  }
  return found
}

/** What is known at publish of a text. */
const opaque: Opaque = (text) => {
  if (!text.includes('$')) return undefined
  const { template } = parseTemplate(text)
  if (template.every((part) => typeof part === 'string')) return undefined
  return template.length === 1 ? 'value' : 'text'
}

function faultOf(check: EnvironmentCheck, document: JsonValue): string | undefined {
  const { config, path, operator, value: operand } = check
  const value = getPointer(document, path)
  if (config === '*' && value === undefined) return undefined
  const message = check.message ?? defaultMessage(check)
  if (operator === IS_SECRET) return isSecret(value) ? undefined : message
  // Whatever the variable will say: a rule that a reference gets around is none.
  if (typeof value === 'string' && opaque(value) !== undefined && !/exists$/i.test(operator)) {
    return `${message}; what a reference becomes cannot be told`
  }
  const condition = {
    attribute: 'value',
    operator,
    ...(operand !== undefined && { value: operand }),
  }
  return holds(condition, value === undefined ? {} : { value }) ? undefined : message
}

function isSecret(value: JsonValue | undefined): boolean {
  if (typeof value !== 'string') return false
  const [only, ...more] = parseTemplate(value).template
  return more.length === 0 && typeof only === 'object' && only.kind === 'secret'
}

function defaultMessage({ operator, value }: EnvironmentCheck): string {
  if (operator === IS_SECRET) return 'must be a reference to a secret, such as ${SECRET:name}'
  const operand = value === undefined ? '' : ` ${JSON.stringify(value)}`
  return `must satisfy the environment's rule: ${operator}${operand.slice(0, 200)}`
}
