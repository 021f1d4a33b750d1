import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyPatch, canonicalize, diffDocuments, equalJson } from '#core'
import type { JsonValue, PatchOperation } from '#core'
import { documents } from './documents.ts'

describe('a diff', () => {
  test('applied to the one document gives the other', () => {
    fc.assert(
      fc.property(documents, documents, (a, b) => {
        expect(canonicalize(applyPatch(a, diffDocuments(a, b)))).toBe(canonicalize(b))
      }),
      { numRuns: 1000 },
    )
  })

  test('of equal documents is empty, and only of those', () => {
    fc.assert(
      fc.property(documents, documents, (a, b) => {
        expect(diffDocuments(a, a)).toEqual([])
        expect(diffDocuments(a, b).length === 0).toBe(equalJson(a, b))
        expect(equalJson(a, b)).toBe(canonicalize(a) === canonicalize(b))
      }),
    )
  })

  test.each<[string, JsonValue, JsonValue, PatchOperation[]]>([
    [
      'a member',
      { a: 1, b: 2 },
      { b: 3, c: 4 },
      [
        { op: 'remove', path: '/a' },
        { op: 'replace', path: '/b', value: 3 },
        { op: 'add', path: '/c', value: 4 },
      ],
    ],
    [
      'deep within',
      { a: { b: [1, { c: 2 }] } },
      { a: { b: [1, { c: 3 }] } },
      [{ op: 'replace', path: '/a/b/1/c', value: 3 }],
    ],
    ['an element in the middle', [1, 2, 3], [1, 9, 2, 3], [{ op: 'add', path: '/1', value: 9 }]],
    [
      'elements that went',
      [1, 2, 3, 4],
      [1, 4],
      [
        { op: 'remove', path: '/1' },
        { op: 'remove', path: '/1' },
      ],
    ],
    ['the kind', { a: [] }, { a: {} }, [{ op: 'replace', path: '/a', value: {} }]],
    ['the whole document', 1, null, [{ op: 'replace', path: '', value: null }]],
    [
      'names that need escaping',
      { 'a/b': 1, '~': 1 },
      { 'a/b': 2 },
      [
        { op: 'remove', path: '/~0' },
        { op: 'replace', path: '/a~1b', value: 2 },
      ],
    ],
    ['null is a value', { a: null }, {}, [{ op: 'remove', path: '/a' }]],
  ])('names %s', (_, a, b, patch) => {
    expect(diffDocuments(a, b)).toEqual(patch)
  })
})

