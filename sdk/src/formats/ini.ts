/**
 * INI, in one strict dialect (docs/formats.md): `name = value` lines, `[section]` lines, comments on lines of their own.
 * Read into an object of strings and, for each section, an object of strings.
 */
import { BYTE_ORDER_MARK, checkName, checkText, quote, reading, Refusal } from './fault.ts'
import { parseJson } from './json.ts'
import { isJsonObject } from '../core/json.ts'
import type { JsonValue } from '../core/json.ts'
import type { ParseResult } from './fault.ts'
import type { Line } from './lines.ts'

const MAX_UNITS = 10 * 1024 * 1024

export function parseIni(text: string): ParseResult {
  return reading(text, () => {
    checkText(text, MAX_UNITS)
    const root: Record<string, JsonValue> = {}
    for (const section of scanIni(text)) {
      const { name, start, lines } = section
      const members: Record<string, string> = {}
      if (name !== undefined) {
        checkName(name, root, start, [])
        root[name] = members
      }
      for (const line of lines) {
        const object = name === undefined ? root : members
        checkName(line.name, object, line.start, name === undefined ? [] : [name])
        object[line.name] = line.value
      }
    }
    return root
  })
}

/** Throws a Refusal for what is not an object of strings and of objects of strings. */
export function printIni(document: JsonValue): string {
  if (!isJsonObject(document)) throw new Refusal('INI holds an object of texts and sections', 0)
  let text = ''
  let sections = ''
  for (const [name, value] of Object.entries(document)) {
    if (isJsonObject(value)) sections += `${text + sections && '\n'}${printIniSection(name, value)}`
    else text += `${printIniEntry(name, value, [])}\n`
  }
  // What is printed before the first section has no section.
  return text === ''
    ? sections
    : text + (sections && (sections.startsWith('\n') ? sections : `\n${sections}`))
}

export function printIniSection(name: string, value: JsonValue): string {
  if (!isJsonObject(value)) throw new Refusal('a section in INI is an object', 0, [name])
  if (!/^[^\s\]\p{Cc}]([^\]\p{Cc}]*[^\s\]\p{Cc}])?$/u.test(name) || name === '__proto__') {
    throw new Refusal('a name that INI cannot write as a section', 0, [name])
  }
  const lines = Object.entries(value).map(
    ([member, one]) => `${printIniEntry(member, one, [name])}\n`,
  )
  return `[${name}]\n${lines.join('')}`
}

export function printIniEntry(name: string, value: JsonValue, section: readonly string[]): string {
  const tokens = [...section, name]
  if (!/^[^\s=;#["\p{Cc}]([^=\p{Cc}]*[^\s=\p{Cc}])?$/u.test(name) || name === '__proto__') {
    throw new Refusal('a name that INI cannot write', 0, tokens)
  }
  if (typeof value !== 'string') {
    throw new Refusal('INI holds texts only, in one level of sections', 0, tokens)
  }
  const isPlain = !/^[\s"]|\s$|[\p{Cc}]/u.test(value)
  return `${name} = ${isPlain ? value : JSON.stringify(value)}`.trimEnd()
}

export interface Section {
  /** Undefined: what stands before the first one. */
  readonly name: string | undefined
  readonly start: number
  /** Behind the line that names it. */
  readonly bodyStart: number
  readonly lines: Line[]
}

/** The sections of a text, in order. Throws a Refusal. */
export function scanIni(text: string): readonly Section[] {
  const first = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0
  const sections: Section[] = [{ name: undefined, start: first, bodyStart: first, lines: [] }]
  let at = first
  while (at < text.length) {
    const end = lineEnd(text, at)
    const line = text.slice(at, end)
    const start = at + line.length - line.trimStart().length
    const content = line.trim()
    const next = end + (text.startsWith('\r\n', end) ? 2 : 1)
    if (content.startsWith('[')) {
      const name = readSection(content, start)
      sections.push({ name, start, bodyStart: next, lines: [] })
    } else if (content !== '' && !content.startsWith(';') && !content.startsWith('#')) {
      const section = sections.at(-1)
      section?.lines.push(readLine(text, start, start + content.length, section.name))
    }
    at = next
  }
  return sections
}

function readSection(content: string, start: number): string {
  const name = content.slice(1, -1).trim()
  if (!content.endsWith(']')) throw new Refusal('a section line must end with "]"', start)
  if (name === '' || name.includes(']'))
    throw new Refusal('a section needs a name without "]"', start)
  if (/\p{Cc}/u.test(name)) throw new Refusal('a control character in a name', start)
  return name
}

function readLine(text: string, start: number, end: number, section: string | undefined): Line {
  const content = text.slice(start, end)
  const sign = content.indexOf('=')
  if (sign < 0) throw new Refusal(`${quote(content)} has no "="`, start)
  const name = content.slice(0, sign).trim()
  if (name === '') throw new Refusal('a line must begin with a name', start)
  if (name.startsWith('"')) throw new Refusal('a name must not begin with a quotation mark', start)
  if (/\p{Cc}/u.test(name)) throw new Refusal('a control character in a name', start)
  const raw = content.slice(sign + 1)
  const written = raw.trimStart()
  const from = start + sign + 1 + raw.length - written.length
  const tokens = section === undefined ? [name] : [section, name]
  if (!written.startsWith('"')) {
    const control = written.search(/\p{Cc}/u)
    if (control >= 0) {
      throw new Refusal(
        'a control character; write the value in double quotes',
        from + control,
        tokens,
      )
    }
    return { name, value: written, start, from, to: end }
  }
  const parsed = parseJson(written)
  if (!parsed.ok) throw new Refusal(parsed.error.message, from + parsed.error.offset, tokens)
  return { name, value: typeof parsed.value === 'string' ? parsed.value : '', start, from, to: end }
}

function lineEnd(text: string, at: number): number {
  const end = /\r\n|\n|\r/g
  end.lastIndex = at
  return end.exec(text)?.index ?? text.length
}
