/**
 * Takes answers back from the cache in front of this Worker, where the platform has one (Workers Cache), by the tags they bear.
 * Purging is rationed for a whole account: 5 requests a minute, 25 at once, 100 tags each. So what comes together goes together,
 * and what is over the ration waits for the next call: `max-age` is what always ends an answer, this only ends it sooner.
 */

/** Of the key set: every reader asks for it, without a key. */
export const KEY_SET_TAG = 'driftless-jwks'

/** As much as one isolate takes of what an account has. */
const BURST = 5
const REFILL_MS = 15_000
const MAX_TAGS = 100
/** Tags that wait; older ones end by themselves. */
const MAX_WAITING = 1_000

export interface PurgePorts {
  /** Undefined where the runtime has no such cache. */
  readonly purge: ((tags: string[]) => Promise<unknown>) | undefined
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
  readonly report: (error: unknown) => void
}

/** Purges these tags, and those that wait, as far as the ration goes. Never throws. */
export type Purger = (tags: readonly string[]) => Promise<void>

export function createPurger({ purge, nowMs, report }: PurgePorts): Purger {
  const waiting = new Set<string>()
  let left = BURST
  let refilledAtMs = nowMs()
  let isBusy = false

  return async (tags) => {
    if (purge === undefined) return
    for (const tag of tags) if (waiting.size < MAX_WAITING) waiting.add(tag)
    // What is added meanwhile goes with the next request of this loop.
    if (isBusy) return
    isBusy = true
    try {
      while (waiting.size > 0) {
        const grown = Math.floor((nowMs() - refilledAtMs) / REFILL_MS)
        if (grown > 0) {
          left = Math.min(BURST, left + grown)
          refilledAtMs += grown * REFILL_MS
        }
        if (left === 0) return
        left--
        const batch = [...waiting].slice(0, MAX_TAGS)
        for (const tag of batch) waiting.delete(tag)
        await purge(batch)
      }
    } catch (error) {
      // Not again: what refuses to purge would be asked for ever, and the answers end by themselves.
      report(error)
    } finally {
      isBusy = false
    }
  }
}
