/** What is taken back from shared caches: together, within the ration, and never in the way of anything. */
import { expect, test } from 'vitest'
import { createPurger } from '../../../worker/http/purge.ts'

function setUp(answer: () => Promise<unknown> = async () => undefined) {
  const asked: string[][] = []
  const errors: unknown[] = []
  const clock = { nowMs: 1_000_000 }
  const purger = createPurger({
    purge: (tags) => {
      asked.push(tags)
      return answer()
    },
    nowMs: () => clock.nowMs,
    report: (error) => void errors.push(error),
  })
  return { purger, asked, errors, clock }
}

test('tags are purged, and those that come meanwhile go together', async () => {
  let release: () => void = () => undefined
  const { purger, asked } = setUp(() => new Promise<void>((settle) => (release = settle)))
  const first = purger(['a'])
  await purger(['b', 'c'])
  await purger(['c'])
  release()
  await expect.poll(() => asked.length).toBe(2)
  release()
  await first
  expect(asked).toEqual([['a'], ['b', 'c']])
})

test('at most 100 tags go with one request', async () => {
  const { purger, asked } = setUp()
  await purger(Array.from({ length: 250 }, (_, index) => `t${index}`))
  expect(asked.map((tags) => tags.length)).toEqual([100, 100, 50])
})

test('past five at once, and one in 15 s, tags wait for the next call', async () => {
  const { purger, asked, clock } = setUp()
  for (let n = 0; n < 8; n++) await purger([`t${n}`])
  expect(asked).toHaveLength(5)
  clock.nowMs += 14_999
  await purger([])
  expect(asked).toHaveLength(5)
  clock.nowMs += 1
  await purger([])
  expect(asked.at(-1)).toEqual(['t5', 't6', 't7'])
})

test('what cannot be purged is reported, and is in nobody’s way', async () => {
  const { purger, asked, errors } = setUp(() => Promise.reject(new Error('rationed')))
  await purger(['a'])
  await purger(['b'])
  expect([asked.length, errors.length]).toEqual([2, 2])
})

test('without such a cache nothing is done', async () => {
  const purger = createPurger({ purge: undefined, nowMs: () => 0, report: () => expect.fail() })
  await purger(['a'])
})
