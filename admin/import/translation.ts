/** What every importer takes and gives. */
import type { Operation } from '#core'

export interface ImportRequest {
  /** The environment whose settings the document describes. */
  readonly environment: string
}

/** Something of the vendor's document that was not carried over, or not in all of its meaning. */
export interface Skipped {
  /** JSON pointer into the vendor's document. */
  readonly path: string
  readonly reason: string
}

export type Translation =
  | {
      readonly ok: true
      readonly operations: readonly Operation[]
      readonly skipped: readonly Skipped[]
      /** For each operation, the pointer to what it was made from. */
      readonly sources: readonly string[]
    }
  /** The document is not one of this vendor's: nothing of it is used. */
  | {
      readonly ok: false
      readonly issues: readonly { readonly path: string; readonly message: string }[]
    }

/** Ends the translation of one flag: `path` has no counterpart here with the same meaning. */
export class Untranslatable extends Error {
  readonly path: string

  constructor(path: string, reason: string) {
    super(reason)
    this.path = path
  }
}
