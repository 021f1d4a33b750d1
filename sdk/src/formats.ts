/** `@driftless/sdk/formats`: text ↔ document. */
export * from './formats/index.ts'
