import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classifyChange } from '../../../sdk/src/schema/classify.ts'
import { inferSchema } from '../../../sdk/src/schema/infer.ts'
import { checkInvariants } from '../../../sdk/src/schema/invariants.ts'
import { jsonSchema } from '../../../sdk/src/schema/standard.ts'
import { typeAt } from '../../../sdk/src/schema/type-at.ts'
import { compileSchema } from '../../../sdk/src/schema/validate.ts'
import type { JsonValue } from '../../../sdk/src/core/json.ts'
import { documents } from '../core/documents.ts'

test('an invariant compares places of one document', () => {
  const invariants = [
    {
      name: 'pool',
      require: { attribute: 'pool.min', operator: 'lte', value: { $attribute: 'pool.max' } },
      message: 'the pool must hold what it begins with',
    },
    {
      name: 'tls',
      when: { attribute: 'tls', operator: 'equals', value: true },
      require: { attribute: 'port', operator: 'in', value: [443, 8443] },
    },
  ]
  const issues = (document: JsonValue) => checkInvariants(invariants, document)
  expect(issues({ pool: { min: 1, max: 2 }, tls: false, port: 80 })).toEqual([])
  expect(issues({ pool: { min: 3, max: 2 }, tls: true, port: 80 })).toMatchObject([
    { message: 'the pool must hold what it begins with', keyword: 'invariant' },
    { message: 'must satisfy the invariant "tls"' },
  ])
  // A place that is not there compares with nothing.
  expect(issues({ pool: { min: 3 } })).toHaveLength(1)
  expect(issues('text')).toHaveLength(1)
  const opaque = (text: string) => (text.startsWith('$') ? 'value' : undefined)
  expect(checkInvariants(invariants, { pool: { min: '$MIN', max: 2 } }, opaque)).toEqual([])
})

test('documents fit the schema inferred from them', () => {
  expect(inferSchema([{ port: 80 }, { port: 81.5, tags: ['a'], tls: null }])).toMatchObject({
    type: 'object',
    required: ['port'],
    properties: {
      port: { type: 'number' },
      tags: { type: 'array', items: { type: 'string' } },
      tls: { type: 'null' },
    },
  })
  fc.assert(
    fc.property(fc.array(documents, { minLength: 1, maxLength: 3 }), (given) => {
      const compiled = compileSchema(inferSchema(given))
      return compiled.ok && given.every((one) => compiled.schema.validate(one).length === 0)
    }),
    { numRuns: 200 },
  )
})

const BASE = {
  type: 'object',
  required: ['a'],
  properties: {
    a: { type: ['string', 'null'], maxLength: 5, description: 'd' },
    b: { enum: [1, 2] },
  },
}

test.each<readonly [string, JsonValue, string]>([
  ['the same', BASE, 'none'],
  ['other notes', { ...BASE, title: 't' }, 'none'],
  ['requires more', { ...BASE, required: ['a', 'b'] }, 'breaking'],
  ['requires less', { ...BASE, required: [] }, 'compatible'],
  [
    'fewer types',
    { ...BASE, properties: { ...BASE.properties, a: { type: 'string', maxLength: 5 } } },
    'breaking',
  ],
  [
    'shorter texts',
    { ...BASE, properties: { ...BASE.properties, a: { type: ['string', 'null'], maxLength: 4 } } },
    'breaking',
  ],
  [
    'longer texts',
    { ...BASE, properties: { ...BASE.properties, a: { type: ['string', 'null'], maxLength: 6 } } },
    'compatible',
  ],
  ['fewer values', { ...BASE, properties: { ...BASE.properties, b: { enum: [1] } } }, 'breaking'],
  [
    'more values',
    { ...BASE, properties: { ...BASE.properties, b: { enum: [1, 2, 3] } } },
    'compatible',
  ],
  ['a member removed', { ...BASE, properties: { a: BASE.properties.a } }, 'breaking'],
  [
    'a member added',
    { ...BASE, properties: { ...BASE.properties, c: { type: 'string' } } },
    'compatible',
  ],
  ['closed', { ...BASE, additionalProperties: false }, 'breaking'],
  ['anything goes', true, 'compatible'],
  ['nothing goes', false, 'breaking'],
  ['what cannot be compared', { ...BASE, not: { required: ['c'] } }, 'breaking'],
])('a change of a schema is classified: %s', (_, after, kind) => {
  expect(classifyChange(BASE, after).kind).toBe(kind)
})

test('an integer where any number was is narrower, and not the other way round', () => {
  expect(classifyChange({ type: 'number' }, { type: 'integer' }).kind).toBe('breaking')
  expect(classifyChange({ type: 'integer' }, { type: 'number' }).kind).toBe('compatible')
})

test('the type a place asks for', () => {
  const schema = {
    properties: {
      port: { type: ['integer', 'null'] },
      tags: { type: 'array', items: { $ref: '#/$defs/tag' } },
      pool: { allOf: [{ properties: { size: { type: 'number' } } }] },
      any: {},
      nested: { type: 'object' },
    },
    $defs: { tag: { type: 'string' } },
  }
  expect(typeAt(schema, ['port'])).toBe('integer')
  expect(typeAt(schema, ['tags'])).toBe('string[]')
  expect(typeAt(schema, ['tags', 0])).toBe('string')
  expect(typeAt(schema, ['pool', 'size'])).toBe('number')
  expect(typeAt(schema, ['nested'])).toBe('json')
  expect(typeAt(schema, ['any'])).toBeUndefined()
  expect(typeAt({ $ref: '#' }, ['a'])).toBeUndefined()
})

test('a schema is a Standard Schema for the client', () => {
  const schema = jsonSchema<{ port: number }>({
    required: ['port'],
    properties: { port: { type: 'integer' } },
  })
  const { validate, vendor, version } = schema['~standard']
  expect([vendor, version]).toEqual(['driftless', 1])
  expect(validate({ port: 1 })).toEqual({ value: { port: 1 } })
  expect(validate({ port: 'x' })).toEqual({
    issues: [{ message: 'must be an integer', path: ['port'] }],
  })
  expect(() => jsonSchema({ type: 'wrong' })).toThrow(TypeError)
})
