/** EVALUATION.md, case by case, from vectors any language can run. */
import { describe, expect, test } from 'vitest'
import { compile, evaluate, isJsonObject } from '#core'
import type { Evaluator, EvaluationContext, EvaluationDetails, FlagType, JsonValue } from '#core'
import evaluation from '../../vectors/evaluation.json' with { type: 'json' }
import operators from '../../vectors/operators.json' with { type: 'json' }
import { bodyOf } from './bodies.ts'

interface Case {
  readonly flag: string
  readonly type?: FlagType
  readonly fallback?: JsonValue
  readonly nowMs?: number
  readonly context: unknown
  readonly expect?: unknown
}

interface Group {
  readonly name: string
  readonly flags: unknown
  readonly segments: unknown
  readonly cases: readonly Case[]
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript reads `type` as any string
const groups = evaluation.groups as readonly Group[]

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- some are no contexts, on purpose
const contextOf = (given: unknown): EvaluationContext => given as EvaluationContext

/** Callers without types give any fallback. */
const askPlain = (evaluator: Evaluator, ...asked: readonly unknown[]): unknown =>
  Reflect.apply(evaluator.value, evaluator, asked)

function comparable(details: EvaluationDetails): unknown {
  const { flagKey: _, errorMessage, ...rest } = details
  expect(errorMessage !== undefined).toBe(details.errorCode !== undefined)
  return rest
}

describe.each(groups)('$name', ({ flags, segments, cases }) => {
  // One evaluator for all cases, so that what it remembers between them is tested too.
  const evaluator = compile(bodyOf(flags, segments))

  test.each(cases)('$flag for $context', (given) => {
    const { flag, type, fallback = null, nowMs = 0 } = given
    const context = contextOf(given.context)
    const details = evaluator.details(flag, type, fallback, context, nowMs)
    expect(details.flagKey).toBe(flag)
    if (given.expect === undefined)
      expect([fallback, true, false, 'A', 'Z']).toContain(details.value)
    else expect(comparable(details)).toEqual(given.expect)
    const value = type && askPlain(evaluator, flag, type, fallback, context, nowMs)
    expect(value).toEqual(type && details.value)
    const options = { ...(type && { type }), fallback, nowMs }
    expect(evaluate(bodyOf(flags, segments), flag, context, options)).toEqual(details)
  })
})

interface OperatorLine {
  readonly operator: string
  readonly value?: unknown
  readonly holds: readonly unknown[]
  readonly fails: readonly unknown[]
}

const lines: readonly OperatorLine[] = operators.operators
const unreadable: readonly { readonly operator: string; readonly value?: unknown }[] =
  operators.unreadable

const negated = (operator: string): string =>
  `not${operator.charAt(0).toUpperCase()}${operator.slice(1)}`

const attributes = (value: unknown): EvaluationContext =>
  isJsonObject(value) && value['$absent'] === true ? {} : { a: value }

function askOf(when: unknown): (value: unknown) => EvaluationDetails {
  const evaluator = compile(
    bodyOf({
      f: {
        type: 'boolean',
        variants: { on: true, off: false },
        enabled: true,
        seed: 's',
        defaultVariant: 'off',
        rules: [{ id: 'r', when, serve: { variant: 'on' } }],
      },
    }),
  )
  return (value) => evaluator.details('f', 'boolean', false, attributes(value), 0)
}

describe.each(lines)('$operator $value', ({ operator, value, holds, fails }) => {
  const condition = { attribute: 'a', operator, value }
  const forms: readonly [string, unknown, boolean][] = [
    ['itself', condition, true],
    ['negated', { attribute: 'a', operator: negated(operator), value }, false],
    ['within not', { not: condition }, false],
  ]
  test.each(forms)('%s', (_, when, isPlain) => {
    const ask = askOf(when)
    for (const attribute of holds)
      expect([attribute, ask(attribute).value]).toEqual([attribute, isPlain])
    for (const attribute of fails)
      expect([attribute, ask(attribute).value]).toEqual([attribute, !isPlain])
  })
})

describe.each(unreadable)('$operator $value is not understood', ({ operator, value }) => {
  const condition = { attribute: 'a', operator, value }
  const forms: readonly [string, unknown][] = [
    ['itself', condition],
    ['negated', { attribute: 'a', operator: negated(operator), value }],
    ['within not', { not: condition }],
    ['within any', { any: [{ attribute: 'a', operator: 'equals', value: 'a' }, condition] }],
  ]
  test.each(forms)('%s, and its rule is passed over', (_, when) => {
    const details = askOf(when)('a')
    expect(details.value).toBe(false)
    expect(details.reason).toBe('DEFAULT')
    expect(details.flagMetadata['skipped']).toBe('r')
  })
})
