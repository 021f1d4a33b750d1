/** How long, how often and how much the client goes by. Without imports, so that a bundler writes the numbers where they are used. */

export const POLL_MS = 30_000
/** Beside a healthy stream polls are this many times rarer. */
export const POLL_CALM = 10

export const MIN_BACK_OFF_MS = 1000
export const MAX_BACK_OFF_MS = 60_000
/** A connection that lived this long was good: the next back-off starts from the bottom. */
export const STABLE_MS = 60_000
/** After 401, 403 or 4401: seldom, but for ever, since keys are also put right. */
export const DENIED_MS = 300_000
/**
 * A stream that has said nothing for this long is asked; with no answer in `ANSWER_MS` it is given up. One that is being opened has
 * as long, and up to four times that after failures.
 */
export const SILENCE_MS = 30_000
export const ANSWER_MS = 10_000
/** How long a stream may take to bring what it told of before polling is tried too. */
export const HEAD_START_MS = 3000
/** No server may send a client away for longer. */
export const MAX_WAIT_MS = 3_600_000
/** Attempts (connecting, polling): 4 at once, then one every 7.5 s, so 12 in the worst minute whatever the dice say. */
export const ATTEMPT_COST_MS = 7500
export const ATTEMPT_CREDIT_MS = 22_500

/** A timer asked for more may not come at all. */
/** SNAPSHOT.md §5. */
export const MAX_JITTER_MS = 10_000
export const MAX_TIMER_MS = 3_600_000
/** Of a request: from the first byte sent to the last byte read. */
export const DEADLINE_MS = 30_000
/** A cache that takes longer is done without. */
export const CACHE_MS = 2000
/** An application's schema that takes longer did not let the document through. */
export const SCHEMA_MS = 2000
/** Of `ready()`. */
export const READY_MS = 10_000

/** A key taken out of the set is refused at the latest this long after, when it signs something new. */
export const KEYS_MAX_AGE_MS = 3_600_000
/** For a key that is not in the set: SNAPSHOT.md §3.1 allows one look a minute. */
export const KEYS_UNKNOWN_AGE_MS = 60_000
/** After a failure to get the key set. */
export const KEYS_RETRY_MS = 5000

export const MAX_KEYS_BYTES = 65_536
/** Of a body (SNAPSHOT.md §1), and of an external document. */
export const MAX_BODY_BYTES = 20_971_520
/** A `head` is at most 32 KiB; what is far longer is not from our server. */
export const MAX_MESSAGE_CHARACTERS = 262_144
