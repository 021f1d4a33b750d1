/** Arbitrary JSON documents for properties: what can be published, nothing else. */
import * as fc from 'fast-check'
import type { JsonValue } from '#core'

/** Names that collide often, so that merges and diffs meet; never `__proto__`. */
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'c',
    '',
    '0',
    '1',
    '~',
    '/',
    '~1',
    'constructor',
    'toString',
    'é',
    '😀',
  ),
  fc.string({ unit: 'grapheme' }).filter((text) => text !== '__proto__'),
)

const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, false, 0, 1, -1, '', 'a'),
  fc.string({ unit: 'grapheme' }),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((n) => Math.abs(n) < 2 ** 53 || Math.abs(n) >= 1e21),
  fc.maxSafeInteger(),
)

export const documents: fc.Arbitrary<JsonValue> = fc.letrec<{ node: JsonValue }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('node'), { maxLength: 5 }),
    fc.dictionary(name, tie('node'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).node
