/**
 * References in a document: where they are, and the document once they are answered. Only texts hold references, never
 * member names. Docs: docs/references.md; in a snapshot: SNAPSHOT.md §1.1.
 */
import {
  InterpolationError,
  MAX_RESOLVED_UNITS,
  renderTemplate,
  toLookup,
  tooLarge,
} from './interpolate.ts'
import { isJsonObject } from './json.ts'
import { formatPointer } from './pointer.ts'
import { isPlain, MAX_REFERENCE_DEPTH, parseTemplate } from './template.ts'
import type { Lookup, ReferenceLookup } from './interpolate.ts'
import type { JsonValue } from './json.ts'
import type { Template, TemplateFault } from './template.ts'

/** What a value becomes that is one reference and nothing else. `…[]` reads `a,b` and `["a", "b"]`. */
export type ReferenceType = (typeof REFERENCE_TYPES)[number]

export const REFERENCE_TYPES = [
  'string',
  'integer',
  'number',
  'boolean',
  'json',
  'string[]',
  'integer[]',
  'number[]',
  'boolean[]',
] as const

/** The places of a document whose texts hold references: members and indices as in the document, a type at each end. */
export type ReferencePlaces = ReferenceType | { readonly [member: string]: ReferencePlaces }

/** A text of a document that means something else than itself. */
export interface FoundReference {
  readonly tokens: readonly (string | number)[]
  readonly template: Template
  readonly fault: TemplateFault | undefined
}

type Tokens = readonly (string | number)[]

/** The texts of `document` that have references, escapes, or a fault that is certain. */
export function findReferences(document: JsonValue): readonly FoundReference[] {
  const found: FoundReference[] = []
  const path: (string | number)[] = []
  const walk = (value: JsonValue): void => {
    if (typeof value === 'string') {
      if (!value.includes('$')) return
      const { template, fault } = parseTemplate(value)
      if (!isPlain(template, value) || fault?.certain === true) {
        found.push({ tokens: [...path], template, fault })
      }
    } else if (isList(value)) {
      for (const [index, element] of value.entries()) walkBelow(element, index)
    } else if (isJsonObject(value)) {
      for (const [name, member] of Object.entries(value)) walkBelow(member, name)
    }
  }
  const walkBelow = (value: JsonValue, token: string | number): void => {
    path.push(token)
    walk(value)
    path.pop()
  }
  walk(document)
  return found
}

/** The table of `found`; undefined when there is nothing in it. `typeAt` says what a place asks for; default `string`. */
export function referencePlaces(
  found: readonly FoundReference[],
  typeAt: (tokens: Tokens) => ReferenceType | undefined = () => undefined,
): ReferencePlaces | undefined {
  interface Branch {
    [member: string]: Branch | ReferenceType
  }
  const root: Branch = {}
  for (const { tokens, template } of found) {
    const isWhole = template.length === 1 && typeof template[0] !== 'string'
    const type = (isWhole ? typeAt(tokens) : undefined) ?? 'string'
    const last = tokens.at(-1)
    if (last === undefined) return type
    let branch = root
    for (const token of tokens.slice(0, -1)) {
      const below = Object.hasOwn(branch, token) ? branch[token] : undefined
      if (typeof below === 'object') branch = below
      else branch = branch[token] = {}
    }
    branch[last] = type
  }
  return found.length === 0 ? undefined : root
}

/**
 * `document` with its references answered and `$$` made `$`; without any it is the same object. Parts that hold none are
 * shared with `document`. A variable that `lookup` does not know is looked for among the document's own top members.
 *
 * `places` names the texts to look at, and the type each whole value becomes; default: all texts, which stay texts.
 * Throws an {@link InterpolationError} that names the place: `missing`, `type` or `too_large`. What is malformed is text.
 *
 * resolveReferences({ url: 'http://$HOST' }, (name) => process.env[name])
 */
export function resolveReferences(
  document: JsonValue,
  lookup: Lookup,
  places: ReferencePlaces | undefined = referencePlaces(findReferences(document)),
): JsonValue {
  if (places === undefined) return document
  const answers = withOwnMembers(document, toLookup(lookup))
  let units = 0
  const resolve = (value: JsonValue, at: ReferencePlaces, tokens: Tokens): JsonValue => {
    if (typeof at !== 'string') return resolveMembers(value, at, tokens)
    if (typeof value !== 'string') return value
    try {
      const { template } = parseTemplate(value)
      const member = tokens.length === 1 ? tokens[0] : undefined
      const text = answers.within(member, () => renderTemplate(template, answers))
      units += text.length
      if (units > MAX_RESOLVED_UNITS) throw tooLarge()
      return toType(text, at)
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error
      const place = tokens.length === 0 ? '' : `${formatPointer(tokens)}: `
      throw new InterpolationError(error.code, place + error.message)
    }
  }
  const resolveMembers = (
    value: JsonValue,
    at: Exclude<ReferencePlaces, string>,
    tokens: Tokens,
  ): JsonValue => {
    const copy = isList(value) ? [...value] : isJsonObject(value) ? { ...value } : undefined
    if (copy === undefined) return value
    for (const [name, below] of Object.entries(at)) {
      // Both are found by index too, and neither invents a member that the document does not have.
      const member: JsonValue | undefined = Object.hasOwn(copy, name)
        ? Reflect.get(copy, name)
        : undefined
      if (member !== undefined) Reflect.set(copy, name, resolve(member, below, [...tokens, name]))
    }
    return copy
  }
  return resolve(document, places, [])
}

