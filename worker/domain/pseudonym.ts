/**
 * A text that falls into every bucket just as another one does of which only the hash is known: murmur3 run backwards. Pure.
 * Source: MurmurHash3_x86_32 by Austin Appleby, as sdk/src/core/bucket.ts has it; every step of it can be undone.
 */

const C1 = 0xcc9e2d51
const C2 = 0x1b873593
const STEP = 0xe6546b64
const LENGTH = 8

/** Of an odd number modulo 2^32, by Newton: each turn doubles the bits that are right, of which three are to begin with. */
function inverse(odd: number): number {
  let x = odd
  for (let turn = 0; turn < 4; turn++) x = Math.imul(x, 2 - Math.imul(odd, x))
  return x
}

const UN_5 = inverse(5)
const UN_C1 = inverse(C1)
const UN_C2 = inverse(C2)
const UN_MIX_1 = inverse(0x85ebca6b)
const UN_MIX_2 = inverse(0xc2b2ae35)

/** Eight characters of ASCII with this {@link hashText}, given as 0 to 2^32 − 1; the same for the same hash. */
export function pseudonymOf(hash: number): string {
  const wanted = unmix(hash) ^ LENGTH
  // The second block follows from the first; it is ASCII for one first block in 16.
  for (let first = 0; ; first++) {
    const one = 0x20202020 + (first % 64) + (((first >>> 6) % 64) << 8) + ((first >>> 12) << 16)
    const after = (Math.imul(rotate(scramble(one), 13), 5) + STEP) | 0
    const two = unscramble(rotate(Math.imul((wanted - STEP) | 0, UN_5), 19) ^ after)
    if ((two & 0x80808080) === 0) return text(one) + text(two)
  }
}

function text(block: number): string {
  return String.fromCharCode(
    block & 0xff,
    (block >>> 8) & 0xff,
    (block >>> 16) & 0xff,
    block >>> 24,
  )
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function scramble(block: number): number {
  return Math.imul(rotate(Math.imul(block, C1), 15), C2)
}

function unscramble(value: number): number {
  return Math.imul(rotate(Math.imul(value, UN_C2), 17), UN_C1)
}

/** The inverse of fmix32. */
function unmix(hash: number): number {
  let h = hash | 0
  h ^= h >>> 16
  h = Math.imul(h, UN_MIX_2)
  h ^= (h >>> 13) ^ (h >>> 26)
  h = Math.imul(h, UN_MIX_1)
  return h ^ (h >>> 16)
}
