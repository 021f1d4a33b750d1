/** Keywords that ask other schemas about the same value, and what these left unlooked at. */
import { isJsonObject } from '../core/json.ts'
import type { JsonValue } from '../core/json.ts'
import type { Keyword, KeywordCompiler, Node } from './compile.ts'
import { isList } from './keywords-value.ts'
import type { Found } from './resources.ts'
import { Seen } from './run.ts'
import type { Check, Place, Run } from './run.ts'

/** Where a reference leads; undefined, and a fault, when nowhere. */
function resolved({ value, found, resources, fault }: Keyword): Found | undefined {
  if (typeof value !== 'string') return fault('must be a string')
  const target = resources.resolve(value, found)
  return typeof target === 'string' ? fault(target) : target
}

const reference: KeywordCompiler = (keyword) => {
  const target = resolved(keyword)
  if (!target) return undefined
  const node = keyword.nodeAt(target)
  return (...asked) => node.check(...asked)
}

const dynamicReference: KeywordCompiler = (keyword) => {
  const { value, dialect, nodeAt } = keyword
  if (dialect !== '2020-12') return undefined
  const target = resolved(keyword)
  if (!target || typeof value !== 'string') return undefined
  const [, fragment = ''] = value.split('#')
  const initial = nodeAt(target)
  // Without a dynamic anchor of this name where it leads first, it is a plain reference.
  if (!target.resource.dynamic.has(fragment)) return (...asked) => initial.check(...asked)
  keyword.needScope()
  return (document, at, run, seen) => {
    const outer = run.scope.find(({ dynamic }) => dynamic.has(fragment))
    const found = outer?.anchors.get(fragment)
    return (found ? nodeAt(found) : initial).check(document, at, run, seen)
  }
}

/** 2019-09 only. */
const recursiveReference: KeywordCompiler = (keyword) => {
  const { value, dialect, nodeAt, resources, fault, found } = keyword
  if (dialect !== '2019-09') return undefined
  if (value !== '#') return fault('must be "#"')
  const target = resolved(keyword)
  if (!target) return undefined
  const initial = nodeAt(target)
  if (!target.resource.recursive) return (...asked) => initial.check(...asked)
  keyword.needScope()
  return (document, at, run, seen) => {
    const outer = run.scope.find(({ recursive }) => recursive)
    const node = outer ? nodeAt(resources.find(outer.root, found, '')) : initial
    return node.check(document, at, run, seen)
  }
}

function branchesOf({ value, node, fault }: Keyword): readonly Node[] | undefined {
  if (!isList(value) || value.length === 0) return fault('must be a list of at least one schema')
  return value.flatMap((one, index) => node(one, index) ?? [])
}

const allOf: KeywordCompiler = (keyword) => {
  const nodes = branchesOf(keyword)
  return (
    nodes &&
    ((document, at, run, seen) => {
      let passes = true
      for (const node of nodes) {
        if (node.check(document, at, run, seen)) continue
        passes = false
        if (run.isQuiet) break
      }
      return passes
    })
  )
}

/** Asks one of several schemas; what it looked at counts only if it passes. */
function tries(
  node: Node,
  document: JsonValue,
  at: Place | undefined,
  run: Run,
  seen: Seen | undefined,
): boolean {
  const own = seen && new Seen()
  const passes = run.quietly(() => node.check(document, at, run, own))
  if (passes && own) seen.take(own)
  return passes
}

const anyOf: KeywordCompiler = (keyword) => {
  const nodes = branchesOf(keyword)
  return (
    nodes &&
    ((document, at, run, seen) => {
      let passes = false
      for (const node of nodes) {
        if (tries(node, document, at, run, seen)) passes = true
        if (passes && !seen) return true
      }
      return passes || explain(keyword, nodes, document, at, run)
    })
  )
}

const oneOf: KeywordCompiler = (keyword) => {
  const nodes = branchesOf(keyword)
  return (
    nodes &&
    ((document, at, run, seen) => {
      const unknown = run.unknown
      let count = 0
      for (const node of nodes) if (tries(node, document, at, run, seen)) count++
      // What is not known yet fits everything.
      if (count === 1 || (count > 1 && run.unknown > unknown)) return true
      if (count === 0) return explain(keyword, nodes, document, at, run)
      return run.fail(
        at,
        keyword.name,
        keyword.path,
        `must fit one alternative only, fits ${count}`,
      )
    })
  )
}

