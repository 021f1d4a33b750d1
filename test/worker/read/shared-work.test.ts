import { expect, test } from 'vitest'
import { DeadlineError, withDeadline } from '../../../worker/read/deadline.ts'
import { createSharedWork } from '../../../worker/read/shared-work.ts'

const ignore = () => undefined
const never = () => new Promise<string>(() => {})

test('work that ended is done anew, whether it went well or not', async () => {
  const work = createSharedWork<string>()
  await expect(work.run('k', 0, ignore, () => Promise.reject(new Error('no')))).rejects.toThrow(
    'no',
  )
  expect(await work.run('k', 1, ignore, async () => 'a')).toBe('a')
  expect(await work.run('k', 2, ignore, async () => 'b')).toBe('b')
})

test('different keys do not wait for each other', async () => {
  const work = createSharedWork<string>()
  void work.run('slow', 0, ignore, never).catch(ignore)
  expect(await work.run('quick', 0, ignore, async () => 'a')).toBe('a')
})

test('work that never ends, since its request was ended, is given up after 15 s', async () => {
  const work = createSharedWork<string>()
  let joined = 0
  void work.run('k', 0, ignore, never).catch(ignore)
  void work.run('k', 14_999, ignore, async () => `${joined++}`).catch(ignore)
  expect(joined).toBe(0)
  expect(await work.run('k', 15_000, ignore, async () => 'anew')).toBe('anew')
})

test('a deadline rejects what hangs and lets through what answers', async () => {
  await expect(withDeadline(never(), 1)).rejects.toThrow(DeadlineError)
  expect(await withDeadline(Promise.resolve('a'), 1_000)).toBe('a')
  await expect(withDeadline(Promise.reject(new Error('no')), 1_000)).rejects.toThrow('no')
})
