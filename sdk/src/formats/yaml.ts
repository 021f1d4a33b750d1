/**
 * YAML 1.2 with the core schema, by the package `yaml`, held to what JSON can carry: one document, string keys, no tags, no
 * merge keys, no directives. The package makes the tree of nodes; the tree becomes a document here, where its size, depth
 * and aliases are bounded.
 */
import {
  Composer,
  CST,
  Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  visit,
} from 'yaml'
import {
  checkDepth,
  checkName,
  checkNumber,
  checkString,
  checkText,
  MAX_DEPTH,
  quote,
  reading,
  Refusal,
} from './fault.ts'
import type { Node, Scalar, YAMLMap } from 'yaml'
import type { JsonValue } from '../core/json.ts'
import type { ParseResult, Tokens } from './fault.ts'

/** A package reads it: bounded more tightly than what we read ourselves. */
const MAX_UNITS = 1024 * 1024
/** Each costs the parser some hundred bytes, and an isolate has 128 MB: about 35,000 lines of `name: value`. */
const MAX_LEXEMES = 250_000
/** What aliases may add: a unit for each value they repeat and one for each character of its text. */
const MAX_REPEATED = 1_000_000

export type YamlDocument = Document.Parsed

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  // The package compares each key with all before it; ours looks it up.
  uniqueKeys: false,
  keepSourceTokens: true,
  logLevel: 'silent',
} as const

export function parseYaml(text: string): ParseResult {
  return reading(text, () => {
    const document = composeYaml(text)
    return createConverter().toJson(document.contents, [])
  })
}

/** The document as nodes with their places. Throws a Refusal. */
export function composeYaml(text: string): YamlDocument {
  checkText(text, MAX_UNITS)
  try {
    checkLexemes(text)
    const tokens: CST.Token[] = []
    for (const token of new Parser().parse(text)) {
      checkToken(token)
      if (token.type === 'document' && tokens.some(({ type }) => type === 'document')) {
        throw new Refusal('a second document; a config is one', token.offset)
      }
      tokens.push(token)
    }
    const [document] = createComposer().compose(tokens, true, text.length)
    if (document === undefined) throw new Refusal('no document', 0)
    const [error] = document.errors
    if (error !== undefined) throw new Refusal(messageOf(error.message), error.pos[0])
    return document
  } catch (error) {
    // Depth is bounded above; this is for what we did not think of.
    if (error instanceof RangeError) throw new Refusal('nested too deep to read', 0)
    throw error
  }
}

export function printYaml(document: JsonValue): string {
  const made = new Document(document, { ...OPTIONS, aliasDuplicateObjects: false })
  visit(made, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && needsQuotes(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  return made.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER })
}

/** A value as flow YAML on one line: JSON is that. */
export function printYamlFlow(value: JsonValue): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (unit) => {
      const hex = unit.charCodeAt(0).toString(16).padStart(4, '0')
      return `\\u${hex}`
    },
  )
}

function needsQuotes(text: string): boolean {
  // Plain, "<<" would merge; the rest some reader or other breaks or trims.
  return text === '<<' || /[^\n\P{C}]|[\u2028\u2029]|^\s|\s$|\n\s/u.test(text)
}

/** Bounds what the parser has to keep, while it has not kept anything yet. */
function checkLexemes(text: string): void {
  let count = 0
  let depth = 0
  let offset = 0
  for (const lexeme of new Lexer().lex(text)) {
    // These three are signs between the package's own parts, and have no place in the text.
    if (lexeme === CST.DOCUMENT || lexeme === CST.SCALAR || lexeme === CST.FLOW_END) continue
    if (lexeme === '[' || lexeme === '{') depth++
    else if (lexeme === ']' || lexeme === '}') depth--
    if (depth > MAX_DEPTH) throw new Refusal(`nested deeper than ${MAX_DEPTH}`, offset)
    if (++count > MAX_LEXEMES) {
      throw new Refusal(`more than ${MAX_LEXEMES} words and signs in a YAML text`, offset)
    }
    offset += lexeme.length
  }
}

/** A composer that ends at the first error: it would collect one for each character of a hostile text. */
function createComposer(): Composer {
  const composer = new Composer(OPTIONS)
  // Not in the package's types. Without it errors are still found in the document, only later.
  Reflect.set(composer, 'onError', onError)
  return composer
}

function onError(source: unknown, _code: string, message: string, warning?: boolean): void {
  if (warning !== true) throw new Refusal(messageOf(message), offsetOf(source))
}

function offsetOf(source: unknown): number {
  if (typeof source === 'number') return source
  if (Array.isArray(source)) return Number(source[0])
  if (typeof source !== 'object' || source === null || !('offset' in source)) return 0
  return Number(source.offset)
}

