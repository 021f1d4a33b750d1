/** References between configs: resolved for the snapshot, or the publish is refused with the place. */
import { describe, expect, test } from 'vitest'
import type { JsonValue, SnapshotBody } from '#core'
import { MAX_REFERENCES_BYTES } from '../../../worker/domain/limits.ts'
import { resolveConfig } from '../../../worker/domain/resolve-config.ts'
import { composeSnapshot, createRenderer } from '../../../worker/domain/snapshot.ts'
import { config, digest, environment, issuesOf, type Memory, override, project } from './support.ts'

const json = (name: string, document: JsonValue, more: object = {}) =>
  config(JSON.stringify(document), name, more)
const inProduction = (name: string, document: JsonValue) =>
  override(JSON.stringify(document), 'production', name)

function documentOf(memory: Memory, name: string, where = 'production'): unknown {
  const resolution = resolveConfig(memory.items, name, where)
  return resolution?.faults.length === 0 ? resolution.document : resolution?.faults
}

function bodyOf(memory: Memory, audience: 'server' | 'client' = 'server'): SnapshotBody {
  const subject = { project: 'shop', environment: 'production', audience } as const
  return JSON.parse(composeSnapshot(memory.items, subject, createRenderer(digest)).textAt(1))
}

describe('a reference to a config', () => {
  const db = json('db', { host: 'h', port: 5432, pools: [{ size: 8 }], 'a/b': null })

  test('as a whole value takes over what is there, of any type', () => {
    const memory = project().with(
      db,
      json('app', {
        all: '${config:db}',
        port: '${config:db#/port}',
        pool: '${config:db#/pools/0}',
        none: '${config:db#/a~1b}',
      }),
    )
    const all = { host: 'h', port: 5432, pools: [{ size: 8 }], 'a/b': null }
    expect(documentOf(memory, 'app')).toEqual({ all, port: 5432, pool: { size: 8 }, none: null })
  })

  test('within a text is the text, and what it says of variables stays', () => {
    const memory = project().with(
      json('db', { host: '${DB:-x}$$1', port: 1 }),
      json('app', {
        url: 'x://${config:db#/host}:${config:db#/port}/$$',
        d: '${A:-${config:db#/host}}',
      }),
    )
    expect(documentOf(memory, 'app')).toEqual({
      url: 'x://${DB:-x}$1:1/$$',
      d: '${A:-${DB:-x}$1}',
    })
  })

  test('sees the other config as the same environment does', () => {
    const memory = project().with(
      db,
      inProduction('db', { host: 'prod' }),
      json('app', '${config:db#/host}'),
    )
    expect(documentOf(memory, 'app')).toBe('prod')
    expect(documentOf(memory, 'app', 'staging')).toBe('h')
  })

  test('leads through others, and to places that are references themselves', () => {
    const memory = project().with(
      db,
      json('shared', { database: '${config:db}', name: 'n' }),
      json('app', {
        size: '${config:shared#/database/pools/0/size}',
        it: '${config:app#/host}',
        host: 'own',
      }),
    )
    expect(documentOf(memory, 'app')).toEqual({ size: 8, it: 'own', host: 'own' })
    expect(resolveConfig(memory.items, 'app', 'production')?.uses).toEqual(['app', 'db', 'shared'])
  })

  test.each<[what: string, document: JsonValue, message: string]>([
    ['an unknown config', { a: ['${config:nope#/x}'] }, '/a/0: config "nope" does not exist'],
    ['a place that is not there', { a: '${config:db#/nope}' }, '/a: "db#/nope" is not there'],
    ['itself', { a: { b: '${config:settings#/a}' } }, '/a/b: the reference leads back to itself'],
    ['an object within a text', { a: 'x${config:db}' }, '/a: "db" is an object'],
    ['null within a text', { a: 'x${config:db#/a~1b}' }, '/a: "db#/a~1b" is null'],
    ['no config at all', { a: '${config:}' }, '/a: the reference "${config:}" must be'],
    ['no secret at all', { a: '${SECRET:a b}' }, '/a: the reference "${SECRET:a b}" must be'],
  ])('to %s is refused with the place', (_, document, message) => {
    const issues = issuesOf(project().with(db).apply(json('settings', document)))
    expect(issues.join('\n')).toContain(`/operations/0/source: in production, ${message}`)
  })

  test('in an override is refused in the environments it reaches, and only there', () => {
    const memory = project().with(json('app', {}))
    const issues = issuesOf(memory.apply(inProduction('app', { a: '${config:nope}' })))
    expect(issues).toEqual([
      '/operations/0/source: in production, /a: config "nope" does not exist',
    ])
  })

  test('forbids to take away what it leads to, naming who needs it', () => {
    const memory = project().with(db, json('app', { h: '${config:db#/host}' }))
    expect(issuesOf(memory.apply({ op: 'deleteConfig', name: 'db' })).join()).toContain(
      '/operations/0: config app in production, /h: config "db" does not exist',
    )
    expect(issuesOf(memory.apply(json('db', {}))).join()).toContain('"db#/host" is not there')
    expect(issuesOf(memory.apply(inProduction('db', { host: { $unset: true } })))).toHaveLength(1)
    expect(
      issuesOf(
        memory.apply({ op: 'deleteConfig', name: 'app' }, { op: 'deleteConfig', name: 'db' }),
      ),
    ).toEqual(['accepted'])
  })

  test('through another counts too', () => {
    const memory = project().with(
      db,
      json('mid', { h: '${config:db#/host}' }),
      json('app', '${config:mid#/h}'),
    )
    expect(issuesOf(memory.apply(json('db', {}))).join()).toContain('config app in production')
  })

  test('is looked at again when an environment gets another parent', () => {
    const memory = project().with(
      environment('other'),
      json('db', {}),
      override('{"host":"h"}', 'staging', 'db'),
      json('app', {}),
      inProduction('app', { h: '${config:db#/host}' }),
    )
    const move = { op: 'updateEnvironment', environment: 'production', parent: 'other' } as const
    expect(issuesOf(memory.apply(move)).join()).toContain('"db#/host" is not there')
  })

  test('cycles through several configs are refused whoever closes them', () => {
    const memory = project().with(json('a', {}), json('b', '${config:a}'), json('c', '${config:b}'))
    expect(issuesOf(memory.apply(json('a', { x: '${config:c}' }))).join()).toContain(
      'leads back to itself',
    )
  })

  test('leads through eight places, not through nine', () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, i) => json(`c${i}`, `\${config:c${i + 1}}`))
    expect(issuesOf(project().apply(...chain(8), json('c8', 1)))).toEqual(['accepted'])
    expect(issuesOf(project().apply(...chain(9), json('c9', 1))).join()).toContain('more than 8')
  })

  test('a bomb is refused, be it of lists or of texts, and costs no more than its fuse', () => {
    const bombs = (of: (ref: string) => JsonValue) =>
      Array.from({ length: 7 }, (_, i) => json(`b${i}`, of(`\${config:b${i + 1}}`)))
    const lists = bombs((ref) => Array.from({ length: 40 }, () => ref))
    expect(issuesOf(project().apply(...lists, json('b7', ['x']))).join()).toContain('grows over')
    const texts = bombs((ref) => ref.repeat(40))
    expect(issuesOf(project().apply(...texts, json('b7', 'xy'))).join()).toContain('grows over')
  })

  test('does not nest deeper than a document may', () => {
    const deep = (depth: number, end: string): JsonValue =>
      depth === 0 ? end : [deep(depth - 1, end)]
    const operations = [json('a', deep(20, '${config:b}')), json('b', deep(20, 'x'))]
    expect(issuesOf(project().apply(...operations)).join()).toContain('nests deeper than 32')
  })
})

