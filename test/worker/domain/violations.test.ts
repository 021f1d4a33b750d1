import { expect, test } from 'vitest'
import type { JsonValue, Operation } from '#core'
import { WorkingItems } from '../../../worker/domain/items.ts'
import { resolveConfig } from '../../../worker/domain/resolve-config.ts'
import { inferConfigSchema, validateConfig } from '../../../worker/domain/validate-config.ts'
import { environment, Memory } from './support.ts'

const SCHEMA = {
  type: 'object',
  required: ['port', 'name'],
  properties: { port: { type: 'integer', maximum: 65_535 }, name: { type: 'string' } },
}

const config = (document: JsonValue, name = 'app'): Operation => ({
  op: 'putConfig',
  name,
  format: 'json',
  source: JSON.stringify(document),
  visibility: 'server',
})
const override = (document: JsonValue, where: string, name = 'app'): Operation => ({
  op: 'putConfigOverride',
  name,
  environment: where,
  format: 'json',
  source: JSON.stringify(document),
})
const schema = (value: JsonValue = SCHEMA, members: object = {}, name = 'app'): Operation => ({
  op: 'putSchema',
  name,
  schema: value,
  ...members,
})

const shop = () => new Memory().with(environment('staging'), environment('production', 'staging'))
const GOOD = { port: 80, name: 'a' }

function faults(memory: Memory, ...operations: readonly Operation[]) {
  const result = memory.apply(...operations)
  if (result.ok) return []
  return result.error.reason === 'invalid' ? result.error.issues : [result.error]
}

test('a document that does not fit is refused, with config, environment, place and rule', () => {
  const memory = shop().with(schema(), config(GOOD))
  expect(faults(memory, override({ port: 'x' }, 'staging'))).toEqual([
    {
      path: '/operations/0',
      message: 'config app in production, /port: must be an integer',
      config: 'app',
      environment: 'production',
      pointer: '/port',
      rule: 'type',
    },
    expect.objectContaining({ environment: 'staging' }),
  ])
  // Below it another override mends what the parent's would break.
  expect(
    faults(memory, override({ port: 1 }, 'production'), override({ port: 'x' }, 'staging')),
  ).toMatchObject([{ environment: 'staging' }])
})

test('a schema is refused while a config does not fit; both may change together', () => {
  const memory = shop().with(config({ port: 'x' }))
  expect(faults(memory, schema()).map((issue) => 'rule' in issue && issue.rule)).toEqual(
    expect.arrayContaining(['required', 'type']),
  )
  expect(faults(memory, schema(), config(GOOD))).toEqual([])
})

test('only what a change newly breaks is refused', () => {
  const memory = shop()
  // As a rollback or an older version may have left it.
  const broken = memory.with(config({ port: 'x' }))
  const put = broken.apply(config({ port: 'x', name: 1 }))
  if (!put.ok) throw new Error('refused')
  broken.take(put.value)
  const item = { version: '1.0.0', schema: SCHEMA }
  put.value.written.clear()
  put.value.write({
    ref: { kind: 'schema', key: 'app', layer: 'base' },
    content: item,
    path: '',
    exact: true,
  })
  broken.take(put.value)
  expect(faults(broken, config({ port: 'x', name: 2 }))).toEqual([])
  expect(faults(broken, config({ port: 'x', name: 'a' }))).toEqual([])
  expect(faults(broken, config({ port: 70_000, name: 1 }))).toMatchObject([{ rule: 'maximum' }, {}])
})

test('a config that refers to another one is checked when that one changes', () => {
  const memory = shop().with(
    config({ port: 80 }, 'base'),
    schema(),
    config({ port: '${config:base#/port}', name: 'a' }),
  )
  expect(faults(memory, config({ port: 'x' }, 'base'))).toMatchObject([
    { config: 'app', pointer: '/port' },
    { config: 'app' },
  ])
})

test('what a reference to a variable becomes is not known, and passes', () => {
  const memory = shop().with(schema(), config({ port: '${PORT}', name: '${A}-x' }))
  const resolution = resolveConfig(memory.items, 'app', 'staging')
  // The schema says what it becomes.
  expect(resolution?.places).toEqual({ port: 'integer', name: 'string' })
  expect(faults(memory, config({ port: 'x${PORT}', name: '' }))).toHaveLength(2)
})

