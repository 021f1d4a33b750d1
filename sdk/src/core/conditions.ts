/** Conditions of rules and segments become functions of the context: EVALUATION.md §5. */
import { attributeOf, look } from './attributes.ts'
import type { Attribute } from './attributes.ts'
import { cutPlace, SHARE_PARTS } from './bucket.ts'
import type { Bucketers } from './bucketer.ts'
import { foreignOperator } from './foreign.ts'
import { holds, OPERATORS, UNLIKE } from './operators.ts'
import type { Comparison, Operators } from './operators.ts'
import type { Asking } from './outcome.ts'
import { isMembers, isNumber, isString, malformed, own, stringsOf } from './read.ts'
import type { Members } from './read.ts'
import { compilePlacing, placeOf } from './share.ts'
import type { AttributeCondition, Condition } from './snapshot.ts'

/** A condition, ready to be asked by {@link check}: a comparison, or what binds conditions together. */
export interface Check extends Comparison {
  /** Of `all`, `any` and `not`, which is none of one: those below. */
  readonly below: readonly Check[] | undefined
  /** Whether one of those below suffices, or all of them must hold. */
  readonly isAny: boolean
  readonly isNegated: boolean
  readonly attribute: Attribute | undefined
  /** Of the operators that take the attribute as it is, or none: asked where there is no `attribute`. */
  readonly special: Special
}

type Special = (context: Members, asking: Asking) => boolean

// What calls itself is not inlined, so what is most often asked stands apart from it.
export function check(node: Check, context: Members, asking: Asking): boolean {
  const { below } = node
  return below !== undefined
    ? checkBelow(node, below, context, asking)
    : compare(node, context, asking)
}

function checkBelow(
  { isAny, isNegated }: Check,
  below: readonly Check[],
  context: Members,
  asking: Asking,
): boolean {
  for (const one of below) {
    const isHeld = one.below
      ? checkBelow(one, one.below, context, asking)
      : compare(one, context, asking)
    if (isHeld === isAny) return isAny !== isNegated
  }
  return isAny === isNegated
}

function compare(node: Check, context: Members, asking: Asking): boolean {
  const { attribute, isNegated } = node
  if (attribute === undefined) return node.special(context, asking) !== isNegated
  const seen = look(attribute, context, asking)
  return (Array.isArray(seen) ? holdsForAny(node, seen) : holds(node, seen)) !== isNegated
}

/** Lists within the list are not looked into. */
function holdsForAny(node: Check, list: readonly unknown[]): boolean {
  return list.some((element) => holds(node, element))
}

/** How deep `all`, `any` and `not` may nest. */
const MAX_NESTING = 6

/** What an application passes in (EVALUATION.md §9), and operators beside the ones that every evaluator has. */
export interface CompileOptions {
  /** Somebody else's arithmetic, by name, for imported flags. Default: none. */
  readonly bucketers?: Bucketers | undefined
  readonly operators?: Operators | undefined
}

/** What everything compiled for one evaluator, and for those it is updated to, shares. */
export interface Compiling extends CompileOptions {
  /** By name: as it is, and as operators read it. */
  readonly attributes: Map<string, Attribute[]>
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
  const below = list.map((one) => compileCondition(one, scope, depth + 1))
  return { ...PLAIN, below, isAny: !all, isNegated: !all && not !== undefined }
}

const PLAIN: Check = {
  ...UNLIKE,
  below: undefined,
  isAny: true,
  isNegated: false,
  attribute: undefined,
  special: () => false,
}

/** A condition before it is known which it is. */
interface Parts extends Partial<AttributeCondition> {
  readonly all?: readonly Condition[]
  readonly any?: readonly Condition[]
  readonly not?: Condition
}

function compileComparison(operator: string, { attribute, value }: Parts, scope: Scope): Check {
  // Operators of vendors, which have a dot, have no negated form.
  const name = operator.replace(/^not[A-Z](?!.*\.)/, (start) => start.charAt(3).toLowerCase())
  const isNegated = name !== operator
  const compared = (own(OPERATORS, name) ?? own(scope.operators ?? {}, name))?.(value)
  if (!compared || !isString(attribute)) {
    return { ...PLAIN, isNegated, special: compileSpecial(name, attribute, value, scope) }
  }
  const below = compared.map((one) => {
    return { ...PLAIN, ...one, attribute: attributeOf(attribute, scope, one.read) }
  })
  // Mostly there is one, which is asked directly.
  const [one, another] = below
  return one && !another ? { ...one, isNegated } : { ...PLAIN, below, isNegated }
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
    const [fromCut, toCut] = [cutPlace(from), cutPlace(to)]
    const placing = compilePlacing({ bucketBy: attribute, seed }, scope)
    return (context, asking) => {
      const place = placeOf(placing, context, asking) ?? Number.NaN
      return fromCut <= place && place < toCut
    }
  }
  const looked = attribute === undefined ? undefined : attributeOf(attribute, scope)
  if (operator === 'exists' && looked) {
    return (context, asking) => (look(looked, context, asking) ?? null) !== null
  }
  const foreign = foreignOperator(operator, value, scope.bucketers)
  if (!foreign) throw malformed(operator)
  return (context, asking) => foreign(looked && look(looked, context, asking), context)
}

function isShare(value: unknown): value is number {
  return isNumber(value) && Number.isInteger(value) && value >= 0 && value <= SHARE_PARTS
}
