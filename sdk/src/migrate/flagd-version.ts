/** flagd's `sem_ver`, as `@openfeature/flagd-core` (4.0.1) has it: lenient where SemVer is not. */
import { compareSemver } from '../core/semver.ts'
import { textOf } from './text.ts'

export const FLAGD_RANGES = ['=', '!=', '<', '<=', '>', '>=', '^', '~'] as const
export type FlagdRange = (typeof FLAGD_RANGES)[number]

/** A version without what flagd passes over: a leading `v`, and numbers that may be left out. Undefined for what is none. */
export function flagdVersion(given: unknown): string | undefined {
  const text = textOf(given).replace(/^v/i, '')
  const plain = text.trim().replace(/^v/, '')
  const partial = /^(\d+)(?:\.(\d+))?$/.exec(text)
  const version = partial ? `${partial[1]}.${partial[2] ?? 0}.0` : plain
  return compareSemver(version, version) === undefined ? undefined : version
}

/** Whether `given` is in the range of `against`; false when one of them is no version, for `!=` too. */
export function isInFlagdRange(given: unknown, range: FlagdRange, against: unknown): boolean {
  const left = flagdVersion(given)
  const right = flagdVersion(against)
  if (left === undefined || right === undefined) return false
  const order = compareSemver(left, right) ?? Number.NaN
  switch (range) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    // The same major, or major and minor: nothing is asked of what follows, prereleases included.
    case '^':
      return partOf(left, 1) === partOf(right, 1)
    case '~':
      return partOf(left, 2) === partOf(right, 2)
  }
}

const partOf = (version: string, numbers: number): string => version.split('.', numbers).join('.')
