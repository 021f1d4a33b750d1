import { expect, test } from 'vitest'
import { createBodyCache } from '../../../worker/read/body-cache.ts'

const bytes = (length: number) => new Uint8Array(length)
const ignore = () => undefined

test('the least recently used bodies go when the bytes are too many', async () => {
  const cache = createBodyCache(100)
  for (const key of ['a', 'b']) await cache.load(key, 0, ignore, async () => bytes(40))
  expect(cache.held('a')).toBeDefined()
  await cache.load('c', 0, ignore, async () => bytes(40))
  expect(cache.held('b')).toBeUndefined()
  expect(cache.held('a')).toBeDefined()
  expect(cache.held('c')).toBeDefined()
})

test('a body larger than the cache is served and not kept', async () => {
  const cache = createBodyCache(100)
  await cache.load('small', 0, ignore, async () => bytes(100))
  expect(await cache.load('large', 0, ignore, async () => bytes(101))).toHaveLength(101)
  expect(cache.held('large')).toBeUndefined()
  expect(cache.held('small')).toBeDefined()
})

test('many requests for one body are one lookup', async () => {
  const cache = createBodyCache(100)
  let asked = 0
  const load = () => cache.load('a', 0, ignore, async () => (asked++, bytes(1)))
  await Promise.all([load(), load(), load()])
  expect(asked).toBe(1)
})
