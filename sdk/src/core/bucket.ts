/**
 * Who is in which share: EVALUATION.md §4. These numbers can never change once released, or people would move.
 * Vectors in test/vectors/bucket.json.
 */

/** Shares are integers out of this many parts: 1 is 0.001 %. Fixed for ever: see EVALUATION.md §4. */
export const SHARE_PARTS = 100_000

/**
 * murmur3_x86_32 with seed 0 over the UTF-8 form of `text`, as a signed 32-bit integer (`>>> 0` for the usual form).
 * A lone surrogate is hashed as U+FFFD. Allocates nothing for ASCII, which ids nearly always are.
 */
export function hashText(text: string): number {
  return hashUnits(text, 0x7f) ?? hashUnits(utf8(text), 0xff) ?? 0
}

/** The units of `text` as the bytes; undefined when one of them is above `max`. */
function hashUnits(text: string, max: number): number | undefined {
  const { length } = text
  const end = length & ~3
  let hash = 0
  let seen = 0
  for (let at = 0; at < end; at += 4) {
    const a = text.charCodeAt(at)
    const b = text.charCodeAt(at + 1)
    const c = text.charCodeAt(at + 2)
    const d = text.charCodeAt(at + 3)
    seen |= a | b | c | d
    hash ^= scramble(a | (b << 8) | (c << 16) | (d << 24))
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  let block = 0
  for (let at = length - 1; at >= end; at--) {
    const unit = text.charCodeAt(at)
    seen |= unit
    block = (block << 8) | unit
  }
  return seen > max ? undefined : mixFinal(hash ^ scramble(block) ^ length)
}

/** One unit a byte. */
function utf8(text: string): string {
  // In `u` mode a surrogate that is half of a pair is none.
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).replace(/%(..)/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function scramble(block: number): number {
  const k = Math.imul(block, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

/** fmix32, murmur3's finaliser; signed. */
function mixFinal(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

// One context is asked about by many flags, mostly by the same text.
let lastText = ''
let lastHash = 0

/** Between a bucket and its place, which fits 32 signed bits: larger numbers would cost an allocation each. */
export const PLACE_OFFSET: number = 2 ** 31

/** The bucket, less {@link PLACE_OFFSET}, of a value and a seed whose {@link hashText} is given. */
export function placeUnder(value: string, seedHash: number): number {
  if (value !== lastText) {
    lastHash = hashText(value)
    lastText = value
  }
  return mixFinal(lastHash ^ seedHash) ^ -PLACE_OFFSET
}

/** The bucket, 0 to 2^32 − 1, of a bucketing value under a seed. */
export function bucketOf(value: string, seed: string): number {
  return placeUnder(value, hashText(seed)) + PLACE_OFFSET
}

/** The first bucket that is not within the first `share` parts; `share` in `[0, SHARE_PARTS]`. */
export function cutPoint(share: number): number {
  // Buckets are compared raw with cut points: `bucket % SHARE_PARTS` would favour low slots, as 2 ** 32 is no multiple.
  return Math.floor((share / SHARE_PARTS) * 2 ** 32)
}

/** {@link cutPoint}, among places. */
export function cutPlace(share: number): number {
  return cutPoint(share) - PLACE_OFFSET
}

/**
 * Whether `bucket` falls inside the first `share` parts of the space, `share` in `[0, SHARE_PARTS]`.
 *
 * Raising a share only ever adds units, since the cut point only moves up.
 */
export function isInShare(bucket: number, share: number): boolean {
  return bucket < cutPoint(share)
}