describe('a patch', () => {
  // RFC 6902, Appendix A.
  test.each<[string, JsonValue, PatchOperation[], JsonValue]>([
    [
      'A.1 adds a member',
      { foo: 'bar' },
      [{ op: 'add', path: '/baz', value: 'qux' }],
      { baz: 'qux', foo: 'bar' },
    ],
    [
      'A.2 adds an element',
      { foo: ['bar', 'baz'] },
      [{ op: 'add', path: '/foo/1', value: 'qux' }],
      { foo: ['bar', 'qux', 'baz'] },
    ],
    [
      'A.3 removes a member',
      { baz: 'qux', foo: 'bar' },
      [{ op: 'remove', path: '/baz' }],
      { foo: 'bar' },
    ],
    [
      'A.4 removes an element',
      { foo: ['bar', 'qux', 'baz'] },
      [{ op: 'remove', path: '/foo/1' }],
      { foo: ['bar', 'baz'] },
    ],
    [
      'A.5 replaces',
      { baz: 'qux', foo: 'bar' },
      [{ op: 'replace', path: '/baz', value: 'boo' }],
      { baz: 'boo', foo: 'bar' },
    ],
    [
      'A.6 moves a member',
      { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
      [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
      { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
    ],
    [
      'A.7 moves an element',
      { foo: ['all', 'grass', 'cows', 'eat'] },
      [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
      { foo: ['all', 'cows', 'eat', 'grass'] },
    ],
    [
      'A.8 tests',
      { baz: 'qux', foo: ['a', 2, 'c'] },
      [
        { op: 'test', path: '/baz', value: 'qux' },
        { op: 'test', path: '/foo/1', value: 2 },
      ],
      { baz: 'qux', foo: ['a', 2, 'c'] },
    ],
    [
      'A.10 adds a nested object',
      { foo: 'bar' },
      [{ op: 'add', path: '/child', value: { grandchild: {} } }],
      { foo: 'bar', child: { grandchild: {} } },
    ],
    [
      'A.14 reads ~01 as ~1',
      { '/': 9, '~1': 10 },
      [{ op: 'test', path: '/~01', value: 10 }],
      { '/': 9, '~1': 10 },
    ],
    [
      'A.16 adds at the end',
      { foo: ['bar'] },
      [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }],
      { foo: ['bar', ['abc', 'def']] },
    ],
    [
      'copies, and the copy is another',
      { a: { b: 1 } },
      [
        { op: 'copy', from: '/a', path: '/c' },
        { op: 'replace', path: '/c/b', value: 2 },
      ],
      { a: { b: 1 }, c: { b: 2 } },
    ],
    ['replaces the whole document', { a: 1 }, [{ op: 'replace', path: '', value: [] }], []],
    ['adds over a member that is there', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    [
      'reaches the member with the empty name',
      { '': { '': 1 } },
      [{ op: 'replace', path: '//', value: 2 }],
      { '': { '': 2 } },
    ],
  ])('%s', (_, document, patch, result) => {
    const before = JSON.stringify([document, patch])
    expect(applyPatch(document, patch)).toEqual(result)
    expect(JSON.stringify([document, patch])).toBe(before)
  })

  test.each<[string, JsonValue, PatchOperation]>([
    ['A.9 a test that does not hold', { baz: 'qux' }, { op: 'test', path: '/baz', value: 'bar' }],
    ['A.15 a test of another type', { '~1': 10 }, { op: 'test', path: '/~01', value: '10' }],
    [
      'A.12 a parent that is not there',
      { foo: 'bar' },
      { op: 'add', path: '/baz/bat', value: 'qux' },
    ],
    ['removing what is not there', { a: 1 }, { op: 'remove', path: '/b' }],
    ['replacing what is not there', [1], { op: 'replace', path: '/1', value: 2 }],
    ['removing the whole document', 1, { op: 'remove', path: '' }],
    ['an index past the end', [1], { op: 'add', path: '/2', value: 2 }],
    ['an index with a leading zero', [1, 2], { op: 'replace', path: '/01', value: 2 }],
    ['a name in a list', [1], { op: 'add', path: '/length', value: 0 }],
    ['the end of a list where something must be', [1], { op: 'replace', path: '/-', value: 2 }],
    ['a path without a slash', { a: 1 }, { op: 'remove', path: 'a' }],
    ['a bad escape', { '~': 1 }, { op: 'remove', path: '/~' }],
    ['a member of a text', { a: 'x' }, { op: 'add', path: '/a/b', value: 1 }],
    ['moving into itself', { a: { b: 1 } }, { op: 'move', from: '/a', path: '/a/b' }],
    ['an inherited member', {}, { op: 'copy', from: '/toString', path: '/a' }],
    ['setting a prototype', {}, { op: 'add', path: '/__proto__', value: {} }],
    ['reaching through a prototype', {}, { op: 'add', path: '/constructor/prototype/x', value: 1 }],
    [
      'a value with __proto__',
      {},
      { op: 'add', path: '/a', value: JSON.parse('{"__proto__": {}}') },
    ],
  ])('refuses %s', (_, document, operation) => {
    expect(() => applyPatch(document, [operation])).toThrow(TypeError)
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
  })

  test('says which operation failed', () => {
    const patch: PatchOperation[] = [
      { op: 'add', path: '/a', value: 1 },
      { op: 'remove', path: '/b' },
    ]
    expect(() => applyPatch({}, patch)).toThrow(
      'patch operation 1 (remove "/b"): there is nothing at the path',
    )
  })
})
