/**
 * Somebody else's arithmetic (EVALUATION.md §9): what an application passes in so that flags imported from another system
 * keep every user where they were. Types only; `@driftless/sdk/migrate` has the implementations.
 */
import type { EvaluationContext } from './evaluation.ts'
import type { JsonValue } from './json.ts'

export interface Bucketer {
  /**
   * Where `value` falls for `seed`: a fraction in `[0, 1)`. `parts` (1 to 1,000,000,000) is what the rule's weights are
   * counted in; arithmetic that ends in a modulo needs it. Pure.
   */
  bucket(value: string, seed: string, parts: number): number
  /**
   * Operators by name without the vendor: `operators.inCidr` answers `unleash.inCidr`. `attribute` is whatever the
   * context has there (undefined when missing), `value` what the flag says.
   */
  readonly operators?: Readonly<Record<string, ForeignOperator>>
}

export type ForeignOperator = (
  attribute: unknown,
  value: JsonValue,
  context: EvaluationContext,
) => boolean

/** By name: what a rule's `bucketing.by` and the part of an operator before its dot ask for. */
export type Bucketers = Readonly<Record<string, Bucketer>>
