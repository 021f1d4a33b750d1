import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonValue, MigrationStep, SchemaMigration } from '#core'
import { findChain, migrate } from '../../../sdk/src/schema/migration.ts'

const up = (document: JsonValue, ...steps: readonly MigrationStep[]) =>
  migrate(document, [{ from: '1.0.0', to: '2.0.0', up: steps }], '1.0.0', '2.0.0')
const made = (document: JsonValue) => ({ ok: true, document })
const edge = (from: string, to: string): SchemaMigration => ({ from, to, up: [], down: [] })
const through = (migrations: readonly SchemaMigration[], from: string, to: string) =>
  findChain(migrations, from, to)?.map((hop) => hop.to)

test.each<[string, JsonValue, MigrationStep, JsonValue]>([
  ['move makes what is above', { a: 1 }, { op: 'move', from: '/a', path: '/b/c' }, { b: { c: 1 } }],
  [
    'move drops what it empties',
    { a: { b: 1 } },
    { op: 'move', from: '/a/b', path: '/b' },
    { b: 1 },
  ],
  ['rename', { a: { b: 1 } }, { op: 'rename', path: '/a/b', name: 'c/d' }, { a: { 'c/d': 1 } }],
  ['rename of nothing', { a: 1 }, { op: 'rename', path: '/x', name: 'y' }, { a: 1 }],
  ['set', { a: { b: 1 } }, { op: 'set', path: '/a/c', value: null }, { a: { b: 1, c: null } }],
  ['set in nothing', null, { op: 'set', path: '/a/b', value: 1 }, { a: { b: 1 } }],
  ['remove', [1, 2], { op: 'remove', path: '/0' }, [2]],
  ['remove of nothing', {}, { op: 'remove', path: '/constructor' }, {}],
  ['convert to a number', { a: '8e1' }, { op: 'convert', path: '/a', type: 'number' }, { a: 80 }],
  ['convert to a boolean', ['on'], { op: 'convert', path: '/0', type: 'boolean' }, [true]],
  ['convert to a string', { a: 80 }, { op: 'convert', path: '/a', type: 'string' }, { a: '80' }],
  [
    'convert to a list',
    { a: 'b, c' },
    { op: 'convert', path: '/a', type: 'list' },
    { a: ['b', 'c'] },
  ],
  ['convert leaves references', '${PORT}', { op: 'convert', path: '', type: 'number' }, '${PORT}'],
  [
    'patch',
    { a: 1 },
    { op: 'patch', patch: [{ op: 'copy', from: '/a', path: '/b' }] },
    { a: 1, b: 1 },
  ],
])('%s', (_, document, step, expected) => {
  expect(up(document, step)).toEqual(made(expected))
})

test.each<[string, JsonValue, MigrationStep, string, string]>([
  ['no value', { a: 'secret' }, { op: 'convert', path: '/a', type: 'number' }, '/a', 'a number'],
  [
    'a list of what cannot be told apart',
    ['a,b'],
    { op: 'convert', path: '', type: 'string' },
    '',
    'a string',
  ],
  [
    'a place that is taken',
    { a: 1, b: 2 },
    { op: 'move', from: '/a', path: '/b' },
    '/b',
    'already',
  ],
  ['a move into itself', { a: {} }, { op: 'move', from: '/a', path: '/a/b' }, '/a/b', 'itself'],
  ['a place below a text', { a: 'x' }, { op: 'set', path: '/a/b', value: 1 }, '/a/b', 'no object'],
  [
    'a patch that does not apply',
    {},
    { op: 'patch', patch: [{ op: 'remove', path: '/x' }] },
    '',
    '/x',
  ],
])('%s is refused with step and pointer, without the value', (_, document, step, pointer, says) => {
  const result = up(document, { op: 'remove', path: '/none' }, step)
  expect(result).toMatchObject({ ok: false, failure: { step: '/0/up/1', pointer } })
  expect(JSON.stringify(result)).toContain(says)
  expect(JSON.stringify(result)).not.toContain('secret')
})

