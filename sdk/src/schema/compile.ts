/**
 * A schema becomes functions, once; a document is then checked without looking at the schema again. No code is made from
 * texts. What a keyword cannot be is a fault with its place, and so is a reference that leads nowhere.
 */
import { isJsonObject } from '../core/json.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { escapePointer } from '../core/pointer.ts'
import type { Dialect } from './dialect.ts'
import { arrayKeywords } from './keywords-array.ts'
import { inPlaceKeywords } from './keywords-in-place.ts'
import { objectKeywords } from './keywords-object.ts'
import { valueKeywords } from './keywords-value.ts'
import { compilePattern } from './pattern.ts'
import type { Pattern } from './pattern.ts'
import { Resources } from './resources.ts'
import type { Found } from './resources.ts'
import { Seen } from './run.ts'
import type { Check, Run } from './run.ts'

/** A fault of a schema: `path` is a JSON pointer into it, `message` says what would be right. */
export interface SchemaFault {
  readonly path: string
  readonly message: string
}

export interface CompileOptions {
  /** Of a schema without `$schema`. Default: 2020-12, and what draft-07 wrote in another way is understood as well. */
  readonly dialect?: Dialect | undefined
  /** Whether `format` is checked or only says something. Default `assertion`. */
  readonly formats?: 'assertion' | 'annotation' | undefined
}

export interface CompiledRoot {
  readonly node: Node
  readonly faults: readonly SchemaFault[]
}

/** A schema as a function; another may refer to it before it is compiled. */
export interface Node {
  readonly found: Found
  check: Check
}

/** What a keyword's compiler may ask. */
export interface Keyword {
  /** The schema it stands in. */
  readonly schema: JsonObject
  readonly name: string
  readonly value: JsonValue
  readonly dialect: Dialect
  readonly found: Found
  /** JSON pointer to the keyword. */
  readonly path: string
  readonly formats: 'assertion' | 'annotation'
  readonly resources: Resources
  readonly fault: (message: string, below?: string | number) => undefined
  /** A schema that stands in the keyword's value, `below` it. */
  readonly node: (schema: JsonValue, ...below: readonly (string | number)[]) => Node | undefined
  /** One that stands in the value of another keyword of the same schema. */
  readonly nodeOf: (
    keyword: string,
    schema: JsonValue,
    ...below: readonly (string | number)[]
  ) => Node | undefined
  /** A schema somewhere else. */
  readonly nodeAt: (found: Found) => Node
  /** Undefined when it was refused. `at`: where it stands, default the keyword. */
  readonly pattern: (source: string, at?: string) => Pattern | undefined
  /** Some schema here asks which resources were gone through. */
  readonly needScope: () => void
}

/** Undefined: says nothing about a document. */
export type KeywordCompiler = (keyword: Keyword) => Check | undefined

const MAX_FAULTS = 50
/** All patterns of a schema together, in places. */
const MAX_PATTERN_PLACES = 200_000

// In the order in which they are asked: what is cheap and tells most comes first, `unevaluated…` last.
const KEYWORDS: Readonly<Record<string, KeywordCompiler>> = {
  ...valueKeywords,
  ...objectKeywords,
  ...arrayKeywords,
  ...inPlaceKeywords,
}
const ORDER = Object.keys(KEYWORDS)
const UNEVALUATED = ['unevaluatedProperties', 'unevaluatedItems']

