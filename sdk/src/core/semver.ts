/** Precedence of Semantic Versioning 2.0.0 (§11). Strict: no leading `v`, no missing parts, no leading zeros. */

/** The parts that decide precedence, as text since a part may exceed any number. Build metadata is not among them. */
export interface Semver {
  readonly core: readonly string[]
  readonly prerelease: readonly string[]
}

const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([\dA-Za-z.-]+))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/
const IDENTIFIER = /^(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)$/

/** Undefined when `text` is not a version. */
export function parseSemver(text: string): Semver | undefined {
  const match = VERSION.exec(text)
  if (!match) return undefined
  const prerelease = match[4]?.split('.') ?? []
  if (!prerelease.every((identifier) => IDENTIFIER.test(identifier))) return undefined
  return { core: match.slice(1, 4), prerelease }
}

/** Negative, 0 or positive as `a` precedes, equals or follows `b`; undefined when one of them is not a version. */
export function compareSemver(a: string, b: string): number | undefined {
  const left = parseSemver(a)
  const right = parseSemver(b)
  return left && right && compareParsedSemver(left, right)
}

/** {@link compareSemver} for versions that are parsed already. */
export function compareParsedSemver(a: Semver, b: Semver): number {
  const order = compareIdentifiers(a.core, b.core)
  if (order !== 0) return order
  // A version without a prerelease follows all its prereleases.
  if (a.prerelease.length === 0 || b.prerelease.length === 0) {
    return b.prerelease.length - a.prerelease.length
  }
  return compareIdentifiers(a.prerelease, b.prerelease)
}

function compareIdentifiers(a: readonly string[], b: readonly string[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i]
    if (right === undefined) return 1
    const order = compareIdentifier(left, right)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareIdentifier(a: string, b: string): number {
  const isNumeric = /^\d/.test(a) && !/\D/.test(a)
  if (isNumeric === /\D/.test(b)) return isNumeric ? -1 : 1
  // Without leading zeros the longer number is the larger one.
  if (isNumeric && a.length !== b.length) return a.length - b.length
  return a < b ? -1 : Number(a > b)
}
