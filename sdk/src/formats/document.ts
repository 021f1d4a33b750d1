/** One door to every format a config may be written in. */
import type { DocumentFormat } from '../core/change-set.ts'
import type { JsonValue } from '../core/json.ts'
import { parseJson } from './json.ts'
import type { ParseResult } from './json.ts'

interface Format {
  readonly parse: (text: string) => ParseResult
  readonly print: (document: JsonValue) => string
}

const FORMATS: Readonly<Record<DocumentFormat, Format>> = {
  json: {
    parse: (text) => parseJson(text),
    print: (document) => `${JSON.stringify(document, null, 2)}\n`,
  },
}

/** Reads a config's source. What is refused comes with its place; nothing is thrown for any text. */
export function parseDocument(text: string, format: DocumentFormat): ParseResult {
  return FORMATS[format].parse(text)
}

/** Writes a document for people: in JSON, indented by two spaces, ending with a newline. */
export function printDocument(document: JsonValue, format: DocumentFormat): string {
  return FORMATS[format].print(document)
}
