/** Precedence of Semantic Versioning 2.0.0 (§11). Strict: no leading `v`, no missing parts, no leading zeros. */

/**
 * The identifiers that decide precedence: three numbers, then those of the prerelease. As text, since a number may be
 * larger than any double. Build metadata is not among them.
 */
export type Semver = readonly string[]

const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([\dA-Za-z.-]+))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/
const IDENTIFIER = /^(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)$/

/** Undefined when `text` is not a version. */
export function parseSemver(text: string): Semver | undefined {
  const match = VERSION.exec(text)
  if (!match) return undefined
  const prerelease = match[4]?.split('.') ?? []
  const isValid = prerelease.every((identifier) => IDENTIFIER.test(identifier))
  return isValid ? [...match.slice(1, 4), ...prerelease] : undefined
}

/** Negative, 0 or positive as `a` precedes, equals or follows `b`; undefined when one of them is not a version. */
export function compareSemver(a: string, b: string): number | undefined {
  const left = parseSemver(a)
  const right = parseSemver(b)
  return left && right && compareParsedSemver(left, right)
}

/** {@link compareSemver} for versions that are parsed already. */
export function compareParsedSemver(a: Semver, b: Semver): number {
  for (let i = 0; i < a.length || i < b.length; i++) {
    const [left, right] = [a[i], b[i]]
    if (left === undefined || right === undefined) {
      // Fewer prerelease identifiers precede more; but none at all follow any.
      return (left === undefined) === i > 3 ? -1 : 1
    }
    const order = compareIdentifiers(left, right)
    if (order !== 0) return order
  }
  return 0
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [!/\D/.test(a), !/\D/.test(b)]
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  // Without leading zeros the longer number is the larger one.
  if (isNumber && a.length !== b.length) return a.length - b.length
  return a < b ? -1 : Number(a > b)
}
