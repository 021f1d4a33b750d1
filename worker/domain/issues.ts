/** Collects what is wrong with an input, each with its place, and reads JSON of unknown shape without throwing. */
import { escapePointer, isJsonObject } from '#core'
import { MAX_DEPTH } from './limits.ts'
import type { JsonObject, JsonValue } from '#core'
import type { Issue } from './errors.ts'

/** More would not help anybody, and an answer stays small. */
const MAX_ISSUES = 100

export class Issues {
  readonly list: Issue[] = []

  /** `path` is a JSON pointer into what was sent; `message` says what would be right. */
  add(path: string, message: string, about?: Omit<Issue, 'path' | 'message'>): void {
    if (this.list.length < MAX_ISSUES) this.list.push({ path, message, ...about })
  }

  /** Runs `check`; whether it added nothing. */
  passes(check: () => void): boolean {
    const before = this.list.length
    check()
    return this.list.length === before && before < MAX_ISSUES
  }
}

/** The pointer one step below `path`. */
export function at(path: string, token: string | number): string {
  return `${path}/${escapePointer(String(token))}`
}

/** `text` in double quotes, cut to a length that fits a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * A copy of `value` that is JSON and nothing else: members that are undefined are left out; what canonical JSON cannot
 * carry, `__proto__` and nesting past 32 are issues. Undefined when there was an issue, or nothing.
 */
export function readJson(
  value: unknown,
  path: string,
  issues: Issues,
  depth = 0,
): JsonValue | undefined {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    issues.add(path, 'must be a finite number')
    return undefined
  }
  if (typeof value === 'string') {
    if (!LONE_SURROGATE.test(value)) return value
    issues.add(path, 'must not have a lone surrogate')
    return undefined
  }
  if (depth >= MAX_DEPTH) {
    issues.add(path, `must not nest deeper than ${MAX_DEPTH}`)
    return undefined
  }
  if (Array.isArray(value)) {
    const array: JsonValue[] = []
    for (const [index, element] of value.entries()) {
      const read = readJson(element, at(path, index), issues, depth + 1)
      if (read !== undefined) array.push(read)
      else if (element === undefined) issues.add(at(path, index), 'must be a JSON value')
    }
    return array
  }
  if (typeof value !== 'object' || !isPlain(value)) {
    if (value !== undefined) issues.add(path, 'must be a JSON value')
    return undefined
  }
  const object: Record<string, JsonValue> = {}
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__' || LONE_SURROGATE.test(name)) {
      issues.add(at(path, name), 'is not an allowed member name')
      continue
    }
    const read = readJson(member, at(path, name), issues, depth + 1)
    if (read !== undefined) object[name] = read
  }
  return object
}

function isPlain(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Object]'
}

/** Whether `value` is an object with no members but `required` and `optional`, and all of `required`. */
export function isObjectOf(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
  required: readonly string[],
  optional: readonly string[] = [],
): value is JsonObject {
  if (value === undefined || !isJsonObject(value)) {
    issues.add(path, 'must be an object')
    return false
  }
  return issues.passes(() => {
    for (const name of required) {
      if (!Object.hasOwn(value, name)) issues.add(at(path, name), 'is required')
    }
    for (const name of Object.keys(value)) {
      if (required.includes(name) || optional.includes(name)) continue
      const allowed = [...required, ...optional].join(', ')
      issues.add(at(path, name), `is not known here; known are ${allowed}`)
    }
  })
}

/** Whether `value` is a string of `min` to `max` UTF-16 code units. */
export function isText(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
  min: number,
  max: number,
): value is string {
  if (typeof value === 'string' && value.length >= min && value.length <= max) return true
  issues.add(path, `must be a string of ${min} to ${max} characters`)
  return false
}

export function isBoolean(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): value is boolean {
  if (typeof value === 'boolean') return true
  issues.add(path, 'must be true or false')
  return false
}

export function isIntegerIn(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
  min: number,
  max: number,
): value is number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max)
    return true
  issues.add(path, `must be an integer from ${min} to ${max}`)
  return false
}

/** Whether `value` is an array of at most `max` elements. */
export function isList(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
  max: number,
): value is readonly JsonValue[] {
  if (!Array.isArray(value)) {
    issues.add(path, 'must be a list')
    return false
  }
  if (value.length <= max) return true
  issues.add(path, `must have at most ${max} elements, has ${value.length}`)
  return false
}

export function isOneOf<T extends string>(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
  allowed: readonly T[],
): value is T {
  if (allowed.some((one) => one === value)) return true
  issues.add(path, `must be one of ${allowed.map(quote).join(', ')}`)
  return false
}
