/** Conditions of rules and segments become functions of the context: EVALUATION.md §5. */
import { bucketOfHashes, cutPoint, hashText, SHARE_PARTS } from './bucket.ts'
import { foreignOperator } from './foreign.ts'
import { OPERATORS } from './operators.ts'
import type { AttributeTest } from './operators.ts'
import type { Asking } from './outcome.ts'
import {
  formOf,
  isList,
  isMembers,
  isShareOf,
  isString,
  malformed,
  may,
  membersOf,
  need,
  own,
  stringsOf,
} from './read.ts'
import type { Members } from './read.ts'

/** A function of the context. */
export type Test = (context: Members) => boolean

/** How deep `all`, `any` and `not` may nest. */
const MAX_NESTING = 6

/** What a condition may ask besides the context. */
export interface Scope {
  readonly asking: Asking
  /** Default seed of `percentage`. */
  readonly seed: string
  /** Collects the keys of the segments asked. */
  readonly segmentKeys: Set<string>
}

/**
 * The test a condition stands for; undefined when it has an operator that is not known or a value that cannot be read,
 * anywhere: then the rule is passed over, since a negation of "not understood" must not switch something on.
 *
 * Throws what `malformed` makes when it does not fit the grammar.
 */
export function compileCondition(condition: unknown, scope: Scope, depth = 0): Test | undefined {
  const members = membersOf(condition, 'when')
  const form = formOf(members, ['all', 'any', 'not', 'operator'])
  if (form === 'operator') return compileOperator(members, scope)
  if (depth >= MAX_NESTING) throw malformed(form)
  if (form === 'not') return negate(compileCondition(members['not'], scope, depth + 1))
  const tests: Test[] = []
  let isReadable = true
  for (const one of need(members, form, isList)) {
    const test = compileCondition(one, scope, depth + 1)
    if (test) tests.push(test)
    else isReadable = false
  }
  if (!isReadable) return undefined
  const isAny = form === 'any'
  return (context) => {
    for (const test of tests) if (test(context) === isAny) return isAny
    return !isAny
  }
}

function negate(test: Test | undefined): Test | undefined {
  return test && ((context) => !test(context))
}

function compileOperator(condition: Members, scope: Scope): Test | undefined {
  const operator = need(condition, 'operator', isString)
  const attribute = may(condition, 'attribute', isString)
  const value = own(condition, 'value')
  if (operator.includes('.')) {
    const holds = foreignOperator(operator, value, scope.asking.bucketers)
    const read = attribute === undefined ? () => undefined : readAttribute(attribute)
    return holds && ((context) => holds(read(context), context))
  }
  const isNegated = /^not[A-Z]/.test(operator)
  const name = isNegated ? operator.charAt(3).toLowerCase() + operator.slice(4) : operator
  const test = compilePlain(name, attribute, value, scope)
  return isNegated ? negate(test) : test
}

function compilePlain(
  operator: string,
  attribute: string | undefined,
  value: unknown,
  scope: Scope,
): Test | undefined {
  if (operator === 'inSegment') return compileInSegment(value, scope)
  if (operator === 'percentage') return compilePercentage(attribute, value, scope)
  if (attribute === undefined) return undefined
  const read = readAttribute(attribute)
  if (operator === 'exists') return (context) => (read(context) ?? null) !== null
  const test = own(OPERATORS, operator)?.(value)
  return test && ((context) => holdsFor(read(context), test))
}

/** Of a list, any element suffices; lists within it are not looked into. */
function holdsFor(attribute: unknown, test: AttributeTest): boolean {
  if (!Array.isArray(attribute)) return test(attribute)
  for (const element of attribute) if (test(element)) return true
  return false
}

function compileInSegment(value: unknown, scope: Scope): Test | undefined {
  const keys = stringsOf(value)
  if (!keys) return undefined
  for (const key of keys) scope.segmentKeys.add(key)
  return (context) => {
    for (const key of keys) if (scope.asking.isInSegment(key, context)) return true
    return false
  }
}

function compilePercentage(
  attribute: string | undefined,
  value: unknown,
  scope: Scope,
): Test | undefined {
  if (!isMembers(value)) return undefined
  const from = own(value, 'from') === undefined ? 0 : own(value, 'from')
  const to = own(value, 'to')
  const seed = own(value, 'seed') === undefined ? scope.seed : own(value, 'seed')
  const isShare = isShareOf(SHARE_PARTS)
  if (!isShare(from) || !isShare(to) || !isString(seed)) return undefined
  const [fromCut, toCut, seedHash] = [cutPoint(from), cutPoint(to), hashText(seed)]
  const read = readBucketingValue(attribute)
  return (context) => {
    const subject = read(context)
    if (subject === undefined) return false
    const bucket = bucketOfHashes(scope.asking.hash(subject), seedHash)
    return fromCut <= bucket && bucket < toCut
  }
}

/** Looks an attribute up: as a member by its whole name, then, if it has dots, by path through objects. */
export function readAttribute(name: string): (context: Members) => unknown {
  const path = name.split('.')
  return (context) => {
    const whole = own(context, name)
    if (whole !== undefined || path.length === 1) return whole
    let value: unknown = context
    for (const step of path) value = isMembers(value) ? own(value, step) : undefined
    return value
  }
}

/** The value that is hashed: a non-empty string as it is, a finite number in its JSON form, else undefined. */
export function readBucketingValue(
  attribute = 'targetingKey',
): (context: Members) => string | undefined {
  const read = readAttribute(attribute)
  return (context) => {
    const value = read(context)
    if (typeof value === 'string') return value === '' ? undefined : value
    return Number.isFinite(value) ? String(value) : undefined
  }
}
