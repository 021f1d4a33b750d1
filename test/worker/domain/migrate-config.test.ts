import { expect, test } from 'vitest'
import type { JsonValue, MigrationStep, Operation, SchemaMigration } from '#core'
import { configLayers, resolveLayers } from '../../../worker/domain/layers.ts'
import { migrate } from '../../../sdk/src/schema/migration.ts'
import { operationNeeds } from '../../../worker/domain/grants.ts'
import { config, issuesOf, type Memory, override, project } from './support.ts'

const schema = (version: string, more: object = {}): Operation => ({
  op: 'putSchema',
  name: 'settings',
  version,
  schema: true,
  ...more,
})
const stored = (...operations: readonly Operation[]): Memory =>
  project().with(schema('1.0.0'), ...operations)
const along = (...up: readonly MigrationStep[]) => ({
  migrations: [{ from: '1.0.0', to: '2.0.0', up }],
})
const migrating = (...up: readonly MigrationStep[]): Operation =>
  schema('2.0.0', { ...along(...up), migrate: true })
const resolved = ({ items }: Memory, environment: string): JsonValue =>
  resolveLayers(configLayers(items, 'settings', environment))

test('every layer is rewritten, its comments stay, and so do types of references', () => {
  const source = '# of us\nport: ${PORT} # the port\nhost: a # the host\n'
  const yaml = { format: 'yaml', types: { '/port': 'integer' } }
  const before = stored(config(source, 'settings', yaml), {
    ...override('# here\nhost: b # its own\n'),
    format: 'yaml',
  } as Operation)
  const after = before.with(
    migrating(
      { op: 'rename', path: '/port', name: 'listen' },
      { op: 'set', path: '/new', value: 1 },
    ),
  )
  expect(after.items.config('settings')).toEqual({
    format: 'yaml',
    visibility: 'server',
    source: '# of us\nhost: a # the host\nlisten: ${PORT}\nnew: 1\n',
    types: { '/listen': 'integer' },
  })
  expect(after.items.override('settings', 'production')?.source).toBe('# here\nhost: b # its own\n')
  expect(after.items.schema('settings')).toEqual({
    version: '2.0.0',
    schema: true,
    ...along(
      { op: 'rename', path: '/port', name: 'listen' },
      { op: 'set', path: '/new', value: 1 },
    ),
  })
})

test.each<[string, string, string, string, MigrationStep]>([
  [
    'moves',
    '{"a":{"b":1,"c":2}}',
    '{"a":{"b":3}}',
    '{"a":{"c":4}}',
    { op: 'move', from: '/a/b', path: '/b' },
  ],
  [
    'removals in overrides',
    '{"a":1,"b":2}',
    '{"a":{"$unset":true}}',
    '{"a":5}',
    { op: 'rename', path: '/a', name: 'c' },
  ],
  [
    'removals above the place',
    '{"a":{"b":1}}',
    '{"a":{"$unset":true}}',
    '{}',
    { op: 'move', from: '/a/b', path: '/b' },
  ],
  ['values over overrides', '{"a":1}', '{"a":2}', '{"a":3}', { op: 'set', path: '/a', value: 9 }],
  [
    'conversions',
    '{"a":"1"}',
    '{"a":"2"}',
    '{"b":[]}',
    { op: 'convert', path: '/a', type: 'number' },
  ],
  [
    'patches',
    '{"a":[1],"b":0}',
    '{"a":[2]}',
    '{"b":1}',
    { op: 'patch', patch: [{ op: 'add', path: '/a/-', value: 7 }] },
  ],
  [
    'lists that hide others',
    '{"a":[{"x":1}]}',
    '{"a":[]}',
    '{}',
    { op: 'move', from: '/a/0/x', path: '/x' },
  ],
])(
  'with %s each environment gets what the chain makes of what it got',
  (_, base, above, own, step) => {
    const before = stored(config(base), override(above, 'staging'), override(own))
    const expected = ['staging', 'production'].map((name) =>
      migrate(resolved(before, name), along(step).migrations, '1.0.0', '2.0.0'),
    )
    before.with(migrating(step))
    expect(
      ['staging', 'production'].map((name) => ({ ok: true, document: resolved(before, name) })),
    ).toEqual(expected)
  },
)

