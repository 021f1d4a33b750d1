/** Reads a position as `ETag`, `min` and `seen` write it (SNAPSHOT.md §4, §5). */
import type { Order } from '#core'

/** The parts of `<epoch>.<seq>`, both integers of at most 15 digits; null when it is not of that form. */
export function parseOrder(text: string | null): Order | null {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? '')
  return match === null ? null : { epoch: Number(match[1]), seq: Number(match[2]) }
}
