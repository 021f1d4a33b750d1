/** What both ends must agree on. Pure: clock, randomness, network, storage and keys are arguments. */
export * from './change-set.ts'
export * from './json.ts'
export * from './snapshot.ts'
export * from './wire.ts'
