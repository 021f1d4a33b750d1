/**
 * What an environment gets of a config: its layers merged, and each `${config:name#/pointer}` replaced by what that place
 * says (docs/references.md). References to variables and secrets stay. Pure; never throws for what was checked.
 */
import {
  findReferences,
  getMember,
  isJsonObject,
  joinTemplates,
  MAX_REFERENCE_DEPTH,
  parsePointer,
  parseTemplate,
  formatPointer,
  printTemplate,
  referencePlaces,
} from '#core'
import { typeAt as typeInSchema } from '#schema'
import { quote } from './issues.ts'
import { configLayers, resolveLayers } from './layers.ts'
import { MAX_CONFIG_BYTES, MAX_DEPTH } from './limits.ts'
import { measure } from './measure.ts'
import type {
  ConfigReference,
  FoundReference,
  JsonValue,
  ReferencePlaces,
  ReferenceType,
  Template,
} from '#core'
import type { Items } from './items.ts'

export interface Resolution {
  readonly document: JsonValue
  /** The texts that the SDK answers (SNAPSHOT.md §1.1). */
  readonly places: ReferencePlaces | undefined
  /** The configs it leads to, through others too; itself only when it names itself. */
  readonly uses: readonly string[]
  readonly faults: readonly ReferenceFault[]
}

/** A reference that does not hold. */
export interface ReferenceFault {
  /** JSON pointer into the merged document of the config that was asked for, or of the one named in the message. */
  readonly pointer: string
  readonly message: string
}

/** Resolves `config` as `environment` sees it; undefined when there is no such config. */
export function resolveConfig(
  items: Items,
  config: string,
  environment: string,
): Resolution | undefined {
  const base = items.config(config)
  if (base === undefined) return undefined
  const schema = items.schema(config)
  return new Resolver(items, environment).resolve(config, (tokens) => {
    const types = base.types ?? {}
    const pointer = formatPointer(tokens)
    const asked = schema === undefined ? undefined : typeInSchema(schema.schema, tokens)
    return asked ?? (Object.hasOwn(types, pointer) ? types[pointer] : undefined)
  })
}

/** Ends the resolution of one text: its place, and why. */
class Unresolvable extends Error {}

type Tokens = readonly (string | number)[]

class Resolver {
  readonly #items: Items
  readonly #environment: string
  readonly #documents = new Map<string, JsonValue | undefined>()
  /** Texts that are done, and those under way, by config and pointer. */
  readonly #done = new Map<string, JsonValue>()
  /** What references lead to, by config and pointer. */
  readonly #targets = new Map<string, JsonValue>()
  readonly #open = new Set<string>()
  readonly #uses = new Set<string>()

  constructor(items: Items, environment: string) {
    this.#items = items
    this.#environment = environment
  }

