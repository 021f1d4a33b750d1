/**
 * Reading what may be anything: a body or context built by hand, or a flag written by a later version. Own members
 * only, so that `constructor` or `__proto__` are names like others.
 */

export type Members = Readonly<Record<string, unknown>>

type Is<T> = (value: unknown) => value is T

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isString(value: unknown): value is string {
  return typeof value === 'string'
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

export function isListOf<T>(value: unknown, isElement: Is<T>): value is readonly T[] {
  return Array.isArray(value) && value.every(isElement)
}

export function isStrings(value: unknown): value is readonly string[] {
  return isListOf(value, isString)
}

/** A share out of `parts` is an integer from 0 to `parts`. */
export function isShareOf(parts: number): Is<number> {
  return (value): value is number =>
    isNumber(value) && Number.isInteger(value) && value >= 0 && value <= parts
}

export function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined
}

/** The member `name`, which must be there; `kind` says in an error what it must be. */
export function need<T>(members: Members, name: string, is: Is<T>, kind: string): T {
  const value = own(members, name)
  if (!is(value)) throw malformed(`${name} must be ${kind}`)
  return value
}

/** The member `name`, or undefined when it is not there. */
export function may<T>(members: Members, name: string, is: Is<T>, kind: string): T | undefined {
  return own(members, name) === undefined ? undefined : need(members, name, is, kind)
}

/** The only one of `forms` that `value` has, such as `split` of a rule's `serve`. */
export function formOf(value: unknown, forms: readonly string[], what: string): string {
  const found = isMembers(value) ? forms.filter((form) => own(value, form) !== undefined) : []
  const [form] = found
  if (form === undefined || found.length > 1) {
    throw malformed(`${what} must have exactly one of ${forms.join(', ')}`)
  }
  return form
}

/** For what does not fit the grammar of EVALUATION.md §2; the message says what would. */
export function malformed(message: string): TypeError {
  return new TypeError(message)
}
