/** Text ↔ document. Pure; one file a format. */
export { parseJson } from './json.ts'
