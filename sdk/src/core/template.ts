/**
 * Reads and writes texts with references: `${VAR}`, `$VAR`, their operators, `${config:name#/pointer}` and `${SECRET:name}`
 * (docs/references.md has the grammar). Pure syntax: nothing is looked up here, and no text makes it throw.
 */
import { parsePointer } from './pointer.ts'

/** A text, cut into itself and its references. Two texts never stand side by side. */
export type Template = readonly TemplatePart[]
export type TemplatePart = string | Reference
export type Reference = VariableReference | ConfigReference | SecretReference

/**
 * What stands behind a variable's name. With a colon an empty value counts as none. `-`: the argument instead of none;
 * `?`: none is an error, with the argument as its message; `+`: the argument instead of a value. `''`: nothing.
 */
export type ReferenceOperator = '' | '-' | ':-' | '?' | ':?' | '+' | ':+'

export interface VariableReference {
  readonly kind: 'variable'
  readonly name: string
  readonly operator: ReferenceOperator
  /** `[]` without an operator. */
  readonly argument: Template
}

export interface ConfigReference {
  readonly kind: 'config'
  readonly name: string
  /** JSON pointer into the other config's document; `''`: all of it. */
  readonly pointer: string
}

export interface SecretReference {
  readonly kind: 'secret'
  readonly name: string
}

/** What is wrong with a text. */
export interface TemplateFault {
  /** UTF-16 units from its start. */
  readonly offset: number
  readonly message: string
  /** It can only have been meant as a reference of ours: `${config:` or `${SECRET:`, or nested too deep. */
  readonly certain: boolean
}

export interface ParsedTemplate {
  /** What is no reference, malformed ones too, is text. */
  readonly template: Template
  /** The first thing that is malformed. */
  readonly fault: TemplateFault | undefined
}

/** How deep references nest in one text, and how many configs one may lead through. */
export const MAX_REFERENCE_DEPTH = 8

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const ITEM_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const OPERATOR = /:?[-?+]|:/y

/** The parts of `text`; linear in its length. */
export function parseTemplate(text: string): ParsedTemplate {
  if (!text.includes('$')) return { template: text === '' ? [] : [text], fault: undefined }
  const reader = new Reader(text)
  const template = reader.read(0, text.length, 1)
  return { template, fault: reader.fault }
}

/** Whether `template` says something else than its text: it has a reference, or an escape. */
export function isPlain(template: Template, text: string): boolean {
  return template.length === 0 || (template.length === 1 && template[0] === text)
}

class Reader {
  readonly #text: string
  /** Where the brace that opens at an index is closed. */
  readonly #closes: ReadonlyMap<number, number>
  fault: TemplateFault | undefined

  constructor(text: string) {
    this.#text = text
    this.#closes = matchBraces(text)
  }

  /** The parts of the text from `at` to `end`; `depth` counts from 1. */
  read(at: number, end: number, depth: number): Template {
    const text = this.#text
    const parts: TemplatePart[] = []
    let plain = ''
    let from = at
    for (;;) {
      const sign = text.indexOf('$', from)
      if (sign < 0 || sign >= end) break
      plain += text.slice(from, sign)
      const next = sign + 1 < end ? text.charAt(sign + 1) : ''
      from = sign + 1
      if (next === '$') {
        plain += '$'
        from++
        continue
      }
      const read = next === '{' ? this.#braced(sign, depth) : this.#named(sign, end)
      if (read === undefined) {
        plain += '$'
        continue
      }
      if (plain !== '') parts.push(plain)
      plain = ''
      parts.push(read.reference)
      from = read.end
    }
    plain += text.slice(from, end)
    if (plain !== '') parts.push(plain)
    return parts
  }

  #named(sign: number, end: number): Read | undefined {
    const name = this.#match(NAME, sign + 1, end)
    // Other programs' texts are full of `$cv` and `$ref`, which would be blanked where nobody sees it.
    if (!/^[A-Z_][A-Z0-9_]*$/.test(name)) return undefined
    const reference = { kind: 'variable', name, operator: '', argument: [] } as const
    return { reference, end: sign + 1 + name.length }
  }

  #braced(sign: number, depth: number): Read | undefined {
    const close = this.#closes.get(sign + 1)
    if (close === undefined) return this.#refuse(sign, 'is not closed')
    const name = this.#match(NAME, sign + 2, close)
    if (name === '') return this.#refuse(sign, 'has no name')
    const behind = sign + 2 + name.length
    const operator = this.#match(OPERATOR, behind, close)
    if (operator === ':' && (name === 'config' || name === 'SECRET')) {
      const target = this.#text.slice(behind + 1, close)
      const reference = name === 'config' ? readConfig(target) : readSecret(target)
      if (reference !== undefined) return { reference, end: close + 1 }
      return this.#refuse(sign, TARGET_RULES[name], true)
    }
    if (operator === '' && behind !== close) return this.#refuse(sign, 'has no such form')
    if (depth > MAX_REFERENCE_DEPTH) {
      return this.#refuse(sign, `is nested deeper than ${MAX_REFERENCE_DEPTH}`, true)
    }
    const reference: VariableReference = {
      kind: 'variable',
      name,
      operator: toOperator(operator),
      argument: this.read(behind + operator.length, close, depth + 1),
    }
    return { reference, end: close + 1 }
  }

  #match(pattern: RegExp, at: number, end: number): string {
    pattern.lastIndex = at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    return found.slice(0, Math.max(0, end - at))
  }

  #refuse(offset: number, why: string, certain = false): undefined {
    if (this.fault !== undefined && (this.fault.certain || !certain)) return
    const shown = this.#text.slice(offset, offset + 40)
    this.fault = { offset, certain, message: `the reference ${JSON.stringify(shown)} ${why}` }
  }
}

