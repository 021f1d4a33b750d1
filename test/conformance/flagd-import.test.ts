/**
 * Random targetings and contexts, asked of flagd's own evaluator and of ours after the import: whatever is imported
 * answers the same. And flagd's public documents: the good ones are read, the bad ones refused at the place.
 */
import { FlagdCore } from '@openfeature/flagd-core'
import { compile, type JsonObject, type JsonValue } from '#core'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { bodyOf } from '../support/imported.ts'
import { createDice, type Dice } from '../support/random.ts'
import { suite } from '../support/suites.ts'

const TEXTS = ['x', 'abc', 'true', '', '1', '0']
const NUMBERS = [1, 0, 5, -2.5, 6]
const VERSIONS = ['1.2.3', '2.0.0-alpha.1', '2.0.0', '1.3.0-0', '1.2.10', '3.0.0+b']
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
    () => ({ [pick(['starts_with', 'ends_with'])]: [text(), pick(['a', 'bc', 'x'])] }),
    () => ({
      sem_ver: [{ var: 'v' }, pick(['=', '!=', '<', '<=', '>', '>=', '^', '~']), pick(VERSIONS)],
    }),
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
    ])()
  }
  const answer = (depth: number): JsonValue => {
    if (depth === 0 || chance(0.4)) return pick(['on', 'off', 'third', null])
    const inner = () => answer(depth - 1)
    return pick<() => JsonValue>([
      () => ({ if: [condition(2), inner()] }),
      () => ({ if: [condition(2), inner(), inner()] }),
      () => ({ if: [condition(2), inner(), condition(2), inner(), inner()] }),
      () => condition(1),
    ])()
  }
  const context = (): Record<string, Plain> => {
    const some = (name: string, values: readonly Plain[]): Record<string, Plain> => {
      const dies = below(6)
      if (dies === 0) return nulls ? { [name]: null } : {}
      return dies === 1 ? {} : { [name]: pick(values) }
    }
    return {
      targetingKey: 'k',
      ...some('s', [...TEXTS, 'xbc']),
      ...some('n', NUMBERS),
      ...some('b', [true, false]),
      ...(chance(0.7) && { u: some('n', TEXTS) }),
      ...(chance(0.7) && { v: pick([...VERSIONS, 'none', '']) }),
    }
  }
  return { answer: () => answer(3), context }
}

const quiet = { error() {}, warn() {}, info() {}, debug() {} }

function ofFlagd(document: JsonValue, context: Record<string, Plain>): string {
  const core = new FlagdCore(undefined, quiet)
  core.setConfigurations(JSON.stringify(document))
  return core.resolveStringEvaluation('f', 'FALLBACK', context, quiet).value
}

test.each([
  ['missing', false],
  ['missing or null', true],
])('attributes may be %s: what is imported answers as flagd does', (_, nulls) => {
  const dice = createDice(20_261_121)
  const { answer, context } = targetings(dice, nulls)
  let compared = 0
  for (let round = 0; round < 3_000; round += 1) {
    const targeting = answer()
    if (targeting === null || typeof targeting === 'string') continue
    const defaultVariant = dice.pick(['on', 'off', null])
    const flag: JsonObject = { state: 'ENABLED', variants: VARIANTS, targeting, defaultVariant }
    const document = { flags: { f: flag } }
    const translated = importFrom('flagd', document, { environment: 'production' })
    if (!translated.ok) throw new Error(JSON.stringify(translated.issues))
    if (translated.operations.length === 0) continue
    const evaluator = compile(bodyOf('production', translated.operations))
    for (let asked = 0; asked < 8; asked += 1) {
      const asking = context()
      const ours = evaluator.value('f', 'string', 'FALLBACK', asking, 0)
      expect(ours, JSON.stringify({ document, asking })).toBe(ofFlagd(document, asking))
      compared += 1
    }
  }
  expect(compared).toBeGreaterThan(5_000)
})

const schemas = suite('flagd-schemas')

describe.skipIf(schemas === undefined)('the documents of flagd’s schemas', () => {
  // The schema of providers refuses lists, which flagd itself and we take; and an unknown operation costs one flag here.
  const TAKEN = ['with-array-flags.json', 'with-invalid-targeting.json']

  test.each(['positive', 'negative'])('%s', async (kind) => {
    const folder = join(schemas ?? '', 'test/flags', kind)
    for (const name of await readdir(folder)) {
      const document: JsonValue = JSON.parse(await readFile(join(folder, name), 'utf8'))
      const translated = importFrom('flagd', document, { environment: 'production' })
      expect(translated.ok, name).toBe(kind === 'positive' || TAKEN.includes(name))
      if (!translated.ok) expect(translated.issues[0]?.path, name).not.toBe('')
    }
  })
})
