/** What flagd's `fractional` hashes: by default the flag's key and the targeting key, else a text put together by `cat`. */
import { isJsonObject } from '#core'
import type { Condition, JsonObject, JsonValue } from '#core'
import { flagdPart, flagdText } from '#migrate/flagd.ts'
import { MAX_TEXT_CHARS } from '../contract/limits.ts'
import {
  type Attribute,
  type FlagScope,
  type Operand,
  operandOf,
  operationOf,
  referredTo,
} from './json-logic.ts'
import { Untranslatable } from './translation.ts'

/** The parts `[from, to)` out of `parts`. */
export type Range = Readonly<Record<'from' | 'to' | 'parts', number>>

const IN_SHARE = 'flagd.inShare'

export type Hashed =
  /** The same text for every context. */
  | { readonly kind: 'known'; readonly text: string }
  | {
      readonly kind: 'asked'
      readonly inShare: (range: Range) => Condition
      /** There when a rule can hash the same: `seed`, then one attribute. */
      readonly split?: Split
    }

interface Split {
  readonly seed: string
  readonly bucketBy: string
  readonly rest: readonly Rest[]
}

/** Attributes that flagd hashes and no rule does. */
export interface Rest {
  readonly when: Condition
  /** What flagd hashes then, whole. */
  readonly text: string
}

/** @param by what stands before the entries; undefined: nothing does. */
export function hashedOf(by: JsonValue | undefined, path: string, scope: FlagScope): Hashed {
  if (by === undefined) {
    return byTargetingKey(scope.flagKey)
  }
  if (!isJsonObject(by)) {
    throw new Untranslatable(
      path,
      'what is hashed must be an expression, such as a "cat" or a "var"',
    )
  }
  const { operator, operands, at } = operationOf(by, path)
  if (operator === '$ref') return referredTo(operands, at, scope, hashedOf)
  if (operator !== 'cat') return textAlone(operandOf(by, path, scope), path)
  if (operands.length < 2) throw new Untranslatable(at(), '"cat" takes at least 2 operands')
  const parts = operands.map((operand, index) => operandOf(operand, at(index), scope))
  return together(parts, at(), scope)
}

/** Without a targeting key flagd answers nothing, and no rule takes such a context either. */
function byTargetingKey(seed: string): Hashed {
  const attribute = 'targetingKey'
  const text = [seed, { attribute }]
  return {
    kind: 'asked',
    inShare: (range) => ({
      all: [
        { attribute, operator: 'exists' },
        { attribute, operator: 'notEquals', value: '' },
        { operator: IN_SHARE, value: { text, ...range } },
      ],
    }),
    split: { seed, bucketBy: attribute, rest: [] },
  }
}

/** An attribute by itself must be a text; a fallback is hashed when there is none. */
function textAlone(operand: Operand, path: string): Hashed {
  if (operand.kind === 'value' && typeof operand.value === 'string') {
    return { kind: 'known', text: operand.value }
  }
  if (operand.kind !== 'attribute') throw new Untranslatable(path, 'what is hashed must be a text')
  const { name: attribute, fallback } = operand
  return {
    kind: 'asked',
    inShare: (range) => {
      const inShare: Condition = { attribute, operator: IN_SHARE, value: { ...range } }
      if (typeof fallback !== 'string') return inShare
      const part = flagdPart(fallback, range.parts)
      const isFallbackIn = part >= range.from && part < range.to
      return isFallbackIn ? { any: [inShare, { attribute, operator: 'notExists' }] } : inShare
    },
  }
}

function together(operands: readonly Operand[], path: string, scope: FlagScope): Hashed {
  const parts: (string | Attribute)[] = []
  for (const operand of operands) {
    if (operand.kind === 'list' || operand.kind === 'time') {
      throw new Untranslatable(path, '"cat" takes no lists here, and no time')
    }
    if (operand.kind === 'value' && operand.value === null) {
      throw new Untranslatable(path, 'flagd’s implementations do not agree on null in a "cat"')
    }
    const text = operand.kind === 'value' ? flagdText([operand.value], {}) : undefined
    const before = parts.at(-1)
    if (operand.kind === 'attribute') {
      parts.push({ ...operand, fallback: operand.fallback ?? scope.missingText })
    } else if (typeof before === 'string') parts.splice(-1, 1, before + text)
    else if (text) parts.push(text)
  }
  const [first = '', last, ...others] = parts
  if (typeof first === 'string' && last === undefined) return { kind: 'known', text: first }
  scope.notes.set(
    path,
    'a missing attribute is hashed as flagd’s JavaScript does here; at the end, lists and objects are not hashed',
  )
  const text = parts.map((part) => (typeof part === 'string' ? part : attributePart(part)))
  const inShare = (range: Range): Condition => ({ operator: IN_SHARE, value: { text, ...range } })
  const isSplit = typeof first === 'string' && first.length <= MAX_TEXT_CHARS && others.length === 0
  if (!isSplit || typeof last !== 'object') return { kind: 'asked', inShare }
  return { kind: 'asked', inShare, split: splitBy(first, last) }
}

function attributePart({ name: attribute, fallback }: Attribute): JsonObject {
  return fallback === 'null' ? { attribute } : { attribute, fallback }
}

function splitBy(seed: string, { name: attribute, fallback }: Attribute): Split {
  const equals = (value: string | boolean): Condition => ({ attribute, operator: 'equals', value })
  return {
    seed,
    bucketBy: attribute,
    rest: [
      { when: { attribute, operator: 'notExists' }, text: seed + flagdText([fallback], {}) },
      { when: equals(''), text: seed },
      { when: equals(true), text: `${seed}true` },
      { when: equals(false), text: `${seed}false` },
    ],
  }
}
