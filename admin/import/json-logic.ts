/** Reading JsonLogic as flagd has it: operations, operands, attributes, references. Nothing is judged here. */
import { isJsonObject } from '#core'
import type { JsonObject, JsonValue } from '#core'
import { escapePointer } from '#core'
import type { TargetingScope } from './flagd-targeting.ts'
import { Untranslatable } from './translation.ts'

export interface FlagScope extends TargetingScope {
  readonly flagKey: string
  /** Parts of this flag that may still be translated: putting conditions together costs their square. */
  readonly parts: { left: number }
  /** Evaluators that are being followed, to notice a circle. */
  readonly references: readonly string[]
  /** What `cat` makes of a missing attribute where this stands. */
  readonly missingText: 'null' | ''
  readonly variants: readonly string[]
  /** What was translated but for a corner of its meaning, by pointer. */
  readonly notes: Map<string, string>
}

/** Counts one part; ends a translation that is too large, or that references blow up. */
export function spend(scope: FlagScope, path: string): void {
  scope.budget.left -= 1
  scope.parts.left -= 1
  if (scope.budget.left < 0 || scope.parts.left < 0) {
    throw new Untranslatable(path, 'it is too large once references are followed')
  }
}

export interface Operation {
  readonly operator: string
  readonly operands: readonly JsonValue[]
  /** Pointer to an operand, or to the operation. */
  readonly at: (index?: number) => string
}

/** `{operator: operands}`; a single operand may stand without a list. */
export function operationOf(logic: JsonObject, path: string): Operation {
  const [entry, ...others] = Object.entries(logic)
  if (entry === undefined || others.length > 0) {
    throw new Untranslatable(path, 'an operation is an object with exactly one member')
  }
  const [operator, value] = entry
  const here = `${path}/${escapePointer(operator)}`
  // Array.isArray does not narrow a readonly list out of a union.
  const isList = Array.isArray(value)
  const operands: readonly JsonValue[] = isList ? value : [value]
  const at = (index?: number) => (index === undefined || !isList ? here : `${here}/${index}`)
  return { operator, operands, at }
}

/** Goes on with the evaluator that `{"$ref": name}` names. */
export function referredTo<T>(
  [name]: readonly JsonValue[],
  at: () => string,
  scope: FlagScope,
  follow: (logic: JsonValue, path: string, scope: FlagScope) => T,
): T {
  const target =
    typeof name === 'string' && Object.hasOwn(scope.evaluators, name)
      ? scope.evaluators[name]
      : undefined
  if (typeof name !== 'string' || target === undefined) {
    throw new Untranslatable(at(), 'there is no evaluator of this name')
  }
  if (scope.references.includes(name)) {
    throw new Untranslatable(at(), 'the evaluators refer to each other in a circle')
  }
  const path = `/$evaluators/${escapePointer(name)}`
  return follow(target, path, { ...scope, references: [...scope.references, name] })
}

export type Primitive = string | number | boolean | null

export interface Attribute {
  readonly name: string
  /** Stands in when the attribute is missing or null. Null: there is none. */
  readonly fallback: Primitive
}

export type Operand =
  | { readonly kind: 'value'; readonly value: Primitive }
  | { readonly kind: 'list'; readonly values: readonly Primitive[] }
  | ({ readonly kind: 'attribute' } & Attribute)
  /** Whole seconds since 1970. */
  | { readonly kind: 'time' }

const TIMESTAMP = '$flagd.timestamp'

export function isTimestamp(logic: JsonValue): boolean {
  const name = isJsonObject(logic) ? logic['var'] : undefined
  return name === TIMESTAMP || (Array.isArray(name) && name[0] === TIMESTAMP)
}

/** An operand that is known, or is an attribute of the context. */
export function operandOf(logic: JsonValue, path: string, scope: FlagScope): Operand {
  spend(scope, path)
  if (isPrimitive(logic)) return { kind: 'value', value: logic }
  if (!isJsonObject(logic)) return { kind: 'list', values: listOf(logic, path) }
  const { operator, operands, at } = operationOf(logic, path)
  if (operator === '$ref') return referredTo(operands, at, scope, operandOf)
  if (operator === 'var') return attributeOf(operands, at, scope)
  throw new Untranslatable(at(), `the operation "${operator}" has no counterpart here`)
}

function listOf(list: readonly JsonValue[], path: string): readonly Primitive[] {
  return list.map((element, index) => {
    if (isPrimitive(element)) return element
    throw new Untranslatable(`${path}/${index}`, 'a list must hold plain values')
  })
}

function attributeOf(
  [name, fallback = null]: readonly JsonValue[],
  at: () => string,
  scope: FlagScope,
): Operand {
  if (typeof name !== 'string' || name === '') {
    throw new Untranslatable(at(), 'an attribute must be named')
  }
  if (!isPrimitive(fallback)) {
    throw new Untranslatable(at(), 'the default of an attribute must be a plain value')
  }
  if (name === '$flagd.flagKey') return { kind: 'value', value: scope.flagKey }
  if (name === TIMESTAMP) return { kind: 'time' }
  if (name.startsWith('$flagd.')) {
    throw new Untranslatable(at(), `"${name.slice(0, 64)}" is no attribute`)
  }
  if (name.split('.').some((step) => /^\d+$/.test(step))) {
    throw new Untranslatable(at(), 'paths lead through objects here, not into lists')
  }
  return { kind: 'attribute', name, fallback }
}

export function isPrimitive(value: JsonValue): value is Primitive {
  return value === null || typeof value !== 'object'
}
