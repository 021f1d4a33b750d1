/** Texts with references: what is read, what stays text, and what the operators say. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  escapeReferences,
  interpolate,
  joinTemplates,
  parseTemplate,
  printTemplate,
  type ReferenceOperator,
  type Template,
  type VariableReference,
} from '#core'

const variable = (
  name: string,
  operator: ReferenceOperator = '',
  argument: Template = [],
): VariableReference => ({ kind: 'variable', name, operator, argument })

describe('the forms', () => {
  test.each<[text: string, parts: readonly unknown[]]>([
    ['', []],
    ['no sign', ['no sign']],
    ['$A', [variable('A')]],
    ['$A-b', [variable('A'), '-b']],
    ['a${A}b', ['a', variable('A'), 'b']],
    ['${A-d}', [variable('A', '-', ['d'])]],
    ['${A:-d}', [variable('A', ':-', ['d'])]],
    ['${A:d}', [variable('A', ':-', ['d'])]],
    ['${A:}', [variable('A', ':-')]],
    ['${A?m}', [variable('A', '?', ['m'])]],
    ['${A:?}', [variable('A', ':?')]],
    ['${A:+x}', [variable('A', ':+', ['x'])]],
    ['${A:-${B:-$C}}', [variable('A', ':-', [variable('B', ':-', [variable('C')])])]],
    ['${A:-{"a":{}}}', [variable('A', ':-', ['{"a":{}}'])]],
    ['${config:db#/pool/size}', [{ kind: 'config', name: 'db', pointer: '/pool/size' }]],
    ['${config:a.b-c}', [{ kind: 'config', name: 'a.b-c', pointer: '' }]],
    ['${config:db#/a~1b/0}!', [{ kind: 'config', name: 'db', pointer: '/a~1b/0' }, '!']],
    ['${SECRET:db.password}', [{ kind: 'secret', name: 'db.password' }]],
    ['${config:-x}', [variable('config', ':-', ['x'])]],
    ['${SECRET}', [variable('SECRET')]],
    ['$${A} $$B $$', ['${A} $B $']],
    ['a $ b $1 $}', ['a $ b $1 $}']],
    ['__CF$cv$params $Aa $ref', ['__CF$cv$params $Aa $ref']],
    ['${cv}', [variable('cv')]],
  ])('%j', (text, parts) => {
    expect(parseTemplate(text)).toEqual({ template: parts, fault: undefined })
  })

  test.each<[text: string, offset: number, certain: boolean]>([
    ['x${', 1, false],
    ['${}', 0, false],
    ['${ a}', 0, false],
    ['${a }', 0, false],
    ['${a!}', 0, false],
    ['${{ matrix.os }}', 0, false],
    ['${1}', 0, false],
    ['${A:-{}', 0, false],
    ['${config:}', 0, true],
    ['${config:a b}', 0, true],
    ['${config:a#b}', 0, true],
    ['${1} ${SECRET:}', 5, true],
    ['${SECRET:a#/b}', 0, true],
  ])('%j is malformed and stays text', (text, offset, certain) => {
    const { template, fault } = parseTemplate(text)
    expect(template).toEqual([text])
    expect(fault).toMatchObject({ offset, certain })
    expect(() => interpolate(text, () => 'x')).toThrow('Invalid template')
  })

  test('eight may nest, nine may not', () => {
    const nested = (depth: number): string => (depth === 0 ? 'x' : `\${A:-${nested(depth - 1)}}`)
    expect(interpolate(nested(8), () => undefined)).toBe('x')
    expect(parseTemplate(nested(9)).fault).toMatchObject({ certain: true })
  })

  test('a malformed reference does not hide the ones behind it', () => {
    expect(parseTemplate('${1:a} ${B} $C').template).toEqual([
      '${1:a} ',
      variable('B'),
      ' ',
      variable('C'),
    ])
  })

  test('hostile length is read in one pass', () => {
    for (const piece of ['${A:-', '${', '{', '$', '$$', '${A:-}', '}']) {
      expect(parseTemplate(piece.repeat(200_000)).template.length).toBeGreaterThan(0)
    }
  })
})

describe('writing', () => {
  const text = fc.string({
    unit: fc.constantFrom('$', '{', '}', 'A', 'b', ':', '-', '#', '/', ' '),
  })
  const name = fc.constantFrom('A', 'B_1', 'config')
  const templates = fc.letrec<{ template: Template; variable: Template[number] }>((tie) => ({
    template: fc
      .array(
        fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          fc.constantFrom('a', '$', '$$', '$A', '{}', ' ', '${A}'),
          fc.constant({ kind: 'secret' as const, name: 's' }),
          fc.constant({ kind: 'config' as const, name: 'c', pointer: '/a' }),
          tie('variable'),
        ),
        { maxLength: 4 },
      )
      .map((parts) => joinTemplates([parts])),
    variable: fc.record({
      kind: fc.constant('variable' as const),
      name,
      operator: fc.constantFrom('-', ':-', '?', ':?', '+', ':+'),
      argument: fc.oneof({ maxDepth: 3 }, fc.constant([] as Template), tie('template')),
    }),
  })).template

  test('what was written is read again as it was', () => {
    fc.assert(
      fc.property(templates, (parts) => {
        const printed = printTemplate(parts)
        // Nested past the limit, a template has no text.
        fc.pre(printed !== undefined)
        expect(parseTemplate(printed ?? '')).toEqual({ template: parts, fault: undefined })
      }),
    )
  })

  test('what was read is written so that it reads the same', () => {
    fc.assert(
      fc.property(text, (source) => {
        const { template } = parseTemplate(source)
        const printed = printTemplate(template)
        fc.pre(printed !== undefined)
        expect(parseTemplate(printed ?? '').template).toEqual(template)
      }),
    )
  })

  test('an escaped text means itself', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (source) => {
        expect(interpolate(escapeReferences(source), () => 'x')).toBe(source)
      }),
    )
  })

  test('an argument with a brace too many has no text', () => {
    const parts: Template = [{ kind: 'variable', name: 'A', operator: '-', argument: ['}'] }]
    expect(printTemplate(parts)).toBeUndefined()
  })
})

test('a text without references is itself', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!text.includes('$'))
      expect(interpolate(text, () => 'x')).toBe(text)
    }),
  )
})

test('references to configs and secrets stay as they are written', () => {
  const text = '${config:a#/b} ${SECRET:c} ${config:d}'
  expect(interpolate(text, () => 'x')).toBe(text)
})