test('invariants are checked beside the schema, and what they may not ask is refused', () => {
  const invariants = [
    { name: 'range', require: { attribute: 'min', operator: 'lte', value: { $attribute: 'max' } } },
  ]
  const memory = shop().with(schema({}, { invariants }), config({ min: 1, max: 2 }))
  expect(faults(memory, config({ min: 3, max: 2 }))).toMatchObject([{ rule: 'invariant' }, {}])
  const about = (operator: string, value: JsonValue) =>
    faults(
      memory,
      schema({}, { invariants: [{ name: 'x', require: { attribute: 'a', operator, value } }] }),
    )
  expect(about('inSegment', 's')).toMatchObject([
    { path: '/operations/0/invariants/0/require/operator' },
  ])
  expect(about('percentage', { to: 1 })).toHaveLength(1)
  expect(about('lt', 'x')).toMatchObject([{ path: '/operations/0/invariants/0/require/value' }])
})

test('a schema that cannot be is refused with the place', () => {
  expect(faults(shop(), schema({ properties: { a: { $ref: 'https://x.test/' } } }))).toMatchObject([
    { path: '/operations/0/schema/properties/a/$ref' },
  ])
  expect(faults(shop(), schema({}, { version: '1' }))).toMatchObject([
    { path: '/operations/0/version' },
  ])
  expect(faults(shop(), schema({ title: 'x'.repeat(1_100_000) }))).toMatchObject([
    { reason: 'too_large' },
  ])
})

test('a version is raised by what a change means, and names one schema only', () => {
  const memory = shop()
  const versionAfter = (...operations: readonly Operation[]) =>
    memory.with(...operations).items.schema('app')?.version
  expect(versionAfter(schema())).toBe('1.0.0')
  expect(versionAfter(schema())).toBe('1.0.0')
  expect(versionAfter(schema({ ...SCHEMA, title: 't' }))).toBe('1.0.1')
  expect(versionAfter(schema({ ...SCHEMA, required: ['port'] }))).toBe('1.1.0')
  expect(versionAfter(schema({ ...SCHEMA, required: ['port', 'name', 'x'] }))).toBe('2.0.0')
  expect(faults(memory, schema({}, { version: '2.0.0' }))).toMatchObject([
    { path: '/operations/0/version' },
  ])
  expect(versionAfter(schema({}, { version: '2.0.1' }))).toBe('2.0.1')
})

test('a schema goes with its config', () => {
  const memory = shop().with(schema(), config(GOOD), { op: 'deleteConfig', name: 'app' })
  expect(memory.items.schema('app')).toBeUndefined()
})

test('in a protected environment what is required must not be null or blank', () => {
  const nullable = { required: ['a'], properties: { a: { type: ['string', 'null'] } } }
  const memory = shop().with(schema(nullable), config({ a: 'x' }))
  const protect: Operation = { op: 'updateEnvironment', environment: 'production', protected: true }
  expect(faults(memory, config({ a: ' ' }))).toEqual([])
  memory.with(protect)
  for (const a of [null, ' ']) {
    expect(faults(memory, config({ a }))).toMatchObject([
      { environment: 'production', pointer: '/a', rule: 'blank' },
    ])
  }
  // What is protected from now on must be fit to be.
  const blank = shop().with(schema(nullable), config({ a: null }))
  expect(faults(blank, protect)).toMatchObject([{ path: '/operations/0', rule: 'blank' }])
})

test('an environment may want a schema of each config', () => {
  const memory = shop().with({
    op: 'updateEnvironment',
    environment: 'production',
    requireSchema: true,
  })
  expect(faults(memory, config(GOOD))).toMatchObject([
    { environment: 'production', rule: 'requireSchema' },
  ])
  expect(faults(memory, config(GOOD), schema())).toEqual([])
  expect(
    faults(memory.with(schema(), config(GOOD)), { op: 'deleteSchema', name: 'app' }),
  ).toHaveLength(1)
})

