import { expect, test } from 'vitest'
import { compileSchema } from '../../../sdk/src/schema/validate.ts'
import type { JsonValue } from '../../../sdk/src/core/json.ts'
import type { CompileOptions } from '../../../sdk/src/schema/compile.ts'

const OLD = 'http://json-schema.org/draft-07/schema#'
const MIDDLE = 'https://json-schema.org/draft/2019-09/schema'
const NEW = 'https://json-schema.org/draft/2020-12/schema'

function issuesOf(schema: JsonValue, document: JsonValue, options?: CompileOptions) {
  const compiled = compileSchema(schema, options)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults))
  return compiled.schema.validate(document)
}

const fits = (schema: JsonValue, document: JsonValue): boolean =>
  issuesOf(schema, document).length === 0

function faultsOf(schema: JsonValue) {
  const compiled = compileSchema(schema)
  return compiled.ok ? [] : compiled.faults
}

/** What it is about, the schema, documents that fit, documents that do not. */
const CASES: readonly (readonly [string, JsonValue, readonly JsonValue[], readonly JsonValue[]])[] =
  [
    ['boolean schemas', { properties: { a: true, b: false } }, [{ a: 1 }, 1], [{ b: 1 }]],
    [
      'integers are numbers without a fraction',
      { type: 'integer' },
      [1, 1.0, -0],
      [1.5, '1', null],
    ],
    ['several types', { type: ['null', 'array'] }, [null, []], [{}, 0]],
    ['a list is no object', { type: 'object' }, [{}], [[], null]],
    [
      'constants are compared as JSON',
      { const: { a: [1], b: 2 } },
      [{ b: 2, a: [1] }],
      [{ a: [1] }],
    ],
    ['false is not 0', { enum: [0, [false]] }, [0, [false]], [false, [0]]],
    [
      'characters are counted, not UTF-16 units',
      { minLength: 2, maxLength: 2 },
      ['ab', '🐲🐲'],
      ['🐲', 'a🐲b'],
    ],
    ['bounds', { minimum: 1, exclusiveMaximum: 3 }, [1, 2.9], [0.9, 3]],
    ['multiples of decimals are exact', { multipleOf: 0.01 }, [0.07, 19.99, 1e300], [0.075]],
    ['huge numbers do not overflow', { multipleOf: 0.123456789 }, [0], [1e308]],
    [
      'unique elements, 1 and true apart',
      { uniqueItems: true },
      [[1, true, '1']],
      [
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      ],
    ],
    [
      'members named like those of every object',
      { required: ['toString'], properties: { constructor: { type: 'number' } } },
      [{ toString: 1 }],
      [{}, { toString: 1, constructor: 'a' }],
    ],
    [
      'additional members, beside names and patterns',
      {
        properties: { a: {} },
        patternProperties: { '^x': { type: 'number' } },
        additionalProperties: false,
      },
      [{ a: '', x1: 1 }],
      [{ b: 1 }, { x: '' }],
    ],
    ['names of members', { propertyNames: { maxLength: 2 } }, [{ ab: 1 }], [{ abc: 1 }]],
    [
      'dependencies',
      { dependentRequired: { a: ['b'] }, dependentSchemas: { c: { required: ['d'] } } },
      [
        { a: 1, b: 1 },
        { c: 1, d: 1 },
      ],
      [{ a: 1 }, { c: 1 }],
    ],
    [
      'a tuple and the rest',
      { $schema: NEW, prefixItems: [{ type: 'string' }], items: { type: 'number' } },
      [['a', 1], []],
      [['a', 'b'], [1]],
    ],
    [
      'a tuple of draft-07',
      { $schema: OLD, items: [{ type: 'string' }], additionalItems: false },
      [['a']],
      [['a', 1]],
    ],
    [
      'the same without $schema',
      { items: [{ type: 'string' }], additionalItems: false },
      [['a']],
      [['a', 1]],
    ],
    [
      'elements that fit, counted',
      { $schema: NEW, contains: { const: 1 }, minContains: 2, maxContains: 3 },
      [[1, 1]],
      [[1], [1, 1, 1, 1]],
    ],
    ['none need fit', { $schema: NEW, contains: { const: 1 }, minContains: 0 }, [[], [2]], []],
    [
      'draft-07 does not count',
      { $schema: OLD, contains: { const: 1 }, minContains: 2 },
      [[1]],
      [[]],
    ],
    [
      'if, then, else',
      { if: { type: 'string' }, then: { minLength: 1 }, else: { minimum: 0 } },
      ['a', 1],
      ['', -1],
    ],
    ['then without if says nothing', { then: false }, [1], []],
    ['exactly one', { oneOf: [{ type: 'number' }, { type: 'integer' }] }, [1.5], [1, 'a']],
    ['none', { not: { type: 'string' } }, [1], ['a']],
    [
      'a draft-07 reference stands alone',
      {
        $schema: OLD,
        definitions: { a: {} },
        properties: { x: { $ref: '#/definitions/a', type: 'string' } },
      },
      [{ x: 1 }],
      [],
    ],
    [
      'later ones do not',
      { $schema: NEW, $defs: { a: {} }, properties: { x: { $ref: '#/$defs/a', type: 'string' } } },
      [{ x: 'a' }],
      [{ x: 1 }],
    ],
    [
      'escapes in pointers',
      {
        $defs: { 'a/b': { type: 'number' }, 'c~d': { type: 'number' }, 'e%f': { type: 'number' } },
        items: {
          allOf: [{ $ref: '#/$defs/a~1b' }, { $ref: '#/$defs/c~0d' }, { $ref: '#/$defs/e%25f' }],
        },
      },
      [[1]],
      [['a']],
    ],
    [
      'a tree',
      {
        $id: 'https://x.test/tree',
        required: ['nodes'],
        properties: { nodes: { items: { $ref: 'node' } } },
        $defs: {
          node: { $id: 'node', required: ['value'], properties: { subtree: { $ref: 'tree' } } },
        },
      },
      [{ nodes: [{ value: 1, subtree: { nodes: [] } }] }],
      [{ nodes: [{ value: 1, subtree: {} }] }],
    ],
    [
      'anchors',
      { $schema: NEW, $ref: '#number', $defs: { a: { $anchor: 'number', type: 'number' } } },
      [1],
      ['a'],
    ],
    [
      'anchors as draft-07 writes them',
      {
        $schema: OLD,
        allOf: [{ $ref: '#number' }],
        definitions: { a: { $id: '#number', type: 'number' } },
      },
      [1],
      ['a'],
    ],
    [
      'URNs',
      {
        $id: 'urn:uuid:deadbeef-1234-ff00-00ff-4321feebdaed',
        properties: {
          a: { $ref: '#/$defs/b' },
          c: { $ref: 'urn:uuid:deadbeef-1234-ff00-00ff-4321feebdaed#d' },
        },
        $defs: { b: { type: 'string' }, e: { $anchor: 'd', type: 'string' } },
      },
      [{ a: '', c: '' }],
      [{ a: 1 }, { c: 1 }],
    ],
    [
      'a pointer into what is no keyword',
      { properties: { a: { $ref: '#/x-mine/b' } }, 'x-mine': { b: { type: 'number' } } },
      [{ a: 1 }],
      [{ a: 'a' }],
    ],
    [
      '$ref inside enum and const is data',
      { enum: [{ $ref: '#/$defs/a' }], $defs: { a: { type: 'string' } } },
      [{ $ref: '#/$defs/a' }],
      ['a'],
    ],
    [
      'the metaschemas',
      { $ref: NEW },
      [{ minLength: 1 }, true],
      [{ minLength: -1 }, { properties: { a: { type: 'wrong' } } }],
    ],
    [
      'the metaschema of draft-07',
      { $schema: OLD, $ref: OLD },
      [{ minLength: 1 }],
      [{ definitions: { a: { minLength: -1 } } }],
    ],
    [
      'the metaschema of 2019-09',
      { $schema: MIDDLE, $ref: MIDDLE },
      [{ minLength: 1 }],
      [{ properties: { a: { minLength: -1 } } }],
    ],
    [
      'a dynamic reference finds the outermost anchor',
      {
        $schema: NEW,
        $id: 'https://x.test/root',
        $ref: 'list',
        $defs: {
          own: { $dynamicAnchor: 'element', type: 'string' },
          list: {
            $id: 'list',
            items: { $dynamicRef: '#element' },
            $defs: { any: { $dynamicAnchor: 'element' } },
          },
        },
      },
      [['a']],
      [['a', 42]],
    ],
    [
      'a plain anchor does not answer a dynamic reference',
      {
        $schema: NEW,
        $id: 'https://x.test/root',
        $ref: 'list',
        $defs: {
          own: { $anchor: 'element', type: 'string' },
          list: {
            $id: 'list',
            items: { $dynamicRef: '#element' },
            $defs: { any: { $dynamicAnchor: 'element' } },
          },
        },
      },
      [['a', 42]],
      [],
    ],
    [
      'a dynamic reference to a plain anchor is plain',
      {
        $schema: NEW,
        $id: 'https://x.test/root',
        $ref: 'list',
        $defs: {
          own: { $dynamicAnchor: 'element', type: 'string' },
          list: {
            $id: 'list',
            items: { $dynamicRef: '#element' },
            $defs: { any: { $anchor: 'element' } },
          },
        },
      },
      [['a', 42]],
      [],
    ],
    [
      'dynamic references by either of two ways',
      {
        $schema: NEW,
        $id: 'https://x.test/main',
        if: { properties: { kind: { const: 'n' } } },
        then: { $ref: 'numbers' },
        else: { $ref: 'texts' },
        $defs: {
          list: {
            $id: 'list',
            properties: { list: { items: { $dynamicRef: '#of' } } },
            $defs: { any: { $dynamicAnchor: 'of' } },
          },
          numbers: {
            $id: 'numbers',
            $ref: 'list',
            $defs: { of: { $dynamicAnchor: 'of', type: 'number' } },
          },
          texts: {
            $id: 'texts',
            $ref: 'list',
            $defs: { of: { $dynamicAnchor: 'of', type: 'string' } },
          },
        },
      },
      [
        { kind: 'n', list: [1] },
        { kind: 's', list: ['a'] },
      ],
      [
        { kind: 'n', list: ['a'] },
        { kind: 's', list: [1] },
      ],
    ],
    [
      'a recursive reference of 2019-09',
      {
        $schema: MIDDLE,
        $id: 'https://x.test/strict',
        $recursiveAnchor: true,
        $ref: 'tree',
        unevaluatedProperties: false,
        $defs: {
          tree: {
            $id: 'tree',
            $recursiveAnchor: true,
            properties: { child: { $recursiveRef: '#' } },
          },
        },
      },
      [{ child: { child: {} } }],
      [{ child: { dust: 1 } }],
    ],
    [
      'what nobody looked at',
      {
        $schema: NEW,
        allOf: [{ properties: { a: {} } }],
        anyOf: [
          { properties: { b: { type: 'string' } }, required: ['b'] },
          { properties: { c: {} }, required: ['c'] },
        ],
        unevaluatedProperties: false,
      },
      [{ a: 1, b: 'x' }, { c: 1 }, { a: 1, b: 'x', c: 1 }],
      [
        { b: 'x', d: 1 },
        { b: 1, c: 1 },
      ],
    ],
    [
      'a cousin does not see',
      { $schema: NEW, allOf: [{ properties: { a: {} } }, { unevaluatedProperties: false }] },
      [{}],
      [{ a: 1 }],
    ],
    [
      'elements nobody looked at',
      { $schema: NEW, prefixItems: [{}], contains: { type: 'string' }, unevaluatedItems: false },
      [[1, 'a']],
      [[1, 'a', 2]],
    ],
    [
      'contains did not look in 2019-09',
      { $schema: MIDDLE, items: [{}], contains: { type: 'string' }, unevaluatedItems: false },
      [['a']],
      [[1, 'a']],
    ],
    [
      'patterns look ahead and behind',
      { items: { pattern: '^(?!admin$)(?=.*\\d).+(?<!-)$' } },
      [['a1', 'admin1']],
      [['admin'], ['a'], ['a1-']],
    ],
    ['patterns are of Unicode', { items: { pattern: '^\\p{Letter}.$' } }, [['π🐲']], [['1🐲']]],
  ]

