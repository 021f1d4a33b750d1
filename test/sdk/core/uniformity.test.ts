/**
 * Buckets are even: χ² over 1,000 equal cells, for one seed after another. By default 100,000 ids under 20 seeds; 1,000,000
 * under 100 with `DRIFTLESS_FULL=1`, which takes minutes.
 */
import { expect, test } from 'vitest'
import { bucketOf, compile } from '#core'
import { bodyOf, flag } from './bodies.ts'

const isFull = globalThis.process?.env['DRIFTLESS_FULL'] === '1'
const IDS = isFull ? 1_000_000 : 100_000
const SEEDS = isFull ? 100 : 20
const CELLS = 1_000

/** Upper tail of χ² with so many degrees of freedom, by Wilson and Hilferty's cube root, which is good to 0.0005 from 100 on. */
function probabilityAbove(chiSquare: number, degrees: number): number {
  const part = 2 / (9 * degrees)
  const z = (Math.cbrt(chiSquare / degrees) - (1 - part)) / Math.sqrt(part)
  return 1 - normal(z)
}

/** The standard normal distribution, by Abramowitz and Stegun 7.1.26: to 1.5e-7. */
function normal(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const sum =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const half = 1 - sum * Math.exp(-x * x)
  return z < 0 ? (1 - half) / 2 : (1 + half) / 2
}

function chiSquareOf(counts: readonly number[], expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

test('the yardstick itself is right', () => {
  // Tables, for 1,000 degrees of freedom: 1,143.917 is exceeded once in a thousand; the median is 999.333.
  expect(probabilityAbove(1143.917, 1000)).toBeCloseTo(0.001, 5)
  expect(probabilityAbove(999.333, 1000)).toBeCloseTo(0.5, 4)
})

const KINDS: Readonly<Record<string, (n: number) => string>> = {
  'counted ids': (n) => `user-${n}`,
  numbers: (n) => String(n),
  'hexadecimal ids': (n) => (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0'),
}

function probabilityOf(ids: readonly string[], seed: string): number {
  const counts = Array.from({ length: CELLS }, () => 0)
  for (const id of ids) {
    const cell = Math.floor((bucketOf(id, seed) / 2 ** 32) * CELLS)
    counts[cell] = (counts[cell] ?? 0) + 1
  }
  return probabilityAbove(chiSquareOf(counts, IDS / CELLS), CELLS - 1)
}

test.each(Object.keys(KINDS))('buckets of %s are even under every seed', (kind) => {
  const ids = Array.from({ length: IDS }, (_, n) => KINDS[kind]?.(n) ?? '')
  const probabilities = Array.from({ length: SEEDS }, (_, n) => probabilityOf(ids, `seed-${n}`))
  const outside = probabilities.filter((p) => p < 0.001 || p > 0.999)
  // Chance alone puts one of 500 outside: of 100 none is in 82 cases of 100, one in 16.
  expect(outside.length).toBeLessThanOrEqual(isFull ? 1 : 0)
  for (const p of outside) expect(Math.min(p, 1 - p)).toBeGreaterThan(0.00001)
})

test('two flags with different seeds split people independently', () => {
  const half = { split: [{ variant: 'on', weight: 50_000 }] }
  const seeds = Array.from({ length: 8 }, (_, n) => `seed-${n}`)
  const flags = seeds.map((seed) => [seed, { ...flag, seed, rules: [{ id: 'r', serve: half }] }])
  const { value } = compile(bodyOf(Object.fromEntries(flags)))
  const cells = Array.from({ length: 2 ** seeds.length }, () => 0)
  for (let n = 0; n < IDS; n++) {
    const context = { targetingKey: `user-${n}` }
    const cell = seeds.reduce(
      (bits, seed) => bits * 2 + Number(value(seed, 'boolean', false, context, 0)),
      0,
    )
    cells[cell] = (cells[cell] ?? 0) + 1
  }
  const p = probabilityAbove(chiSquareOf(cells, IDS / cells.length), cells.length - 1)
  expect(p).toBeGreaterThan(0.001)
  expect(p).toBeLessThan(0.999)
})
