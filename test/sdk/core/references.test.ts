/** References in documents: found, answered, coerced, refused. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  coerceReference,
  equalJson,
  findReferences,
  InterpolationError,
  referencePlaces,
  resolveReferences,
  type JsonValue,
  type ReferenceType,
} from '#core'
import { documents } from './documents.ts'

const none = (): undefined => undefined
const from =
  (env: Readonly<Record<string, string>>) =>
  (name: string): string | undefined =>
    Object.hasOwn(env, name) ? env[name] : undefined

describe('a document', () => {
  test('without references is the same object', () => {
    fc.assert(
      fc.property(documents, (document) => {
        fc.pre(!JSON.stringify(document).includes('$'))
        expect(resolveReferences(document, () => 'x')).toBe(document)
      }),
    )
  })

  test('has its texts answered, its names never', () => {
    const document = { $A: '$A', list: ['x', '${A}!'], deep: { n: 1, s: '$$A' } }
    expect(resolveReferences(document, from({ A: 'a' }))).toEqual({
      $A: 'a',
      list: ['x', 'a!'],
      deep: { n: 1, s: '$A' },
    })
    expect(document.list[1]).toBe('${A}!')
  })

  test('keeps what is malformed, as other programs have their own signs', () => {
    const document = { run: '${{ matrix.os }} ${1:body}' }
    expect(resolveReferences(document, () => 'x')).toBe(document)
  })

  test('asks its own top members where the environment says nothing', () => {
    const document = { HOST: 'a', PORT: 80, URL: 'http://$HOST:$PORT', COPY: '$URL/' }
    expect(resolveReferences(document, from({ HOST: 'b' }))).toEqual({
      HOST: 'a',
      PORT: 80,
      URL: 'http://b:80',
      COPY: 'http://b:80/',
    })
  })

  test('may name itself for its own default', () => {
    const document = { A: '${A:-1}', B: '$A', P: '$Q', Q: 'q${P}' }
    expect(resolveReferences(document, none)).toEqual({ A: '1', B: '1', P: 'q', Q: 'q' })
  })

  test('of which all members name each other ends', () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I']
    const text = names.map((name) => `$${name}`).join('')
    const document = Object.fromEntries(names.map((name) => [name, text.repeat(9)]))
    expect(() => resolveReferences(document, none)).toThrow(InterpolationError)
  })

  test('is refused when its members lead through more than eight', () => {
    const chain: Record<string, string> = {}
    for (let i = 0; i < 10; i++) chain[`M${i}`] = `$M${i + 1}`
    expect(() => resolveReferences(chain, none)).toThrow(InterpolationError)
  })

  test('is refused before it grows past 10 MiB', () => {
    const bomb: Record<string, string> = { A: 'x'.repeat(1000) }
    for (const [name, below] of Object.entries({ B: 'A', C: 'B', D: 'C' }))
      bomb[name] = `$${below}`.repeat(100)
    expect(() => resolveReferences(bomb, none)).toThrow('10485760')
  })

  test('says where something is missing, and no value', () => {
    const document = { db: { password: '${A:+secret ${B:?needed by us}}' } }
    const resolve = (): JsonValue => resolveReferences(document, from({ A: 'hidden' }))
    expect(resolve).toThrow('/db/password: required variable B is missing a value: needed by us')
  })

  test('gets secrets from whoever has them, and says which one is missing', () => {
    const document = { url: 'x://u:${SECRET:pw}@h', whole: '${SECRET:pw}' }
    expect(resolveReferences(document, none)).toEqual(document)
    const lookup = { variable: none, secret: (name: string) => (name === 'pw' ? 's$A' : undefined) }
    expect(resolveReferences(document, lookup)).toEqual({ url: 'x://u:s$A@h', whole: 's$A' })
    expect(() => resolveReferences('${SECRET:other}', lookup)).toThrow('secret other is not there')
  })
})

describe('the table of places', () => {
  test('names whole values by their type and others as texts', () => {
    const document = { port: '${PORT:-80}', tags: ['$A', 'plain'], url: 'h:$PORT', price: '5 $' }
    const found = findReferences(document)
    const places = referencePlaces(found, () => 'integer')
    expect(places).toEqual({ port: 'integer', tags: { 0: 'integer' }, url: 'string' })
    const resolved = resolveReferences(document, from({ A: '7' }), places)
    expect(resolved).toEqual({ port: 80, tags: [7, 'plain'], url: 'h:', price: '5 $' })
  })

  test('is undefined without references and one type for a document that is a text', () => {
    expect(referencePlaces(findReferences({ a: [1, 'x'] }))).toBeUndefined()
    expect(referencePlaces(findReferences('$A'))).toBe('string')
    expect(resolveReferences('$A', from({ A: 'a' }), 'string')).toBe('a')
  })

  test('changes nothing where the document has nothing, whatever it says', () => {
    const document = { a: [1, '$A'], b: 'x' }
    const places = {
      a: { 0: 'string', 7: 'string', length: 'integer' },
      toString: 'string',
    } as const
    expect(resolveReferences(document, () => 'y', places)).toEqual(document)
  })

  test('refuses a value that is not of the type, without naming it', () => {
    const places = { port: 'integer' } as const
    const resolve = (): JsonValue => resolveReferences({ port: '$P' }, from({ P: 'abc' }), places)
    expect(resolve).toThrow(new InterpolationError('type', '/port: must be of type integer'))
  })
})

describe('coercion', () => {
  test.each<[text: string, type: ReferenceType, value: JsonValue | undefined]>([
    [' a ', 'string', ' a '],
    [' 12 ', 'integer', 12],
    ['-3', 'integer', -3],
    ['1.0', 'integer', undefined],
    ['', 'integer', undefined],
    ['9007199254740993', 'integer', undefined],
    ['0x10', 'integer', undefined],
    ['1.5e3', 'number', 1500],
    ['.5', 'number', 0.5],
    ['1e999', 'number', undefined],
    ['NaN', 'number', undefined],
    ['', 'number', undefined],
    ['TRUE', 'boolean', true],
    ['off', 'boolean', false],
    ['0', 'boolean', false],
    ['', 'boolean', undefined],
    ['2', 'boolean', undefined],
    ['{"a":[1]}', 'json', { a: [1] }],
    ['{', 'json', undefined],
    ['a, b,c', 'string[]', ['a', 'b', 'c']],
    ['', 'string[]', []],
    ['["a,b"]', 'string[]', ['a,b']],
    ['[1]', 'string[]', undefined],
    ['[1', 'string[]', undefined],
    ['1,2', 'integer[]', [1, 2]],
    ['1,x', 'integer[]', undefined],
    ['[1, 2.5]', 'integer[]', undefined],
    ['1,2.5', 'number[]', [1, 2.5]],
    ['on,no', 'boolean[]', [true, false]],
  ])('%j as %s', (text, type, value) => {
    expect(coerceReference(text, type)).toEqual(value)
  })

  test('every number comes back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(equalJson(coerceReference(String(number), 'number') ?? null, number)).toBe(true)
      }),
    )
  })
})
