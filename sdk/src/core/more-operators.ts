/**
 * Operators with much code, which most flags do without: those of versions, dates, patterns and networks. An evaluator is
 * given them; a client fetches them when a flag asks for one.
 */
import { parseCidr, parseIp } from './cidr.ts'
import { toEpochMs } from './date.ts'
import { isAbove, isAtLeast, isAtMost, isBelow, ordered, text } from './operators.ts'
import type { Key, Operators } from './operators.ts'
import { compilePattern } from './pattern.ts'
import { isString } from './read.ts'
import { semverKey } from './semver.ts'

// Rules one after the other mostly compare the same version.
let lastVersion = ''
let lastKey: Key = Number.NaN

function toVersion(value: unknown): Key {
  if (!isString(value)) return Number.NaN
  if (value !== lastVersion) {
    lastVersion = value
    lastKey = semverKey(value) ?? Number.NaN
  }
  return lastKey
}

export const MORE_OPERATORS: Operators = {
  before: ordered(toEpochMs, isBelow),
  after: ordered(toEpochMs, isAbove),
  semverEquals: ordered(toVersion, (a, b) => a === b),
  semverLt: ordered(toVersion, isBelow),
  semverLte: ordered(toVersion, isAtMost),
  semverGt: ordered(toVersion, isAbove),
  semverGte: ordered(toVersion, isAtLeast),
  matches: text(compilePattern),
  ipInCidr: text((value) => {
    const contains = parseCidr(value)
    return contains && ((attribute) => contains(parseIp(attribute) ?? []))
  }),
}