/** Of alternatives that all fail, the only one that is of the value's type or kind tells best what is missing. */
function explain(
  { name, path }: Keyword,
  nodes: readonly Node[],
  document: JsonValue,
  at: Place | undefined,
  run: Run,
): false {
  if (run.isQuiet) return false
  const near = nodes.filter((node) => isNear(node, document))
  const [only] = near
  if (near.length === 1 && only) {
    const before = run.issues.length
    only.check(document, at, run, undefined)
    if (run.issues.length > before) return false
  }
  const count = nodes.length === 1 ? 'the alternative' : `one of ${nodes.length} alternatives`
  return run.fail(at, name, path, `must fit ${count}`)
}

/** Whether the alternative is meant for such a value, as far as `type` and constant members tell. */
function isNear({ found: { schema } }: Node, document: JsonValue): boolean {
  if (!isJsonObject(schema)) return false
  const { type, properties } = schema
  if (Object.hasOwn(schema, 'const') || Object.hasOwn(schema, 'enum')) return false
  if (typeof type === 'string' && type !== typeOf(document)) return false
  if (!isJsonObject(properties) || !isJsonObject(document)) return true
  return Object.entries(properties).every(([name, one]) => {
    const value = isJsonObject(one) ? one['const'] : undefined
    return value === undefined || !Object.hasOwn(document, name) || document[name] === value
  })
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const not: KeywordCompiler = ({ value, node, name, path }) => {
  const one = node(value)
  return (
    one &&
    ((document, at, run) => {
      const unknown = run.unknown
      const passes = run.quietly(() => one.check(document, at, run, undefined))
      return (
        !passes || run.unknown > unknown || run.fail(at, name, path, 'must not fit this schema')
      )
    })
  )
}

const condition: KeywordCompiler = ({ value, schema, node, nodeOf }) => {
  const asked = node(value)
  if (!asked) return undefined
  const { then: onYes, else: onNo } = schema
  const yes = onYes === undefined ? undefined : nodeOf('then', onYes)
  const no = onNo === undefined ? undefined : nodeOf('else', onNo)
  return (document, at, run, seen) => {
    const unknown = run.unknown
    const holds = tries(asked, document, at, run, seen)
    // Whether it holds is not known yet.
    if (run.unknown > unknown) return true
    const chosen = holds ? yes : no
    return chosen?.check(document, at, run, seen) ?? true
  }
}

/** Read by `if`; here only what they must be. */
const branch: KeywordCompiler = ({ value, node }) => {
  node(value)
  return undefined
}

const unevaluatedProperties: KeywordCompiler = ({ value, node, name, path, dialect }) => {
  const one = dialect === 'draft-07' ? undefined : node(value)
  return (
    one &&
    ((document, at, run, seen) => {
      if (!isJsonObject(document)) return true
      let passes = true
      for (const [member, inner] of Object.entries(document)) {
        if (seen?.members.has(member)) continue
        const place = { above: at, token: member }
        if (value === false) passes = run.fail(place, name, path, 'is not allowed here')
        else if (!one.check(inner, place, run, undefined)) passes = false
        seen?.members.add(member)
      }
      return passes
    })
  )
}

const unevaluatedItems: KeywordCompiler = ({ value, node, name, path, dialect }) => {
  const one = dialect === 'draft-07' ? undefined : node(value)
  const check: Check | undefined =
    one &&
    ((document, at, run, seen) => {
      if (!isList(document)) return true
      let passes = true
      for (const [index, inner] of document.entries()) {
        if (index < (seen?.prefix ?? 0) || seen?.elements.has(index)) continue
        const place = { above: at, token: index }
        if (value === false) passes = run.fail(place, name, path, 'is not allowed here')
        else if (!one.check(inner, place, run, undefined)) passes = false
      }
      if (seen) seen.prefix = document.length
      return passes
    })
  return check
}

export const inPlaceKeywords: Readonly<Record<string, KeywordCompiler>> = {
  $ref: reference,
  $dynamicRef: dynamicReference,
  $recursiveRef: recursiveReference,
  allOf,
  anyOf,
  oneOf,
  not,
  if: condition,
  // Nobody waits for a table of keywords.
  // oxlint-disable-next-line unicorn/no-thenable -- the keyword's name
  then: branch,
  else: branch,
  unevaluatedProperties,
  unevaluatedItems,
}
