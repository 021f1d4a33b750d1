/** The one error class of the client's life cycle. Evaluation never throws; wrong options are a TypeError. */

/**
 * - `timeout`: nothing to serve in the time given to `ready()`
 * - `closed`: the client was closed
 * - `network`: a request failed, or its answer was too large, too slow or not what was asked for
 * - `denied`: the server refused the SDK key (asked again every 5 minutes)
 * - `rejected`: a snapshot or document failed verification and was not applied
 * - `cache`: the given cache threw, rejected or took over 2 seconds
 * - `quarantined`: a snapshot was not taken, since processes of this application died of it (option `crashGuard`)
 * - `callback`: a callback given to `watch` or `on` threw or rejected
 * - `not_found`: no such config or secret in the snapshot
 * - `override`: an override file was refused, could not be read or has ended (option `overrides`)
 * - `secret`: a secret does not open with this SDK key: the key is a client's, or older than the platform's secrets
 */
export type DriftlessErrorCode =
  | 'timeout'
  | 'closed'
  | 'network'
  | 'denied'
  | 'rejected'
  | 'cache'
  | 'quarantined'
  | 'callback'
  | 'not_found'
  | 'secret'
  | 'override'

/** Goes to `onError` and to `on('error')`; `ready()` and `loadConfig()` reject with it. Never holds a key or a document. */
export class DriftlessError extends Error {
  override readonly name = 'DriftlessError'
  readonly code: DriftlessErrorCode
  /** For how long the server asked to be left alone (`Retry-After`); 0 when it did not. */
  readonly retryAfterMs: number

  constructor(code: DriftlessErrorCode, message: string, cause?: unknown, retryAfterMs = 0) {
    super(message, { cause })
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

/** `caught` as it is if it is ours, else wrapped under `code`. */
export function asError(
  caught: unknown,
  code: DriftlessErrorCode,
  what: string = code,
): DriftlessError {
  return caught instanceof DriftlessError
    ? caught
    : new DriftlessError(
        code,
        `${what}: ${caught instanceof Error ? caught.message : 'failed'}`,
        caught,
      )
}