/** Checks what must not reach the composer, without recursion: directives, and depth. */
function checkToken(root: CST.Token): void {
  if (root.type === 'error') throw new Refusal(messageOf(root.message), root.offset)
  if (root.type === 'directive') {
    throw new Refusal('a directive; this is YAML 1.2 and has no other tags', root.offset)
  }
  const open: { readonly token: CST.Token; readonly depth: number }[] = [{ token: root, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next
    if (token.type === 'document') {
      if (token.value !== undefined) open.push({ token: token.value, depth })
    } else if ('items' in token) {
      if (depth >= MAX_DEPTH) throw new Refusal(`nested deeper than ${MAX_DEPTH}`, token.offset)
      for (const item of token.items) {
        if (item.key) open.push({ token: item.key, depth: depth + 1 })
        if (item.value) open.push({ token: item.value, depth: depth + 1 })
      }
    }
  }
}

/** The package's own, without the lines of the source that it shows. */
function messageOf(message: string): string {
  return message
    .split('\n', 1)
    .join('')
    .replace(/ at line \d+, column \d+:?$/, '')
}

interface Converter {
  toJson(node: unknown, tokens: Tokens): JsonValue
}

function createConverter(): Converter {
  const anchors = new Map<string, Node>()
  const open = new Set<Node>()
  let repeated = 0
  let aliases = 0

  function toJson(node: unknown, tokens: Tokens): JsonValue {
    if (!isNode(node)) return null
    const offset = node.range?.[0] ?? 0
    if (isAlias(node)) return followAlias(node.source, offset, tokens)
    if (node.tag !== undefined) throw new Refusal('a tag; values say what they are', offset, tokens)
    if (aliases === 0 && node.anchor !== undefined) anchors.set(node.anchor, node)
    if (isScalar(node)) return scalarToJson(node, offset, tokens)
    checkDepth(tokens, offset)
    open.add(node)
    if (aliases > 0) repeat(1, offset, tokens)
    let value: JsonValue = null
    if (isSeq(node)) value = node.items.map((item, index) => toJson(item, [...tokens, index]))
    else if (isMap(node)) value = mapToJson(node, tokens)
    open.delete(node)
    return value
  }

  function mapToJson(node: YAMLMap, tokens: Tokens): JsonValue {
    const object: Record<string, JsonValue> = {}
    for (const { key, value } of node.items) {
      const place = isNode(key) ? (key.range?.[0] ?? 0) : (node.range?.[0] ?? 0)
      const name = nameOf(key, place, tokens)
      checkName(name, object, place, tokens)
      if (aliases > 0) repeat(1 + name.length, place, tokens)
      if (isScalar(key) && aliases === 0 && key.anchor !== undefined) anchors.set(key.anchor, key)
      object[name] = toJson(value, [...tokens, name])
    }
    return object
  }

  function scalarToJson(node: Scalar, offset: number, tokens: Tokens): JsonValue {
    const { value } = node
    if (typeof value === 'string') {
      checkString(value, offset, tokens)
      if (aliases > 0) repeat(1 + value.length, offset, tokens)
      return value
    }
    if (aliases > 0) repeat(1, offset, tokens)
    if (typeof value === 'number') {
      checkNumber(value, /^[-+]?(?:\d+|0x.*|0o.*)$/.test(node.source ?? ''), offset, tokens)
      return value
    }
    if (typeof value === 'boolean' || value === null) return value
    throw new Refusal('a value that JSON does not have', offset, tokens)
  }

  function followAlias(source: string, offset: number, tokens: Tokens): JsonValue {
    const target = anchors.get(source)
    if (target === undefined) {
      throw new Refusal(`the alias ${quote(source)} has no anchor before it`, offset, tokens)
    }
    if (open.has(target)) {
      throw new Refusal(`the alias ${quote(source)} leads into itself`, offset, tokens)
    }
    aliases++
    const value = toJson(target, tokens)
    aliases--
    return value
  }

  function repeat(units: number, offset: number, tokens: Tokens): void {
    repeated += units
    if (repeated > MAX_REPEATED) {
      throw new Refusal('aliases that repeat more than a million characters', offset, tokens)
    }
  }

  return { toJson }
}

/** The name a key gives its member. */
function nameOf(key: unknown, offset: number, tokens: Tokens): string {
  if (!isScalar(key)) throw new Refusal('a key that is not a text', offset, tokens)
  if (key.tag !== undefined) throw new Refusal('a tag; values say what they are', offset, tokens)
  const { value, type } = key
  if (value === '<<' && type === 'PLAIN') {
    throw new Refusal('a merge key, which YAML 1.2 does not have', offset, tokens)
  }
  if (typeof value !== 'string') {
    const written = quote(key.source ?? String(value))
    throw new Refusal(`a key that is not a text; write it in quotes: ${written}`, offset, tokens)
  }
  checkString(value, offset, tokens)
  return value
}

/** Where the member or element at `tokens` begins; for a valid text. */
export function yamlOffset(text: string, tokens: Tokens): number {
  let node: unknown = composeYaml(text).contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const token of tokens) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === token)
      if (isScalar(pair?.key)) offset = pair.key.range?.[0] ?? offset
      node = pair?.value
    } else if (isSeq(node)) {
      node = node.items[Number(token)]
      if (isNode(node)) offset = node.range?.[0] ?? offset
    } else return offset
  }
  return offset
}
