import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Buckets, parseRate, type Rate, take } from '../../../worker/domain/rate.ts'

const rate: Rate = { perSecond: 10, burst: 5 }

/** The same told with a count and the time it was taken at, in whole ticks so that nothing is rounded. */
function model(perSecond: number, burst: number) {
  let parts = burst * 1000
  let lastMs: number | undefined
  return (nowMs: number): boolean => {
    parts = Math.min(burst * 1000, parts + (nowMs - (lastMs ?? nowMs)) * perSecond)
    lastMs = nowMs
    if (parts < 1000) return false
    parts -= 1000
    return true
  }
}

describe('a token bucket', () => {
  test('lets through a burst, then one each interval, exactly', () => {
    let full: number | undefined
    const ask = (nowMs: number) => {
      const taken = take(rate, full, nowMs)
      full = taken.fullAtMs
      return taken
    }
    expect([4, 3, 2, 1, 0].map(() => ask(0).remaining)).toEqual([4, 3, 2, 1, 0])
    expect(ask(0)).toMatchObject({ allowed: false, retryAfterMs: 100 })
    expect(ask(99)).toMatchObject({ allowed: false, retryAfterMs: 1 })
    expect(ask(100)).toMatchObject({ allowed: true, remaining: 0 })
    expect(ask(100).allowed).toBe(false)
    expect(ask(10_000)).toMatchObject({ allowed: true, remaining: 4 })
  })

  test('is the same as counting tokens, for any times', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 5, 8, 10, 20, 100),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }),
        (perSecond, burst, steps) => {
          const counts = model(perSecond, burst)
          let nowMs = 1_700_000_000_000
          let full: number | undefined
          for (const step of steps) {
            nowMs += step
            const taken = take({ perSecond, burst }, full, nowMs)
            full = taken.fullAtMs
            expect(taken.allowed).toBe(counts(nowMs))
          }
        },
      ),
    )
  })

  test('ten times the burst at once: exactly the burst gets through', () => {
    const buckets = new Buckets(rate)
    const allowed = Array.from({ length: 50 }, () => buckets.take('a', 7).allowed)
    expect(allowed.filter(Boolean)).toHaveLength(5)
    expect(buckets.take('b', 7).allowed).toBe(true)
  })

  test('a clock that goes back shuts nobody out for longer than the bucket takes to fill', () => {
    const later = take(rate, undefined, 1_000_000)
    const back = take(rate, later.fullAtMs, 0)
    expect(back.retryAfterMs).toBeLessThanOrEqual(500)
    expect(take(rate, back.fullAtMs, 500).allowed).toBe(true)
  })

  test('a burst that is used up waits an interval, told to the millisecond', () => {
    const thirds: Rate = { perSecond: 3, burst: 3 }
    let full: number | undefined
    for (let count = 0; count < 3; count += 1) {
      const taken = take(thirds, full, 0)
      expect(taken.allowed).toBe(true)
      full = taken.fullAtMs
    }
    const refused = take(thirds, full, 0)
    expect(refused.allowed).toBe(false)
    expect(take(thirds, full, Math.ceil(refused.retryAfterMs)).allowed).toBe(true)
  })

  test('no more names are kept than was said, and full ones go first', () => {
    const buckets = new Buckets(rate, 3)
    for (let count = 0; count < 5; count += 1) buckets.take('spent', 0)
    for (const name of ['a', 'b', 'c', 'd']) buckets.take(name, 400)
    expect(buckets.peek('spent', 400).allowed).toBe(true)
    for (let count = 0; count < 5; count += 1) buckets.take('spent', 401)
    buckets.take('e', 600)
    expect(buckets.peek('spent', 401).allowed).toBe(false)
  })

  test.each([
    ['100/1000', { perSecond: 100, burst: 1000 }],
    ['0.5/1', { perSecond: 0.5, burst: 1 }],
    ['0/1', undefined],
    ['1/0', undefined],
    ['', undefined],
    ['1/1e9', undefined],
    ['-1/5', undefined],
  ])('%j reads as %j', (text, expected) => {
    expect(parseRate(text)).toEqual(expected)
  })
})
