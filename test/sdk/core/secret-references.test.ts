/** `${SECRET:name}` inside the values of secrets, SNAPSHOT.md §9.3. */
import { describe, expect, test } from 'vitest'
import {
  MAX_SECRET_REFERENCES,
  MAX_SECRET_TEXT,
  renderSecret,
  secretReferences,
} from '../../../sdk/src/core/index.ts'

const lookup = (name: string): string | undefined => ({ a: 'A', 'b.c-1': 'B' })[name]

describe('a value', () => {
  test.each([
    ['plain', [], 'plain'],
    ['', [], ''],
    ['${SECRET:a}', ['a'], 'A'],
    ['x${SECRET:b.c-1}y${SECRET:a}z${SECRET:a}', ['a', 'b.c-1'], 'xByAzA'],
    ['$${SECRET:a}', [], '${SECRET:a}'],
    ['$$${SECRET:a}', ['a'], '$A'],
    ['$$$${SECRET:a}', [], '$${SECRET:a}'],
    ['$ $$ ${HOME} $HOME ${config:x} {SECRET:a}', [], '$ $$ ${HOME} $HOME ${config:x} {SECRET:a}'],
    ['${SECRET:a', [], '${SECRET:a'],
    ['${SECRET:${SECRET:a}}', ['a'], '${SECRET:A}'],
  ])('%j refers to %j and says %j', (value, names, said) => {
    expect(secretReferences(value)).toEqual(names)
    expect(renderSecret(value, lookup)).toBe(said)
  })

  test.each(['${SECRET:}', '${SECRET:a b}', '${SECRET:-a}', '${SECRET:project/name}'])(
    'with %j is refused',
    (value) => {
      expect(secretReferences(value)).toBeUndefined()
    },
  )

  test('with a reference that nobody answers says nothing, and neither does one that grows too long', () => {
    expect(renderSecret('x${SECRET:none}', lookup)).toBeUndefined()
    const long = 'x'.repeat(MAX_SECRET_TEXT / 2)
    expect(renderSecret('${SECRET:a}${SECRET:a}', () => long)).toHaveLength(MAX_SECRET_TEXT)
    expect(renderSecret('${SECRET:a}${SECRET:a}.${SECRET:a}', () => long)).toBeUndefined()
  })

  test('may refer to a hundred secrets and no more', () => {
    const value = (count: number) =>
      Array.from({ length: count }, (_, index) => `\${SECRET:s${index}}`).join('')
    expect(secretReferences(value(MAX_SECRET_REFERENCES))).toHaveLength(MAX_SECRET_REFERENCES)
    expect(secretReferences(value(MAX_SECRET_REFERENCES + 1))).toBeUndefined()
  })

  test('of nothing but dollar signs or opened references is read once', () => {
    for (const value of [
      '$'.repeat(65_536),
      '${SECRET:'.repeat(7_000),
      '${SECRET:a'.repeat(6_000),
    ]) {
      expect(secretReferences(value)).toEqual([])
      expect(renderSecret(value, lookup)).toBe(value)
    }
  })
})
