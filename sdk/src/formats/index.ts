/** Text ↔ document. Pure; one file a format. */
export { DOCUMENT_FORMATS, findPlace, parseDocument, printDocument } from './document.ts'
export { editDocument } from './edit.ts'
export type { EditResult } from './edit.ts'
export type { ParseError, ParseResult, SourcePosition, Tokens } from './fault.ts'
export { parseJson } from './json.ts'
export type { ParseJsonOptions } from './json.ts'
