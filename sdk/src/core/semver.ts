/** Precedence of Semantic Versioning 2.0.0 (§11). Strict: no leading `v`, no missing parts, no leading zeros. */

const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/
/** Its parts are numbers of at most so many digits; longer texts are no versions. */
const MAX_CHARACTERS = 1000
/** Three of them, and the half of a prerelease, are exact in a double. */
const PART = 2 ** 17

export interface Version {
  /** Its three numbers in one, and half less for a prerelease, so that most pairs are told apart at once; NaN when too large. */
  readonly core: number
  readonly text: string
}

/** Undefined when `text` is no version. Build metadata is not in it. */
export function parseVersion(text: string): Version | undefined {
  return parsePlain(text) ?? parseAny(text)
}

/** `1.2.3` and no more, each number of at most 5 digits: nearly all versions, at a tenth of the cost. */
function parsePlain(text: string): Version | undefined {
  let core = 0
  let part = 0
  let dots = 0
  let digits = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit === -2 && digits > 0) {
      core = (core + part) * PART
      part = digits = 0
      dots++
    } else {
      // A leading zero, too many digits, or something else.
      if (!(digit >= 0 && digit <= 9) || (digits > 0 && part === 0) || digits > 4) return undefined
      part = part * 10 + digit
      digits++
    }
  }
  return dots === 2 && digits > 0 ? { core: core + part, text } : undefined
}

function parseAny(text: string): Version | undefined {
  const match = text.length > MAX_CHARACTERS ? null : VERSION.exec(text)
  if (!match) return undefined
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const isSmall = major < PART && minor < PART && patch < PART
  const core = (major * PART + minor) * PART + patch - (match[4] === undefined ? 0 : 0.5)
  return { core: isSmall ? core : Number.NaN, text }
}

/** Negative, 0 or positive as `a` precedes, equals or follows `b`. */
export function compareVersions(a: Version, b: Version): number {
  const difference = a.core - b.core
  // NaN is what tells nothing.
  if (Math.abs(difference) > 0) return difference
  // The same three numbers and no prerelease.
  if (difference === 0 && Number.isInteger(a.core)) return 0
  const [left, right] = [textOf(a), textOf(b)]
  return left < right ? -1 : Number(left > right)
}

/** A text that comes before, after or is that of another version as the versions do. */
function textOf({ text }: Version): string {
  const [, major, minor, patch, prerelease] = VERSION.exec(text) ?? []
  // Any prerelease precedes none; of two, the one that ends first.
  const last = prerelease?.split('.').map(keyOf).join('') ?? '~'
  return keyOf(major) + keyOf(minor) + keyOf(patch) + last
}

/** Numbers by length, then digits; all of them before words, which end with what precedes any character. */
function keyOf(identifier = ''): string {
  return /\D/.test(identifier)
    ? `:${identifier}\0`
    : String.fromCharCode(1, identifier.length) + identifier
}

/** {@link compareVersions} of texts; undefined when one of them is not a version. */
export function compareSemver(a: string, b: string): number | undefined {
  const left = parseVersion(a)
  const right = parseVersion(b)
  return left && right && compareVersions(left, right)
}
