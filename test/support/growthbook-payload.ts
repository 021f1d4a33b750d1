/** Random GrowthBook payloads and attributes: every kind of rule and operator, odd values among them. */
import type { JsonObject, JsonValue } from '#core'
import type { Dice } from './random.ts'

export const FEATURES = ['a', 'b', 'c', 'd', 'e']
const GROUPS = ['staff', 'beta', 'unknown', 'v2', 'v2-condition'] as const

/** A payload with features of these names. */
export function randomPayload(dice: Dice): JsonObject {
  const features = Object.fromEntries(FEATURES.map((key, i) => [key, randomFeature(dice, i)]))
  const savedGroups = {
    staff: ['u1', 'u2', 'u3', 5],
    beta: dice.list(4, () => dice.pick(['u1', 'u7', 'eu', 3, true])),
    v2: { type: 'list', attributeKey: 'country', values: ['DE', 'FR'] },
    'v2-condition': { type: 'condition', condition: randomCondition(dice, 1) },
  }
  return { features, savedGroups }
}

type Values = readonly [JsonValue, ...JsonValue[]]
const BOOLEANS: Values = [true, false]
const TEXTS: Values = ['red', 'green', 'blue', '']
const NUMBERS: Values = [0, 1, 2.5, -3]
const OBJECTS: Values = [{ a: 1 }, { a: 2 }, [1, 2], {}]

function randomFeature(dice: Dice, index: number): JsonObject {
  const values: Values = dice.pick([BOOLEANS, TEXTS, NUMBERS, OBJECTS])
  const gate =
    dice.chance(0.15) && index > 0 ? [{ parentConditions: [randomParent(dice, index, true)] }] : []
  const shared =
    dice.chance(0.1) && index > 0 ? { parentConditions: [randomParent(dice, index, false)] } : {}
  const rules = dice.list(dice.below(4), () => ({ ...randomRule(dice, values, index), ...shared }))
  const nothing = dice.chance(0.1)
  return { ...(nothing ? {} : { defaultValue: dice.pick(values) }), rules: [...gate, ...rules] }
}

function randomParent(dice: Dice, index: number, gate: boolean): JsonObject {
  const condition = dice.pick<JsonObject>([
    { value: true },
    { value: { $exists: true } },
    { value: { $in: ['red', 'green', 1, true] } },
    { value: { $gt: 0 } },
    { value: { $ne: 'blue' } },
  ])
  const id = dice.chance(0.05) ? 'nowhere' : (FEATURES[dice.below(index)] ?? 'a')
  return { id, condition, ...(gate ? { gate } : {}) }
}

function randomRule(dice: Dice, values: Values, index: number): JsonObject {
  const maybe = (chance: number, member: () => JsonObject): JsonObject =>
    dice.chance(chance) ? member() : {}
  const common = {
    ...maybe(0.6, () => ({ condition: randomCondition(dice, 2) })),
    ...maybe(0.3, () => ({ hashAttribute: dice.pick(['id', 'company', 'num', 'missing']) })),
    ...maybe(0.4, () => ({ hashVersion: dice.pick([1, 2, 2, 99, 0]) })),
    ...maybe(0.3, () => ({ seed: dice.pick(['seed', 's', '7']) })),
    ...maybe(0.3, () => ({ id: dice.pick(['fr_1', 'fr_2']) })),
    ...maybe(0.2, () => ({ filters: dice.list(1 + dice.below(2), () => randomFilter(dice)) })),
    ...maybe(0.2, () => ({ fallbackAttribute: 'company' })),
    ...maybe(0.08, () =>
      index > 0 ? { parentConditions: [randomParent(dice, index, dice.chance(0.3))] } : {},
    ),
  }
  if (dice.chance(0.5)) {
    return {
      ...common,
      force: dice.pick(values),
      ...maybe(0.5, () => ({ coverage: dice.pick([0, 0.1, 0.25, 0.5, 0.333, 0.999, 1, 2, -1]) })),
      ...maybe(0.1, () => ({ range: randomRange(dice) })),
    }
  }
  const variations = dice.list(1 + dice.below(4), () => dice.pick(values))
  return {
    ...common,
    variations,
    ...maybe(0.3, () => ({ coverage: dice.pick([0, 0.2, 0.5, 0.77, 1]) })),
    ...maybe(0.4, () => ({ weights: randomWeights(dice, variations.length) })),
    ...maybe(0.3, () => ({ key: dice.pick(['experiment', 'exp-2']) })),
    ...maybe(0.2, () => ({
      ranges: dice.list(variations.length + dice.below(2), () => randomRange(dice)),
    })),
    ...maybe(0.2, () => ({ namespace: ['ns', ...randomRange(dice)] })),
    ...maybe(0.2, () => ({
      meta: variations.map((_, i) => ({
        key: `v${i}`,
        ...(dice.chance(0.3) ? { passthrough: true } : {}),
      })),
    })),
  }
}

function randomRange(dice: Dice): [number, number] {
  const from = dice.below(1000) / 1000
  return [from, Math.min(1, from + dice.below(9999) / 10_000)]
}

function randomWeights(dice: Dice, count: number): number[] {
  const parts = dice.list(count, () => 1 + dice.below(10))
  const sum = parts.reduce((total, part) => total + part, 0)
  return parts.map((part) => (dice.chance(0.05) ? part : part / sum))
}

