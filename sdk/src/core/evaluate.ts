/** Evaluators with every operator. */
import type { CompileOptions } from './conditions.ts'
import type { EvaluationContext, EvaluationDetails, Evaluator, Now } from './evaluation.ts'
import { createEvaluator } from './evaluator.ts'
import type { JsonValue } from './json.ts'
import { MORE_OPERATORS } from './more-operators.ts'
import type { FlagType, SnapshotBody } from './snapshot.ts'

/** The evaluator of a body, which it keeps and never changes; do not change it either. */
export function compile(body: SnapshotBody, options: CompileOptions = {}): Evaluator {
  const { operators } = options
  return createEvaluator(body, { ...options, operators: { ...MORE_OPERATORS, ...operators } })
}

export interface EvaluateOptions extends CompileOptions {
  /** Default: any type. */
  readonly type?: FlagType
  /** Default `null`. */
  readonly fallback?: JsonValue
  /** Default: none, and what depends on time (`startMs`, `endMs`, ramps) is passed over. */
  readonly nowMs?: Now
}

/** Evaluates one flag of a body once. To ask more than once, {@link compile} the body. */
export function evaluate(
  body: SnapshotBody,
  flagKey: string,
  context?: EvaluationContext,
  options: EvaluateOptions = {},
): EvaluationDetails {
  const { type, fallback = null, nowMs = Number.NaN } = options
  return compile(body, options).details(flagKey, type, fallback, context, nowMs)
}
