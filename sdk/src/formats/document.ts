/** One door to every format a config may be written in. */
import { formatPointer } from '../core/pointer.ts'
import { parseEnv, printEnv, scanEnv } from './env.ts'
import { checkText, placeAt, reading, Refusal } from './fault.ts'
import { parseIni, printIni, scanIni } from './ini.ts'
import { jsonOffset } from './json-scan.ts'
import { parseJson } from './json.ts'
import { tomlPlaces } from './toml-scan.ts'
import { parseToml, printToml } from './toml.ts'
import { parseYaml, printYaml, yamlOffset } from './yaml.ts'
import type { DocumentFormat } from '../core/change-set.ts'
import type { JsonValue } from '../core/json.ts'
import type { ParseResult, SourcePosition, Tokens } from './fault.ts'

interface Format {
  readonly parse: (text: string) => ParseResult
  /** Throws a Refusal for what the format cannot hold. */
  readonly print: (document: JsonValue) => string
  /** Where the member or element at `tokens` begins in a valid text. */
  readonly offset: (text: string, tokens: Tokens) => number
}

const printJson = (document: JsonValue): string => `${JSON.stringify(document, null, 2)}\n`

const FORMATS: Readonly<Record<DocumentFormat, Format>> = {
  json: { parse: (text) => parseJson(text), print: printJson, offset: jsonOffset },
  jsonc: { parse: parseJsonc, print: printJson, offset: jsonOffset },
  yaml: { parse: parseYaml, print: printYaml, offset: yamlOffset },
  toml: {
    parse: parseToml,
    print: printToml,
    offset: (text, tokens) => tomlPlaces(text)(tokens)?.start ?? 0,
  },
  env: { parse: parseEnv, print: printEnv, offset: envOffset },
  ini: { parse: parseIni, print: printIni, offset: iniOffset },
}

/** The names of all formats. */
export const DOCUMENT_FORMATS: readonly DocumentFormat[] = [
  'json',
  'jsonc',
  'yaml',
  'env',
  'ini',
  'toml',
]

/** Reads a config's source. What is refused comes with its place; nothing is thrown for any text. */
export function parseDocument(text: string, format: DocumentFormat): ParseResult {
  return FORMATS[format].parse(text)
}

/**
 * Writes a document for people, ending with a newline. Reading it again gives the same document.
 *
 * Throws a TypeError that names the place when the format cannot hold it: `null` in TOML, anything but text in ENV and
 * in INI, more than one level of sections.
 */
export function printDocument(document: JsonValue, format: DocumentFormat): string {
  try {
    return FORMATS[format].print(document)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new TypeError(`${error.message} (at "${formatPointer(error.tokens)}")`, { cause: error })
  }
}

/** Where the member or element that `tokens` lead to begins in `text`, which must be valid. */
export function findPlace(text: string, format: DocumentFormat, tokens: Tokens): SourcePosition {
  return placeAt(text, FORMATS[format].offset(text, tokens))
}

function parseJsonc(text: string): ParseResult {
  const fault = reading(text, () => {
    checkText(text, Number.MAX_SAFE_INTEGER)
    return null
  })
  return fault.ok ? parseJson(text, { comments: true }) : fault
}

function envOffset(text: string, [name]: Tokens): number {
  return [...scanEnv(text)].find((line) => line.name === name)?.start ?? 0
}

function iniOffset(text: string, [first, second]: Tokens): number {
  for (const { name, start, lines } of scanIni(text)) {
    if (name === first && second === undefined) return start
    const wanted = name === undefined ? first : second
    if (name !== undefined && name !== first) continue
    const line = lines.find((one) => one.name === wanted)
    if (line !== undefined) return line.start
  }
  return 0
}
