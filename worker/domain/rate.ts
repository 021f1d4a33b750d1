/**
 * How often something may be done: a token bucket, kept as one number. All is arithmetic; the clock is an argument.
 *
 * The number is the time at which the bucket is full again (the "theoretical arrival time" of the GCRA): each request
 * moves it on by one interval, and one that would move it more than `burst` intervals ahead of now is refused. Exact,
 * without timers, and a bucket that is full need not be kept at all.
 */
export interface Rate {
  /** Over time; more than 0. */
  readonly perSecond: number
  /** At once, from a full bucket; an integer from 1. */
  readonly burst: number
}

export interface Taken {
  readonly allowed: boolean
  /** To be kept for the next time. */
  readonly fullAtMs: number
  /** How many more would be allowed now. */
  readonly remaining: number
  /** When one more is allowed; 0: now. */
  readonly retryAfterMs: number
}

/** One request at `nowMs`. `fullAtMs`: what the one before left; absent: the bucket is full. */
export function take(rate: Rate, fullAtMs: number | undefined, nowMs: number): Taken {
  const intervalMs = 1000 / rate.perSecond
  const capacityMs = rate.burst * intervalMs
  // A clock that was set back must not shut anybody out for longer than an empty bucket takes to fill.
  const wasMs = Math.min(Math.max(fullAtMs ?? nowMs, nowMs), nowMs + capacityMs)
  const isMs = wasMs + intervalMs
  const allowed = isMs - nowMs <= capacityMs + EPSILON_MS
  const keptMs = allowed ? isMs : wasMs
  const room = capacityMs - (keptMs - nowMs)
  return {
    allowed,
    fullAtMs: keptMs,
    remaining: Math.max(0, Math.floor((room + EPSILON_MS) / intervalMs)),
    retryAfterMs: Math.max(0, intervalMs - room),
  }
}

/** Failed attempts to authenticate, of one address. */
export const FAILURE_RATE: Rate = { perSecond: 1, burst: 100 }

/** Sums of intervals such as 1000 / 3 are not exact; less than this is no time at all. */
const EPSILON_MS = 1e-6

/** `100/1000`: a hundred a second, a thousand at once. Undefined: none of that form. */
export function parseRate(text: string): Rate | undefined {
  const [, perSecond, burst] = /^(\d{1,9}(?:\.\d{1,6})?)\/([1-9]\d{0,8})$/.exec(text) ?? []
  const rate = { perSecond: Number(perSecond), burst: Number(burst) }
  return rate.perSecond > 0 && Number.isFinite(rate.burst) ? rate : undefined
}

/** Buckets by name, as many as are not full; the memory they take is bounded. */
export class Buckets {
  readonly #rate: Rate
  readonly #fullAtMs = new Map<string, number>()
  readonly #max: number

  constructor(rate: Rate, max = 10_000) {
    this.#rate = rate
    this.#max = max
  }

  take(name: string, nowMs: number): Taken {
    const taken = take(this.#rate, this.#fullAtMs.get(name), nowMs)
    this.#fullAtMs.delete(name)
    if (this.#fullAtMs.size >= this.#max) this.#makeRoom(nowMs)
    this.#fullAtMs.set(name, taken.fullAtMs)
    return taken
  }

  /** What `take` would say, without taking. */
  peek(name: string, nowMs: number): Taken {
    return take(this.#rate, this.#fullAtMs.get(name), nowMs)
  }

  /** Those that are full are as if they were not there; should all be in use, those that took longest ago go. */
  #makeRoom(nowMs: number): void {
    for (const [name, fullAtMs] of this.#fullAtMs) {
      if (fullAtMs <= nowMs) this.#fullAtMs.delete(name)
    }
    for (const name of this.#fullAtMs.keys()) {
      if (this.#fullAtMs.size < this.#max) return
      this.#fullAtMs.delete(name)
    }
  }
}
