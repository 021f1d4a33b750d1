/**
 * What a schema refers to: its resources by URI (`$id`), their anchors, and the schema a `$ref` leads to. Nothing is ever
 * fetched: a schema is complete in itself, but for the metaschemas of the drafts.
 */
import { isJsonObject } from '../core/json.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { escapePointer, getMember, parsePointer } from '../core/pointer.ts'
import { dialectOf, DIALECT_RULE, LIST, MAP, ONE } from './dialect.ts'
import type { Dialect } from './dialect.ts'
import { metaschema } from './metaschemas.ts'

/** Of a schema that has no `$id`; nobody sees it. */
const BASE = 'https://schema.invalid/schema'
/** Deeper ones are refused: compiling follows the nesting on the stack. */
const MAX_DEPTH = 100

/** A schema with a URI of its own. */
export interface Resource {
  readonly uri: string
  readonly root: JsonValue
  readonly dialect: Dialect
  /** `$schema` is not there at all: what draft-07 wrote in another way is understood as well. */
  readonly lenient: boolean
  readonly anchors: Map<string, Found>
  /** Those of `anchors` that `$dynamicAnchor` made. */
  readonly dynamic: Set<string>
  /** `$recursiveAnchor: true` at the root (2019-09). */
  readonly recursive: boolean
}

/** A schema inside a resource. `pointer`: where it stands in the document that was given. */
export interface Found {
  readonly schema: JsonValue
  readonly resource: Resource
  readonly pointer: string
}

export type Fault = (pointer: string, message: string) => void

export class Resources {
  readonly #resources = new Map<string, Resource>()
  /** Schemas that are objects, each where it was found. */
  readonly #known = new Map<JsonObject, Found>()
  readonly #fault: Fault
  readonly #fallback: Dialect | undefined
  readonly root: Found

  constructor(schema: JsonValue, fallback: Dialect | undefined, fault: Fault) {
    this.#fault = fault
    this.#fallback = fallback
    this.root = this.#add(schema, BASE, fault)
  }

  /** The place of a schema inside a known one. */
  find(schema: JsonValue, parent: Found, pointer: string): Found {
    const known = isJsonObject(schema) ? this.#known.get(schema) : undefined
    return known ?? { schema, resource: parent.resource, pointer }
  }

  all(): Iterable<Resource> {
    return this.#resources.values()
  }

  /** What `reference` leads to from `from`, or why it leads nowhere. */
  resolve(reference: string, from: Found): Found | string {
    const hash = reference.indexOf('#')
    const address = hash < 0 ? reference : reference.slice(0, hash)
    const uri = address === '' ? from.resource.uri : resolveUri(address, from.resource.uri)
    const resource = uri === undefined ? undefined : this.#resource(uri)
    if (!resource) {
      return 'must lead to a place in this schema: another document is not fetched; put it under $defs'
    }
    const fragment = hash < 0 ? '' : decode(reference.slice(hash + 1))
    const root = this.find(resource.root, { schema: true, resource, pointer: '' }, '')
    if (fragment === '') return root
    if (fragment === undefined) return 'must be a URI reference'
    if (!fragment.startsWith('/')) {
      return resource.anchors.get(fragment) ?? 'must lead to an anchor that is there'
    }
    return this.#follow(root, fragment) ?? 'must lead to a schema that is there'
  }