function randomFilter(dice: Dice): JsonObject {
  return {
    seed: dice.pick(['f', 'namespace']),
    ranges: dice.list(1 + dice.below(2), () => randomRange(dice)),
    ...(dice.chance(0.3) ? { hashVersion: dice.pick([1, 2, 99]) } : {}),
    ...(dice.chance(0.3) ? { attribute: dice.pick(['company', 'num', 'tags']) } : {}),
  }
}

const PATHS = [
  'id',
  'country',
  'age',
  'tags',
  'company',
  'num',
  'nested.a',
  'nested.list.0',
  'missing',
  'version',
  'on',
] as const

function randomCondition(dice: Dice, depth: number): JsonObject {
  if (depth > 0 && dice.chance(0.35)) {
    const inner = (): JsonObject => randomCondition(dice, depth - 1)
    return dice.pick<() => JsonObject>([
      () => ({ $and: dice.list(dice.below(3), inner) }),
      () => ({ $or: dice.list(dice.below(3), inner) }),
      () => ({ $nor: dice.list(dice.below(3), inner) }),
      () => ({ $not: inner() }),
      () => ({
        $savedGroup: {
          id: dice.pick(GROUPS),
          ...(dice.chance(0.5) ? { attributeKey: 'country' } : {}),
        },
      }),
    ])()
  }
  return Object.fromEntries(
    dice.list(dice.below(3), () => [dice.pick(PATHS), randomOperand(dice, 1)]),
  )
}

const SCALARS = [
  'u1',
  'DE',
  'de',
  '5',
  5,
  0,
  1,
  true,
  false,
  null,
  'null',
  'a,b',
  '',
  '1.2.3',
  '1.10.0-rc.1',
] as const

function randomOperand(dice: Dice, depth: number): JsonValue {
  if (dice.chance(0.25)) return dice.pick<JsonValue>([...SCALARS, ['a', 'b'], { a: 1 }, {}])
  const scalar = (): JsonValue => dice.pick(SCALARS)
  const scalars = (): JsonValue[] => dice.list(dice.below(4), scalar)
  const operators: [() => JsonObject, ...(() => JsonObject)[]] = [
    () => ({
      [dice.pick(['$in', '$nin', '$ini', '$nini'])]: dice.chance(0.9) ? scalars() : scalar(),
    }),
    () => ({ [dice.pick(['$eq', '$ne', '$lt', '$lte', '$gt', '$gte'])]: scalar() }),
    () => ({ [dice.pick(['$veq', '$vne', '$vlt', '$vlte', '$vgt', '$vgte'])]: scalar() }),
    () => ({ $exists: dice.chance(0.5) }),
    () => ({
      [dice.pick(['$regex', '$regexi'])]: dice.pick([
        '^u\\d',
        'de|FR',
        '[a-',
        'a.?b',
        '(',
        '^$',
        '\\s',
        'n.l+',
      ]),
    }),
    () => ({
      $type: dice.pick(['string', 'number', 'null', 'array', 'object', 'boolean', 'undefined']),
    }),
    () => ({ [dice.pick(['$inGroup', '$notInGroup'])]: dice.pick(GROUPS) }),
    () => ({ $size: dice.pick([0, 2]) }),
    () => ({ [dice.pick(['$all', '$alli'])]: scalars() }),
    () => ({ $not: depth > 0 ? randomOperand(dice, depth - 1) : scalar() }),
    () => ({
      $elemMatch: depth > 0 ? { $not: randomOperand(dice, depth - 1) } : { $eq: scalar() },
    }),
  ]
  return Object.assign({}, ...dice.list(1 + dice.below(2), () => dice.pick(operators)()))
}

export function randomAttributes(dice: Dice): JsonObject {
  const maybe = (chance: number, name: string, value: JsonValue): JsonObject =>
    dice.chance(chance) ? { [name]: value } : {}
  return {
    ...maybe(
      0.9,
      'id',
      dice.pick<JsonValue>([
        'u1',
        'u2',
        `u${dice.below(500)}`,
        dice.below(100),
        0,
        '',
        null,
        'ü-7',
      ]),
    ),
    ...maybe(0.7, 'country', dice.pick<JsonValue>(['DE', 'de', 'FR', 'US', ['DE', 'US'], null])),
    ...maybe(0.7, 'age', dice.pick<JsonValue>([0, 5, 17, 30, '5', null, true])),
    ...maybe(0.6, 'tags', dice.pick<JsonValue>([[], ['a'], ['a', 'b'], ['A', null, 5], 'a,b'])),
    ...maybe(0.6, 'company', dice.pick<JsonValue>([`c${dice.below(50)}`, dice.below(1000), 'u1'])),
    ...maybe(0.6, 'num', dice.pick<JsonValue>([0, 1, 5, 2.5, -1, 1e21])),
    ...maybe(
      0.5,
      'nested',
      dice.pick<JsonValue>([{ a: 1 }, { a: 'u1', list: ['DE'] }, { a: null }, 'text']),
    ),
    ...maybe(
      0.5,
      'version',
      dice.pick<JsonValue>(['1.2.3', 'v1.10.0', '1.10.0-rc.1', '', 5, null]),
    ),
    ...maybe(0.5, 'on', dice.chance(0.5)),
  }
}
