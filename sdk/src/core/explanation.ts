/** What `explain` answers: each step of an evaluation with how it went. Types only; EVALUATION.md §10. */
import type { EvaluationDetails } from './evaluation.ts'
import type { JsonValue } from './json.ts'

export interface Explanation extends EvaluationDetails {
  /** In the order they are asked. Empty when there was nothing to ask: no such flag, or one that cannot be read. */
  readonly steps: readonly ExplanationStep[]
  /** The segments that the conditions in `steps` asked, themselves or through others. */
  readonly segments: Readonly<Record<string, ExplainedSegment>>
}

/** `not asked`: an earlier step had decided. */
export type ExplanationStep =
  | { readonly step: 'enabled'; readonly enabled: boolean; readonly outcome: 'passed' | 'disabled' }
  | ExplainedPrerequisite
  | {
      readonly step: 'targets'
      readonly outcome: 'served' | 'not matched' | 'not asked'
      readonly variant?: string
    }
  | ExplainedRule
  | {
      readonly step: 'default'
      readonly outcome: 'served' | 'not asked'
      /** Absent: the caller's fallback. */
      readonly variant?: string
    }

export interface ExplainedPrerequisite {
  readonly step: 'prerequisite'
  readonly flag: string
  /** One of these had to be served. */
  readonly wanted: readonly string[]
  /** Absent when the other flag is not there, not enabled, or serves no variant. */
  readonly served?: string
  readonly outcome: 'met' | 'not met' | 'not asked'
  /** Of `not met`. */
  readonly why?: 'no such flag' | 'not enabled' | 'another variant' | 'a circle, or too deep'
}

export interface ExplainedRule {
  readonly step: 'rule'
  readonly id: string
  readonly outcome:
    | 'served'
    | 'not matched'
    | 'outside share'
    | 'outside schedule'
    | 'skipped'
    | 'not asked'
  /** Of `skipped`. */
  readonly why?:
    | 'condition not understood'
    | 'missing bucketing value'
    | 'missing bucketer'
    | 'bucketer failed'
  /** The variant served. */
  readonly variant?: string
  /** Of a share that is placed by our own arithmetic: 0 to 2^32 − 1. */
  readonly bucket?: number
  /** Of a split or ramp, at the time asked about. */
  readonly shares?: readonly ExplainedShare[]
  readonly schedule?: { readonly startMs?: number; readonly endMs?: number }
  /** Absent: the rule is for every context. */
  readonly when?: ExplainedCondition
}

/** Takes the buckets in `[fromCut, toCut)`: 0 to 2^32; under foreign bucketing fractions, 0 to 1. */
export interface ExplainedShare {
  readonly variant: string
  /** Out of 100,000, or of the rule's `bucketing.parts`. */
  readonly from: number
  readonly to: number
  readonly fromCut: number
  readonly toCut: number
}

export type ExplainedCondition =
  | { readonly all: readonly ExplainedCondition[]; readonly holds: boolean }
  | { readonly any: readonly ExplainedCondition[]; readonly holds: boolean }
  | { readonly not: ExplainedCondition; readonly holds: boolean }
  | ExplainedComparison

export interface ExplainedComparison {
  readonly attribute?: string
  readonly operator: string
  readonly value?: JsonValue
  /** The attribute as the context has it; absent when it is missing. */
  readonly seen?: unknown
  readonly holds: boolean
  /** Why it does not hold. The last five are not understood: then the whole rule is skipped. */
  readonly why?:
    | 'attribute is missing'
    | 'attribute is of another type'
    | 'comparison fails'
    | 'in no such segment'
    | 'in the segment'
    | 'unknown operator'
    | 'value cannot be read'
    | 'segment cannot be read'
    | 'missing bucketer'
    | 'bucketer failed'
}

export interface ExplainedSegment {
  readonly contains: boolean
  readonly why:
    | 'excluded'
    | 'listed'
    | 'condition holds'
    | 'condition does not hold'
    | 'not listed'
    | 'no such segment'
    | 'cannot be read'
  readonly when?: ExplainedCondition
}
