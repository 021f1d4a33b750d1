import { expect, test } from 'vitest'
import type { JsonValue } from '#core'
import { readSamples } from '../../../worker/domain/samples.ts'

const SAMPLE = {
  flag: 'checkout',
  key: 4_294_967_295,
  attributes: { plan: 'pro', age: 30.5, tags: ['a', true], 'user.team': false },
  absent: ['country'],
}
const read = (...samples: JsonValue[]) => readSamples({ samples })

test('samples are read as they are', () => {
  const result = read(SAMPLE, { flag: 'a' })
  expect(result).toEqual({ ok: true, value: [SAMPLE, { flag: 'a' }] })
})

test.each<[string, JsonValue, string]>([
  ['no flag', {}, '/samples/0/flag'],
  ['a flag without a name', { flag: '' }, '/samples/0/flag'],
  ['a targeting key', { flag: 'a', targetingKey: 'ada' }, '/samples/0/targetingKey'],
  [
    'one among the attributes',
    { flag: 'a', attributes: { targetingKey: 'ada' } },
    '/samples/0/attributes/targetingKey',
  ],
  ['a hash that is a text', { flag: 'a', key: 'ada' }, '/samples/0/key'],
  ['a hash past the last', { flag: 'a', key: 2 ** 32 }, '/samples/0/key'],
  ['a long text', { flag: 'a', attributes: { x: 'x'.repeat(65) } }, '/samples/0/attributes/x'],
  ['an object', { flag: 'a', attributes: { x: {} } }, '/samples/0/attributes/x'],
  ['a list of lists', { flag: 'a', attributes: { x: [[1]] } }, '/samples/0/attributes/x'],
  [
    'a long list',
    { flag: 'a', attributes: { x: Array.from({ length: 17 }, () => 1) } },
    '/samples/0/attributes/x',
  ],
  [
    '17 attributes',
    {
      flag: 'a',
      attributes: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`a${i}`, 1])),
    },
    '/samples/0/attributes',
  ],
  ['attributes that are a list', { flag: 'a', attributes: [] }, '/samples/0/attributes'],
  [
    '17 absent ones',
    { flag: 'a', absent: Array.from({ length: 17 }, () => 'a') },
    '/samples/0/absent',
  ],
])('%s is refused', (_, sample, path) => {
  const issues = expect.arrayContaining([expect.objectContaining({ path })])
  expect(read(sample)).toMatchObject({ ok: false, error: { reason: 'invalid', issues } })
})

test('more than 500 are refused, and what is no list', () => {
  expect(read(...Array.from({ length: 501 }, () => ({ flag: 'a' }))).ok).toBe(false)
  for (const input of [{}, [], { samples: {} }, { samples: [], more: 1 }, null]) {
    expect(readSamples(input).ok).toBe(false)
  }
})
