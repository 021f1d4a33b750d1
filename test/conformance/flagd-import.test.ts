/**
 * Random targetings, shares among them, and random contexts, asked of flagd's own evaluator and of ours after the import:
 * whatever is imported answers the same, in value and variant. Some of it breaks flagd's schema, which flagd itself only tells;
 * beside a flag that does not, it comes along.
 */
import { FlagdCore } from '@openfeature/flagd-core'
import { compile, type JsonObject, type JsonValue } from '#core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { bodyOf } from '../support/imported.ts'
import { createDice, type Dice } from '../support/random.ts'
import { bucketers } from '../../sdk/src/migrate.ts'

const TEXTS = ['x', 'abc', 'true', '', '1', '0']
const NUMBERS = [1, 0, 5, -2.5, 6]
const VERSIONS = [
  '1.2.3',
  '2.0.0-alpha.1',
  '2.0.0',
  '1.3.0-0',
  '1.2.10',
  '3.0.0+b',
  'v1.2.3',
  '2',
  '1.2',
]
const RANGES = ['=', '!=', '<', '<=', '>', '>=', '^', '~']
const NOW_SEC = 1_800_000_000
const VARIANTS = { on: 'ON', off: 'OFF', third: 'THIRD', true: 'T', false: 'F' }

/** A value of a context; lists are left out. */
type Plain = string | number | boolean | null | { [name: string]: Plain }

/**
 * Attributes are compared with values of their own type: where types do not fit, flagd's implementations differ among
 * themselves. A null attribute meets no fallback, for the same reason.
 */
function targetings(dice: Dice, nulls: boolean) {
  const { pick, below, chance } = dice
  const attribute = (name: string, fallbacks: readonly JsonValue[]): JsonValue =>
    nulls || chance(0.7) ? { var: chance(0.5) ? name : [name] } : { var: [name, pick(fallbacks)] }
  const text = () => (chance(0.3) ? { var: 'u.n' } : attribute('s', TEXTS))
  const number = () => attribute('n', NUMBERS)
  const truth = () => attribute('b', [true, false])
  const any = () => pick([text, number, truth])()
  const flipped = (a: JsonValue, b: JsonValue): JsonValue => (chance(0.5) ? [a, b] : [b, a])

  const simple: readonly (() => JsonValue)[] = [
    () => ({ [pick(['==', '!=', '===', '!=='])]: flipped(text(), pick(TEXTS)) }),
    () => ({ [pick(['===', '!=='])]: flipped(any(), null) }),
    () => ({ [pick(['===', '!=='])]: flipped(number(), pick(NUMBERS)) }),
    () => ({ [pick(['===', '!=='])]: flipped(truth(), pick([true, false])) }),
    () => ({ [pick(['<', '<=', '>', '>='])]: flipped(number(), pick(NUMBERS)) }),
    () => ({ [pick(['<', '<='])]: [pick([-1, 0]), number(), pick([1, 5, 6])] }),
    () => ({ in: [text(), [pick(TEXTS), pick(TEXTS), pick([null, 'x'])]] }),
    () => ({ in: [number(), [1, 5, pick([null, 0])]] }),
    () => ({ in: [pick(['x', 'bc']), text()] }),
    () => ({
      [pick(['starts_with', 'ends_with'])]: [
        text(),
        pick<JsonValue>(['a', 'bc', 'x', 3, null, true]),
      ],
    }),
    () => ({
      sem_ver: [
        { var: 'v' },
        pick(RANGES),
        pick<JsonValue>([...VERSIONS, 'x', '2.0.0.0', 1, null, true]),
      ],
    }),
    () => ({ sem_ver: [pick(VERSIONS), pick(RANGES), { var: 'v' }] }),
    () => ({ sem_ver: [{ var: 'v' }, pick(RANGES), { var: 's' }] }),
    () => {
      const bound = NOW_SEC + pick([-1, -0.5, 0, 0.5, 1])
      return { [pick(['<', '<=', '>', '>='])]: flipped({ var: '$flagd.timestamp' }, bound) }
    },
    any,
  ]
  const condition = (depth: number): JsonValue => {
    if (depth === 0 || chance(0.6)) return pick(simple)()
    const inner = () => condition(depth - 1)
    return pick<() => JsonValue>([
      () => ({ and: [inner(), inner()] }),
      () => ({ or: [inner(), inner(), truth()] }),
      () => ({ '!': chance(0.5) ? inner() : [inner()] }),
      () => ({ '!!': [inner()] }),
      () => ({ if: [inner(), inner(), inner()] }),
      () => fractional(0),
    ])()
  }
  /** What is hashed: by default the key and the targeting key. */
  const hashed = (): readonly JsonValue[] => {
    const key = { var: '$flagd.flagKey' }
    const known = { cat: ['one', 'two'] }
    const several = { cat: chance(0.5) ? [any(), 'é', any()] : [text(), any(), 'end'] }
    if (chance(0.5)) return []
    return [
      pick<JsonValue>([{ cat: [key, any()] }, { cat: ['salt', text()] }, several, text(), known]),
    ]
  }
  const size = () => pick([0, 1, 1, -7, -25, 7, 25, 50, 100, 99_999, 700_000_000])
  const weight = (): readonly JsonValue[] => {
    if (chance(0.05)) return []
    return [chance(0.1) ? { if: [condition(0), size(), size()] } : size()]
  }
  /** One variant grows as time passes, the other shrinks. */
  const rollout = (): JsonValue => {
    const time = { var: '$flagd.timestamp' }
    const [from, to] = [NOW_SEC - below(1000), NOW_SEC + below(1000) - 100]
    return {
      fractional: [
        ['on', { '-': [time, from] }],
        ['off', { '-': [to, time] }],
      ],
    }
  }
  const fractional = (depth: number): JsonValue => {
    const entry = () => [chance(0.8) ? answer(0) : answer(depth), ...weight()]
    return { fractional: [...hashed(), ...dice.list(1 + below(4), entry)] }
  }
  const answer = (depth: number): JsonValue => {
    if (depth === 0 || chance(0.4)) return pick(['on', 'off', 'third', null])
    const inner = () => answer(depth - 1)
    return pick<() => JsonValue>([
      () => fractional(depth - 1),
      () => fractional(depth - 1),
      () => ({ if: [condition(2), inner()] }),
      () => ({ if: [condition(2), inner(), inner()] }),
      () => ({ if: [condition(2), inner(), condition(2), inner(), inner()] }),
      () => condition(1),
      () => ({ starts_with: [text(), pick<JsonValue>(['a', 4])] }),
      () => ({ sem_ver: [{ var: 'v' }, pick(RANGES), pick<JsonValue>(['1.2.3', 'y', 2])] }),
      rollout,
    ])()
  }
  const context = (): Record<string, Plain> => {
    const some = (name: string, values: readonly Plain[]): Record<string, Plain> => {
      const dies = below(6)
      if (dies === 0) return nulls ? { [name]: null } : {}
      return dies === 1 ? {} : { [name]: pick(values) }
    }
    return {
      ...(chance(0.95) && {
        targetingKey: chance(0.02) ? '' : `k${below(1_000_000)}${pick(['', 'é', '日本'])}`,
      }),
      ...some('s', [...TEXTS, 'xbc']),
      ...some('n', NUMBERS),
      ...some('b', [true, false]),
      ...(chance(0.7) && { u: some('n', TEXTS) }),
      ...(chance(0.7) && { v: pick([...VERSIONS, 'none', '']) }),
    }
  }
  return { answer: () => answer(3), context }
}