interface Read {
  readonly reference: Reference
  readonly end: number
}

const TARGET_RULES = {
  config: 'must be ${config:name} or ${config:name#/json/pointer}',
  SECRET: 'must be ${SECRET:name}',
} as const

/** `${VAR:d}` is short for `${VAR:-d}`. */
function toOperator(text: string): ReferenceOperator {
  switch (text) {
    case '-':
    case '?':
    case '+':
    case ':?':
    case ':+':
      return text
    case '':
      return ''
    default:
      return ':-'
  }
}

function readConfig(target: string): ConfigReference | undefined {
  const hash = target.indexOf('#')
  const name = hash < 0 ? target : target.slice(0, hash)
  const pointer = hash < 0 ? '' : target.slice(hash + 1)
  if (!ITEM_NAME.test(name) || parsePointer(pointer) === undefined) return undefined
  return { kind: 'config', name, pointer }
}

function readSecret(target: string): SecretReference | undefined {
  return ITEM_NAME.test(target) ? { kind: 'secret', name: target } : undefined
}

/** One pass, so that a text of nothing but opened braces costs no more than another. */
function matchBraces(text: string): ReadonlyMap<number, number> {
  const closes = new Map<number, number>()
  const open: number[] = []
  const brace = /[{}]/g
  for (let found = brace.exec(text); found !== null; found = brace.exec(text)) {
    if (found[0] === '{') open.push(found.index)
    else {
      const start = open.pop()
      if (start !== undefined) closes.set(start, found.index)
    }
  }
  return closes
}

/**
 * The text that {@link parseTemplate} reads as `template`. Undefined when there is none: an argument whose braces do not
 * match, which only a template put together by hand can have.
 */
export function printTemplate(template: Template): string | undefined {
  const text = print(template)
  return equalTemplates(parseTemplate(text).template, template) ? text : undefined
}

function print(template: Template): string {
  let text = ''
  for (const part of template) {
    if (typeof part === 'string') text += escapeReferences(part)
    else if (part.kind !== 'variable') text += writeReference(part)
    else text += `\${${part.name}${part.operator}${print(part.argument)}}`
  }
  return text
}

/** A reference to a config or a secret as it is written. */
export function writeReference(reference: ConfigReference | SecretReference): string {
  if (reference.kind === 'secret') return `\${SECRET:${reference.name}}`
  const { name, pointer } = reference
  return `\${config:${name}${pointer === '' ? '' : `#${pointer}`}}`
}

/** `text` as a document must write it to mean just that: each `$` that could begin a reference doubled. */
export function escapeReferences(text: string): string {
  // At the end too: what comes behind it is not known here.
  return text.replaceAll(/\$(?=[$A-Za-z_{]|$)/g, '$$$$')
}

/** The parts of several templates as one. */
export function joinTemplates(templates: readonly Template[]): Template {
  const joined: TemplatePart[] = []
  for (const part of templates.flat()) {
    const last = joined.at(-1)
    if (typeof part === 'string' && typeof last === 'string')
      joined[joined.length - 1] = last + part
    else if (part !== '') joined.push(part)
  }
  return joined
}

function equalTemplates(a: Template, b: Template): boolean {
  return a.length === b.length && a.every((part, index) => equalParts(part, b[index]))
}

function equalParts(a: TemplatePart, b: TemplatePart | undefined): boolean {
  if (typeof a === 'string' || typeof b === 'string' || b === undefined) return a === b
  if (a.kind !== b.kind || a.name !== b.name) return false
  if (a.kind === 'config' && b.kind === 'config') return a.pointer === b.pointer
  if (a.kind !== 'variable' || b.kind !== 'variable') return true
  return a.operator === b.operator && equalTemplates(a.argument, b.argument)
}
