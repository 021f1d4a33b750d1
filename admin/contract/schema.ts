/**
 * The building blocks of the contract's schemas, and the one way to run them. valibot alone is not strict enough for us:
 * its objects take arrays, its records drop members called `constructor`, and its messages repeat what was sent.
 */
import { formatPointer, isJsonObject, type JsonValue } from '#core'
import * as v from 'valibot'
import { ITEM_NAME, MAX_LABEL_CHARS, MAX_REASON_CHARS, SCOPE_NAME } from './limits.ts'

/** One fault: `path` is a JSON pointer into the input, `message` says what would be right. */
export interface Issue {
  readonly path: string
  readonly message: string
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** More would help nobody, and a hostile document could otherwise cause a million. */
const MAX_ISSUES = 50

/** Runs a schema. Messages name what would be right and never repeat the input. */
export function parseWith<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
): Parsed<v.InferOutput<S>> {
  const outcome = v.safeParse(schema, input, CONFIG)
  if (outcome.success) return { ok: true, value: outcome.output }
  const issues = outcome.issues.slice(0, MAX_ISSUES).map((issue) => ({
    path: formatPointer((issue.path ?? []).map((item) => String(item.key))),
    message: issue.message,
  }))
  return { ok: false, issues }
}

/** One fault a value: a text that is too short need not also hear that it says nothing. */
const CONFIG = { message: explain, abortPipeEarly: true }

function explain(issue: v.BaseIssue<unknown>): string {
  switch (issue.type) {
    case 'strict_object':
      if (issue.expected === 'never') return 'unknown member'
      return issue.path === undefined ? 'must be an object' : 'is missing'
    case 'min_length':
      return `must have at least ${String(issue.requirement)} ${lengthUnit(issue.input)}`
    case 'max_length':
      return `must have at most ${String(issue.requirement)} ${lengthUnit(issue.input)}`
    case 'min_value':
      return `must be at least ${String(issue.requirement)}`
    case 'max_value':
      return `must be at most ${String(issue.requirement)}`
    case 'integer':
    case 'safe_integer':
      return 'must be an integer'
    case 'array':
      return 'must be a list'
    case 'boolean':
      return 'must be true or false'
    case 'string':
    case 'number':
      return `must be a ${issue.type}`
    default:
      return issue.expected === null ? 'is not valid' : `must be ${expectedText(issue.expected)}`
  }
}

/** `("a" | "b")`, as valibot writes it, for people. */
function expectedText(expected: string): string {
  const choices = expected.startsWith('("') ? expected.slice(1, -1).split(' | ') : []
  return choices.length === 0 ? expected : `one of ${choices.join(', ').replaceAll('"', '')}`
}

function lengthUnit(input: unknown): string {
  return typeof input === 'string' ? 'characters' : 'entries'
}

/** Any object; valibot's own would take a list. */
export const anObject = v.custom<Readonly<Record<string, unknown>>>(
  isJsonObject,
  'must be an object',
)

/** An object with these members and no others. */
export function strict<const E extends v.ObjectEntries>(
  entries: E,
): v.GenericSchema<
  v.InferInput<v.StrictObjectSchema<E, undefined>>,
  v.InferOutput<v.StrictObjectSchema<E, undefined>>
> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what passes is what strictObject takes: anObject only refuses more
  return v.pipe(anObject, v.strictObject(entries)) as never
}

/**
 * An object used as a map. Every own member counts, `constructor` too, and nothing is dropped.
 *
 * @param name checks a member's name: what is wrong with it, or null.
 */
export function dictionary<S extends v.GenericSchema>(
  value: S,
  options: {
    readonly min?: number
    readonly max: number
    readonly name: (name: string) => string | null
  },
): v.GenericSchema<
  Readonly<Record<string, v.InferInput<S>>>,
  Readonly<Record<string, v.InferOutput<S>>>
> {
  const schema = v.pipe(
    anObject,
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const entries = Object.entries(dataset.value)
      if (entries.length < (options.min ?? 0) || entries.length > options.max) {
        addIssue({ message: `must have ${options.min ?? 0} to ${options.max} members` })
        return NEVER
      }
      const out: [string, v.InferOutput<S>][] = []
      for (const [name, member] of entries) {
        const fault = options.name(name)
        const parsed = v.safeParse(value, member, CONFIG)
        const here = {
          type: 'object' as const,
          origin: 'value' as const,
          input: { ...dataset.value },
          key: name,
          value: member,
        }
        if (fault !== null) addIssue({ message: fault, path: [here] })
        if (parsed.success) out.push([name, parsed.output])
        else {
          for (const issue of parsed.issues) {
            addIssue({ message: issue.message, path: [here, ...(issue.path ?? [])] })
          }
        }
      }
      return Object.fromEntries(out)
    }),
    v.metadata({ members: value }),
  )
  return schema
}

/** Gives a schema the name it has in the documentation. */
export function named<S extends v.GenericSchema>(name: string, schema: S) {
  return v.pipe(schema, v.title(name))
}

/** Any JSON value. The strict parser has bounded its depth. */
export const jsonValue = named('JSON', v.custom<JsonValue>(isJson, 'must be JSON'))

function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  return isJsonObject(value) && Object.values(value).every(isJson)
}

/** Text of `min` (default 1) to `max` characters (UTF-16 units). */
export function text(max: number, min = 1) {
  return v.pipe(v.string(), v.minLength(min), v.maxLength(max))
}

/** An integer in `[min, max]`. */
export function integer(min: number, max: number) {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max))
}

const SCOPE_FORM = 'must be 1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit'
const ITEM_FORM =
  'must be 1 to 128 letters, digits, ".", "_" and "-", beginning with a letter or digit'

/** Name of a project or environment. */
export const scopeName = v.pipe(v.string(), v.regex(SCOPE_NAME, SCOPE_FORM))
/** Name of a config, flag or segment. */
export const itemName = v.pipe(v.string(), v.regex(ITEM_NAME, ITEM_FORM))
export const scopeNameFault = (name: string) => (SCOPE_NAME.test(name) ? null : SCOPE_FORM)

/** Why a change is made. */
export const reason = v.pipe(
  text(MAX_REASON_CHARS),
  v.check((why) => why.trim() !== '', 'must say why'),
)
/** What people call a key or token. */
export const label = text(MAX_LABEL_CHARS)
export const audience = v.picklist(['server', 'client'])
export const visibility = v.picklist(['server', 'client'])
