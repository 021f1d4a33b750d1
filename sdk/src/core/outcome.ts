/** The ways an evaluation can end, made when a flag is compiled, so that asking it allocates nothing; and what is asked. */
import type { Reason } from './evaluation.ts'
import type { CompiledFlag } from './flag.ts'
import type { JsonValue } from './json.ts'
import type { CompiledSegment } from './segments.ts'
import type { Placing } from './share.ts'

export interface Outcome {
  /** Undefined: the caller's fallback. With a variant: it is not there, or not of the flag's type. */
  readonly value: JsonValue | undefined
  readonly variant: string | undefined
  readonly reason: Reason
  /** The rule that decided. */
  readonly ruleId: string | undefined
  /** Of a share: how it was told who is in it. */
  readonly placing: Placing | undefined
  /** The prerequisite that was not met. */
  readonly prerequisite: string | undefined
}

/** Makes the outcome that serves `variant`; without one, the fallback. */
export type Serve = (
  variant: string | undefined,
  reason: Reason,
  ruleId?: string,
  placing?: Placing,
  prerequisite?: string,
) => Outcome

/** The evaluation under way, and what it may ask. Evaluation is synchronous, so an evaluator needs one only. */
export interface Asking {
  /** Differs between evaluations, within one of which the context stays the same. */
  turn: number
  readonly nowMs: () => number
  /** Collects the ids of rules that were passed over because they could not be read or had nothing to hash. */
  skipped: string[] | undefined
  /** Undefined when it is not there, null when it cannot be read. */
  readonly flag: (key: string) => CompiledFlag | null | undefined
  readonly segment: (key: string) => CompiledSegment | null | undefined
}
