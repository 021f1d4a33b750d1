/** Hashing as the domain sees it: handed in, synchronous, over the UTF-8 of a text. */

export interface Digested {
  /** SHA-256, 64 lower-case hex digits. */
  readonly sha256: string
  /** Length of the text in UTF-8, bytes. */
  readonly size: number
}

export type Digest = (text: string) => Digested
