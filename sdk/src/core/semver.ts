/** Precedence of Semantic Versioning 2.0.0 (§11). Strict: no leading `v`, no missing parts, no leading zeros. */

const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/
/** Its parts are numbers of at most so many digits; longer texts are no versions. */
const MAX_CHARACTERS = 1000

/**
 * A text that comes before, after or is that of another version as the versions do in precedence; undefined when `text` is
 * no version. Build metadata is not in it.
 */
export function semverKey(text: string): string | undefined {
  const match = text.length > MAX_CHARACTERS ? null : VERSION.exec(text)
  if (!match) return undefined
  const [, major, minor, patch, prerelease] = match
  const core = keyOf(major) + keyOf(minor) + keyOf(patch)
  // Any prerelease precedes none; of two, the one that ends first.
  return core + (prerelease?.split('.').map(keyOf).join('') ?? '~')
}

/** Numbers by length, then digits; all of them before words, which end with what precedes any character. */
function keyOf(identifier = ''): string {
  return /\D/.test(identifier)
    ? `:${identifier}\0`
    : String.fromCharCode(1, identifier.length) + identifier
}

/** Negative, 0 or positive as `a` precedes, equals or follows `b`; undefined when one of them is not a version. */
export function compareSemver(a: string, b: string): number | undefined {
  const left = semverKey(a)
  const right = semverKey(b)
  if (left === undefined || right === undefined) return undefined
  return left < right ? -1 : Number(left > right)
}
