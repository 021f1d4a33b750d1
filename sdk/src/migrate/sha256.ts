/**
 * SHA-256 (FIPS 180-4), synchronous: ConfigCat hides the values that some of its conditions compare with behind it, and
 * evaluation never waits. It protects nothing here.
 */

const words = new Int32Array(64)
const [INITIAL, ROUNDS] = constants()

/** The hash of `bytes`, as 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array): string {
  const { length } = bytes
  const state = Int32Array.from(INITIAL)
  // The bytes, a bit of 1, zeros, and the length in bits in the last 64.
  const padded = new Uint8Array(((length + 8) >> 6) * 64 + 64)
  padded.set(bytes)
  padded[length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(length / 2 ** 29))
  view.setUint32(padded.length - 4, (length << 3) >>> 0)
  for (let block = 0; block < padded.length; block += 64) addBlock(state, view, block)
  return [...state].map((value) => (value >>> 0).toString(16).padStart(8, '0')).join('')
}

function addBlock(state: Int32Array, view: DataView, block: number): void {
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(block + i * 4)
  for (let i = 16; i < 64; i++) {
    const [early, late] = [word(i - 15), word(i - 2)]
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    words[i] = word(i - 16) + s0 + word(i - 7) + s1
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (ROUNDS[i] ?? 0) + word(i)) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) {
    state[i] = (state[i] ?? 0) + value
  }
}

function fraction(root: number): number {
  return ((root % 1) * 2 ** 32) | 0
}

function word(i: number): number {
  return words[i] ?? 0
}

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits))
}

/** The first 32 bits of the fractions of the square roots of 8 primes, and of the cube roots of 64. */
function constants(): readonly [readonly number[], readonly number[]] {
  const primes: number[] = []
  for (let n = 2; primes.length < 64; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  }
  return [
    primes.slice(0, 8).map((n) => fraction(Math.sqrt(n))),
    primes.map((n) => fraction(Math.cbrt(n))),
  ]
}
