/** Conditions of rules and segments become functions of the context: EVALUATION.md §5. */
import { cutPlace, hashText, placeUnder, SHARE_PARTS } from './bucket.ts'
import type { Bucketers } from './bucketer.ts'
import { foreignOperator } from './foreign.ts'
import { OPERATORS } from './operators.ts'
import type { AttributeTest, Operators } from './operators.ts'
import type { Asking } from './outcome.ts'
import { isMembers, isNumber, isString, malformed, own, stringsOf } from './read.ts'
import type { Members } from './read.ts'
import type { AttributeCondition, Condition } from './snapshot.ts'

/**
 * A condition, ready to be asked by {@link check}. One shape for all of them, and data where closures would do: a rule is then
 * one loop that calls nothing but its operators.
 */
export interface Check {
  /** Of `all`, `any` and `not`: those below. */
  readonly below: readonly Check[] | undefined
  /** Of those below, the answer that decides; and of a comparison, the answer of an operator that is not negated. */
  readonly positive: boolean
  /** What is answered when one below decides. */
  readonly decided: boolean
  readonly attribute: Attribute | undefined
  readonly holds: AttributeTest
  /** Of the operators that take the attribute as it is, or none. */
  readonly special: Special | undefined
}

type Special = (context: Members, asking: Asking) => boolean

// What calls itself is not inlined, so what is most often asked stands apart from it.
export function check(node: Check, context: Members, asking: Asking): boolean {
  return node.below ? checkBelow(node, node.below, context, asking) : compare(node, context, asking)
}

function checkBelow(
  { positive, decided }: Check,
  below: readonly Check[],
  context: Members,
  asking: Asking,
): boolean {
  for (const one of below) {
    const holds = one.below
      ? checkBelow(one, one.below, context, asking)
      : compare(one, context, asking)
    if (holds === positive) return decided
  }
  return !decided
}

function compare(
  { positive, attribute, holds, special }: Check,
  context: Members,
  asking: Asking,
): boolean {
  if (!attribute) return special?.(context, asking) === positive
  const seen = look(attribute, context, asking)
  if (!Array.isArray(seen)) return holds(seen) === positive
  // Of a list, any element suffices; lists within it are not looked into.
  for (const element of seen) if (holds(element)) return positive
  return !positive
}

/** How deep `all`, `any` and `not` may nest. */
const MAX_NESTING = 6

/** What an application passes in (EVALUATION.md §9), and operators beside the ones that every evaluator has. */
export interface CompileOptions {
  /** Somebody else's arithmetic, by name, for imported flags. Default: none. */
  readonly bucketers?: Bucketers | undefined
  readonly operators?: Operators | undefined
}

/** An attribute, and what the context of evaluation `turn` has there: rules one after the other ask for the same. */
export interface Attribute {
  readonly name: string
  /** Undefined for a name without dots. */
  readonly path: readonly string[] | undefined
  turn: number
  value: unknown
}

/** What everything compiled for one evaluator, and for those it is updated to, shares. */
export interface Compiling extends CompileOptions {
  readonly attributes: Map<string, Attribute>
}

interface Scope extends Compiling {
  /** Default seed of `percentage`. */
  readonly seed: string
  /** Collects the keys of the segments asked. */
  readonly segmentKeys: Set<string>
}

/**
 * What a condition asks. Throws where it has an operator that is not known or a value that cannot be read, anywhere: then the
 * rule is passed over, since a negation of "not understood" must not switch something on.
 */
export function compileCondition(condition: Condition, scope: Scope, depth = 0): Check {
  const parts: Parts = condition
  if (parts.operator !== undefined) return compileComparison(parts.operator, parts, scope)
  const { all, any, not } = parts
  const list = all ?? any ?? (not && [not])
  if (!list || depth >= MAX_NESTING) throw malformed('when')
  // One that fails decides `all`; one that holds decides `any`, and `not`, which is none of one.
  return {
    below: list.map((one) => compileCondition(one, scope, depth + 1)),
    positive: !all,
    decided: !all && !not,
    attribute: undefined,
    holds: never,
    special: undefined,
  }
}

