/** Keywords about the elements of a list. */
import { isJsonObject } from '../core/json.ts'
import type { JsonValue } from '../core/json.ts'
import type { Keyword, KeywordCompiler, Node } from './compile.ts'
import { isList, readCount } from './keywords-value.ts'
import { burn } from './pattern.ts'
import type { Check, Place } from './run.ts'

const below = (above: Place | undefined, token: number): Place => ({ above, token })

function ofLength(
  holds: (length: number, limit: number) => boolean,
  rule: string,
): KeywordCompiler {
  return (keyword) => {
    const limit = readCount(keyword)
    if (limit === undefined) return undefined
    const { name, path } = keyword
    const message = `must have ${rule} ${limit} elements`
    return (document, at, run) =>
      !isList(document) || holds(document.length, limit) || run.fail(at, name, path, message)
  }
}

const uniqueItems: KeywordCompiler = ({ value, name, path, fault }) => {
  if (typeof value !== 'boolean') return fault('must be true or false')
  if (!value) return undefined
  return (document, at, run) => {
    if (!isList(document)) return true
    const known = new Set<string>()
    for (const [index, element] of document.entries()) {
      const text = identity(element)
      burn(run.fuel, 1 + text.length / 50)
      if (known.has(text)) return run.fail(below(at, index), name, path, 'must not be there twice')
      known.add(text)
    }
    return true
  }
}

/** One text for what is equal: members in any order, `1` and `1.0`. */
function identity(value: JsonValue): string {
  if (isList(value)) return `[${value.map(identity).join()}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const names = Object.keys(value).toSorted()
  return `{${names.map((name) => `${JSON.stringify(name)}:${identity(value[name] ?? null)}`).join()}}`
}

function nodesOf({ value, node, fault }: Keyword): readonly Node[] | undefined {
  if (!isList(value)) return fault('must be a list of schemas')
  const nodes = value.map((one, index) => node(one, index))
  return nodes.flatMap((one) => one ?? [])
}

/** The elements at the places of `nodes`, each against its own. */
function tuple(nodes: readonly Node[]): Check {
  return (document, at, run, seen) => {
    if (!isList(document)) return true
    let passes = true
    for (const [index, node] of nodes.entries()) {
      const element = document[index]
      if (element === undefined) break
      if (!node.check(element, below(at, index), run, undefined)) passes = false
      if (!passes && run.isQuiet) return false
    }
    if (seen) seen.prefix = Math.max(seen.prefix, Math.min(nodes.length, document.length))
    return passes
  }
}

/** Every element from `start` on. */
function rest(node: Node, start: number, { name, path, value }: Keyword): Check {
  const isClosed = value === false
  const message =
    start === 0 ? 'is not allowed here' : `is not allowed here: at most ${start} elements`
  return (document, at, run, seen) => {
    if (!isList(document)) return true
    let passes = true
    for (let index = start; index < document.length; index++) {
      const element = document[index]
      if (element === undefined) continue
      if (isClosed) passes = run.fail(below(at, index), name, path, message)
      else if (!node.check(element, below(at, index), run, undefined)) passes = false
      if (!passes && run.isQuiet) return false
    }
    if (seen) seen.prefix = Math.max(seen.prefix, document.length)
    return passes
  }
}

const prefixItems: KeywordCompiler = (keyword) => {
  if (keyword.dialect !== '2020-12') return undefined
  const nodes = nodesOf(keyword)
  return nodes && tuple(nodes)
}

const items: KeywordCompiler = (keyword) => {
  const { value, node, schema, dialect, found, fault } = keyword
  if (isList(value)) {
    if (dialect === '2020-12' && !found.resource.lenient) {
      return fault('must be a schema; a list of them is prefixItems in 2020-12')
    }
    const nodes = nodesOf(keyword)
    return nodes && tuple(nodes)
  }
  const one = node(value)
  const prefix = dialect === '2020-12' ? schema['prefixItems'] : undefined
  return one && rest(one, isList(prefix) ? prefix.length : 0, keyword)
}

/** Before 2020-12, and only beside a list of `items`. */
const additionalItems: KeywordCompiler = (keyword) => {
  const { value, node, schema, dialect, found } = keyword
  if (dialect === '2020-12' && !found.resource.lenient) return undefined
  const one = node(value)
  const before = schema['items']
  return one && isList(before) ? rest(one, before.length, keyword) : undefined
}

const contains: KeywordCompiler = (keyword) => {
  const { value, node, schema, name, path, dialect } = keyword
  const one = node(value)
  if (!one) return undefined
  const isNew = dialect !== 'draft-07'
  const [least, most] = [schema['minContains'], schema['maxContains']]
  const min = isNew && typeof least === 'number' ? least : 1
  const max = isNew && typeof most === 'number' ? most : Infinity
  const few = `must have at least ${min === 1 ? 'one element' : `${min} elements`} that fit`
  const many = `must have at most ${max} elements that fit`
  return (document, at, run, seen) => {
    if (!isList(document)) return true
    let count = 0
    const unknown = run.unknown
    for (const [index, element] of document.entries()) {
      if (!run.quietly(() => one.check(element, below(at, index), run, undefined))) continue
      count++
      if (dialect === '2020-12') seen?.elements.add(index)
    }
    if (count < min) return run.fail(at, name, path, few)
    // What is not known yet counted as fitting.
    return count <= max || run.unknown > unknown || run.fail(at, 'maxContains', path, many)
  }
}

/** Read by `contains`; here only what they must be. */
const count: KeywordCompiler = (keyword) => {
  if (keyword.dialect !== 'draft-07') readCount(keyword)
  return undefined
}

export const arrayKeywords: Readonly<Record<string, KeywordCompiler>> = {
  minItems: ofLength((length, limit) => length >= limit, 'at least'),
  maxItems: ofLength((length, limit) => length <= limit, 'at most'),
  uniqueItems,
  prefixItems,
  items,
  additionalItems,
  minContains: count,
  maxContains: count,
  contains,
}