test('the shortest chain is taken, of two the one through the lower versions, and cycles end', () => {
  const edges = [
    edge('1.0.0', '1.10.0'),
    edge('1.0.0', '1.9.0'),
    edge('1.9.0', '2.0.0'),
    edge('1.10.0', '2.0.0'),
    edge('2.0.0', '3.0.0'),
  ]
  expect(through(edges, '1.0.0', '3.0.0')).toEqual(['1.9.0', '2.0.0', '3.0.0'])
  expect(through([...edges, edge('1.0.0', '3.0.0')], '1.0.0', '3.0.0')).toEqual(['3.0.0'])
  expect(through(edges, '3.0.0', '1.0.0')).toEqual(['2.0.0', '1.9.0', '1.0.0'])
  expect(through(edges, '1.0.0', '1.0.0')).toEqual([])
  expect(through(edges, '1.0.0', '9.0.0')).toBeUndefined()
})

test('where no way back is declared, none is taken', () => {
  const result = migrate({}, [{ from: '1.0.0', to: '2.0.0', up: [] }], '2.0.0', '1.0.0')
  expect(result).toMatchObject({ ok: false, failure: { step: '' } })
})

const version = fc.integer({ min: 0, max: 12 }).map((minor) => `1.${minor}.0`)

test('in which order migrations are declared is of no matter', () => {
  const edges = fc
    .uniqueArray(fc.tuple(version, version), {
      selector: (pair) => pair.toSorted().join(),
      maxLength: 30,
    })
    .map((pairs) => pairs.map(([from, to]) => edge(from, to)))
  const both = edges.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  )
  fc.assert(
    fc.property(both, version, version, ([list, shuffled], from, to) => {
      expect(through(shuffled, from, to)).toEqual(through(list, from, to))
    }),
  )
})

test('up and then down is the document as it was', () => {
  const migration: SchemaMigration = {
    from: '1.0.0',
    to: '2.0.0',
    up: [
      { op: 'move', from: '/a', path: '/x/y/a' },
      { op: 'rename', path: '/b', name: 'c' },
      { op: 'convert', path: '/n', type: 'string' },
      { op: 'set', path: '/new', value: [] },
    ],
    down: [
      { op: 'remove', path: '/new' },
      { op: 'convert', path: '/n', type: 'number' },
      { op: 'rename', path: '/c', name: 'b' },
      { op: 'move', from: '/x/y/a', path: '/a' },
    ],
  }
  const document = fc.record(
    { a: fc.jsonValue(), b: fc.jsonValue(), n: fc.integer(), other: fc.string() },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(document, (before) => {
      // What JSON can say: fast-check gives -0 and members named __proto__ too.
      const read: JsonValue = JSON.parse(JSON.stringify(before).replaceAll('__proto__', 'proto'))
      const there = migrate(read, [migration], '1.0.0', '2.0.0')
      if (!there.ok) throw new Error(there.failure.message)
      expect(migrate(there.document, [migration], '2.0.0', '1.0.0')).toEqual(made(read))
    }),
  )
})

test('patches that copy copies, and documents that grow ever deeper, are refused', () => {
  const copies = (path: (index: number) => string): MigrationStep => ({
    op: 'patch',
    patch: Array.from({ length: 60 }, (_, index) => ({
      op: 'copy',
      from: '/a',
      path: path(index),
    })),
  })
  const wide = up(
    { a: { x: 'x'.repeat(100_000) } },
    copies((index) => `/a/${index}`),
  )
  expect(JSON.stringify(wide)).toMatch(/copies too much|deeper/)
  const list = up(
    { a: ['x'.repeat(100_000)] },
    copies((index) => `/b${index}`),
  )
  expect(JSON.stringify(list)).toContain('copies too much')
  const deep = up(
    { a: {} },
    copies(() => '/a/a'),
  )
  expect(JSON.stringify(deep)).toContain('nests deeper than 32')
})