test.each(CASES)('%s', (_, schema, good, bad) => {
  for (const document of good) expect(issuesOf(schema, document)).toEqual([])
  for (const document of bad) expect(fits(schema, document), JSON.stringify(document)).toBe(false)
})

test('an issue names the place, what would be right, and never what stands there', () => {
  const schema = {
    properties: {
      server: { required: ['host'], properties: { port: { type: 'integer' } } },
      mode: { enum: ['fast', 'safe'] },
      tags: { items: { minLength: 1 } },
    },
    additionalProperties: false,
  }
  const document = {
    server: { port: 'hunter2' },
    mode: 'hunter2',
    tags: ['a', ''],
    'a/b': 'hunter2',
  }
  const issues = issuesOf(schema, document)
  expect(issues.map(({ path, message }) => [path, message])).toEqual([
    ['/server/host', 'is required'],
    ['/server/port', 'must be an integer'],
    ['/mode', 'must be one of "fast", "safe"'],
    ['/tags/1', 'must not be empty'],
    ['/a~1b', 'is not allowed here; known are server, mode, tags'],
  ])
  expect(issues.map(({ schemaPath }) => schemaPath)).toContain(
    '/properties/server/properties/port/type',
  )
  expect(JSON.stringify(issues)).not.toContain('hunter2')
})

