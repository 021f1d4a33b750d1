/** Calls into what an application passed in (EVALUATION.md §9): it may throw, and then its rule is passed over. */
import type { Bucketers } from './bucketer.ts'
import type { JsonValue } from './json.ts'
import { own } from './read.ts'
import type { Members } from './read.ts'

/** Somebody else's code threw; caught where a rule is asked. */
export const FOREIGN_FAULT: Error = new Error('foreign')

export function callForeign<T>(call: () => T): T {
  try {
    return call()
  } catch {
    throw FOREIGN_FAULT
  }
}

/** `<vendor>.<name>`: the vendor's own operator; undefined when it was not passed in. */
export function foreignOperator(
  operator: string,
  value: unknown,
  bucketers: Bucketers = {},
): ((attribute: unknown, context: Members) => boolean) | undefined {
  const dot = operator.indexOf('.')
  const operators = own(bucketers, operator.slice(0, dot))?.operators ?? {}
  const holds = own(operators, operator.slice(dot + 1))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a member of a JSON body; its reader checks it
  const given = value as JsonValue
  return holds && ((attribute, context) => callForeign(() => holds(attribute, given, context)))
}
