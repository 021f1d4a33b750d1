/** Keywords about the members of an object. */
import { isJsonObject } from '../core/json.ts'
import type { JsonValue } from '../core/json.ts'
import { escapePointer } from '../core/pointer.ts'
import type { Keyword, KeywordCompiler, Node } from './compile.ts'
import { isList, readCount } from './keywords-value.ts'
import type { Pattern } from './pattern.ts'
import type { Check, Place, Run, Seen } from './run.ts'

const below = (above: Place | undefined, token: string): Place => ({ above, token })

const MEMBERS = ['properties', 'patternProperties', 'additionalProperties']

/** The three of them are one pass over the members, which the first that is there makes. */
const members: KeywordCompiler = (keyword) => {
  const { schema, name, value, fault } = keyword
  if (name !== 'additionalProperties' && !isJsonObject(value)) {
    return fault('must be an object of schemas')
  }
  return name === MEMBERS.find((one) => Object.hasOwn(schema, one))
    ? memberCheck(keyword)
    : undefined
}

function memberCheck(keyword: Keyword): Check | undefined {
  const { schema, found } = keyword
  const named = new Map<string, Node>()
  const patterns: (readonly [Pattern, Node])[] = []
  const properties = schema['properties']
  if (isJsonObject(properties)) {
    for (const [name, one] of Object.entries(properties)) {
      const node = keyword.nodeOf('properties', one, name)
      if (node) named.set(name, node)
    }
  }
  const byPattern = schema['patternProperties']
  if (isJsonObject(byPattern)) {
    for (const [source, one] of Object.entries(byPattern)) {
      const node = keyword.nodeOf('patternProperties', one, source)
      const at = `${found.pointer}/patternProperties/${escapePointer(source)}`
      const pattern = keyword.pattern(source, at)
      if (node && pattern) patterns.push([pattern, node])
    }
  }
  const others = schema['additionalProperties']
  const rest = others === undefined ? undefined : keyword.nodeOf('additionalProperties', others)
  const isClosed = others === false
  const path = `${found.pointer}/additionalProperties`
  const allowed = [...named.keys()]
  const shown = allowed.slice(0, 12).join(', ') + (allowed.length > 12 ? ', …' : '')
  const message = `is not allowed here${shown === '' ? '' : `; known are ${shown}`}`
  return (document, place, run, seen) => {
    if (!isJsonObject(document)) return true
    let passes = true
    for (const name of Object.keys(document)) {
      const value = document[name]
      if (value === undefined) continue
      let isKnown = false
      const node = named.get(name)
      if (node) {
        isKnown = true
        if (!node.check(value, below(place, name), run, undefined)) passes = false
      }
      for (const [pattern, one] of patterns) {
        if (!pattern.test(name, run.fuel)) continue
        isKnown = true
        if (!one.check(value, below(place, name), run, undefined)) passes = false
      }
      if (!isKnown && rest) {
        isKnown = true
        if (isClosed) passes = run.fail(below(place, name), 'additionalProperties', path, message)
        else if (!rest.check(value, below(place, name), run, undefined)) passes = false
      }
      if (isKnown) seen?.members.add(name)
      if (!passes && run.isQuiet) return false
    }
    return passes
  }
}

const required: KeywordCompiler = ({ value, path, fault }) => {
  const names = readNames(value)
  return names
    ? requireCheck(names, 'required', path, 'is required')
    : fault('must be a list of names')
}

function readNames(value: JsonValue | undefined): readonly string[] | undefined {
  if (!isList(value)) return undefined
  const names = value.filter((one) => typeof one === 'string')
  return names.length === value.length ? names : undefined
}

function requireCheck(
  names: readonly string[],
  keyword: string,
  path: string,
  message: string,
): Check {
  return (document, at, run) => {
    if (!isJsonObject(document)) return true
    let passes = true
    for (const name of names) {
      if (!Object.hasOwn(document, name)) passes = run.fail(below(at, name), keyword, path, message)
      else if (run.noBlanks && !run.isQuiet && isBlank(document[name])) {
        passes = run.fail(
          below(at, name),
          'blank',
          path,
          'is required, and must not be null or blank',
        )
      }
    }
    return passes
  }
}

function isBlank(value: JsonValue | undefined): boolean {
  return value === null || (typeof value === 'string' && value.trim() === '')
}

function ofSize(holds: (size: number, limit: number) => boolean, rule: string): KeywordCompiler {
  return (keyword) => {
    const limit = readCount(keyword)
    if (limit === undefined) return undefined
    const { name, path } = keyword
    const message = `must have ${rule} ${limit} members`
    return (document, at, run) =>
      !isJsonObject(document) ||
      holds(Object.keys(document).length, limit) ||
      run.fail(at, name, path, message)
  }
}

const propertyNames: KeywordCompiler = ({ value, node, name, path }) => {
  const names = node(value)
  return (
    names &&
    ((document, at, run) => {
      if (!isJsonObject(document)) return true
      let passes = true
      for (const member of Object.keys(document)) {
        if (run.quietly(() => names.check(member, undefined, run, undefined))) continue
        passes = run.fail(below(at, member), name, path, 'must have a name that its schema allows')
      }
      return passes
    })
  )
}

/** `dependencies` of draft-07 has lists of names and schemas; later drafts have a keyword for each. */
const dependencies: KeywordCompiler = ({ value, name, node, path, fault }) => {
  if (!isJsonObject(value)) return fault('must be an object')
  const checks: (readonly [string, Check])[] = []
  for (const [member, one] of Object.entries(value)) {
    const names = name === 'dependentSchemas' ? undefined : readNames(one)
    if (names) {
      const message = `is required where there is ${JSON.stringify(member)}`
      checks.push([member, requireCheck(names, name, path, message)])
    } else if (name === 'dependentRequired') fault('must be a list of names', member)
    else {
      const inner = node(one, member)
      if (inner) checks.push([member, (...asked) => inner.check(...asked)])
    }
  }
  return (document: JsonValue, at: Place | undefined, run: Run, seen: Seen | undefined) => {
    if (!isJsonObject(document)) return true
    let passes = true
    for (const [member, check] of checks) {
      if (Object.hasOwn(document, member) && !check(document, at, run, seen)) passes = false
    }
    return passes
  }
}

export const objectKeywords: Readonly<Record<string, KeywordCompiler>> = {
  required,
  minProperties: ofSize((size, limit) => size >= limit, 'at least'),
  maxProperties: ofSize((size, limit) => size <= limit, 'at most'),
  propertyNames,
  properties: members,
  patternProperties: members,
  additionalProperties: members,
  dependentRequired: dependencies,
  dependentSchemas: dependencies,
  dependencies,
}