test('of alternatives, the one that is meant tells what is missing', () => {
  const kind = (name: string, member: string): JsonValue => ({
    properties: { kind: { const: name }, [member]: { type: 'number' } },
    required: ['kind', member],
  })
  const schema = { oneOf: [kind('a', 'x'), kind('b', 'y')] }
  expect(issuesOf(schema, { kind: 'b' })).toMatchObject([{ path: '/y', message: 'is required' }])
  expect(issuesOf({ anyOf: [{ const: 1 }, { const: 2 }] }, 3)).toMatchObject([
    { path: '', message: 'must fit one of 2 alternatives' },
  ])
})

test('no more than 100 issues are told', () => {
  expect(
    issuesOf(
      { items: false },
      Array.from({ length: 1_000 }, () => 1),
    ),
  ).toHaveLength(100)
})

test('what a schema cannot be is a fault with its place', () => {
  const schema = {
    properties: {
      a: { type: 'text', minLength: -1, pattern: '(', $ref: '#/$defs/none' },
      b: 1,
      c: { $ref: 'https://elsewhere.test/schema.json' },
      d: { pattern: '^(a)\\1$' },
      e: { required: 'a' },
    },
  }
  const faults = new Map(faultsOf(schema).map(({ path, message }) => [path, message]))
  expect([...faults.keys()].toSorted()).toEqual([
    '/properties/a/$ref',
    '/properties/a/minLength',
    '/properties/a/pattern',
    '/properties/a/type',
    '/properties/b',
    '/properties/c/$ref',
    '/properties/d/pattern',
    '/properties/e/required',
  ])
  expect(faults.get('/properties/c/$ref')).toContain('not fetched')
  expect(faults.get('/properties/d/pattern')).toContain('back-reference')
  expect(faultsOf({ $schema: 'http://json-schema.org/draft-04/schema#' })).toMatchObject([
    { path: '/$schema' },
  ])
  expect(faultsOf('text')).toMatchObject([{ path: '' }])
})

