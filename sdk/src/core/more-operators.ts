/**
 * Operators with much code, which most flags do without: those of versions, dates, patterns and networks. An evaluator is
 * given them; a client fetches them when a flag asks for one.
 */
import { parseCidr, parseIp } from './cidr.ts'
import { toEpochMs } from './date.ts'
import { isInOrder, ordered } from './operators.ts'
import type { Operator, Operators, Order } from './operators.ts'
import { compilePattern } from './pattern.ts'
import { isString, stringsOf } from './read.ts'
import { compareVersions, parseVersion } from './semver.ts'
import type { Version } from './semver.ts'

// Rules one after the other mostly compare the same version.
let lastText = ''
let lastVersion: Version | undefined

function readVersion(value: unknown): Version | undefined {
  if (!isString(value)) return undefined
  if (value !== lastText) {
    lastText = value
    lastVersion = parseVersion(value)
  }
  return lastVersion
}

function version(order: Order): Operator {
  const [isLess, isMore] = [isInOrder(0, order, 1), isInOrder(1, order, 0)]
  return (value) => {
    const bound = readVersion(value)
    if (!bound) return undefined
    return (attribute) => {
      const given = readVersion(attribute)
      if (!given) return false
      // NaN is what tells nothing.
      const difference = given.core - bound.core
      if (difference > 0) return isMore
      if (difference < 0) return isLess
      return isInOrder(compareVersions(given, bound), order, 0)
    }
  }
}

/** Any of the texts in `value` suffices; `read` makes a test of each, or nothing where it cannot be read. */
function text(read: (value: string) => ((attribute: string) => boolean) | undefined): Operator {
  return (value) => {
    const texts = stringsOf(value)
    if (!texts) return undefined
    const tests = texts.flatMap((one) => read(one) ?? [])
    if (tests.length < texts.length) return undefined
    return (attribute) => isString(attribute) && tests.some((test) => test(attribute))
  }
}

export const MORE_OPERATORS: Operators = {
  before: ordered(toEpochMs, '<'),
  after: ordered(toEpochMs, '>'),
  semverEquals: version('='),
  semverLt: version('<'),
  semverLte: version('<='),
  semverGt: version('>'),
  semverGte: version('>='),
  matches: text(compilePattern),
  ipInCidr: text((value) => {
    const contains = parseCidr(value)
    return contains && ((attribute) => contains(parseIp(attribute) ?? []))
  }),
}
