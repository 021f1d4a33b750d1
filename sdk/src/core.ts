/** `@driftless/sdk/core`: the pure parts, evaluation first. */
export * from './core/index.ts'
