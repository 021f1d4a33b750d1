/** Stream messages and the cache record of SNAPSHOT.md §5 and §8: what server and SDK say to each other. */

export const STREAM_PROTOCOL = 'driftless.v1'

/** A `head` that would be longer goes without its body, which the reader then fetches by hash. Bytes. */
export const MAX_HEAD_MESSAGE_BYTES = 32_768

export type StreamMessage =
  | { readonly type: 'hello'; readonly aud: string; readonly epoch: number; readonly seq: number }
  | { readonly type: 'head'; readonly manifest: string; readonly body?: string }
  | { readonly type: 'goodbye'; readonly reconnectAfterMs: number; readonly jitterMs: number }

/** The position of a head: compare `epoch` first, then `seq`. */
export interface Order {
  readonly epoch: number
  readonly seq: number
}

/** What a cache or a bootstrap file holds. */
export interface CacheRecord {
  readonly manifest: string
  readonly body: string
  readonly keys: { readonly keys: readonly PublicJwk[] }
  /** External documents by SHA-256. */
  readonly externals?: Readonly<Record<string, string>>
}

export interface PublicJwk {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly use?: string
  readonly alg?: string
}
