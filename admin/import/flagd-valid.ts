/**
 * What flagd's schema (targeting.json) takes as targeting, and where a targeting breaks it. Says nothing of what a targeting
 * means. Looser than the schema in two places where flagd itself takes more: a reference may stand wherever a rule may, and
 * versions may begin with "v" or leave numbers out.
 */
import { escapePointer, isJsonObject } from '#core'
import type { JsonValue } from '#core'
import type { Issue } from '../contract/schema.ts'
import { isArray } from './json.ts'

type Check = (operands: JsonValue, path: string) => Issue | undefined

/** The first place under `path` where `targeting` breaks the schema. */
export function targetingFault(targeting: JsonValue, path: string): Issue | undefined {
  return isJsonObject(targeting)
    ? faultOfRule(targeting, path)
    : fault(path, 'must be an operation, an object with one member')
}

function fault(path: string, message: string): Issue {
  return { path, message }
}

function faultOfRule(rule: Readonly<Record<string, JsonValue>>, path: string): Issue | undefined {
  return firstFault(Object.entries(rule), ([name, operands]) => {
    const here = `${path}/${escapePointer(name)}`
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
    return check === undefined
      ? fault(here, `"${name.slice(0, 64)}" is no operation of flagd's`)
      : check(operands, here)
  })
}

/** Plain values and lists are not looked into. */
function faultOfOperand(operand: JsonValue, path: string): Issue | undefined {
  return isJsonObject(operand) ? faultOfRule(operand, path) : undefined
}

function firstFault<T>(
  all: readonly T[],
  faultAt: (one: T, index: number) => Issue | undefined,
): Issue | undefined {
  for (const [index, one] of all.entries()) {
    const found = faultAt(one, index)
    if (found !== undefined) return found
  }
  return undefined
}

/** A list of so many operands. */
function list(min: number, max = Number.POSITIVE_INFINITY, each = faultOfOperand): Check {
  const count = min === max ? String(min) : max === 3 ? `${min} or ${max}` : `at least ${min}`
  return (operands, path) => {
    if (!isArray(operands) || operands.length < min || operands.length > max) {
      return fault(path, `must be a list of ${count}`)
    }
    return firstFault(operands, (one, index) => each(one, `${path}/${index}`))
  }
}

const isText = (value: JsonValue): value is string => typeof value === 'string'

const attribute: Check = (operands, path) =>
  isText(operands) && /^\$flagd\.(?!(?:timestamp|flagKey)$)/.test(operands)
    ? fault(path, 'must be "$flagd.timestamp", "$flagd.flagKey" or an attribute of the application')
    : undefined

const texts: Check = list(0, undefined, (one, path) =>
  isText(one) ? undefined : fault(path, 'must be a text'),
)

function textOrRule(one: JsonValue, path: string): Issue | undefined {
  if (isText(one)) return undefined
  return isJsonObject(one) ? faultOfRule(one, path) : fault(path, 'must be a text or an operation')
}

const VERSION = /^v?\d+(?:\.\d+){0,2}(?:-[\w.-]+)?(?:\+[\w.-]+)?$/
const RANGES = ['=', '!=', '<', '<=', '>', '>=', '~', '^']

const semVer: Check = (operands, path) => {
  if (!isArray(operands) || operands.length !== 3) return fault(path, 'must be a list of 3')
  return firstFault(operands, (one, index) => {
    const here = `${path}/${index}`
    if (index === 1) {
      return isText(one) && RANGES.includes(one)
        ? undefined
        : fault(here, `must be one of ${RANGES.join(' ')}`)
    }
    if (isJsonObject(one)) return faultOfRule(one, here)
    return isText(one) && VERSION.test(one)
      ? undefined
      : fault(here, 'must be a version such as 1.2.3, or a "var"')
  })
}

const fractional: Check = (operands, path) => {
  if (!isArray(operands) || operands.length === 0) return fault(path, 'must be a list of shares')
  return firstFault(operands, (one, index) => {
    const here = `${path}/${index}`
    if (index === 0 && isJsonObject(one)) return faultOfRule(one, here)
    if (!isArray(one) || one.length < 1 || one.length > 2) {
      const what = index === 0 ? 'an operation that gives what is hashed, or ' : ''
      return fault(here, `must be ${what}a list of a variant and, if not 1, its weight`)
    }
    const [variant = null, weight = 1] = one
    if (isJsonObject(weight)) {
      return faultOfOperand(variant, `${here}/0`) ?? faultOfRule(weight, `${here}/1`)
    }
    return typeof weight === 'number' && Number.isInteger(weight) && weight >= 0
      ? faultOfOperand(variant, `${here}/0`)
      : fault(`${here}/1`, 'must be a whole number, at least 0')
  })
}

const some = list(1)
const two = list(2, 2)
const twoOrThree = list(2, 3)

const CHECKS: Readonly<Record<string, Check>> = {
  $ref: (name, path) => (isText(name) ? undefined : fault(path, 'must be a text')),
  var: attribute,
  missing: texts,
  missing_some: (operands, path) => {
    const [least, names] = isArray(operands) && operands.length === 2 ? operands : []
    return typeof least === 'number' && names !== undefined
      ? texts(names, `${path}/1`)
      : fault(path, 'must be a list of a number and a list of names')
  },
  // One operand may stand without a list, or be a list.
  '!': (operands, path) => faultOfOperand(operands, path) ?? faultWithin(operands, path),
  '!!': (operands, path) => faultOfOperand(operands, path) ?? faultWithin(operands, path),
  ...Object.fromEntries(
    ['if', '?:', 'or', 'and', '+', '-', 'max', 'min', 'merge', 'cat'].map((name) => [name, some]),
  ),
  ...Object.fromEntries(
    '== === != !== > >= % / map filter all none some in'.split(' ').map((name) => [name, two]),
  ),
  '<': twoOrThree,
  '<=': twoOrThree,
  substr: twoOrThree,
  reduce: list(3, 3),
  '*': list(2),
  starts_with: list(2, 2, textOrRule),
  ends_with: list(2, 2, textOrRule),
  sem_ver: semVer,
  fractional,
}

function faultWithin(operands: JsonValue, path: string): Issue | undefined {
  return isArray(operands)
    ? firstFault(operands, (one, index) => faultOfOperand(one, `${path}/${index}`))
    : undefined
}
