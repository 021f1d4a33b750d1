/** Text ↔ document. Pure; one file a format. */
export { parseDocument, printDocument } from './document.ts'
export { parseJson } from './json.ts'
export type { ParseError, ParseJsonOptions, ParseResult } from './json.ts'