beforeAll(() => void vi.useFakeTimers({ now: NOW_SEC * 1000 }))
afterAll(() => void vi.useRealTimers())

const quiet = { error() {}, warn() {}, info() {}, debug() {} }

const FLAGS = 4_000
const CONTEXTS = 16

test.each([
  ['missing', false],
  ['missing or null', true],
])('attributes may be %s: what is imported answers as flagd does', (_, nulls) => {
  const dice = createDice(20_261_121)
  const { answer, context } = targetings(dice, nulls)
  const counts = { flags: 0, skipped: 0, withShares: 0, pairs: 0, notTheDefault: 0 }
  while (counts.flags < FLAGS) {
    const targeting = answer()
    if (targeting === null || typeof targeting === 'string') continue
    counts.flags += 1
    const defaultVariant = dice.pick(['on', 'off', null])
    const flag: JsonObject = { state: 'ENABLED', variants: VARIANTS, targeting, defaultVariant }
    const document = { flags: { f: flag, other: { state: 'ENABLED', variants: { a: 'x' } } } }
    const translated = importFrom('flagd', document, { environment: 'production' })
    if (!translated.ok) throw new Error(JSON.stringify(translated.issues))
    if (translated.operations.length === 2) {
      counts.skipped += 1
      continue
    }
    if (JSON.stringify(translated.operations).includes('flagd')) counts.withShares += 1
    const evaluator = compile(bodyOf('production', translated.operations), { bucketers })
    const peer = new FlagdCore(undefined, quiet)
    peer.setConfigurations(JSON.stringify(document))
    for (let asked = 0; asked < CONTEXTS; asked += 1) {
      const asking = context()
      const ours = evaluator.details('f', 'string', 'FALLBACK', asking, NOW_SEC * 1000)
      const theirs = peer.resolveStringEvaluation('f', 'FALLBACK', asking, quiet)
      counts.pairs += 1
      if (theirs.variant !== defaultVariant) counts.notTheDefault += 1
      if (ours.value === theirs.value && ours.variant === theirs.variant) continue
      expect.fail(
        JSON.stringify({
          targeting,
          defaultVariant,
          asking,
          ours,
          theirs,
          rules: evaluator && translated.operations[1],
        }),
      )
    }
  }
  // oxlint-disable-next-line no-console -- how much was compared is part of the answer
  console.log(`attributes ${nulls ? 'missing or null' : 'missing'}: ${JSON.stringify(counts)}`)
  expect(counts.pairs).toBeGreaterThan(50_000)
  expect(counts.notTheDefault).toBeGreaterThan(counts.pairs / 4)
})
