/**
 * One clause of LaunchDarkly, as its Node server SDK (9.13) decides it: any of its values suffices, of a list any element
 * does, and a missing attribute never matches, not even negated.
 */
import { versionKey } from '../core/semver.ts'
import { isRegularExpression } from './javascript-pattern.ts'
import { matchesPattern } from './pattern.ts'

type Members = Readonly<Record<string, unknown>>

type Holds = (attribute: unknown, value: unknown) => boolean

/** Who reads what of a clause: `{attribute, op, values, negate?, contextKind?}`. Segments are not asked here. */
export function clauseHolds(clause: unknown, context: Members): boolean {
  if (!isMembers(clause)) return false
  const { attribute: name, op, values, negate, contextKind } = clause
  const holds = typeof op === 'string' && Object.hasOwn(OPERATORS, op) ? OPERATORS[op] : undefined
  // Without a kind the attribute is a plain name, slashes included.
  const path = attributePath(name, contextKind === undefined)
  if (holds === undefined || path === undefined || !Array.isArray(values)) return false
  const attribute = readAttribute(context, contextKind ?? 'user', path)
  if (attribute === undefined || attribute === null) return false
  const candidates: readonly unknown[] = Array.isArray(attribute) ? attribute : [attribute]
  const isAny = candidates.some((one) => values.some((value) => holds(one, value)))
  return isAny !== Boolean(negate)
}

/**
 * The steps an attribute reference stands for: `/address/city` two, `name` one, any text one when it is `literal`.
 * Undefined for one LaunchDarkly does not take.
 */
export function attributePath(reference: unknown, literal: boolean): readonly string[] | undefined {
  if (typeof reference !== 'string' || reference === '') return undefined
  if (literal) return [reference]
  if (reference === '/' || /\/\/|^\/.*~[^0|^1]|~$/.test(reference)) return undefined
  const steps = reference.startsWith('/')
    ? reference
        .slice(1)
        .split('/')
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    : [reference]
  return steps[0] === '_meta' ? undefined : steps
}

function readAttribute(context: Members, kind: unknown, path: readonly string[]): unknown {
  if (path.length === 1 && path[0] === 'kind') return own(context, 'kind')
  let value: unknown = typeof kind === 'string' && kind !== 'kind' ? own(context, kind) : undefined
  for (const step of path) value = isMembers(value) ? own(value, step) : undefined
  return value
}

/** The first that is a date to LaunchDarkly; the end is left open there too. */
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d(:\d\d)?)/

/** Milliseconds since 1970; undefined for what is no date. */
export function launchdarklyDate(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && DATE.test(value) ? Date.parse(value) : undefined
}

/** A text in the order of versions. */
function readVersion(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.startsWith('v') || text.length > 256) return undefined
  const given = text.trim().replace(/^v/, '')
  const version = versionKey(given)
  if (version !== undefined) return version
  const [core, minor, patch] = /^\d+(\.\d+)?(\.\d+)?/.exec(text) ?? []
  if (core === undefined) return undefined
  const missing = (minor === undefined ? '.0' : '') + (patch === undefined ? '.0' : '')
  return versionKey(core + missing + text.slice(core.length))
}

function typed<T>(is: (value: unknown) => value is T, holds: (a: T, b: T) => boolean): Holds {
  return (attribute, value) => is(attribute) && is(value) && holds(attribute, value)
}

function parsed<T>(
  parse: (value: unknown) => T | undefined,
  holds: (a: T, b: T) => boolean,
): Holds {
  return (attribute, value) => {
    const left = parse(attribute)
    const right = left === undefined ? undefined : parse(value)
    return left !== undefined && right !== undefined && holds(left, right)
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number'

const OPERATORS: Readonly<Record<string, Holds>> = {
  in: (attribute, value) => attribute === value,
  startsWith: typed(isText, (attribute, value) => attribute.startsWith(value)),
  endsWith: typed(isText, (attribute, value) => attribute.endsWith(value)),
  contains: typed(isText, (attribute, value) => attribute.includes(value)),
  // What is no regular expression never matches; one that has no linear-time form throws.
  matches: typed(
    isText,
    (attribute, value) => isRegularExpression(value) && matchesPattern(value, attribute),
  ),
  lessThan: typed(isNumber, (attribute, value) => attribute < value),
  lessThanOrEqual: typed(isNumber, (attribute, value) => attribute <= value),
  greaterThan: typed(isNumber, (attribute, value) => attribute > value),
  greaterThanOrEqual: typed(isNumber, (attribute, value) => attribute >= value),
  before: parsed(launchdarklyDate, (attribute, value) => attribute < value),
  after: parsed(launchdarklyDate, (attribute, value) => attribute > value),
  semVerEqual: parsed(readVersion, (attribute, value) => attribute === value),
  semVerLessThan: parsed(readVersion, (attribute, value) => attribute < value),
  semVerGreaterThan: parsed(readVersion, (attribute, value) => attribute > value),
}

export const LAUNCHDARKLY_OPERATORS: readonly string[] = Object.keys(OPERATORS)

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined
}
