/**
 * Operators with much code, which most flags do without: those of versions, dates, patterns and networks. An evaluator is
 * given them; a client fetches them when a flag asks for one.
 */
import { parseCidr, parseIp } from './cidr.ts'
import { toEpochMs } from './date.ts'
import { ordered, UNLIKE } from './operators.ts'
import type { AttributeTest, Operator, Operators, Order } from './operators.ts'
import { compilePattern } from './pattern.ts'
import { isString, stringsOf } from './read.ts'
import { versionKey, versionRank } from './semver.ts'

function rankOf(attribute: unknown): number {
  return isString(attribute) ? versionRank(attribute) : Number.NaN
}

/** `holds` tells of two keys whether they are in that order. */
function version(kind: 'equals' | Order, holds: (a: string, b: string) => boolean): Operator {
  return (value) => {
    const key = isString(value) ? versionKey(value) : undefined
    if (key === undefined) return undefined
    const bound = rankOf(value)
    if (Number.isInteger(bound)) return [{ ...UNLIKE, kind, value: bound, bound, read: rankOf }]
    const test: AttributeTest = (attribute) => {
      const given = isString(attribute) ? versionKey(attribute) : undefined
      return given !== undefined && holds(given, key)
    }
    return [{ ...UNLIKE, test }]
  }
}

/** `read` makes a test of each text in `value`, or nothing where it cannot be read. */
function text(read: (value: string) => ((attribute: string) => boolean) | undefined): Operator {
  return (value) => {
    const texts = stringsOf(value)
    if (!texts) return undefined
    const tests = texts.flatMap((one) => read(one) ?? [])
    if (tests.length < texts.length) return undefined
    return tests.map((test) => {
      return { ...UNLIKE, test: (attribute: unknown) => isString(attribute) && test(attribute) }
    })
  }
}

export const MORE_OPERATORS: Operators = {
  before: ordered('<', toEpochMs),
  after: ordered('>', toEpochMs),
  semverEquals: version('equals', (a, b) => a === b),
  semverLt: version('<', (a, b) => a < b),
  semverLte: version('<=', (a, b) => a <= b),
  semverGt: version('>', (a, b) => a > b),
  semverGte: version('>=', (a, b) => a >= b),
  matches: text(compilePattern),
  ipInCidr: text((value) => {
    const contains = parseCidr(value)
    return contains && ((attribute) => contains(parseIp(attribute) ?? []))
  }),
}
