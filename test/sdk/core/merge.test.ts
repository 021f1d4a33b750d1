import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalize, getPointer, isUnset, mergeLayers, originsOf } from '#core'
import type { JsonValue } from '#core'
import { documents } from './documents.ts'

const unset = { $unset: true }

/** Layers as people write them: documents in which something is removed here and there. */
const layers = fc.letrec<{ node: JsonValue }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonValue>(unset, null, 1, 'x', [unset], []),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor'), tie('node'), {
      noNullPrototype: true,
    }),
  ),
})).node

describe('layers', () => {
  test.each<[string, JsonValue[], JsonValue]>([
    ['objects merge', [{ a: { b: 1, c: 2 } }, { a: { c: 3, d: 4 } }], { a: { b: 1, c: 3, d: 4 } }],
    ['lists replace', [{ a: [1, 2] }, { a: [3] }], { a: [3] }],
    ['scalars replace', [{ a: 1 }, { a: false }], { a: false }],
    ['null is a value', [{ a: { b: 1 } }, { a: null }], { a: null }],
    ['an object replaces null, a list or a scalar', [{ a: 1 }, { a: { b: 1 } }], { a: { b: 1 } }],
    ['$unset removes', [{ a: 1, b: 2 }, { a: unset }], { b: 2 }],
    ['$unset removes what is not there', [{ b: 2 }, { a: unset }], { b: 2 }],
    ['$unset removes a whole object', [{ a: { b: 1 } }, { a: unset }], {}],
    ['$unset in an object that is new', [{}, { a: { b: unset, c: 1 } }], { a: { c: 1 } }],
    [
      'what was removed starts empty',
      [{ a: { b: 1 } }, { a: unset }, { a: { c: 1 } }],
      { a: { c: 1 } },
    ],
    ['$unset in the base removes too', [{ a: unset, b: 1 }], { b: 1 }],
    [
      '$unset: false removes nothing',
      [{ a: 1 }, { a: { $unset: false } }],
      { a: { $unset: false } },
    ],
    [
      '$unset beside others removes nothing',
      [{}, { a: { ...unset, b: 1 } }],
      { a: { ...unset, b: 1 } },
    ],
    ['a list keeps its elements as they are', [{ a: 1 }, { a: [unset] }], { a: [unset] }],
    ['the whole document may be removed', [{ a: 1 }, unset], null],
    ['and set again', [{ a: 1 }, unset, { b: 1 }], { b: 1 }],
    ['no layers', [], null],
    ['a scalar document', [{ a: 1 }, 5], 5],
    [
      'names of Object.prototype are names',
      [{ toString: 1 }, { constructor: { a: 1 } }],
      { toString: 1, constructor: { a: 1 } },
    ],
  ])('%s', (_, given, resolved) => {
    expect(mergeLayers(given)).toEqual(resolved)
  })

  test('resolve the same whether in one go or one after another', () => {
    fc.assert(
      fc.property(fc.array(layers, { minLength: 1, maxLength: 5 }), fc.nat(4), (given, n) => {
        const at = Math.min(n + 1, given.length)
        const inSteps = mergeLayers([mergeLayers(given.slice(0, at)), ...given.slice(at)])
        // A first part that was removed altogether reads back as null, which the next layer replaces just the same.
        expect(canonicalize(inSteps)).toBe(canonicalize(mergeLayers(given)))
      }),
    )
  })

  test('merging a document over itself changes nothing', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(mergeLayers([document, document])).toEqual(document)
      }),
    )
  })

  test('are not changed', () => {
    fc.assert(
      fc.property(fc.array(layers), (given) => {
        const before = JSON.stringify(given)
        mergeLayers(given)
        expect(JSON.stringify(given)).toBe(before)
      }),
    )
  })

  test('named __proto__ reach no prototype', () => {
    const hostile: JsonValue = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}')
    for (const given of [[hostile], [{ a: {} }, hostile], [hostile, hostile]]) {
      const merged = mergeLayers(given)
      expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
      expect(() => canonicalize(merged)).toThrow('__proto__')
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

test('only exactly {"$unset": true} is the marker', () => {
  const inherited: JsonValue = Object.create(unset)
  for (const value of [inherited, null, true, [], { $unset: 1 }, { $unset: true, a: 1 }, {}]) {
    expect(isUnset(value)).toBe(false)
  }
  expect(isUnset(unset)).toBe(true)
})

describe('origins', () => {
  const named = [
    { name: 'base', document: { a: 1, b: { c: [1], d: {} }, 'e/f': null, g: 'x' } },
    { name: 'env:staging', document: { b: { c: { h: 1 } }, g: { $unset: true } } },
    { name: 'env:production', document: { b: { i: [2] }, g: { j: {} } } },
  ]

  test('name the layer of every value', () => {
    expect(originsOf(named)).toEqual({
      '/a': 'base',
      '/b/c/h': 'env:staging',
      '/b/d': 'base',
      '/b/i': 'env:production',
      '/e~1f': 'base',
      '/g/j': 'env:production',
    })
    expect(originsOf([])).toEqual({})
    expect(originsOf([{ name: 'base', document: 'x' }])).toEqual({ '': 'base' })
    expect(originsOf([{ name: 'base', document: {} }])).toEqual({ '': 'base' })
  })

  test('each value is what its layer says', () => {
    fc.assert(
      fc.property(fc.array(documents, { minLength: 1, maxLength: 4 }), (all) => {
        const numbered = all.map((document, index) => ({ name: String(index), document }))
        const merged = mergeLayers(all)
        for (const [pointer, layer] of Object.entries(originsOf(numbered))) {
          const said = getPointer(all[Number(layer)] ?? null, pointer)
          expect(said).toEqual(getPointer(merged, pointer))
        }
      }),
    )
  })
})