test('an override that has nothing left to say is deleted', () => {
  const after = stored(config('{"a":1}'), override('{"a":2}')).with(
    migrating({ op: 'remove', path: '/a' }),
  )
  expect(after.items.override('settings', 'production')).toBeUndefined()
})

test('a step that cannot be done refuses all, naming step, environment and place but no value', () => {
  const before = stored(config('{"a":"1"}'), override('{"a":"hunter2"}'))
  expect(issuesOf(before.apply(migrating({ op: 'convert', path: '/a', type: 'number' })))).toEqual([
    '/operations/0/migrations/0/up/0: config settings in production, /a: is no value that can become a number',
  ])
})

test('what a migration leaves must fit the new schema', () => {
  const strict = {
    ...migrating({ op: 'rename', path: '/a', name: 'b' }),
    schema: { required: ['c'] },
  }
  const [issue] = issuesOf(stored(config('{"a":1}')).apply(strict))
  expect(issue).toContain('/c')
})

test('a migration goes back where that is declared, and repeating it changes nothing', () => {
  const migrations = [
    {
      from: '1.0.0',
      to: '2.0.0',
      up: [{ op: 'rename', path: '/a', name: 'b' }],
      down: [{ op: 'rename', path: '/b', name: 'a' }],
    },
  ] as const satisfies readonly SchemaMigration[]
  const memory = stored(config('{"a":1}'), override('{"a":2}'))
  const there = schema('2.0.0', { migrations, migrate: true })
  memory.with(there).with(there)
  expect(resolved(memory, 'production')).toEqual({ b: 2 })
  memory.with(schema('1.0.0', { migrations, migrate: true }))
  expect(resolved(memory, 'production')).toEqual({ a: 2 })
})

test('without a stored version or a chain nothing is migrated', () => {
  expect(issuesOf(project().apply(migrating()))).toEqual([
    '/operations/0/migrate: needs a stored schema to begin with',
  ])
  expect(issuesOf(stored().apply(schema('3.0.0', { migrate: true })))).toEqual([
    '/operations/0/migrations: must lead from the stored version, 1.0.0, to 3.0.0',
  ])
})

test('migrations that make no sense are refused with their place', () => {
  const edge = { from: '1.0.0', to: '2.0.0', up: [] }
  const bad = [
    edge,
    { from: '2.0.0', to: '1.0.0', up: [] },
    { ...edge, from: '1', down: [] },
    { ...edge, to: '1.0.0' },
    { from: '2.0.0', to: '3.0.0', up: [{ op: 'move', from: 'a', path: '/__proto__/b' }], down: [] },
    { from: '3.0.0', to: '2.0.0', up: [{ op: 'remove', path: '' }, { op: 'explode' }] },
  ]
  expect(issuesOf(stored().apply(schema('2.0.0', { migrations: bad })))).toEqual([
    '/operations/0/migrations/2/from: must be a version of SemVer 2.0.0, such as 1.0.0',
    '/operations/0/migrations/3/to: must be another version than from',
    '/operations/0/migrations/4/up/0/from: must be a JSON pointer',
    '/operations/0/migrations/4/up/0/path: must not lead through __proto__',
    '/operations/0/migrations/5/up/0/path: must lead below the whole document',
    expect.stringContaining('/operations/0/migrations/5/up/1/op: must be one of'),
  ])
  const twice = [
    { ...edge, down: [] },
    { from: '2.0.0', to: '1.0.0', up: [] },
  ]
  expect(issuesOf(stored().apply(schema('2.0.0', { migrations: twice })))).toEqual([
    '/operations/0/migrations/1: must be the only one from 2.0.0 to 1.0.0',
  ])
})

test('who migrates must be allowed to write the config', () => {
  const needs = [{ action: 'schema.write' }, { action: 'config.write' }]
  expect(operationNeeds(migrating())).toEqual(needs)
  expect(operationNeeds(schema('1.0.0'))).toEqual(needs.slice(0, 1))
})
