/** Spoils documents: one member somewhere becomes something else, is doubled under another name, or goes away. */
import type { JsonObject, JsonValue } from '#core'
import type { Dice } from './random.ts'

const JUNK: readonly JsonValue[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    '',
    'x',
    '/',
    '~',
    '$or',
    'user',

    'a'.repeat(300),
  ],
  ...[
    [],
    [[]],
    {},
    [null],
    [1, 2],
    { a: { b: [] } },
    { $in: 5 },
    { $unknown: 1 },
    { $regex: '(?=a)' },
  ],
]

/** A copy of `document` with one change. */
export function spoil(document: JsonValue, dice: Dice): JsonValue {
  const isHere = typeof document !== 'object' || document === null || dice.chance(0.15)
  if (isHere) return dice.pick(JUNK)
  if (isArray(document)) {
    if (document.length === 0 || dice.chance(0.1)) return [...document, dice.pick(JUNK)]
    const index = dice.below(document.length)
    return document.map((one, i) => (i === index ? spoil(one, dice) : one))
  }
  return spoilObject(document, dice)
}

function spoilObject(object: JsonObject, dice: Dice): JsonObject {
  const names = Object.keys(object)
  if (names.length === 0 || dice.chance(0.1))
    return { ...object, [`unknown-${dice.below(9)}`]: dice.pick(JUNK) }
  const name = dice.pick(names)
  const { [name]: value = null, ...rest } = object
  if (dice.chance(0.1)) return rest
  if (dice.chance(0.1))
    return {
      ...rest,
      [dice.pick(['constructor', 'toString', 'a/b~c', '', 'x'.repeat(200)])]: value,
    }
  return { ...rest, [name]: spoil(value, dice) }
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
