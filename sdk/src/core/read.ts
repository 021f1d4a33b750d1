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

/** Where one text or a list of them may stand: the list; undefined for anything else. */
export function stringsOf(value: unknown): readonly string[] | undefined {
  if (isString(value)) return [value]
  return isStrings(value) ? value : undefined
}

// Asked for every attribute: twice as fast as Object.hasOwn in V8 13 (Node 24).
// oxlint-disable-next-line typescript/unbound-method -- called with its `this`
const { hasOwnProperty } = Object.prototype

export function own<T>(members: Readonly<Record<string, T>>, name: string): T | undefined {
  return hasOwnProperty.call(members, name) ? members[name] : undefined
}

/** `value` as an object; `what` names it when it is none. */
export function membersOf(value: unknown, what: string): Members {
  if (!isMembers(value)) throw malformed(what)
  return value
}

/** The member `name`, which must be there. */
export function need<T>(members: Members, name: string, is: Is<T>): T {
  const value = own(members, name)
  if (!is(value)) throw malformed(name)
  return value
}

/** The member `name`, or undefined when it is not there. */
export function may<T>(members: Members, name: string, is: Is<T>): T | undefined {
  return own(members, name) === undefined ? undefined : need(members, name, is)
}

/** The one of `forms` that `members` has, such as `split` of a rule's `serve`; there must be exactly one. */
export function formOf(members: Members, forms: readonly string[]): string {
  const [form, another] = forms.filter((one) => own(members, one) !== undefined)
  if (form === undefined || another !== undefined) throw malformed(forms.join())
  return form
}

/**
 * For what does not fit the grammar of EVALUATION.md §2, by the name of the member. No more is said here: whoever
 * publishes is told what would be right, and these texts are in every bundle.
 */
export function malformed(what: string): TypeError {
  return new TypeError(what)
}
