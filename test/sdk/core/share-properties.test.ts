/** What must hold of shares whatever the ids, seeds and weights: nobody is moved who need not be. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile, SHARE_PARTS } from '#core'
import type { EvaluationDetails } from '#core'
import { bodyOf } from './bodies.ts'

const ids = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 40 })
const seeds = fc.string()
const share = fc.integer({ min: 0, max: SHARE_PARTS })

interface Position {
  readonly variant: string
  readonly weight: number
  readonly from?: number
}

function flagOf(served: unknown, more: object = {}): unknown {
  return {
    type: 'string',
    variants: { a: 'a', b: 'b', c: 'c', rest: 'rest' },
    enabled: true,
    seed: 'seed',
    defaultVariant: 'rest',
    rules: [{ id: 'r', serve: served, ...more }],
  }
}

/** The answer to each id. */
function serve(flag: unknown, to: readonly string[], nowMs = 0): (string | undefined)[] {
  const { details } = compile(bodyOf({ flag }))
  return to.map((targetingKey) => details('flag', 'string', '', { targetingKey }, nowMs).variant)
}

const splitOf = (...split: readonly Position[]): object => ({ split })

describe('a share', () => {
  test('that grows loses nobody', () => {
    fc.assert(
      fc.property(ids, seeds, share, share, (to, seed, one, other) => {
        const [small, large] = [Math.min(one, other), Math.max(one, other)]
        const before = serve(flagOf(splitOf({ variant: 'a', weight: small }), { seed }), to)
        const after = serve(flagOf(splitOf({ variant: 'a', weight: large }), { seed }), to)
        const lost = before.filter((variant, i) => variant === 'a' && after[i] !== 'a')
        expect(lost).toEqual([])
      }),
    )
  })

  test('at p equals the split of p and the rest', () => {
    fc.assert(
      fc.property(ids, seeds, share, (to, seed, p) => {
        const rollout = splitOf({ variant: 'a', weight: p })
        const split = splitOf(
          { variant: 'a', weight: p },
          { variant: 'rest', weight: SHARE_PARTS - p },
        )
        expect(serve(flagOf(rollout, { seed }), to)).toEqual(serve(flagOf(split, { seed }), to))
      }),
    )
  })

  test('that is a ramp in its middle equals a split of that size, and a ramp upwards loses nobody', () => {
    const times = fc.integer({ min: -10, max: 1010 })
    fc.assert(
      fc.property(ids, share, share, times, times, (to, one, other, early, late) => {
        const [from, until] = [Math.min(one, other), Math.max(one, other)]
        const [first, then] = [Math.min(early, late), Math.max(early, late)]
        const ramp = flagOf({ ramp: { variant: 'a', from, to: until, startMs: 0, endMs: 1000 } })
        const now = Math.min(Math.max(first, 0), 1000)
        const weight = Math.floor(from + ((until - from) * now) / 1000)
        const before = serve(ramp, to, first)
        expect(before).toEqual(serve(flagOf(splitOf({ variant: 'a', weight })), to))
        const after = serve(ramp, to, then)
        expect(before.filter((variant, i) => variant === 'a' && after[i] !== 'a')).toEqual([])
      }),
    )
  })

  test('written with from where positions start anyway changes nothing', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 33_333 }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(ids, weights, (to, [a = 0, b = 0, c = 0]) => {
        const plain = splitOf(
          { variant: 'a', weight: a },
          { variant: 'b', weight: b },
          { variant: 'c', weight: c },
        )
        const placed = splitOf(
          { variant: 'c', weight: c, from: a + b },
          { variant: 'a', weight: a, from: 0 },
          { variant: 'b', weight: b },
        )
        expect(serve(flagOf(placed), to)).toEqual(serve(flagOf(plain), to))
      }),
    )
  })

  test('is about as large as it says', () => {
    const to = Array.from({ length: 20_000 }, (_, i) => `user-${i}`)
    const served = serve(
      flagOf(splitOf({ variant: 'a', weight: 10_000 }, { variant: 'b', weight: 30_000 })),
      to,
    )
    const count = (name: string): number => served.filter((variant) => variant === name).length
    // Five standard deviations.
    expect(Math.abs(count('a') - 2000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.1 * 0.9))
    expect(Math.abs(count('b') - 6000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.3 * 0.7))
  })
})

describe('a seed', () => {
  const half = splitOf({ variant: 'a', weight: 50_000 })

  test('that is equal gives two flags the same people', () => {
    fc.assert(
      fc.property(ids, seeds, share, (to, seed, weight) => {
        const { details } = compile(
          bodyOf({
            one: { ...Object(flagOf(splitOf({ variant: 'a', weight }))), seed },
            other: flagOf(splitOf({ variant: 'a', weight }), { seed }),
          }),
        )
        const bucketOf = (key: string, targetingKey: string): EvaluationDetails['flagMetadata'] =>
          details(key, 'string', '', { targetingKey }, 0).flagMetadata
        for (const id of to) expect(bucketOf('one', id)).toEqual(bucketOf('other', id))
      }),
    )
  })

  test('stays when a flag is renamed, so that nobody moves', () => {
    const flag = flagOf(half)
    fc.assert(
      fc.property(ids, fc.string(), (to, name) => {
        const { details } = compile(bodyOf(Object.fromEntries([[name, flag]])))
        const renamed = to.map(
          (key) => details(name, 'string', '', { targetingKey: key }, 0).variant,
        )
        expect(renamed).toEqual(serve(flag, to))
      }),
    )
  })

  test('that differs mixes people anew', () => {
    const to = Array.from({ length: 10_000 }, (_, i) => `user-${i}`)
    const one = serve(flagOf(half, { seed: 'one' }), to)
    const other = serve(flagOf(half, { seed: 'other' }), to)
    const both = one.filter((variant, i) => variant === 'a' && other[i] === 'a').length
    expect(Math.abs(both - 2500)).toBeLessThan(5 * Math.sqrt(10_000 * 0.25 * 0.75))
  })
})
