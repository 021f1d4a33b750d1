/** Precedence of Semantic Versioning 2.0.0 (§11). Strict: no leading `v`, no missing parts, no leading zeros. */

const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/
/** Its parts are numbers of at most so many digits; longer texts are no versions. */
const MAX_CHARACTERS = 1000
/** Ranks tell numbers below this from each other: three of them, and a half, are exact in a double. */
const PART = 2 ** 17

/**
 * A text that comes before, after or is that of another version as the versions do; undefined when `text` is none. Build
 * metadata is not in it.
 */
export function versionKey(text: string): string | undefined {
  const match = text.length > MAX_CHARACTERS ? null : VERSION.exec(text)
  if (!match) return undefined
  const [, major, minor, patch, prerelease] = match
  // Any prerelease precedes none; of two, the one that ends first.
  const last = prerelease?.split('.').map(keyOf).join('') ?? '~'
  return keyOf(major) + keyOf(minor) + keyOf(patch) + last
}

/**
 * A number that stands to the rank of a version of three numbers below 2^17 as the versions do: such a rank is an integer.
 * Others have no order among themselves. NaN when `text` is no version.
 */
export function versionRank(text: string): number {
  return rankOfPlain(text) ?? rankOfAny(text)
}

/** `1.2.3` and no more, each number of at most 5 digits: nearly all versions, at a tenth of the cost. */
function rankOfPlain(text: string): number | undefined {
  let rank = 0
  let part = 0
  let dots = 0
  let digits = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit === -2 && digits > 0) {
      rank = (rank + part) * PART
      part = digits = 0
      dots++
    } else {
      // A leading zero, too many digits, or something else.
      if (!(digit >= 0 && digit <= 9) || (digits > 0 && part === 0) || digits > 4) return undefined
      part = part * 10 + digit
      digits++
    }
  }
  return dots === 2 && digits > 0 ? rank + part : undefined
}

function rankOfAny(text: string): number {
  const match = text.length > MAX_CHARACTERS ? null : VERSION.exec(text)
  if (!match) return Number.NaN
  let rank = 0
  // What is too large makes all that follows as large as can be, and a half more.
  let isLarge = false
  for (const part of [match[1], match[2], match[3]]) {
    isLarge ||= Number(part) >= PART
    rank = rank * PART + (isLarge ? PART - 1 : Number(part))
  }
  if (isLarge) return rank + 0.5
  return match[4] === undefined ? rank : rank - 0.5
}

/** Numbers by length, then digits; all of them before words, which end with what precedes any character. */
function keyOf(identifier = ''): string {
  return /\D/.test(identifier)
    ? `:${identifier}\0`
    : String.fromCharCode(1, identifier.length) + identifier
}

/** Negative, 0 or positive as `a` precedes, equals or follows `b`; undefined when one of them is not a version. */
export function compareSemver(a: string, b: string): number | undefined {
  const [left, right] = [versionKey(a), versionKey(b)]
  if (left === undefined || right === undefined) return undefined
  return left < right ? -1 : Number(left > right)
}
