/**
 * murmur3_x86_32 as the JavaScript SDKs of others run it: with a seed, over the low byte of each UTF-16 unit. For ASCII that
 * is what every murmur3 answers; past it these SDKs differ from UTF-8 ones, and people must stay where *they* put them.
 */
export function murmur3LowBytes(text: string, seed: number): number {
  const { length } = text
  let hash = seed
  let at = 0
  for (; at + 4 <= length; at += 4) {
    hash ^= scramble(
      (text.charCodeAt(at) & 0xff) |
        ((text.charCodeAt(at + 1) & 0xff) << 8) |
        ((text.charCodeAt(at + 2) & 0xff) << 16) |
        ((text.charCodeAt(at + 3) & 0xff) << 24),
    )
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let i = length - 1; i >= at; i--) rest = (rest << 8) | (text.charCodeAt(i) & 0xff)
  if (at < length) hash ^= scramble(rest)
  return finish(hash ^ length)
}

/**
 * As above with seed 0, but each UTF-16 unit is mixed in whole, over its neighbours' bits: as `imurmurhash` 0.1.4 has it,
 * which flagd's JavaScript uses. A rest whose top bit is set is dropped there, so it is here.
 */
export function murmur3Units(text: string): number {
  const { length } = text
  const unit = (at: number): number => text.charCodeAt(at)
  let hash = 0
  let at = 0
  for (; at + 4 <= length; at += 4) {
    const top = unit(at + 3)
    const low = unit(at) ^ (unit(at + 1) << 8) ^ (unit(at + 2) << 16)
    hash ^= scramble(low ^ ((top & 0xff) << 24) ^ ((top & 0xff00) >> 8))
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let i = length - 1; i >= at; i--) rest ^= unit(i) << (8 * (i - at))
  if (rest > 0) hash ^= scramble(rest)
  return finish(hash ^ length)
}

function finish(mixed: number): number {
  let hash = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(block: number): number {
  const k = Math.imul(block, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}