test('formats are checked unless they shall only say something', () => {
  const schema = { format: 'ipv4' }
  expect(issuesOf(schema, '1.2.3.256')).toMatchObject([{ keyword: 'format' }])
  expect(issuesOf(schema, '1.2.3.256', { formats: 'annotation' })).toEqual([])
})

test('a reference that leads back to itself ends in an issue', () => {
  for (const schema of [
    { $ref: '#' },
    { allOf: [{ $ref: '#/$defs/a' }], $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }] } } },
    { not: { $ref: '#' } },
  ]) {
    expect(issuesOf(schema, {})).toMatchObject([{ keyword: 'limit' }])
  }
  const schema = { properties: { a: { $ref: '#' } } }
  expect(fits(schema, { a: { a: {} } })).toBe(true)
})

test('a schema that doubles at each step is cut off', () => {
  const $defs: Record<string, JsonValue> = { a0: { type: 'object' } }
  for (let i = 1; i <= 60; i++) {
    const $ref = `#/$defs/a${i - 1}`
    $defs[`a${i}`] = { allOf: [{ $ref }, { $ref }] }
  }
  const compiled = compileSchema({ $defs, $ref: '#/$defs/a60' })
  if (!compiled.ok) throw new Error('refused')
  const fuel = { left: 10_000 }
  expect(compiled.schema.validate({}, { fuel })).toMatchObject([{ keyword: 'limit' }])
  expect(fuel.left).toBeLessThan(0)
})

test('schemas nested without end are refused, not followed', () => {
  let schema: JsonValue = {}
  for (let i = 0; i < 5_000; i++) schema = { not: schema }
  expect(faultsOf(schema)).toMatchObject([{ message: 'must not nest deeper than 100' }])
})

test('of a text that is not known yet only what is known is asked', () => {
  const opaque = (text: string) =>
    text.startsWith('$') ? 'value' : text.includes('$') ? 'text' : undefined
  const issues = (schema: JsonValue, document: JsonValue) => {
    const compiled = compileSchema(schema)
    return compiled.ok ? compiled.schema.validate(document, { opaque }) : compiled.faults
  }
  expect(issues({ type: 'integer' }, '$PORT')).toEqual([])
  expect(issues({ type: 'integer' }, 'a$PORT')).toMatchObject([{ keyword: 'type' }])
  expect(issues({ type: 'string', pattern: '^x', maxLength: 1 }, 'a$PORT')).toEqual([])
  const alternatives = [1, 2].map((value) => ({ properties: { a: { const: value } } }))
  expect(issues({ oneOf: alternatives }, { a: '$A' })).toEqual([])
  expect(issues({ not: { properties: { a: { const: 1 } } } }, { a: '$A' })).toEqual([])
  expect(issues({ if: alternatives[0] ?? true, then: false }, { a: '$A' })).toEqual([])
})

test('a member that is required must say something where blanks are refused', () => {
  const compiled = compileSchema({ required: ['a', 'b', 'c'] })
  if (!compiled.ok) throw new Error('refused')
  const document = { a: null, b: ' ', c: 0, d: null }
  expect(compiled.schema.validate(document)).toEqual([])
  expect(compiled.schema.validate(document, { noBlanks: true })).toMatchObject([
    { path: '/a', keyword: 'blank' },
    { path: '/b', keyword: 'blank' },
  ])
})
