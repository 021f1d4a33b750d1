/** What an application sees of the client. */
import type { EvaluationContext, EvaluationDetails } from '../core/evaluation.ts'
import type { JsonValue } from '../core/json.ts'
import type { VerifyErrorCode } from '../verify.ts'
import type { DriftlessError } from './errors.ts'
import type { Callback } from './listeners.ts'
import type { ConfigSchemas, NoSchemas, OutputOf } from './standard-schema.ts'
import type { Source, Status } from './state.ts'

export interface ClientEvents {
  /** There is a snapshot, and its manifest is not past its `exp`: the first, or again after `stale`. */
  ready: { readonly source: Source; readonly revision: number }
  /** Another content took its place, or an external document arrived. */
  changed: { readonly source: Source; readonly revision: number }
  /** The manifest in use is past its `exp`; values are still served. */
  stale: { readonly source: Source; readonly revision: number }
  error: DriftlessError
  /** A snapshot was refused, or with `config` one document of the snapshot in use; what was there stays. */
  rejected: {
    readonly source: Source
    /** `reference`: a reference could not be answered; `schema`: the application's schema said no. */
    readonly code: VerifyErrorCode | 'reference' | 'schema'
    readonly message: string
    readonly config?: string
    /** Of what was refused; `undefined` when its manifest could not be believed. */
    readonly revision: number | undefined
  }
}

/** A secret, opened. Printed, serialised or inspected it says `[redacted]`. */
export interface Secret {
  readonly name: string
  readonly version: number
  /** The value. */
  reveal(): string
  /** The version before, while its grace period after a rotation lasts: to check what others still send. */
  readonly previous: Secret | undefined
  toString(): string
  toJSON(): string
}

/** What forces flags at present: the option `overrides`. */
export interface OverrideInUse {
  readonly seq: number
  /** When it ends by itself, milliseconds since 1970. */
  readonly expMs: number
  /** Keys of the flags it names. */
  readonly flags: readonly string[]
  readonly reason?: string
}

type GetValue<T> = (flagKey: string, fallback: T, context?: EvaluationContext) => T
type GetDetails<T extends JsonValue> = (
  flagKey: string,
  fallback: T,
  context?: EvaluationContext,
) => EvaluationDetails<T>

export interface Client<Schemas extends ConfigSchemas = NoSchemas> {
  /**
   * Fulfilled once there is a snapshot to answer from: at once with a cache or bootstrap, even a stale one. Rejects with a
   * `DriftlessError` of code `timeout` after `timeoutMs` (default 10,000; the client goes on trying), or `closed`.
   */
  ready(options?: { readonly timeoutMs?: number }): Promise<void>

  // Flags: synchronous, never throw, give the fallback before the first snapshot. Objects are frozen.
  readonly getBooleanValue: GetValue<boolean>
  readonly getStringValue: GetValue<string>
  readonly getNumberValue: GetValue<number>
  readonly getObjectValue: GetValue<JsonValue>
  readonly getBooleanDetails: GetDetails<boolean>
  readonly getStringDetails: GetDetails<string>
  readonly getNumberDetails: GetDetails<number>
  readonly getObjectDetails: GetDetails<JsonValue>

  /** A config with a schema (option `schemas`): what the schema made of it. Else as below. */
  getConfig<Name extends keyof Schemas & string>(name: Name): OutputOf<Schemas[Name]> | undefined
  /**
   * A config's document, deeply frozen; `T` is the caller's word for its shape. `undefined` when there is no such config, no
   * snapshot yet, no version of it that could be handed out (see `on('rejected')`), or it is an external document that nobody loaded or watched yet.
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller's word, as the docstring says
  getConfig<T = JsonValue>(name: string): T | undefined
  loadConfig<Name extends keyof Schemas & string>(name: Name): Promise<OutputOf<Schemas[Name]>>
  /**
   * The same, fetching an external document first. Waits for the first snapshot as `ready()` does. Rejects with a
   * `DriftlessError`: `not_found`, `network`, `rejected`, `timeout`, `closed`.
   */
  loadConfig<T = JsonValue>(name: string): Promise<T>

  /**
   * The active version of a secret, opened and kept in memory only. Waits for the first snapshot as `ready()` does. Rejects with a
   * `DriftlessError`: `not_found`, `secret`, `timeout`, `closed`.
   */
  getSecret(name: string): Promise<Secret>
  /** Calls back with each version of a secret that takes the place of another. The result ends it. */
  onRotate(name: string, callback: Callback<[secret: Secret]>): () => void

  /**
   * Calls back with the new and the old value whenever what stands at `path` changes, compared deeply: a config
   * (`settings`), a place in it (`settings.database.pool`; of config names with dots the longest wins), or a flag as the
   * client's own context gets it (`flag:new-checkout`). `undefined`: nothing there. The result ends it.
   */
  watch(path: string, callback: Callback<[newValue: unknown, oldValue: unknown]>): () => void
  /** The result ends it. */
  on<Name extends keyof ClientEvents>(
    event: Name,
    callback: Callback<[event: ClientEvents[Name]]>,
  ): () => void

  /**
   * Counts a sample of something the application measures, such as an error or a duration, for the gate of a staged release
   * (docs/deployments.md): while one is under way the totals go along with `reportStatus`, and nothing is kept otherwise. A
   * name matches `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`, 16 of them at most; `value` is finite, default 1. What does not fit is
   * dropped, and told to `log` once. Never throws. Tell failures and successes as 1 and 0 and the mean is the share that failed.
   */
  track(name: string, value?: number): void

  readonly status: Status
  /** Who last gave or confirmed what is in use. */
  readonly source: Source
  /** Of the snapshot in use; `undefined` before the first. */
  readonly revision: number | undefined
  /** `undefined`: no flag is forced. Details of a flag that is forced have its `seq` as `override` in their metadata. */
  readonly override: OverrideInUse | undefined

  /** Fulfilled when nothing is being fetched, verified or stored any more, and `events` are reported. */
  flush(): Promise<void>
  /** Ends connections, requests, timers and callbacks; reports `events` a last time. Values are still answered from what is there. */
  close(): Promise<void>
}
