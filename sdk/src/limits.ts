/** How long and how much verify.ts goes by. Without imports, so that a bundler writes the numbers where they are used. */

export const MAX_MANIFEST_CHARACTERS = 16_384
export const EXPIRY_TOLERANCE_SEC = 60
export const MAX_SEQ_JUMP = 1_000_000
export const MAX_EPOCH_JUMP = 1_000
