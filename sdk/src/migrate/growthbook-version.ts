/** Versions as GrowthBook orders them: looser than SemVer, decided on a padded text. */

/**
 * Negative, 0 or positive as `a` precedes, equals or follows `b`. A leading `v` and what follows a `+` do not count;
 * `-` parts like `.`; what is no version counts as `0`.
 */
export function compareGrowthBookVersions(a: unknown, b: unknown): number {
  const left = paddedVersion(a)
  const right = paddedVersion(b)
  return left < right ? -1 : Number(left > right)
}

function paddedVersion(version: unknown): string {
  const text = typeof version === 'number' ? String(version) : version
  const given = typeof text === 'string' && text !== '' ? text : '0'
  const parts = given.replace(/(^v|\+.*$)/g, '').split(/[-.]/)
  // `~` follows every letter, so a release follows its pre-releases.
  if (parts.length === 3) parts.push('~')
  return parts.map((part) => (/^\d+$/.test(part) ? part.padStart(5, ' ') : part)).join('-')
}