export function compileRoot(schema: JsonValue, options: CompileOptions): CompiledRoot {
  const faults: SchemaFault[] = []
  const fault = (path: string, message: string): void => {
    if (faults.length < MAX_FAULTS) faults.push({ path, message })
  }
  if (typeof schema !== 'boolean' && !isJsonObject(schema)) {
    fault('', 'must be an object, or true or false')
  }
  const resources = new Resources(schema, options.dialect, fault)
  const nodes = new Map<JsonValue, Node>()
  const waiting: Node[] = []
  const patterns = new Map<string, Pattern | undefined>()
  let places = 0
  let needsScope = false

  const nodeAt = (found: Found): Node => {
    const { schema: asked } = found
    if (!isJsonObject(asked)) return { found, check: asked === false ? refuseAll(found) : passAll }
    const known = nodes.get(asked)
    if (known) return known
    const node: Node = { found, check: passAll }
    nodes.set(asked, node)
    waiting.push(node)
    return node
  }

  const pattern = (source: string, at: string): Pattern | undefined => {
    if (patterns.has(source)) return patterns.get(source)
    let compiled: Pattern | undefined
    try {
      compiled = compilePattern(source)
      places += compiled.size
      if (places > MAX_PATTERN_PLACES)
        fault(at, 'all patterns of this schema together are too large')
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      fault(at, `must be a pattern that can be decided in linear time; ${error.message}`)
    }
    patterns.set(source, compiled)
    return compiled
  }

  const checksOf = (node: Node, inner: JsonObject): readonly Check[] => {
    const { found } = node
    const { dialect } = found.resource
    // A draft-07 reference stands alone.
    const alone = dialect === 'draft-07' && Object.hasOwn(inner, '$ref')
    const checks: Check[] = []
    for (const name of alone ? ['$ref'] : ORDER) {
      const value = Object.hasOwn(inner, name) ? inner[name] : undefined
      const compiler = KEYWORDS[name]
      if (value === undefined || !compiler) continue
      const path = `${found.pointer}/${name}`
      const nodeOf: Keyword['nodeOf'] = (keyword, below, ...tokens) => {
        const steps = [keyword, ...tokens].map((one) => `/${escapePointer(String(one))}`)
        const at = found.pointer + steps.join('')
        if (typeof below === 'boolean' || isJsonObject(below)) {
          return nodeAt(resources.find(below, found, at))
        }
        fault(at, 'must be a schema: an object, or true or false')
        return undefined
      }
      const check = compiler({
        schema: inner,
        name,
        value,
        dialect,
        found,
        path,
        formats: options.formats ?? 'assertion',
        resources,
        fault: (message, below) => {
          fault(below === undefined ? path : `${path}/${escapePointer(String(below))}`, message)
        },
        node: (below, ...tokens) => nodeOf(name, below, ...tokens),
        nodeOf,
        nodeAt,
        pattern: (source, at = path) => pattern(source, at),
        needScope: () => {
          needsScope = true
        },
      })
      if (check) checks.push(check)
    }
    return checks
  }

  const root = nodeAt(resources.root)
  while (waiting.length > 0) {
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      const { schema: inner } = node.found
      if (!isJsonObject(inner)) continue
      const wantsSeen = UNEVALUATED.some((name) => Object.hasOwn(inner, name))
      node.check = together(node, checksOf(node, inner), wantsSeen, () => needsScope)
    }
    // Wherever a dynamic reference leads in the end, it is ready.
    for (const { dynamic, anchors, recursive, root: top } of resources.all()) {
      for (const name of dynamic) {
        const found = anchors.get(name)
        if (found) nodeAt(found)
      }
      if (recursive) nodeAt(resources.find(top, resources.root, ''))
    }
  }
  return { node: root, faults }
}

const passAll: Check = () => true

function refuseAll(found: Found): Check {
  return (_, at, run) => run.fail(at, 'false', found.pointer, 'is not allowed here')
}

/** All checks of one schema. */
function together(
  { found }: Node,
  checks: readonly Check[],
  wantsSeen: boolean,
  needsScope: () => boolean,
): Check {
  if (checks.length === 0) return passAll
  const { resource } = found
  const all = (value: JsonValue, at: Parameters<Check>[1], run: Run, seen: Seen | undefined) => {
    let passes = true
    for (const check of checks) {
      if (check(value, at, run, seen)) continue
      passes = false
      if (run.isQuiet) break
    }
    return passes
  }
  return (value, at, run, seen) => {
    run.enter()
    if (run.opaque && typeof value === 'string' && run.opaque(value) === 'value') {
      run.unknown++
      run.leave()
      return true
    }
    const isEntered = needsScope() && run.scope.at(-1) !== resource
    if (isEntered) run.scope.push(resource)
    const own = wantsSeen ? new Seen() : seen
    const passes = all(value, at, run, own)
    if (wantsSeen && own && passes) seen?.take(own)
    if (isEntered) run.scope.pop()
    run.leave()
    return passes
  }
}
