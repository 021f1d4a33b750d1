/**
 * The same 10,000 flags × contexts on every runtime, made from a seed, and what each is answered: as text, so that runtimes
 * are compared bit for bit. Neutral: runs where the SDK runs. test/vectors/agreement.json holds the digest of all answers.
 */
import { bucketOf, compile } from '#core'
import type { EvaluationContext, Evaluator } from '#core'
import { bucketers } from '../../sdk/src/migrate.ts'
import { bodyOf } from '../sdk/core/bodies.ts'
import { createDice } from './random.ts'
import type { Dice } from './random.ts'

const SEED = 20_261_121
const BODIES = 200
const FLAGS = 10
const CONTEXTS = 5
export const VECTORS = BODIES * FLAGS * CONTEXTS

const TEXTS = [
  '',
  'a',
  'user-1',
  'ann@example.com',
  'É',
  'e\u0301',
  '你好',
  '😀',
  '\ud83d',
  'CZ',
  'cz',
  'constructor',
  '__proto__',
  '1.2.3',
  '1.10.0-rc.1',
  '1.10.0-rc.1+build',
  '01.2.3',
  '10.0.0.7',
  '::ffff:10.0.0.7',
  '2001:db8::1',
  '10.0.0.0/8',
  '2001:db8::/33',
  '2026-02-28T23:59:60Z',
  '2026-02-29T00:00:00Z',
  '2024-02-29T00:00:00.123456+05:30',
  'NaN',
  '5',
]
const NUMBERS = [
  0,
  -0,
  1,
  0.1 + 0.2,
  1e21,
  5e-324,
  2 ** 53 - 1,
  -1.5,
  1_700_000_000_000,
  Number.NaN,
  Number.POSITIVE_INFINITY,
]
const ATTRIBUTES = ['targetingKey', 'plan', 'nested.deep.value', 'list', 'gone', '__proto__']
const OPERATORS = [
  'equals',
  'in',
  'contains',
  'startsWith',
  'endsWith',
  'lt',
  'lte',
  'gt',
  'gte',
  'before',
  'after',
  'semverEquals',
  'semverLt',
  'semverLte',
  'semverGt',
  'semverGte',
  'matches',
  'ipInCidr',
  'exists',
  'percentage',
  'inSegment',
]
const PATTERNS = ['^a', '(?i)É', 'e.', '\\d+\\.\\d', '[[:alpha:]]+@', '^.$', '\\p{L}{2}', '(a|b)*c']

/** One line an answer: flag, value, variant, reason, error code, metadata, and bare buckets, ours and those of vendors. */
export function agreementAnswers(): string[] {
  const dice = createDice(SEED)
  return dice
    .list(BODIES, () => {
      const flags = Object.fromEntries(
        Array.from({ length: FLAGS }, (_, i) => [`f${i}`, flagOf(dice, i)]),
      )
      const segments = {
        s0: { ids: ['user-1', '你好'], excludedIds: ['a'], when: conditionOf(dice, 2) },
        s1: { when: { operator: 'inSegment', value: 's0' } },
      }
      const evaluator = compile(bodyOf(flags, segments), { bucketers })
      return dice
        .list(CONTEXTS, () => contextOf(dice))
        .flatMap((context) =>
          Object.keys(flags).map((key) => answer(evaluator, key, context, dice)),
        )
    })
    .flat()
}

function answer(evaluator: Evaluator, key: string, context: EvaluationContext, dice: Dice): string {
  const nowMs = dice.pick([0, 500, 999, 1_700_000_000_000])
  const { value, variant, reason, errorCode, flagMetadata } = evaluator.details(
    key,
    undefined,
    'fallback',
    context,
    nowMs,
  )
  const [subject, seed] = [dice.pick(TEXTS), dice.pick(TEXTS)]
  const buckets = Object.entries(bucketers).map(([by, one]) =>
    one.bucket(subject, seed, dice.pick(partsOf(by))),
  )
  return JSON.stringify([
    key,
    value,
    variant,
    reason,
    errorCode,
    flagMetadata,
    bucketOf(subject, seed),
    buckets,
  ])
}

