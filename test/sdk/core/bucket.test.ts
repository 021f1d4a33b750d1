/** EVALUATION.md §4, against vectors and against a second murmur3 written the plain way, over encoded bytes. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketOf, cutPoint, hashText, isInShare, SHARE_PARTS } from '#core'
import vectors from '../../vectors/bucket.json' with { type: 'json' }

const MASK = 0xffff_ffffn

const rotate = (x: bigint, bits: bigint): bigint => ((x << bits) | (x >> (32n - bits))) & MASK

function scramble(block: bigint): bigint {
  return (rotate((block * 0xcc9e2d51n) & MASK, 15n) * 0x1b873593n) & MASK
}

function finish(hash: bigint): bigint {
  let h = hash
  h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & MASK
  h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & MASK
  return h ^ (h >> 16n)
}

/** murmur3_x86_32, seed 0, as its author describes it. TextEncoder turns lone surrogates into U+FFFD. */
function reference(text: string): number {
  const bytes = new TextEncoder().encode(text)
  const whole = bytes.length - (bytes.length % 4)
  const read = (from: number, to: number): bigint =>
    bytes.subarray(from, to).reduceRight((block, byte) => (block << 8n) | BigInt(byte), 0n)
  let h = 0n
  for (let i = 0; i < whole; i += 4) {
    h = (rotate(h ^ scramble(read(i, i + 4)), 13n) * 5n + 0xe6546b64n) & MASK
  }
  if (whole < bytes.length) h ^= scramble(read(whole, bytes.length))
  return Number(finish(h ^ BigInt(bytes.length)))
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
)

describe('hash', () => {
  test.each(vectors.hashes)('of $text is that of its UTF-8', ({ text: given, hash }) => {
    expect(hashText(given) >>> 0).toBe(hash)
  })

  test.each(vectors.loneSurrogates)(
    'of units $units reads a lone surrogate as U+FFFD',
    (vector) => {
      expect(hashText(String.fromCharCode(...vector.units)) >>> 0).toBe(vector.hash)
    },
  )

  test('agrees with values published for murmur3_x86_32', () => {
    expect(hashText('hello') >>> 0).toBe(0x248bfa47)
    expect(hashText('hello, world') >>> 0).toBe(0x149bbb7f)
    expect(hashText('The quick brown fox jumps over the lazy dog') >>> 0).toBe(0x2e4ff723)
  })

  test('agrees with a plain murmur3 over encoded bytes on any text, lone surrogates included', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(hashText(given) >>> 0).toBe(reference(given))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('bucket', () => {
  test.each(vectors.buckets)('of "$value" under "$seed" is $bucket', (vector) => {
    expect(bucketOf(vector.value, vector.seed)).toBe(vector.bucket)
  })

  test('is the finaliser of both hashes, unsigned', () => {
    fc.assert(
      fc.property(text, text, (value, seed) => {
        const mixed = BigInt(reference(value)) ^ BigInt(reference(seed))
        expect(bucketOf(value, seed)).toBe(Number(finish(mixed)))
      }),
    )
  })
})

describe('share', () => {
  test.each(vectors.cuts)('$share parts are cut at $cut', ({ share, cut }) => {
    expect(cutPoint(share)).toBe(cut)
  })

  test.each(vectors.edges)('$id next to the edge of $share: $inShare', (edge) => {
    expect(bucketOf(edge.id, 'seed')).toBe(edge.bucket)
    expect(isInShare(edge.bucket, edge.share)).toBe(edge.inShare)
  })

  test('nobody is in none of it, everybody in all of it', () => {
    for (const bucket of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      expect(isInShare(bucket, 0)).toBe(false)
      expect(isInShare(bucket, SHARE_PARTS)).toBe(true)
    }
  })

  test('the first bucket outside a share is its cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: SHARE_PARTS - 1 }), (share) => {
        expect(isInShare(cutPoint(share) - 1, share)).toBe(true)
        expect(isInShare(cutPoint(share), share)).toBe(false)
      }),
    )
  })
})
