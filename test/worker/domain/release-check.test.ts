/** Release settings of an environment: what may stand there, and what is said of what may not. */
import { expect, test } from 'vitest'
import type { JsonValue } from '#core'
import { Issues } from '../../../worker/domain/issues.ts'
import { checkStrategy } from '../../../worker/domain/release-check.ts'

const CANARY = { name: 'canary', labels: { ring: ['canary'] } }

function faults(rings: JsonValue): string[] {
  const issues = new Issues()
  const strategy = { growth: 'LINEAR', factor: 50, minutes: 10, bake: 30, rings }
  checkStrategy(strategy, '/deployment', issues)
  return issues.list.map(({ path, message }) => `${path.replace('/deployment', '')}: ${message}`)
}

test('rings of labels and values may stand there', () => {
  expect(
    faults([CANARY, { name: 'eu', labels: { 'edge.country': ['DE', 'FR'], x: [''] } }]),
  ).toEqual([])
})

test.each<[string, JsonValue, string]>([
  ['no list', 'canary', '/rings: must be a list'],
  ['no ring', [], '/rings: must have at least one ring'],
  ['a ring that is none', ['canary'], '/rings/0: must be an object'],
  [
    'a ring without labels',
    [{ name: 'a', labels: {} }],
    '/rings/0/labels: must name 1 to 16 labels',
  ],
  [
    'a label without values',
    [{ name: 'a', labels: { ring: [] } }],
    '/rings/0/labels/ring: must have at least one value',
  ],
  ['a value that is none', [{ name: 'a', labels: { ring: [1] } }], '/rings/0/labels/ring/0: '],
  ['two of one name', [CANARY, CANARY], '/rings/1/name: is the name of another ring'],
  [
    'an empty label',
    [{ name: 'a', labels: { '': ['x'] } }],
    '/rings/0/labels/: a label has 1 to 64 characters',
  ],
  [
    'more than a manifest takes',
    [
      {
        name: 'a',
        labels: { ring: Array.from({ length: 60 }, (_, i) => `${i}`.padEnd(100, 'x')) },
      },
    ],
    '/rings: must have at most 4096 characters of JSON',
  ],
])('%s is told of by its place', (_, rings, said) => {
  expect(faults(rings).join('\n')).toContain(said)
})
