import { expect, test } from 'vitest'
import { compareOrder, formatAudience, parseAudience } from '#core'

test('a head is newer by its epoch, then by its seq', () => {
  const order = [
    { epoch: 1, seq: 1 },
    { epoch: 1, seq: 2 },
    { epoch: 2, seq: 1 },
  ]
  expect(order.toReversed().toSorted(compareOrder)).toEqual(order)
  expect(compareOrder({ epoch: 1, seq: 2 }, { epoch: 1, seq: 2 })).toBe(0)
})

test('the name of an audience reads back', () => {
  const name = { project: 'shop', environment: 'eu-production', audience: 'client' } as const
  expect(parseAudience(formatAudience(name))).toEqual(name)
})

test.each([
  '',
  'a/b',
  'a/b/c',
  'a/b/server/',
  'A/b/server',
  '/b/server',
  'a/-b/server',
  'a/b/server\n',
  `${'a'.repeat(64)}/b/server`,
])('%j names no audience', (text) => {
  expect(parseAudience(text)).toBeUndefined()
})
