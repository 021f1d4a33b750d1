/** The ways an evaluation can end, made when a flag is compiled, so that asking it allocates nothing. */
import type { Reason } from './evaluation.ts'
import type { Bucketers } from './bucketer.ts'
import type { Members } from './read.ts'

export interface Outcome {
  /** Undefined: the caller's fallback. */
  readonly value: unknown
  readonly variant: string | undefined
  readonly reason: Reason
  /** The rule that decided. */
  readonly ruleId: string | undefined
  /** The prerequisite that was not met. */
  readonly prerequisite: string | undefined
  /** Of a share: the bucket of a context. */
  readonly bucketOf: BucketOf | undefined
  /** What is wrong with the flag, when this outcome shows it. */
  readonly fault: string | undefined
}

export type BucketOf = (context: Members) => number

/** Makes the outcome that serves `variant`; without one, the fallback. */
export type Serve = (
  variant: string | undefined,
  reason: Reason,
  ruleId?: string,
  bucketOf?: BucketOf,
  prerequisite?: string,
) => Outcome

/** What a flag may ask of the evaluation it takes part in. */
export interface Asking {
  /** `hashText`, remembering the last text: one context is asked about by many flags. */
  readonly hash: (text: string) => number
  readonly nowMs: () => number
  /** Numbers the evaluations, within one of which the context stays the same. */
  readonly turn: () => number
  /** Notes the id of a rule that was passed over because it could not be read or had nothing to hash. */
  readonly skip: (ruleId: string) => void
  readonly isInSegment: (key: string, context: Members) => boolean
  readonly areSegmentsReadable: (keys: Iterable<string>) => boolean
  /** The variant another flag serves; undefined when it is not there or not enabled. */
  readonly variantOf: (flagKey: string, context: Members) => string | undefined
  /** What the application passed in. */
  readonly bucketers: Bucketers | undefined
  /** Whether prerequisites lead on from this flag for too long, or in a circle. */
  readonly isChainTooLong: (flagKey: string) => boolean
}
