/**
 * Who is in which share: EVALUATION.md §4. These numbers can never change once released, or people would move.
 * Vectors in test/vectors/bucket.json.
 */

/** Shares are integers out of this many parts: 1 is 0.001 %. Fixed for ever: see EVALUATION.md §4. */
export const SHARE_PARTS = 100_000

/**
 * murmur3_x86_32 with seed 0 over the UTF-8 form of `text`, as a signed 32-bit integer (`>>> 0` for the usual form).
 * A lone surrogate is hashed as U+FFFD. Allocates nothing: the bytes are made from the string's units on the way.
 */
export function hashText(text: string): number {
  const { length } = text
  let hash = 0
  let at = 0
  // Ids are nearly always ASCII, four of whose units are one block.
  for (; at + 4 <= length; at += 4) {
    const a = text.charCodeAt(at)
    const b = text.charCodeAt(at + 1)
    const c = text.charCodeAt(at + 2)
    const d = text.charCodeAt(at + 3)
    if ((a | b | c | d) > 0x7f) break
    hash = mixBlock(hash, a | (b << 8) | (c << 16) | (d << 24))
  }
  let bytes = at
  let block = 0
  while (at < length) {
    let point = text.codePointAt(at) ?? 0
    at += point > 0xffff ? 2 : 1
    if (point >= 0xd800 && point < 0xe000) point = 0xfffd
    // The point's UTF-8 bytes: a leading one that says how many follow, then six bits each.
    const following = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
    for (let i = following; i >= 0; i--) {
      const bits = point >> (6 * i)
      const byte =
        following === 0
          ? bits
          : i < following
            ? 0x80 | (bits & 0x3f)
            : ((0xff00 >> (following + 1)) & 0xff) | bits
      block |= byte << (8 * (bytes & 3))
      if ((++bytes & 3) === 0) {
        hash = mixBlock(hash, block)
        block = 0
      }
    }
  }
  if ((bytes & 3) > 0) hash ^= scramble(block)
  return mixFinal(hash ^ bytes)
}

function scramble(block: number): number {
  const k = Math.imul(block, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

function mixBlock(hash: number, block: number): number {
  const h = hash ^ scramble(block)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

/** fmix32, murmur3's finaliser; signed. */
function mixFinal(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** The bucket, 0 to 2^32 − 1, of a value and a seed whose {@link hashText} are given, so that each is hashed only once. */
export function bucketOfHashes(valueHash: number, seedHash: number): number {
  return mixFinal(valueHash ^ seedHash) >>> 0
}

/** The bucket, 0 to 2^32 − 1, of a bucketing value under a seed. */
export function bucketOf(value: string, seed: string): number {
  return bucketOfHashes(hashText(value), hashText(seed))
}

/** The first bucket that is not within the first `share` parts; `share` in `[0, SHARE_PARTS]`. */
export function cutPoint(share: number): number {
  // Buckets are compared raw with cut points: `bucket % SHARE_PARTS` would favour low slots, as 2 ** 32 is no multiple.
  return Math.floor((share / SHARE_PARTS) * 2 ** 32)
}

/**
 * Whether `bucket` falls inside the first `share` parts of the space, `share` in `[0, SHARE_PARTS]`.
 *
 * Raising a share only ever adds units, since the cut point only moves up.
 */
export function isInShare(bucket: number, share: number): boolean {
  return bucket < cutPoint(share)
}
