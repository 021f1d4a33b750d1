/** What may be written of EVALUATION.md §9: foreign bucketing, operators of a vendor, and positions of a split. */
import type { Condition, JsonValue, Operation } from '#core'
import { describe, expect, test } from 'vitest'
import { applyChangeSet } from '../../../worker/domain/change-set.ts'

const ports = {
  digest: (text: string) => ({ sha256: '0'.repeat(64), size: text.length }),
  randomSeed: () => 'seed',
}
const nothing = { get: () => undefined, refs: () => [], size: () => 0 }

/** Places of what is refused of a flag with this rule; empty when it is accepted. */
function refused(rule: Readonly<Record<string, JsonValue>>): readonly string[] {
  const settings = { enabled: true, rules: [{ id: 'r1', serve: { variant: 'on' }, ...rule }] }
  const operations = [
    { op: 'createEnvironment', environment: 'production', protected: false },
    {
      op: 'putFlag',
      key: 'f',
      type: 'boolean',
      variants: { on: true, off: false },
      visibility: 'server',
    },
    { op: 'putFlagEnvironment', key: 'f', environment: 'production', ...settings },
  ]
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a patch, or JSON that was not parsed, could hold
  const changeSet = { reason: 'test', operations: operations as unknown as readonly Operation[] }
  const applied = applyChangeSet(nothing, changeSet, ports)
  if (applied.ok) return []
  const issues = applied.error.reason === 'invalid' ? applied.error.issues : []
  return issues.map(({ path }) => path.replace('/operations/2/rules/0', ''))
}

const split = (...positions: JsonValue[]): Readonly<Record<string, JsonValue>> => ({
  serve: { split: positions },
})
const at = (from: JsonValue, weight: JsonValue): JsonValue => ({ variant: 'on', weight, from })

describe('bucketing', () => {
  test('may be foreign; its weights are then counted in its parts', () => {
    const serve = { split: [{ variant: 'on', weight: 999_999_999 }] }
    expect(refused({ bucketing: { by: 'acme', parts: 1_000_000_000 }, serve })).toEqual([])
    expect(refused({ bucketing: { by: 'acme' } })).toEqual([])
    expect(refused({ bucketing: { by: 'acme', parts: 10 }, serve })).toEqual([
      '/serve/split/0/weight',
    ])
    expect(refused({ serve })).toEqual(['/serve/split/0/weight'])
  })

  test.each<[JsonValue, string]>([
    ['acme', '/bucketing'],
    [{}, '/bucketing/by'],
    [{ by: '' }, '/bucketing/by'],
    [{ by: 'acme', parts: 0 }, '/bucketing/parts'],
    [{ by: 'acme', parts: 1.5 }, '/bucketing/parts'],
    [{ by: 'acme', parts: 1_000_000_001 }, '/bucketing/parts'],
    [{ by: 'acme', seed: 'x' }, '/bucketing/seed'],
  ])('%j is refused at %s', (bucketing, path) => {
    expect(refused({ bucketing })).toEqual([path])
  })
})

describe('positions of a split', () => {
  test('may start where they say, in any order, with room between', () => {
    expect(
      refused(split(at(60_000, 40_000), at(0, 10_000), { variant: 'off', weight: 50_000 })),
    ).toEqual([])
    expect(refused(split(at(5, 0), at(5, 10), at(5, 0)))).toEqual([])
  })

  test.each<[string, JsonValue[], string]>([
    ['overlap', [at(0, 10), at(9, 1)], '/serve/split/1'],
    ['overlap out of order', [at(9, 1), at(0, 10)], '/serve/split/0'],
    [
      'overlap by following on',
      [at(9, 1), at(0, 5), { variant: 'off', weight: 5 }],
      '/serve/split/0',
    ],
    ['end past the last part', [at(99_999, 2)], '/serve/split'],
    ['start before the first', [at(-1, 2)], '/serve/split/0/from'],
    ['start between parts', [at(0.5, 2)], '/serve/split/0/from'],
  ])('must not %s', (_, positions, path) => {
    expect(refused(split(...positions))).toEqual([path])
  })
})

describe('operators of a vendor', () => {
  const when = (operator: string, more: Readonly<Record<string, JsonValue>> = {}) => ({
    when: { attribute: 'plan', operator, ...more } satisfies Condition,
  })

  test('may have any value, and no attribute', () => {
    expect(refused(when('acme.is', { value: { deep: [1, null] } }))).toEqual([])
    expect(refused({ when: { not: { operator: 'acme.is' } } })).toEqual([])
  })

  test.each(['acme.', '.is', 'a b.is', 'acme', '-.is'])('%j is none', (operator) => {
    expect(refused(when(operator))).toEqual(['/when/operator'])
  })

  test('have no members but attribute, operator and value', () => {
    expect(refused(when('acme.is', { seed: 'x' }))).toEqual(['/when/seed'])
  })
})