  resolve(
    config: string,
    typeAt: (tokens: Tokens) => ReferenceType | undefined,
  ): Resolution | undefined {
    const merged = this.#document(config)
    if (merged === undefined) return undefined
    const layers = configLayers(this.#items, config, this.#environment)
    const mayRefer = layers.some(
      ({ layer }) => this.#items.references({ kind: 'config', key: config, layer }).any,
    )
    const found = mayRefer ? findReferences(merged) : []
    if (found.length === 0) return { document: merged, places: undefined, uses: [], faults: [] }
    const faults: ReferenceFault[] = []
    const replacements: Replacement[] = []
    for (const { tokens, template, fault } of found) {
      const pointer = formatPointer(tokens)
      if (fault?.certain === true) faults.push({ pointer, message: fault.message })
      else if (hasConfig(template)) {
        try {
          replacements.push({ tokens, value: this.#text(config, tokens, template) })
        } catch (error) {
          if (!(error instanceof Unresolvable)) throw error
          faults.push({ pointer, message: error.message })
        }
      }
    }
    const document = replaceAll(merged, replacements)
    const uses = [...this.#uses].toSorted()
    const size = uses.length === 0 ? { units: 0, depth: 0 } : measure(document)
    if (size.units > MAX_CONFIG_BYTES) faults.push({ pointer: '', message: TOO_LARGE })
    if (size.depth > MAX_DEPTH) faults.push({ pointer: '', message: TOO_DEEP })
    // What is too large or too deep is not walked: it may be a bomb.
    if (faults.length > 0) return { document: merged, places: undefined, uses, faults }
    const left = uses.length === 0 ? found : findReferences(document)
    return { document, places: referencePlaces(left, typeAt), uses, faults }
  }

  #document(config: string): JsonValue | undefined {
    if (!this.#documents.has(config)) {
      const layers = configLayers(this.#items, config, this.#environment)
      this.#documents.set(config, layers.length === 0 ? undefined : resolveLayers(layers))
    }
    return this.#documents.get(config)
  }

  /** What the text at a place becomes: any value when it is one reference, else a text. */
  #text(config: string, tokens: Tokens, template: Template): JsonValue {
    const id = `${config}#${formatPointer(tokens)}`
    const known = this.#done.get(id)
    if (known !== undefined) return known
    if (this.#open.has(id)) throw new Unresolvable(`the reference leads back to itself, at ${id}`)
    if (this.#open.size >= MAX_REFERENCE_DEPTH) {
      throw new Unresolvable(`references lead through more than ${MAX_REFERENCE_DEPTH} places`)
    }
    this.#open.add(id)
    try {
      const [only] = template
      const isWhole = template.length === 1 && typeof only === 'object' && only.kind === 'config'
      const value = isWhole ? this.#target(only) : this.#joined(template)
      this.#done.set(id, value)
      return value
    } finally {
      this.#open.delete(id)
    }
  }

  #joined(template: Template): string {
    const text = printTemplate(this.#inlined(template))
    if (text !== undefined) return text
    throw new Unresolvable('a text with braces that do not match cannot stand inside a reference')
  }

  /** `template` with the text of each config reference in its place. */
  #inlined(template: Template): Template {
    let units = 0
    const parts = template.map((part): Template => {
      if (typeof part === 'string' || part.kind === 'secret') return [part]
      if (part.kind === 'variable') return [{ ...part, argument: this.#inlined(part.argument) }]
      const value = this.#target(part)
      if (typeof value === 'object') {
        throw new Unresolvable(
          `${name(part)} is ${kindOf(value)}, which a longer text cannot hold; let it be the whole value`,
        )
      }
      units += String(value).length
      if (units > MAX_CONFIG_BYTES) throw new Unresolvable(TOO_LARGE)
      return typeof value === 'string' ? parseTemplate(value).template : [String(value)]
    })
    return joinTemplates(parts)
  }

  #target(reference: ConfigReference): JsonValue {
    const id = `${reference.name}#${reference.pointer}`
    const known = this.#targets.get(id)
    if (known !== undefined) return known
    const value = this.#found(reference)
    this.#targets.set(id, value)
    return value
  }

  #found(reference: ConfigReference): JsonValue {
    this.#uses.add(reference.name)
    let value = this.#document(reference.name)
    if (value === undefined) {
      throw new Unresolvable(`config ${quote(reference.name)} does not exist`)
    }
    const tokens: (string | number)[] = []
    // Once a text on the way was resolved, the rest is as it should be.
    let isResolved = false
    for (const token of parsePointer(reference.pointer) ?? []) {
      if (typeof value === 'string' && !isResolved) {
        const { template } = parseTemplate(value)
        if (hasConfig(template)) {
          value = this.#text(reference.name, tokens, template)
          isResolved = true
        }
      }
      const member: JsonValue | undefined = getMember(value, token)
      if (member === undefined) throw new Unresolvable(`${name(reference)} is not there`)
      tokens.push(Array.isArray(value) ? Number(token) : token)
      value = member
    }
    return isResolved ? value : this.#below(reference.name, tokens, value)
  }

  /** The value at a place with all texts in it resolved. */
  #below(config: string, tokens: Tokens, value: JsonValue): JsonValue {
    const replacements: Replacement[] = []
    for (const { tokens: inside, template, fault } of findReferences(value)) {
      if (fault?.certain === true) throw new Unresolvable(`in config ${config}: ${fault.message}`)
      if (!hasConfig(template)) continue
      const text = this.#text(config, [...tokens, ...inside], template)
      replacements.push({ tokens: inside, value: text })
    }
    return replaceAll(value, replacements)
  }
}

const TOO_LARGE = `it grows over ${MAX_CONFIG_BYTES} characters by its references`
const TOO_DEEP = `it nests deeper than ${MAX_DEPTH} by its references`

function hasConfig(template: Template): boolean {
  return template.some(
    (part) =>
      typeof part === 'object' &&
      (part.kind === 'config' || (part.kind === 'variable' && hasConfig(part.argument))),
  )
}

function name({ name: config, pointer }: ConfigReference): string {
  return quote(pointer === '' ? config : `${config}#${pointer}`)
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : 'an object'
}

interface Replacement {
  readonly tokens: Tokens
  readonly value: JsonValue
}

/** `document` with other values at places that are there. What is beside the ways to them is shared. */
function replaceAll(
  document: JsonValue,
  replacements: readonly Replacement[],
  depth = 0,
): JsonValue {
  const [first] = replacements
  if (first === undefined) return document
  if (first.tokens.length === depth) return first.value
  const byMember = new Map<string | number, Replacement[]>()
  for (const one of replacements) {
    const member = one.tokens[depth] ?? ''
    const others = byMember.get(member)
    if (others === undefined) byMember.set(member, [one])
    else others.push(one)
  }
  if (isList(document)) {
    return document.map((element, index) =>
      replaceAll(element, byMember.get(index) ?? [], depth + 1),
    )
  }
  if (!isJsonObject(document)) return document
  const copy: Record<string, JsonValue> = { ...document }
  for (const [member, below] of byMember) {
    copy[member] = replaceAll(document[member] ?? null, below, depth + 1)
  }
  return copy
}

/** The secrets that texts of a document name, each once. */
export function secretsIn(found: readonly FoundReference[]): readonly string[] {
  const secrets = new Set<string>()
  const add = (template: Template): void => {
    for (const part of template) {
      if (typeof part === 'string') continue
      if (part.kind === 'secret') secrets.add(part.name)
      if (part.kind === 'variable') add(part.argument)
    }
  }
  for (const { template } of found) add(template)
  return [...secrets]
}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
