/**
 * SHA-1 (FIPS 180-4), synchronous: buckets of LaunchDarkly and ConfigCat are made of it, and evaluation never waits. It
 * spreads people over shares and protects nothing.
 */

/** Five words, each unsigned 32 bits. */
export type Sha1 = readonly [number, number, number, number, number]

const encoder = new TextEncoder()
// Written over by every block, so that a hash allocates only its bytes and its answer.
const words = new Int32Array(80)

/** The hash of the UTF-8 form of `text`. A lone surrogate is hashed as U+FFFD. */
export function sha1(text: string): Sha1 {
  const bytes = encoder.encode(text)
  const { length } = bytes
  let [h0, h1, h2, h3, h4] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  // The text, a bit of 1, zeros, and the length in bits in the last 64.
  const size = ((length + 8) >> 6) * 64 + 64
  for (let block = 0; block < size; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = wordAt(bytes, block + i * 4)
    if (block + 64 === size) {
      words[14] = Math.floor(length / 2 ** 29)
      words[15] = length << 3
    }
    for (let i = 16; i < 80; i++) {
      words[i] = rotate(word(i - 3) ^ word(i - 8) ^ word(i - 14) ^ word(i - 16), 1)
    }
    let [a, b, c, d, e] = [h0, h1, h2, h3, h4]
    for (let i = 0; i < 80; i++) {
      const next = (rotate(a, 5) + mixed(i, b, c, d) + e + word(i)) | 0
      e = d
      d = c
      c = rotate(b, 30)
      b = a
      a = next
    }
    h0 = (h0 + a) | 0
    h1 = (h1 + b) | 0
    h2 = (h2 + c) | 0
    h3 = (h3 + d) | 0
    h4 = (h4 + e) | 0
  }
  return [h0 >>> 0, h1 >>> 0, h2 >>> 0, h3 >>> 0, h4 >>> 0]
}

/** Big-endian; past the end of the text the bit of 1 and zeros. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (byteAt(bytes, at) << 24) |
    (byteAt(bytes, at + 1) << 16) |
    (byteAt(bytes, at + 2) << 8) |
    byteAt(bytes, at + 3)
  )
}

function byteAt(bytes: Uint8Array, at: number): number {
  if (at < bytes.length) return bytes[at] ?? 0
  return at === bytes.length ? 0x80 : 0
}

function word(i: number): number {
  return words[i] ?? 0
}

function mixed(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
  return (b ^ c ^ d) + 0xca62c1d6
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
