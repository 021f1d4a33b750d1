/** `@driftless/sdk/schema`: JSON Schema as the platform checks it. Not part of the main bundle. */
export * from './schema/index.ts'