const never: AttributeTest = () => false

/** A condition before it is known which it is. */
interface Parts extends Partial<AttributeCondition> {
  readonly all?: readonly Condition[]
  readonly any?: readonly Condition[]
  readonly not?: Condition
}

function compileComparison(operator: string, { attribute, value }: Parts, scope: Scope): Check {
  // Operators of vendors, which have a dot, have no negated form.
  const name = operator.replace(/^not[A-Z](?!.*\.)/, (start) => start.charAt(3).toLowerCase())
  const holds = (own(OPERATORS, name) ?? own(scope.operators ?? {}, name))?.(value)
  const isUsual = holds && isString(attribute)
  return {
    below: undefined,
    positive: name === operator,
    decided: false,
    attribute: isUsual ? attributeOf(attribute, scope) : undefined,
    holds: holds ?? never,
    special: isUsual ? undefined : compileSpecial(name, attribute, value, scope),
  }
}

/** The operators that take the attribute as it is, or none. */
function compileSpecial(
  operator: string,
  attribute: string | undefined,
  value: unknown,
  scope: Scope,
): Special {
  if (operator === 'inSegment') {
    const keys = stringsOf(value)
    if (!keys) throw malformed(operator)
    for (const key of keys) scope.segmentKeys.add(key)
    return (context, asking) => {
      for (const key of keys) if (asking.segment(key)?.test(context, asking)) return true
      return false
    }
  }
  if (operator === 'percentage' && isMembers(value)) {
    const { from = 0, to, seed = scope.seed } = value
    if (!isShare(from) || !isShare(to) || !isString(seed)) throw malformed(operator)
    const [fromCut, toCut, seedHash] = [cutPlace(from), cutPlace(to), hashText(seed)]
    const looked = attributeOf(attribute, scope)
    return (context, asking) => {
      const subject = bucketingValue(look(looked, context, asking))
      const place = subject === undefined ? Number.NaN : placeUnder(subject, seedHash)
      return fromCut <= place && place < toCut
    }
  }
  const looked = attribute === undefined ? undefined : attributeOf(attribute, scope)
  if (operator === 'exists' && looked) {
    return (context, asking) => (look(looked, context, asking) ?? null) !== null
  }
  const holds = foreignOperator(operator, value, scope.bucketers)
  if (!holds) throw malformed(operator)
  return (context, asking) => holds(looked && look(looked, context, asking), context)
}

function isShare(value: unknown): value is number {
  return isNumber(value) && Number.isInteger(value) && value >= 0 && value <= SHARE_PARTS
}

export function attributeOf(name = 'targetingKey', known?: Compiling): Attribute {
  let attribute = known?.attributes.get(name)
  if (!attribute) {
    const path = name.includes('.') ? name.split('.') : undefined
    attribute = { name, path, turn: 0, value: undefined }
    known?.attributes.set(name, attribute)
  }
  return attribute
}

export function look(attribute: Attribute, context: Members, { turn }: Asking): unknown {
  if (attribute.turn !== turn) {
    attribute.value = readAttribute(attribute, context)
    attribute.turn = turn
  }
  return attribute.value
}

/** As a member by its whole name, then, if it has dots, by path through objects. */
export function readAttribute(
  { name, path }: Pick<Attribute, 'name' | 'path'>,
  context: Members,
): unknown {
  let value = own(context, name)
  if (value === undefined && path) {
    value = context
    for (const step of path) value = isMembers(value) ? own(value, step) : undefined
  }
  return value
}

/** The value that is hashed: a non-empty string as it is, a finite number in its JSON form, else undefined. */
export function bucketingValue(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return Number.isFinite(value) ? String(value) : undefined
}
