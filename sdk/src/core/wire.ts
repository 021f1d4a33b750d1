/** Stream messages, status reports and the cache record of SNAPSHOT.md §5, §4.2 and §8: what server and SDK say to each other. */

import type { MetricsReport } from './metrics.ts'

export const STREAM_PROTOCOL = 'driftless.v1'

/** A `head` that would be longer goes without its body, which the reader then fetches by hash. Bytes. */
export const MAX_HEAD_MESSAGE_BYTES = 32_768

export type StreamMessage =
  | {
      readonly type: 'hello'
      readonly aud: string
      readonly epoch: number
      readonly seq: number
      /** Where the reader came in: `<continent>/<country>/<colo>`. */
      readonly place?: string
    }
  | {
      readonly type: 'head'
      readonly manifest: string
      readonly body?: string
      /** The text of the manifest's delta. */
      readonly delta?: string
      /** Over how long those who have to fetch it are to spread, milliseconds. */
      readonly jitterMs?: number
    }
  | { readonly type: 'goodbye'; readonly reconnectAfterMs: number; readonly jitterMs: number }

export const INSTANCE_STATES = ['applying', 'applied', 'failed', 'stale', 'quarantined'] as const

export type InstanceState = (typeof INSTANCE_STATES)[number]

/** What a running SDK says of itself (SNAPSHOT.md §4.2): over the stream with `type: 'status'`, or by `POST /v1/status`. */
export interface StatusReport {
  /** Names the process, 1 to 128 characters; the same for as long as it lives. */
  readonly instance: string
  readonly state: InstanceState
  /** Of the content that `state` is about: what is served, or with `failed` and `quarantined` what is not. */
  readonly revision: number
  /** Of the newest manifest accepted; 0 when there is none. */
  readonly seq: number
  /** With `failed`: why, and which config's document it was where it was one. */
  readonly error?: { readonly code: string; readonly config?: string }
  readonly sdk: { readonly name: string; readonly version: string }
  /**
   * What the application calls this process: at most 16, names of 1 to 64 and values of up to 128 characters. And those of its
   * place: `edge.continent`, `edge.country`, `edge.colo`.
   */
  readonly labels?: Readonly<Record<string, string>>
  /** Secret → the version in use. */
  readonly secretVersions?: Readonly<Record<string, number>>
  /** Which content of a staged release this instance took. */
  readonly group?: 'stable' | 'candidate'
  /** Id of the deployment that `group` is about. */
  readonly deployment?: string
  /** Of an override file (SNAPSHOT.md §11): the `seq` in effect, 0 for none, and why the last one was refused. */
  readonly override?: { readonly seq: number; readonly error?: string }
  /** What the application measured with that content. */
  readonly metrics?: MetricsReport
}

/** A value of an attribute that is short enough to go along. */
export type SampledValue = string | number | boolean

/** One evaluation and as little of its context as will do to repeat it (SNAPSHOT.md §4.5). */
export interface ContextSample {
  readonly flag: string
  /** The hash of the targeting key (EVALUATION.md §4), 0 to 2^32 − 1; absent: there was none. */
  readonly key?: number
  readonly attributes?: Readonly<Record<string, SampledValue | readonly SampledValue[]>>
  /** Attributes that were looked for and are not in the context. */
  readonly absent?: readonly string[]
}

export const MAX_SAMPLED_ATTRIBUTES = 16
export const MAX_SAMPLED_TEXT = 64
export const MAX_SAMPLED_LIST = 16

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
