/** That something goes on: one line on standard error that is written over, on a terminal alone, and gone when it is done. */
import type { Io } from './io.ts'

export interface Progress {
  /** So many are done. */
  at(count: number): void
  /** Takes the line away. */
  end(): void
}

/** Less than this is done before anybody reads. */
const MIN_TOTAL = 20
const MIN_INTERVAL_MS = 100

const CLEAR = '\r\u001B[K'
const NOTHING: Progress = { at: () => undefined, end: () => undefined }

/** Shown at once, where `total` is worth it. */
export function progress(io: Io, what: string, total: number): Progress {
  if (!io.isTerminal || total < MIN_TOTAL) return NOTHING
  let shownAtMs = io.nowMs()
  io.err(`${CLEAR}${what} …`)
  return {
    at(count) {
      if (io.nowMs() - shownAtMs < MIN_INTERVAL_MS) return
      shownAtMs = io.nowMs()
      io.err(`${CLEAR}${what} ${count}/${total}`)
    },
    end: () => io.err(CLEAR),
  }
}
