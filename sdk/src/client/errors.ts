/** The one error class of the client's life cycle. Evaluation never throws; wrong options are a TypeError. */

/**
 * - `timeout`: nothing to serve in the time given to `ready()`
 * - `closed`: the client was closed
 * - `network`: a request failed, or its answer was too large, too slow or not what was asked for
 * - `denied`: the server refused the SDK key (asked again every 5 minutes)
 * - `rejected`: a snapshot or document failed verification and was not applied
 * - `cache`: the given cache threw, rejected or took over 2 seconds
 * - `callback`: a callback given to `watch` or `on` threw or rejected
 * - `not_found`: no such config in the snapshot
 */
export type DriftlessErrorCode =
  | 'timeout'
  | 'closed'
  | 'network'
  | 'denied'
  | 'rejected'
  | 'cache'
  | 'callback'
  | 'not_found'

/** Goes to `onError` and to `on('error')`; `ready()` and `loadConfig()` reject with it. Never holds a key or a document. */
export class DriftlessError extends Error {
  readonly code: DriftlessErrorCode

  constructor(code: DriftlessErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'DriftlessError'
    this.code = code
  }
}

/** `caught` as it is if it is ours, else wrapped under `code`. */
export function asError(caught: unknown, code: DriftlessErrorCode, what: string): DriftlessError {
  if (caught instanceof DriftlessError) return caught
  const why = caught instanceof Error ? caught.message : 'failed'
  return new DriftlessError(code, `${what}: ${why}`, caught)
}