interface Answers extends ReferenceLookup {
  /** Runs `work` while the top member `name` is the one being resolved: to itself it is not set. */
  within<T>(name: string | number | undefined, work: () => T): T
}

/** The environment first, as dotenv has it; a member that leads back to itself is not set there. */
function withOwnMembers(document: JsonValue, lookup: ReferenceLookup): Answers {
  const known = new Map<string, string>()
  const open = new Set<string>()
  let cuts = 0
  let steps = 0
  const answers: Answers = {
    ...lookup,
    variable: (name) => lookup.variable(name) ?? own(name),
    within(name, work) {
      if (typeof name !== 'string' || open.has(name)) return work()
      open.add(name)
      try {
        return work()
      } finally {
        open.delete(name)
      }
    },
  }
  const own = (name: string): string | undefined => {
    const value =
      isJsonObject(document) && Object.hasOwn(document, name) ? document[name] : undefined
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    if (typeof value !== 'string') return undefined
    if (open.has(name)) {
      cuts++
      return undefined
    }
    const before = known.get(name)
    if (before !== undefined) return before
    if (open.size > MAX_REFERENCE_DEPTH || ++steps > MAX_STEPS) {
      const message = `references lead through more than ${MAX_REFERENCE_DEPTH} members, or too many`
      throw new InterpolationError('too_large', message)
    }
    const cutsBefore = cuts
    const { template } = parseTemplate(value)
    const text = answers.within(name, () => renderTemplate(template, answers))
    // On the way round a cycle a member says less than when it is asked for itself.
    if (cuts === cutsBefore) known.set(name, text)
    return text
  }
  return answers
}

/** Members rendered for one document: those in a cycle are rendered again and again. */
const MAX_STEPS = 100_000

function toType(text: string, type: ReferenceType): JsonValue {
  const value = coerceReference(text, type)
  if (value !== undefined) return value
  throw new InterpolationError('type', `must be of type ${type}`)
}

/**
 * `text` read as `type`; undefined when it is none. Spaces around it do not count but in a string. Booleans are `true`,
 * `yes`, `on`, `1` and their opposites in any case; an empty list is the empty text.
 */
export function coerceReference(text: string, type: ReferenceType): JsonValue | undefined {
  const trimmed = text.trim()
  switch (type) {
    case 'string':
      return text
    case 'integer': {
      const value = Number(trimmed)
      return /^[+-]?\d+$/.test(trimmed) && Number.isSafeInteger(value) ? value : undefined
    }
    case 'number': {
      const value = Number(trimmed)
      const isNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed)
      return isNumber && Number.isFinite(value) ? value : undefined
    }
    case 'boolean':
      return BOOLEANS.get(trimmed.toLowerCase())
    case 'json':
      return readJson(trimmed)
    case 'string[]':
      return readList(trimmed, 'string')
    case 'integer[]':
      return readList(trimmed, 'integer')
    case 'number[]':
      return readList(trimmed, 'number')
    case 'boolean[]':
      return readList(trimmed, 'boolean')
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['0', false],
])

type ElementType = 'string' | 'integer' | 'number' | 'boolean'

function readList(text: string, type: ElementType): JsonValue | undefined {
  if (text === '') return []
  if (!text.startsWith('[')) {
    const elements = text.split(',').map((element) => coerceReference(element.trim(), type))
    return allOf(elements)
  }
  const list = readJson(text)
  if (!isList(list)) return undefined
  return allOf(list.map((element) => (isOf(element, type) ? element : undefined)))
}

function isOf(element: JsonValue, type: ElementType): boolean {
  return type === 'integer' ? Number.isSafeInteger(element) : typeof element === type
}

function allOf(elements: readonly (JsonValue | undefined)[]): JsonValue | undefined {
  const list: JsonValue[] = []
  for (const element of elements) {
    if (element === undefined) return undefined
    list.push(element)
  }
  return list
}

function readJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
