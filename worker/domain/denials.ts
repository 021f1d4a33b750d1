/**
 * Which refused attempts are written into the audit: the first of a kind in a minute, and with the next one how many were
 * left out. So that whoever floods the platform with refused requests does not fill its storage.
 */
const MINUTE_MS = 60_000
/** Kinds told apart in a minute; what is more counts as one kind. */
const MAX_KINDS = 100
const REST = 'rest'

export class Denials {
  #minute = -1
  /** By kind: how many were left out in this minute. */
  readonly #counts = new Map<string, number>()
  #leftOut = 0

  /**
   * One refused attempt of a kind (who, and what).
   *
   * @returns null when it is not to be written, else how many were left out since the last one that was.
   */
  admit(kind: string, nowMs: number): { readonly leftOut: number } | null {
    const minute = Math.floor(nowMs / MINUTE_MS)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#counts.clear()
    }
    const known = this.#counts.has(kind) || this.#counts.size < MAX_KINDS ? kind : REST
    const count = this.#counts.get(known)
    this.#counts.set(known, (count ?? 0) + 1)
    if (count !== undefined) {
      this.#leftOut += 1
      return null
    }
    const leftOut = this.#leftOut
    this.#leftOut = 0
    return { leftOut }
  }
}

/** The reason of a row that stands for others, too. */
export function withLeftOut(reason: string, leftOut: number): string {
  return leftOut === 0 ? reason : `${reason} (and ${leftOut} others since the last one written)`
}