  #resource(uri: string): Resource | undefined {
    const known = this.#resources.get(uri)
    if (known) return known
    const meta = metaschema(uri)
    if (meta === undefined) return undefined
    this.#add(meta, uri, () => undefined)
    return this.#resources.get(uri)
  }

  #follow(root: Found, pointer: string): Found | undefined {
    let place = root
    for (const token of parsePointer(pointer) ?? []) {
      const schema = getMember(place.schema, token)
      if (schema === undefined) return undefined
      place = this.find(schema, place, `${place.pointer}/${escapePointer(token)}`)
    }
    const { schema } = place
    if (typeof schema !== 'boolean' && !isJsonObject(schema)) return undefined
    // Below a keyword that is not known nothing was read yet.
    if (isJsonObject(schema) && !this.#known.has(schema)) this.#walk(place, this.#fault, 0)
    return place
  }

  #add(schema: JsonValue, uri: string, fault: Fault): Found {
    const place = { schema, resource: this.#create(schema, uri, '', fault, undefined), pointer: '' }
    return this.#walk(place, fault, 0)
  }

  #create(
    schema: JsonValue,
    uri: string,
    pointer: string,
    fault: Fault,
    parent: Resource | undefined,
  ): Resource {
    const named = isJsonObject(schema) ? schema['$schema'] : undefined
    let dialect = parent?.dialect ?? this.#fallback ?? '2020-12'
    if (named !== undefined) {
      const found = typeof named === 'string' ? dialectOf(named) : undefined
      if (found) dialect = found
      else fault(`${pointer}/$schema`, DIALECT_RULE)
    }
    const resource: Resource = {
      uri,
      root: schema,
      dialect,
      lenient: named === undefined && (parent?.lenient ?? this.#fallback === undefined),
      anchors: new Map(),
      dynamic: new Set(),
      recursive: isJsonObject(schema) && schema['$recursiveAnchor'] === true,
    }
    this.#resources.set(uri, resource)
    return resource
  }

  #walk(given: Found, fault: Fault, depth: number): Found {
    const { schema, pointer } = given
    if (!isJsonObject(schema)) return given
    if (depth > MAX_DEPTH) {
      fault(pointer, `must not nest deeper than ${MAX_DEPTH}`)
      return given
    }
    const place = this.#named(schema, given, fault)
    this.#known.set(schema, place)
    const visit = (inner: JsonValue | undefined, at: string): void => {
      if (inner !== undefined)
        this.#walk({ ...place, schema: inner, pointer: at }, fault, depth + 1)
    }
    for (const [keyword, value] of Object.entries(schema)) {
      const at = `${pointer}/${escapePointer(keyword)}`
      if (Array.isArray(value)) {
        const list: readonly JsonValue[] = value
        if (LIST.includes(keyword)) for (const [i, one] of list.entries()) visit(one, `${at}/${i}`)
      } else if (ONE.includes(keyword)) visit(value, at)
      else if (MAP.includes(keyword) && isJsonObject(value)) {
        for (const [name, one] of Object.entries(value)) visit(one, `${at}/${escapePointer(name)}`)
      }
    }
    return place
  }

  /** Reads the identifiers of a schema: it may be a resource of its own, and have anchors. */
  #named(schema: JsonObject, given: Found, fault: Fault): Found {
    const { pointer } = given
    let place = given
    const { $id: id, $anchor: anchor, $dynamicAnchor: dynamic } = schema
    const isOld = given.resource.dialect === 'draft-07'
    const isIgnored = isOld && Object.hasOwn(schema, '$ref')
    if (id !== undefined && typeof id !== 'string') fault(`${pointer}/$id`, 'must be a string')
    if (typeof id === 'string' && !isIgnored) {
      const [address = '', fragment = ''] = id.split('#')
      if (fragment !== '' && !isOld && !given.resource.lenient) {
        fault(`${pointer}/$id`, 'must have no fragment; name a place by $anchor')
      }
      const uri = address === '' ? given.resource.uri : resolveUri(address, given.resource.uri)
      if (uri === undefined) fault(`${pointer}/$id`, 'must be a URI reference')
      else if (uri !== given.resource.uri) {
        if (this.#resources.has(uri)) fault(`${pointer}/$id`, 'must be given once')
        const resource = this.#create(schema, uri, pointer, fault, given.resource)
        place = { ...given, resource }
        // The root is found by both names, since nobody can say the one it was given.
        if (given.resource.root === schema) this.#resources.set(given.resource.uri, resource)
      }
      // Generators write a pointer here, or the same name twice: the first one counts.
      const { anchors } = place.resource
      const isAnchor = fragment !== '' && !fragment.startsWith('/')
      if (isAnchor && !anchors.has(fragment)) anchors.set(fragment, place)
    }
    if (isOld) return place
    for (const [keyword, name] of [
      ['$anchor', anchor],
      ['$dynamicAnchor', dynamic],
    ] as const) {
      if (name === undefined) continue
      if (typeof name !== 'string' || !/^[A-Za-z_][-A-Za-z0-9._]*$/.test(name)) {
        fault(`${pointer}/${keyword}`, 'must be a name: letters, digits, ".", "_" and "-"')
      } else this.#anchor(name, place, `${pointer}/${keyword}`, fault)
      if (keyword === '$dynamicAnchor' && typeof name === 'string') place.resource.dynamic.add(name)
    }
    return place
  }

  #anchor(name: string, place: Found, at: string, fault: Fault): void {
    const { anchors } = place.resource
    if (anchors.has(name) && anchors.get(name)?.schema !== place.schema) {
      fault(at, 'must name one place only')
    } else anchors.set(name, place)
  }
}

function resolveUri(reference: string, base: string): string | undefined {
  try {
    return new URL(reference, base).href
  } catch {
    return undefined
  }
}

function decode(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return undefined
  }
}
