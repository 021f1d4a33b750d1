import { describe, expect, test } from 'vitest'
import { createTimedCache } from '../../../worker/read/timed-cache.ts'

/** A cache of 1 s over a value the test sets; `work` is what was left running in the background. */
function setUp(options: { staleOnErrorMs?: number; maxEntries?: number } = {}) {
  const state = { value: 'a' as string | null, down: false, asked: 0 }
  const work: Promise<unknown>[] = []
  const cache = createTimedCache<string>({
    ttlMs: 1_000,
    staleOnErrorMs: options.staleOnErrorMs ?? 0,
    maxEntries: options.maxEntries ?? 10,
    async lookup() {
      state.asked++
      if (state.down) throw new Error('down')
      return state.value
    },
  })
  const get = (nowMs: number, key = 'k') => cache.get(key, nowMs, (p) => void work.push(p))
  return { state, cache, get, background: () => Promise.all(work) }
}

describe('a timed cache', () => {
  test('serves without a promise up to its time, and asks again at it', async () => {
    const { state, get } = setUp()
    expect(await get(0)).toBe('a')
    state.value = 'b'
    expect(get(499)).toBe('a')
    expect(state.asked).toBe(1)
    const late = get(1_000)
    expect(late).toBeInstanceOf(Promise)
    expect(await late).toBe('b')
  })

  test('from half its time on it asks in the background, once, while the old value is served', async () => {
    const { state, get, background } = setUp()
    await get(0)
    state.value = 'b'
    expect(get(500)).toBe('a')
    expect(get(501)).toBe('a')
    await background()
    expect(state.asked).toBe(2)
    expect(get(502)).toBe('b')
  })

  test('a value that went away in the background is gone', async () => {
    const { state, get, background } = setUp()
    await get(0)
    state.value = null
    expect(get(600)).toBe('a')
    await background()
    expect(await get(601)).toBeNull()
  })

  test('requests that miss at the same time share one lookup', async () => {
    const { state, get } = setUp()
    expect(await Promise.all([get(0), get(0), get(1)])).toEqual(['a', 'a', 'a'])
    expect(state.asked).toBe(1)
  })

  test('what is not there is asked for each time', async () => {
    const { state, get } = setUp()
    state.value = null
    expect(await get(0)).toBeNull()
    state.value = 'a'
    expect(await get(1)).toBe('a')
  })

  test('a failed lookup fails, and the next one tries again', async () => {
    const { state, get } = setUp()
    state.down = true
    await expect(get(0)).rejects.toThrow('down')
    state.down = false
    expect(await get(1)).toBe('a')
  })

  test('after a failure the old value stands in, up to its bound and no further', async () => {
    const { state, get } = setUp({ staleOnErrorMs: 5_000 })
    await get(0)
    state.down = true
    expect(await get(1_000)).toBe('a')
    expect(get(1_999)).toBe('a')
    expect(state.asked).toBe(2)
    expect(await get(4_999)).toBe('a')
    await expect(get(5_999)).rejects.toThrow('down')
  })

  test('a clock that was set back does not make a value fresh', async () => {
    const { state, get } = setUp()
    await get(10_000)
    state.value = 'b'
    expect(await get(5_000)).toBe('b')
  })

  test('the oldest goes when there are too many', async () => {
    const { state, get, cache } = setUp({ maxEntries: 2 })
    for (const key of ['x', 'y', 'z']) await get(0, key)
    expect([cache.has('x'), cache.has('y'), cache.has('z')]).toEqual([false, true, true])
    expect(state.asked).toBe(3)
  })

  test('a lookup under way does not bring back what was forgotten meanwhile', async () => {
    const { cache, get } = setUp()
    const running = get(0)
    cache.forget(() => true)
    await running
    expect(cache.has('k')).toBe(false)
  })
})