test('rules of an environment are checked on what it gets', () => {
  const checks = [
    {
      config: 'app',
      path: '/server/reload',
      operator: 'notEquals',
      value: true,
      message: 'no reloading here',
    },
    { config: 'app', path: '/security/jwtSecret', operator: 'isSecret' },
    { config: '*', path: '/replicas', operator: 'gte', value: 2 },
  ]
  const memory = shop().with({ op: 'updateEnvironment', environment: 'production', checks })
  const secret = new WorkingItems(memory)
  const content = { type: 'generic', active: 1, versions: [] } as const
  for (const layer of ['env:staging', 'env:production']) {
    secret.write({ ref: { kind: 'secret', key: 'jwt', layer }, content, path: '', exact: true })
  }
  memory.take(secret)
  const document = { server: { reload: false }, security: { jwtSecret: '${SECRET:jwt}' } }
  expect(faults(memory, config(document))).toEqual([])
  const wrong = { server: { reload: true }, security: { jwtSecret: 'plain' }, replicas: 1 }
  expect(faults(memory, config(wrong))).toMatchObject([
    {
      environment: 'production',
      pointer: '/server/reload',
      rule: 'check',
      message: expect.stringContaining('no reloading here'),
    },
    {
      pointer: '/security/jwtSecret',
      message: expect.stringContaining('must be a reference to a secret'),
    },
    { pointer: '/replicas' },
  ])
  expect(JSON.stringify(faults(memory, config(wrong)))).not.toContain('plain')
  // A variable may say anything.
  expect(faults(memory, config({ ...document, server: { reload: '${RELOAD}' } }))).toHaveLength(1)
  // The rule itself is refused while something breaks it.
  expect(
    faults(shop().with(config(wrong)), {
      op: 'updateEnvironment',
      environment: 'production',
      checks,
    }),
  ).toHaveLength(3)
  const bad = [{ config: 'a b', path: 'x', operator: 'matches', value: '(' }]
  expect(
    faults(shop(), { op: 'updateEnvironment', environment: 'production', checks: bad }).map(
      (issue) => 'path' in issue && issue.path,
    ),
  ).toEqual([
    '/operations/0/checks/0/config',
    '/operations/0/checks/0/path',
    '/operations/0/checks/0/value',
  ])
})

test('documents are checked without being written', () => {
  const memory = shop().with(schema(), config(GOOD), override({ port: 81 }, 'staging'))
  const check = (request: Parameters<typeof validateConfig>[2], name = 'app') => {
    const result = validateConfig(memory, name, request)
    return result.ok ? result.value : result.error
  }
  expect(check({})).toEqual({ valid: true, schemaVersion: '1.0.0', issues: [] })
  expect(check({ document: { port: 1 } })).toMatchObject({
    valid: false,
    issues: [{ path: '/name', rule: 'required', rulePath: '/required', environments: [] }],
  })
  expect(check({ format: 'yaml', source: 'port: x\nname: a' })).toMatchObject({ valid: true })
  expect(check({ format: 'yaml', source: 'port: 1\nname: 2' })).toMatchObject({
    issues: [{ path: '/name', environments: ['production', 'staging'] }],
  })
  expect(
    check({ environment: 'production', format: 'json', source: '{"port":true}' }),
  ).toMatchObject({
    issues: [{ path: '/port', environments: ['production'] }],
  })
  expect(check({ format: 'json', source: '{' })).toMatchObject({ issues: [{ rule: 'syntax' }] })
  expect(check({ schema: { ...SCHEMA, required: ['port', 'name', 'x'] } })).toMatchObject({
    schemaVersion: null,
    issues: [{ path: '/x' }],
    change: { kind: 'breaking' },
  })
  expect(check({ schema: { type: 'wrong' } })).toMatchObject({ issues: [{ path: '/schema/type' }] })
  expect(check({ document: {} }, 'none')).toMatchObject({ valid: true, schemaVersion: null })
  expect(check({}, 'none')).toMatchObject({ reason: 'not_found' })
  expect(check({ environment: 'none' })).toMatchObject({ reason: 'not_found' })
})

test('a schema is inferred from what every environment gets', () => {
  const memory = shop().with(config({ a: 1 }), override({ b: 'x' }, 'production'))
  expect(inferConfigSchema(memory.items, 'app')).toMatchObject({
    ok: true,
    value: { required: ['a'], properties: { a: { type: 'integer' }, b: { type: 'string' } } },
  })
})