describe('what clients see', () => {
  const client = { visibility: 'client' }

  test('refers to no config that they do not', () => {
    const hidden = json('hidden', { k: 'v' })
    const issues = issuesOf(project().apply(hidden, json('shown', '${config:hidden#/k}', client)))
    expect(issues.join()).toContain('config "hidden" must be visible to clients')
    const memory = project().with(json('a', 'v', client), json('b', '${config:a}', client))
    expect(bodyOf(memory, 'client').configs).toEqual({ a: 'v', b: 'v' })
    expect(issuesOf(memory.apply(json('a', 'v'))).join()).toContain('must be visible to clients')
  })

  test('names no secret, not through another config either', () => {
    const memory = project().with(json('a', {}, client), json('b', '${config:a}', client))
    const issues = issuesOf(memory.apply(json('a', { p: '${A:-${SECRET:pw}}' }, client)))
    expect(issues.join('\n')).toContain('config b in production: clients get no secrets')
  })
})

describe('the body', () => {
  test('names the places that the SDK answers, with the types of whole values', () => {
    const types = { '/port': 'integer', '/url': 'integer', '/list/0': 'boolean' }
    const document = { port: '${PORT:-1}', url: 'x$PORT', list: ['$A', 'b'], price: '$$5', n: 1 }
    const memory = project().with(json('app', document, { types }), json('plain', { a: '$ 5' }))
    const body = bodyOf(memory)
    expect(body.configs['app']).toEqual(document)
    expect(body.references).toEqual({
      app: { port: 'integer', url: 'string', list: { 0: 'boolean' }, price: 'string' },
    })
    expect(Object.keys(body)).toEqual(Object.keys(body).toSorted())
  })

  test('has none where nothing is to be answered', () => {
    expect(bodyOf(project().with(json('a', { b: '^x$ ${{ y }}' })))).not.toHaveProperty(
      'references',
    )
  })

  test('is refused a table that is too long', () => {
    const document = Object.fromEntries(
      Array.from({ length: MAX_REFERENCES_BYTES / 16 }, (_, i) => [`name-${i}`, '$A']),
    )
    expect(issuesOf(project().apply(json('app', document))).join()).toContain('too many texts')
  })

  test.each<[what: string, types: object]>([
    ['a place that is no pointer', { a: 'integer' }],
    ['a type that is not known', { '/a': 'int' }],
    ['a type that is no text', { '/a': 1 }],
  ])('types with %s are refused', (_, types) => {
    expect(issuesOf(project().apply(json('a', {}, { types })))).not.toEqual(['accepted'])
  })
})
