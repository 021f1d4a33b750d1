/** Random ConfigCat settings, segments and users: every comparator and kind of rule, odd values among them. */
import { createHash } from 'node:crypto'
import type { JsonObject } from '#core'
import type { Dice } from './random.ts'

const SALT = 'pepper'
const SEGMENTS = ['Beta users', 'b']
const ATTRIBUTES = [
  'Identifier',
  'Email',
  'Country',
  'plan',
  'age',
  'version',
  'tags',
  'missing',
  'a.b',
]
const TEXTS = ['u1', 'u2', 'DE', 'pro', 'ada@x.com', 'x', 'true', '5', '', 'é', '["a","b"]']
const NUMBERS = [0, 5, -2.5, 18, 1_700_000_000]
const VERSIONS = ['1.2.3', ' v2.0.0 ', '2.0.0-rc.1', '1.10.0+b', '2.0', 'x', '']

/** Whole numbers that ConfigCat knows its comparators by. */
const TEXT_LIST = [0, 1, 2, 3, 30, 31, 32, 33, 34, 35]
const HASHED_LIST = [16, 17, 26, 27]
const HASHED_END = [22, 23, 24, 25]
const VERSION_LIST = [4, 5]
const VERSION = [6, 7, 8, 9]
const NUMBER = [10, 11, 12, 13, 14, 15, 18, 19]
const TEXT = [28, 29]
const HASHED = [20, 21]
const COMPARATORS = [
  ...[TEXT_LIST, HASHED_LIST, HASHED_END, VERSION_LIST, VERSION, NUMBER, TEXT, HASHED].flat(),
]

export function randomPayload(dice: Dice, settings = 8): JsonObject {
  const f: Record<string, JsonObject> = {}
  for (let i = 0; i < settings; i++) f[`setting ${i}`] = randomSetting(dice, i, f)
  return {
    p: { u: 'https://127.0.0.1', r: 0, s: SALT },
    s: SEGMENTS.map((n) => ({ n, r: dice.list(1 + dice.below(2), () => userCondition(dice, n)) })),
    f,
  }
}

const VALUES: readonly (readonly JsonObject[])[] = [
  [{ b: true }, { b: false }],
  [{ s: 'red' }, { s: 'blue' }, { s: '' }],
  [{ i: 1 }, { i: 0 }, { i: -7 }],
  [{ d: 0.5 }, { d: 2 }, { d: -1.25 }],
]

function randomSetting(
  dice: Dice,
  index: number,
  before: Readonly<Record<string, JsonObject>>,
): JsonObject {
  const t = dice.below(VALUES.length)
  const served = (): JsonObject => ({ v: dice.pick(VALUES[t] ?? []), i: 'id' })
  const options = (): readonly JsonObject[] => {
    const cut = dice.pick([0, 1, 30, 50, 99, 100])
    return [
      { p: cut, ...served() },
      { p: dice.pick([100, 100 - cut]), ...served() },
    ]
  }
  const rule = (): JsonObject => ({
    c: dice.list(dice.below(4), () => condition(dice, `setting ${index}`, index, before)),
    ...(dice.chance(0.6) ? { s: served() } : { p: options() }),
  })
  return {
    t,
    ...served(),
    ...(dice.chance(0.3) ? { a: dice.pick(ATTRIBUTES) } : {}),
    r: dice.list(dice.below(4), rule),
    ...(dice.chance(0.4) ? { p: options() } : {}),
  }
}

function condition(
  dice: Dice,
  name: string,
  index: number,
  before: Readonly<Record<string, JsonObject>>,
): JsonObject {
  const kind = dice.below(10)
  if (kind === 0) return { s: { s: dice.below(SEGMENTS.length), c: dice.below(2) } }
  if (kind === 1 && index > 0) {
    const key = `setting ${dice.below(index)}`
    const type = Number(before[key]?.['t'])
    return { p: { f: key, c: dice.below(2), v: dice.pick(VALUES[type] ?? []) } }
  }
  return { u: userCondition(dice, name) }
}

function userCondition(dice: Dice, name: string): JsonObject {
  if (dice.chance(0.1)) return { a: 'joined', c: dice.pick(NUMBER), d: dice.pick(NUMBERS) }
  const c = dice.pick(COMPARATORS)
  return { a: dice.pick(ATTRIBUTES), c, ...compared(dice, c, name) }
}

function compared(dice: Dice, c: number, name: string): JsonObject {
  const list = (one: () => string): JsonObject => ({ l: dice.list(dice.below(4), one) })
  const text = (): string => dice.pick(TEXTS)
  const hash = (value: string): string =>
    createHash('sha256').update(`${value}${SALT}${name}`).digest('hex')
  const end = (): string => {
    const value = dice.pick(TEXTS)
    return `${Buffer.byteLength(value)}_${hash(value)}`
  }
  if (HASHED_LIST.includes(c)) return list(() => hash(dice.pick([...TEXTS, 'a', 'b'])))
  if (HASHED_END.includes(c)) return list(end)
  if (VERSION_LIST.includes(c)) return list(() => dice.pick(VERSIONS))
  if (VERSION.includes(c)) return { s: dice.pick(VERSIONS) }
  if (NUMBER.includes(c)) return { d: dice.pick(NUMBERS) }
  if (HASHED.includes(c)) return { s: hash(text()) }
  return TEXT.includes(c) ? { s: text() } : list(() => dice.pick([...TEXTS, 'a', 'b']))
}

type Attribute = string | number | Date | string[]

export interface RandomUser {
  readonly identifier: string
  readonly email?: string
  readonly country?: string
  readonly custom: Readonly<Record<string, Attribute>>
}

export function randomUser(dice: Dice): RandomUser {
  const some = (name: string, value: () => Attribute): Readonly<Record<string, Attribute>> =>
    dice.chance(0.7) ? { [name]: value() } : {}
  const odd = (): Attribute => dice.pick<Attribute>([...TEXTS, ...NUMBERS, ['a', 'c'], []])
  return {
    identifier: dice.chance(0.7) ? `u${dice.below(1000)}` : dice.pick(TEXTS),
    ...(dice.chance(0.6) ? { email: dice.pick(['ada@x.com', 'bob@y.org', '']) } : {}),
    ...(dice.chance(0.6) ? { country: dice.pick(['DE', 'FR', 'x']) } : {}),
    custom: {
      ...some('plan', () => dice.pick(['pro', 'free', ''])),
      ...some('age', () => dice.pick<Attribute>([17, 18, '18', ' 5,5 ', 'NaN', '0x10', odd()])),
      ...some('version', () => dice.pick<Attribute>([...VERSIONS, odd()])),
      ...some('tags', () => dice.pick<Attribute>([['a'], ['x', 'b'], '["a"]', odd()])),
      ...some('a.b', odd),
      ...some('joined', () => new Date(1_700_000_000_500)),
    },
  }
}