/** What GrowthBook counts in tells which of its two hashes is meant. */
function partsOf(by: string): readonly number[] {
  return by === 'growthbook' ? [1000, 10_000] : [100, 1000, 100_000]
}

function flagOf(dice: Dice, index: number): object {
  const [type, variants] = dice.pick<readonly [string, object]>([
    ['boolean', { on: true, off: false }],
    ['string', { on: '😀', off: '' }],
    ['number', { on: 0.1 + 0.2, off: 2 ** 53 - 1 }],
    ['object', { on: { a: [1, null] }, off: [] }],
  ])
  return {
    type,
    variants,
    enabled: dice.chance(0.95),
    seed: dice.pick(TEXTS),
    offVariant: 'off',
    ...(dice.chance(0.8) && { defaultVariant: 'off' }),
    ...(dice.chance(0.2) && { targets: { on: ['user-1', '😀'], off: ['\ud83d'] } }),
    ...(index > 0 &&
      dice.chance(0.2) && { prerequisites: [{ flag: `f${dice.below(index)}`, variants: ['on'] }] }),
    rules: dice.list(1 + dice.below(3), () => ruleOf(dice, dice.pick(TEXTS))),
  }
}

function ruleOf(dice: Dice, id: string): object {
  const by = dice.pick(Object.keys(bucketers))
  const parts = dice.pick(partsOf(by))
  const isForeign = dice.chance(0.3)
  const half = (isForeign ? parts : 100_000) / 2
  const weight = dice.below(half + 1)
  return {
    id,
    ...(dice.chance(0.7) && { when: conditionOf(dice, 3) }),
    ...(dice.chance(0.2) && { seed: dice.pick(TEXTS) }),
    ...(dice.chance(0.2) && { bucketBy: dice.pick(ATTRIBUTES) }),
    ...(isForeign && { bucketing: { by, parts } }),
    ...(dice.chance(0.1) && { startMs: 500 }),
    serve: dice.pick([
      { variant: 'on' },
      { split: [{ variant: 'on', weight }] },
      {
        split: [
          { variant: 'on', weight },
          { variant: 'off', weight: half - weight, from: half },
        ],
      },
      { ramp: { variant: 'on', from: 0, to: 100_000, startMs: 0, endMs: 1000 } },
    ]),
  }
}

function conditionOf(dice: Dice, depth: number): object {
  if (depth > 0 && dice.chance(0.4)) {
    const list = dice.list(dice.below(3), () => conditionOf(dice, depth - 1))
    return dice.pick([{ all: list }, { any: list }, { not: conditionOf(dice, depth - 1) }])
  }
  const name = dice.pick(OPERATORS)
  const operator = dice.chance(0.2) ? `not${name.charAt(0).toUpperCase()}${name.slice(1)}` : name
  return { attribute: dice.pick(ATTRIBUTES), operator, value: valueFor(name, dice) }
}

function valueFor(operator: string, dice: Dice): unknown {
  if (operator === 'percentage') return { from: dice.below(50_000), to: 50_000 }
  if (operator === 'inSegment') return dice.pick(['s0', 's1', ['s1', 'none']])
  if (operator === 'matches') return dice.pick(PATTERNS)
  if (operator === 'in') return dice.list(4, () => scalarOf(dice))
  return scalarOf(dice)
}

function scalarOf(dice: Dice): unknown {
  return dice.chance(0.7) ? dice.pick(TEXTS) : dice.pick([...NUMBERS, true, false, null])
}

function contextOf(dice: Dice): EvaluationContext {
  return {
    ...(dice.chance(0.9) && { targetingKey: dice.pick(TEXTS) }),
    plan: scalarOf(dice),
    nested: { deep: { value: scalarOf(dice) } },
    list: dice.list(dice.below(4), () => scalarOf(dice)),
  }
}
