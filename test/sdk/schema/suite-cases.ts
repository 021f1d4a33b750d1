/**
 * Cases in the manner of the JSON Schema Test Suite, picked by hand: what validators are known to get wrong, keyword by keyword.
 * There is no package with the suite for these drafts. `[what, schema, fit, do not fit]`.
 */
import type { JsonValue } from '../../../sdk/src/core/json.ts'

export type SuiteCase = readonly [string, JsonValue, readonly JsonValue[], readonly JsonValue[]]

/** Alike in draft-07, 2019-09 and 2020-12; tried under each. */
export const EVERYWHERE: readonly SuiteCase[] = [
  ['true takes all', true, [1, 'a', true, null, {}, []], []],
  ['false takes nothing', false, [], [1, 'a', true, null, {}, []]],
  [
    'additionalProperties looks at its siblings alone',
    { allOf: [{ properties: { a: {} } }], additionalProperties: { type: 'boolean' } },
    [{ a: true }],
    [{ a: 1 }],
  ],
  [
    'additionalProperties beside patterns',
    { properties: { a: {} }, patternProperties: { '^v': {} }, additionalProperties: false },
    [{ a: 1, vroom: 2 }, [1], 'x'],
    [{ a: 1, q: 2 }],
  ],
  [
    'additionalProperties and names outside of ASCII',
    { patternProperties: { '^á': {} }, additionalProperties: false },
    [{ ármányos: 2 }],
    [{ élmény: 2 }],
  ],
  [
    'propertyNames asks all of them',
    { propertyNames: { pattern: '^a+$' } },
    [{}, { a: 1, aa: 2 }, [1], 'x'],
    [{ aaA: 1 }, { b: 1 }],
  ],
  ['propertyNames false', { propertyNames: false }, [{}, []], [{ a: 1 }]],
  [
    'required of names that objects inherit',
    { required: ['__proto__x', 'toString', 'constructor'] },
    [12, { __proto__x: 1, toString: 1, constructor: 1 }],
    [{}, { toString: 1 }],
  ],
  [
    'properties of names that objects inherit',
    {
      properties: {
        toString: { properties: { length: { type: 'string' } } },
        constructor: { type: 'number' },
      },
    },
    [{}, { constructor: 1 }],
    [{ constructor: 'a' }, { toString: { length: 1 } }],
  ],
  [
    'names with characters that are escaped in pointers',
    {
      properties: {
        'a/b': { type: 'number' },
        'a~b': { type: 'number' },
        'a%b': { type: 'number' },
        'a"b': { type: 'number' },
        'a\\b': { type: 'number' },
        'a\nb': { type: 'number' },
      },
    },
    [{ 'a/b': 1, 'a~b': 1, 'a%b': 1, 'a"b': 1, 'a\\b': 1, 'a\nb': 1 }],
    [{ 'a/b': 'x' }, { 'a~b': 'x' }, { 'a%b': 'x' }, { 'a\nb': 'x' }],
  ],
  [
    'pointers that are escaped',
    {
      properties: {
        tilde: { $ref: '#/$defs/t~0f' },
        slash: { $ref: '#/$defs/s~1f' },
        percent: { $ref: '#/$defs/p%25f' },
      },
      $defs: { 't~f': { type: 'integer' }, 's/f': { type: 'integer' }, 'p%f': { type: 'integer' } },
    },
    [{ tilde: 1, slash: 1, percent: 1 }],
    [{ tilde: 'a' }, { slash: 'a' }, { percent: 'a' }],
  ],
  [
    'a reference to the whole',
    { properties: { foo: { $ref: '#' } }, additionalProperties: false },
    [{ foo: false }, { foo: { foo: false } }],
    [{ bar: 1 }, { foo: { bar: false } }],
  ],
  [
    'references through references',
    {
      $defs: { a: { type: 'integer' }, b: { $ref: '#/$defs/a' }, c: { $ref: '#/$defs/b' } },
      allOf: [{ $ref: '#/$defs/c' }],
    },
    [5],
    ['a'],
  ],
  [
    'a member that is called $ref',
    { properties: { $ref: { type: 'string' } } },
    [{ $ref: 'a' }],
    [{ $ref: 2 }],
  ],
  [
    'a member called $ref whose schema refers',
    {
      properties: { $ref: { $ref: '#/$defs/is-string' } },
      $defs: { 'is-string': { type: 'string' } },
    },
    [{ $ref: 'a' }],
    [{ $ref: 2 }],
  ],
  [
    'a reference to true and to false',
    {
      $defs: { yes: true, no: false },
      properties: { a: { $ref: '#/$defs/yes' }, b: { $ref: '#/$defs/no' } },
    },
    [{ a: 1 }],
    [{ b: 1 }],
  ],
  [
    'names with quotes in a reference',
    {
      properties: { 'foo"bar': { $ref: '#/$defs/foo%22bar' } },
      $defs: { 'foo"bar': { type: 'number' } },
    },
    [{ 'foo"bar': 1 }],
    [{ 'foo"bar': '1' }],
  ],
  [
    'two ways to one place are no loop',
    {
      $defs: { int: { type: 'integer' } },
      allOf: [
        { properties: { foo: { $ref: '#/$defs/int' } } },
        { additionalProperties: { $ref: '#/$defs/int' } },
      ],
    },
    [{ foo: 1 }],
    [{ foo: 'a' }],
  ],
  [
    'something that looks like a reference in an enum',
    { $defs: { a_string: { type: 'string' } }, enum: [{ $ref: '#/$defs/a_string' }] },
    [{ $ref: '#/$defs/a_string' }],
    ['this is a string', { type: 'string' }],
  ],
  [
    'something that looks like a reference in a const',
    { const: { $ref: '#/$defs/a_string' } },
    [{ $ref: '#/$defs/a_string' }],
    ['a', { type: 'string' }],
  ],
  [
    'enum of unlike things',
    { enum: [6, 'foo', [], true, { foo: 12 }] },
    [[], { foo: 12 }],
    [null, { foo: false }, { foo: 12, boo: 42 }, 1, [1]],
  ],
  ['enum and 0, 1, false, true', { enum: [false, [true]] }, [false, [true]], [0, [1], 0.0]],
  ['enum of 1 in a list', { enum: [[1]] }, [[1], [1.0]], [[true]]],
  ['enum of a text with NUL', { enum: ['hello\u0000there'] }, ['hello\u0000there'], ['hellothere']],
  ['const of null', { const: null }, [null], [0, '', false, {}]],
  [
    'const of a list of objects',
    { const: [{ foo: 'bar' }] },
    [[{ foo: 'bar' }]],
    [[2], [1, 2, 3], [{ foo: 'bar', a: 1 }]],
  ],
  ['const of {a: false}', { const: { a: false } }, [{ a: false }], [{ a: 0 }, { a: 0.0 }]],
  ['const of -2.0', { const: -2.0 }, [-2], [2, -2.00001]],
  ['const of a large number', { const: 9007199254740991 }, [9007199254740991], [9007199254740990]],
  ['multipleOf of a small number', { multipleOf: 0.0001 }, [0.0075, 0], [0.00751]],
  ['multipleOf of a float', { multipleOf: 1.5 }, [0, 4.5], [35]],
  [
    'multipleOf of something tiny and a large whole number',
    { type: 'integer', multipleOf: 1e-8 },
    [12391239123],
    [],
  ],
  [
    'bounds and other types',
    { minimum: 1.1, maximum: 3, exclusiveMinimum: 1.1 },
    ['x', null, 2.6],
    [1.1, 3.5],
  ],
  [
    'lengths and other types',
    { minLength: 2, maxLength: 3 },
    [1, null, {}, 'ab'],
    ['a', 'abcd', '💩'],
  ],
  [
    'sizes given as decimals',
    { minLength: 2.0, maxItems: 2.0, minProperties: 1.0 },
    ['ab', [1, 2], { a: 1 }],
    ['a', [1, 2, 3], {}],
  ],
  ['patterns are not anchored', { pattern: 'a+' }, ['xxaayy', 1, null], ['b']],
  ['patterns and \\d of ASCII alone', { pattern: '^\\d+$' }, ['42'], ['৪২', '-%#']],
  ['patterns and \\w of ASCII alone', { pattern: '^\\w$' }, ['a'], ['é']],
  [
    'patterns and white space',
    { pattern: '^\\s$' },
    [' ', '\u00a0', '\ufeff', '\u2029'],
    ['\u0001', '\u2013'],
  ],
  ['$ is the end, not before a newline', { pattern: '^abc$' }, ['abc'], ['abc\n']],
  ['control escapes', { pattern: '^\\cC$' }, ['\u0003'], ['\\cC', 'C']],
  [
    'uniqueItems of numbers that are written otherwise',
    { uniqueItems: true },
    [
      [1, 2],
      [{ foo: 'bar' }, { foo: 'baz' }],
    ],
    [
      [1, 1],
      [1.0, 1.0, 1],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
  ],
  [
    'uniqueItems and 0, 1, false, true',
    { uniqueItems: true },
    [
      [1, true],
      [0, false],
      [[1], [true]],
      [{ a: 1 }, { a: true }],
    ],
    [
      [[[1]], [[1]]],
      [true, true],
    ],
  ],
  ['uniqueItems false', { uniqueItems: false }, [[1, 1]], []],
  ['contains', { contains: { minimum: 5 } }, [[3, 4, 5], [5, 6], {}], [[2, 3, 4], []]],
  ['contains of false', { contains: false }, ['no list'], [['foo'], []]],
  [
    'items and contains both',
    { items: { multipleOf: 2 }, contains: { multipleOf: 3 } },
    [[6, 12]],
    [
      [2, 4, 8],
      [3, 6, 9],
      [1, 5],
    ],
  ],
  ['contains of null', { contains: { type: 'null' } }, [[null]], [[1]]],
  ['if without then and else', { if: { const: 0 } }, [0, 'hello'], []],
  [
    'if, then, else',
    { if: { exclusiveMaximum: 0 }, then: { minimum: -10 }, else: { multipleOf: 2 } },
    [-1, 4],
    [-100, 3],
  ],
  [
    'if in an allOf does not reach into the next',
    {
      allOf: [
        { if: { exclusiveMaximum: 0 } },
        { then: { minimum: -10 } },
        { else: { multipleOf: 2 } },
      ],
    },
    [-100, 3],
    [],
  ],
  [
    'if true and if false',
    {
      allOf: [
        { if: true, then: { minimum: 0 } },
        { if: false, then: false, else: { maximum: 5 } },
      ],
    },
    [3],
    [-1, 6],
  ],
  [
    'allOf, anyOf and oneOf together',
    { allOf: [{ multipleOf: 2 }], anyOf: [{ multipleOf: 3 }], oneOf: [{ multipleOf: 5 }] },
    [30],
    [1, 2, 3, 5, 6, 10, 15],
  ],
  ['anyOf with an empty schema', { anyOf: [{ type: 'number' }, {}] }, ['foo', 123], []],
  ['oneOf of booleans', { oneOf: [true, true, false] }, [], ['foo']],
  [
    'oneOf with a missing member',
    {
      oneOf: [
        { properties: { bar: true, baz: true }, required: ['bar'] },
        { properties: { foo: true }, required: ['foo'] },
      ],
    },
    [{ bar: 8 }, { foo: 'foo' }],
    [{ foo: 'foo', bar: 8 }, { baz: 'quux' }],
  ],
  ['not of several types', { not: { type: ['integer', 'boolean'] } }, ['foo'], [1, true]],
  ['not of a forbidden member', { properties: { foo: { not: {} } } }, [{ bar: 1 }], [{ foo: 1 }]],
  ['double negation', { not: { not: {} } }, ['any'], []],
  ['type: integer takes 1.0', { type: 'integer' }, [1, 1.0, -5], [1.1, '1', {}, [], true, null]],
  [
    'default changes nothing',
    { properties: { alpha: { type: 'number', maximum: 3, default: 5 } } },
    [{ alpha: 1 }, {}],
    [{ alpha: 5 }],
  ],
  [
    'unknown keywords are passed over',
    { 'x-mine': { type: 'string' }, $comment: 'see', examples: [1] },
    [1],
    [],
  ],
  [
    'minProperties and maxProperties',
    { minProperties: 1, maxProperties: 2 },
    [{ a: 1 }, [], 'x'],
    [{}, { a: 1, b: 2, c: 3 }],
  ],
  [
    'patternProperties, several at once',
    { patternProperties: { 'a*': { type: 'integer' }, 'aaa*': { maximum: 20 } } },
    [{ a: 21 }, { aaaa: 18 }],
    [{ a: 'bar' }, { aaaa: 31 }, { aaa: 'foo', aaaa: 31 }],
  ],
  [
    'patternProperties are case sensitive and unanchored',
    { patternProperties: { '[0-9]{2,}': { type: 'boolean' }, X_: { type: 'string' } } },
    [{ 'answer 1': 42, a31b: true, a_x_3: 3 }],
    [{ a31b: null }, { a_X_3: 3 }],
  ],
]

/** Draft-07 alone. */
export const DRAFT_07: readonly SuiteCase[] = [
  [
    '$ref hides its siblings',
    { definitions: { any: {} }, properties: { a: { $ref: '#/definitions/any', type: 'integer' } } },
    [{ a: 'x' }],
    [],
  ],
  [
    'items as a list, and additionalItems',
    { items: [{}, { type: 'string' }], additionalItems: { type: 'integer' } },
    [[], [1], [1, 'a'], [1, 'a', 2]],
    [
      [1, 2],
      [1, 'a', 'b'],
    ],
  ],
  [
    'additionalItems beside items that is no list',
    { items: {}, additionalItems: false },
    [[1, 2, 3]],
    [],
  ],
  [
    'dependencies of both kinds',
    { dependencies: { bar: ['foo'], quux: { properties: { n: { type: 'integer' } } }, no: false } },
    [{}, { foo: 1, bar: 2 }, { quux: 1, n: 2 }, ['bar'], 'bar'],
    [{ bar: 2 }, { quux: 1, n: 'a' }, { no: 1 }],
  ],
  ['minContains is no keyword yet', { contains: { const: 1 }, minContains: 2 }, [[1]], [[2]]],
  ['unevaluatedProperties is no keyword yet', { unevaluatedProperties: false }, [{ a: 1 }], []],
  [
    'a reference by $id',
    {
      $id: 'http://example.com/a.json',
      definitions: {
        x: {
          $id: 'http://example.com/b/c.json',
          type: 'integer',
          definitions: { y: { $id: 'd.json', type: 'number' } },
        },
      },
      allOf: [{ $ref: 'http://example.com/b/d.json' }],
    },
    [1],
    ['a'],
  ],
  [
    'a name within ($id that is a fragment)',
    { allOf: [{ $ref: '#foo' }], definitions: { A: { $id: '#foo', type: 'integer' } } },
    [1],
    ['a'],
  ],
  [
    '$id beside $ref says nothing',
    {
      $id: 'http://example.com/root.json',
      definitions: { base: { $id: 'http://example.com/base.json', type: 'integer' } },
      properties: { a: { $ref: 'base.json', $id: 'http://elsewhere.example/x' } },
    },
    [{ a: 1 }],
    [{ a: 'x' }],
  ],
]

/** 2020-12 alone. */
export const DRAFT_2020: readonly SuiteCase[] = [
  [
    '$ref and its siblings count',
    {
      $defs: { list: { type: 'array' } },
      properties: { foo: { $ref: '#/$defs/list', maxItems: 2 } },
    },
    [{ foo: [] }],
    [{ foo: [1, 2, 3] }, { foo: 'string' }],
  ],
  [
    'prefixItems, and items for the rest',
    { prefixItems: [{}, {}], items: { type: 'integer' } },
    [
      [null, 2, 3],
      ['x', 'y'],
    ],
    [[null, 2, 'foo']],
  ],
  [
    'items does not look into an allOf',
    { allOf: [{ prefixItems: [{ minimum: 3 }] }], items: { minimum: 5 } },
    [[5, 5]],
    [[3, 5]],
  ],
  [
    'minContains and maxContains',
    { contains: { const: 1 }, minContains: 2, maxContains: 3 },
    [[1, 1], [1, 2, 1, 1], 'x'],
    [[1], [], [1, 1, 1, 1]],
  ],
  ['minContains without contains', { minContains: 1, maxContains: 0 }, [[], [1]], []],
  [
    'maxContains below minContains',
    { contains: { const: 1 }, maxContains: 1, minContains: 3 },
    [],
    [[], [1], [1, 1, 1]],
  ],
  [
    'dependentRequired',
    { dependentRequired: { bar: ['foo', 'toString'] } },
    [{}, { foo: 1 }, ['bar'], { bar: 1, foo: 1, toString: 1 }],
    [{ bar: 2 }, { bar: 1, foo: 1 }],
  ],
  [
    'dependentSchemas and the keywords beside it',
    {
      properties: { foo: {} },
      dependentSchemas: { foo: { properties: { bar: {} }, additionalProperties: false } },
    },
    [{ bar: 1 }],
    [{ foo: 1 }, { foo: 1, bar: 2 }],
  ],
  ['$anchor', { $ref: '#foo', $defs: { A: { $anchor: 'foo', type: 'integer' } } }, [1], ['a']],
  [
    '$anchor in another resource',
    {
      $id: 'http://localhost:1234/root',
      $ref: 'http://localhost:1234/nested.json#foo',
      $defs: { A: { $id: 'nested.json', $defs: { B: { $anchor: 'foo', type: 'integer' } } } },
    },
    [1],
    ['a'],
  ],
  [
    'one $anchor in two resources',
    {
      $id: 'http://localhost:1234/foobar',
      $defs: {
        A: {
          $id: 'child1',
          allOf: [
            { $id: 'child2', $anchor: 'my', type: 'number' },
            { $anchor: 'my', type: 'string' },
          ],
        },
      },
      $ref: 'child1#my',
    },
    ['a'],
    [1],
  ],
  [
    'a relative $id',
    {
      $id: 'http://example.com/schema/',
      $defs: { x: { $id: '../other/x.json', $defs: { y: { $id: 'y.json', type: 'number' } } } },
      $ref: '/other/y.json',
    },
    [1],
    ['a'],
  ],
  [
    'a URN as $id, with a fragment',
    {
      $id: 'urn:uuid:deadbeef-1234-0000-0000-4321feebdaed',
      properties: { foo: { $ref: 'urn:uuid:deadbeef-1234-0000-0000-4321feebdaed#/$defs/bar' } },
      $defs: { bar: { type: 'string' } },
    },
    [{ foo: 'bar' }],
    [{ foo: 12 }],
  ],
  [
    '$id in an enum is no resource',
    {
      $defs: {
        id_in_enum: { enum: [{ $id: 'https://localhost:1234/id/my.json', type: 'null' }] },
        real: { $id: 'https://localhost:1234/id/my.json', type: 'string' },
      },
      anyOf: [{ $ref: '#/$defs/id_in_enum' }, { $ref: 'https://localhost:1234/id/my.json' }],
    },
    ['a', { $id: 'https://localhost:1234/id/my.json', type: 'null' }],
    [1],
  ],
  [
    '$dynamicRef to a plain $anchor',
    { $defs: { foo: { $anchor: 'items', type: 'string' } }, items: { $dynamicRef: '#items' } },
    [['foo', 'bar']],
    [['foo', 42]],
  ],
  [
    '$dynamicRef to a $dynamicAnchor in the same resource',
    {
      $defs: { foo: { $dynamicAnchor: 'items', type: 'string' } },
      items: { $dynamicRef: '#items' },
    },
    [['foo']],
    [[42]],
  ],
  [
    '$ref to a $dynamicAnchor',
    { $defs: { foo: { $dynamicAnchor: 'items', type: 'string' } }, items: { $ref: '#items' } },
    [['foo']],
    [[42]],
  ],
  [
    '$dynamicRef takes the outermost one',
    {
      $id: 'https://test.example/typical',
      $ref: 'list',
      $defs: {
        foo: { $dynamicAnchor: 'items', type: 'string' },
        list: {
          $id: 'list',
          items: { $dynamicRef: '#items' },
          $defs: { items: { $dynamicAnchor: 'items' } },
        },
      },
    },
    [['foo', 'bar']],
    [['foo', 42]],
  ],
  [
    '$dynamicRef and a plain $anchor outside',
    {
      $id: 'https://test.example/unmatched',
      $ref: 'list',
      $defs: {
        foo: { $anchor: 'items', type: 'string' },
        list: {
          $id: 'list',
          items: { $dynamicRef: '#items' },
          $defs: { items: { $dynamicAnchor: 'items' } },
        },
      },
    },
    [['foo', 42]],
    [],
  ],
  [
    'a tree that is made strict',
    {
      $id: 'http://localhost:1234/strict-tree.json',
      $dynamicAnchor: 'node',
      $ref: 'tree.json',
      unevaluatedProperties: false,
      $defs: {
        tree: {
          $id: 'http://localhost:1234/tree.json',
          $dynamicAnchor: 'node',
          type: 'object',
          properties: { data: true, children: { type: 'array', items: { $dynamicRef: '#node' } } },
        },
      },
    },
    [{ children: [{ data: 1 }] }],
    [{ children: [{ daat: 1 }] }],
  ],
  [
    'unevaluatedProperties and what is below an allOf',
    { properties: { foo: {} }, allOf: [{ properties: { bar: {} } }], unevaluatedProperties: false },
    [{ foo: 1, bar: 2 }, [], 1],
    [{ foo: 1, bar: 2, baz: 3 }],
  ],
  [
    'unevaluatedProperties and anyOf: only what fits counts',
    {
      properties: { foo: {} },
      anyOf: [
        { properties: { bar: { const: 'bar' } }, required: ['bar'] },
        { properties: { baz: { const: 'baz' } }, required: ['baz'] },
      ],
      unevaluatedProperties: false,
    },
    [
      { foo: 1, bar: 'bar' },
      { foo: 1, bar: 'bar', baz: 'baz' },
    ],
    [{ foo: 1, bar: 'bar', baz: 'not' }],
  ],
  [
    'unevaluatedProperties and not',
    {
      properties: { foo: {} },
      not: { not: { properties: { bar: { const: 'bar' } }, required: ['bar'] } },
      unevaluatedProperties: false,
    },
    [],
    [{ foo: 1, bar: 'bar' }],
  ],
  [
    'unevaluatedProperties and if',
    {
      if: { properties: { foo: { const: 'then' } }, required: ['foo'] },
      then: { properties: { bar: {} }, required: ['bar'] },
      else: { properties: { baz: {} }, required: ['baz'] },
      unevaluatedProperties: false,
    },
    [{ foo: 'then', bar: 1 }, { baz: 1 }],
    [
      { foo: 'then', bar: 1, baz: 1 },
      { foo: 'else', baz: 1 },
    ],
  ],
  [
    'unevaluatedProperties and dependentSchemas',
    {
      properties: { foo: {} },
      dependentSchemas: { foo: { properties: { bar: { const: 'bar' } }, required: ['bar'] } },
      unevaluatedProperties: false,
    },
    [{ foo: 1, bar: 'bar' }],
    [{ bar: 'bar' }],
  ],
  [
    'unevaluatedProperties does not see its cousins',
    { allOf: [{ properties: { foo: true } }, { unevaluatedProperties: false }] },
    [{}],
    [{ foo: 1 }],
  ],
  [
    'unevaluatedProperties and additionalProperties of a sibling',
    { properties: { foo: {} }, additionalProperties: true, unevaluatedProperties: false },
    [{ foo: 1, bar: 2 }],
    [],
  ],
  [
    'unevaluatedProperties inside and outside',
    {
      properties: { foo: {} },
      allOf: [{ unevaluatedProperties: true }],
      unevaluatedProperties: false,
    },
    [{ foo: 1, bar: 2 }],
    [],
  ],
  [
    'unevaluatedProperties through $ref',
    {
      $ref: '#/$defs/bar',
      properties: { foo: {} },
      unevaluatedProperties: false,
      $defs: { bar: { properties: { bar: {} } } },
    },
    [{ foo: 1, bar: 2 }],
    [{ foo: 1, bar: 2, baz: 3 }],
  ],
  [
    'unevaluatedProperties of a schema',
    { unevaluatedProperties: { type: 'string', minLength: 3 } },
    [{}, { foo: 'foo' }],
    [{ foo: 'fo' }],
  ],
  [
    'unevaluatedItems and prefixItems',
    { prefixItems: [{ type: 'string' }], unevaluatedItems: false },
    [['foo'], {}, 'x'],
    [['foo', 'bar']],
  ],
  [
    'unevaluatedItems and items',
    { prefixItems: [{}], items: true, unevaluatedItems: false },
    [['foo', 42]],
    [],
  ],
  [
    'unevaluatedItems and anyOf',
    {
      prefixItems: [{ const: 'foo' }],
      anyOf: [
        { prefixItems: [true, { const: 'bar' }] },
        { prefixItems: [true, true, { const: 'baz' }] },
      ],
      unevaluatedItems: false,
    },
    [
      ['foo', 'bar'],
      ['foo', 'bar', 'baz'],
    ],
    [
      ['foo', 'bar', 42],
      ['foo', 'bar', 'baz', 1],
    ],
  ],
  [
    'unevaluatedItems and contains',
    { prefixItems: [true], contains: { type: 'string' }, unevaluatedItems: false },
    [[1, 'foo']],
    [
      [1, 2],
      [1, 2, 'foo'],
    ],
  ],
  [
    'unevaluatedItems and contains in allOf',
    {
      allOf: [{ contains: { multipleOf: 2 } }, { contains: { multipleOf: 3 } }],
      unevaluatedItems: { multipleOf: 5 },
    },
    [[2, 3, 4, 5, 6]],
    [[2, 3, 4, 7, 8]],
  ],
  [
    'unevaluatedItems and minContains 0',
    { contains: { type: 'string' }, minContains: 0, unevaluatedItems: false },
    [[], ['a', 'b']],
    [['a', 1]],
  ],
  [
    'unevaluatedItems does not reach into a cousin',
    { allOf: [{ prefixItems: [true] }, { unevaluatedItems: false }] },
    [[]],
    [[1]],
  ],
  [
    'contentEncoding and contentMediaType only say something',
    { contentMediaType: 'application/json', contentEncoding: 'base64' },
    ['{:}', '{}', 100],
    [],
  ],
  ['definitions are of no meaning to documents', { $defs: { a: false } }, [1], []],
  [
    'dependencies is an old keyword',
    { $schema: 'https://json-schema.org/draft/2020-12/schema', dependencies: { bar: ['foo'] } },
    [{ foo: 1, bar: 2 }],
    [],
  ],
]
