/** What goes into an evaluation and what comes out: OpenFeature's words and shapes. Types only. */
import type { JsonValue } from './json.ts'
import type { FlagType, SnapshotBody } from './snapshot.ts'

/** Who or what a flag is evaluated for. JSON values and `Date`; own members only are ever read. */
export interface EvaluationContext {
  /** Identifies the subject; buckets, targets and segments go by it. */
  readonly targetingKey?: string | undefined
  readonly [attribute: string]: unknown
}

export type Reason =
  | 'STATIC'
  | 'DEFAULT'
  | 'TARGETING_MATCH'
  | 'SPLIT'
  | 'DISABLED'
  | 'CACHED'
  | 'STALE'
  | 'UNKNOWN'
  | 'ERROR'

export type ErrorCode =
  | 'PROVIDER_NOT_READY'
  | 'FLAG_NOT_FOUND'
  | 'PARSE_ERROR'
  | 'TYPE_MISMATCH'
  | 'TARGETING_KEY_MISSING'
  | 'INVALID_CONTEXT'
  | 'PROVIDER_FATAL'
  | 'GENERAL'

/**
 * The flag's own metadata and over it what the evaluation adds: `revision`, `ruleId`, `bucket` (0 to 2^32 − 1), `skipped`
 * (ids of rules that could not be read or had nothing to hash, joined by commas), `prerequisite` (the one not met).
 */
export type FlagMetadata = Readonly<Record<string, string | number | boolean>>

export interface EvaluationDetails<T extends JsonValue = JsonValue> {
  readonly flagKey: string
  readonly value: T
  /** Absent when the value is the caller's fallback. */
  readonly variant?: string
  readonly reason: Reason
  readonly errorCode?: ErrorCode
  readonly errorMessage?: string
  readonly flagMetadata: FlagMetadata
}

/** What a flag of each type holds. */
export interface FlagValues {
  boolean: boolean
  string: string
  number: number
  /** A served value is an object or an array; a fallback may be anything. */
  object: JsonValue
}

/** Milliseconds since 1970, or a clock that is only read when a rule depends on time, and then once an evaluation. */
export type Now = number | (() => number)

/** What of a delta between two bodies flags depend on. */
export interface EvaluatorChange {
  /** The revision that it leads to. */
  readonly to: number
  readonly put?: Partial<Pick<SnapshotBody, 'flags' | 'segments'>>
  /** Keys. */
  readonly delete?: { readonly [kind in 'flags' | 'segments']?: readonly string[] }
}

/** A body made ready to be asked. Nothing here ever throws, waits or does I/O. */
export interface Evaluator {
  /** The flag's value, or `fallback` where it has none. Allocates nothing. */
  readonly value: <K extends FlagType>(
    flagKey: string,
    type: K,
    fallback: FlagValues[K],
    context: EvaluationContext | undefined,
    nowMs: Now,
  ) => FlagValues[K]
  /** The same answer with how it came about. */
  readonly details: AskForDetails
  readonly flagKeys: () => string[]
  /**
   * The evaluator of the body that a change leads to. What did not change stays compiled, and nothing is walked that did not;
   * this evaluator stays as it is.
   */
  readonly update: (change: EvaluatorChange) => Evaluator
}

export interface AskForDetails {
  <K extends FlagType>(
    flagKey: string,
    type: K,
    fallback: FlagValues[K],
    context: EvaluationContext | undefined,
    nowMs: Now,
  ): EvaluationDetails<FlagValues[K]>
  /** `type` undefined: a flag of any type. */
  (
    flagKey: string,
    type: FlagType | undefined,
    fallback: JsonValue,
    context: EvaluationContext | undefined,
    nowMs: Now,
  ): EvaluationDetails
}
