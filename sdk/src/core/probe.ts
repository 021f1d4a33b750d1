/**
 * Questions about parts of a flag. Each part is put into a flag that has nothing else, and that flag is evaluated as any
 * other: so an explanation cannot say something else than the evaluator does. Ask only when all questions are there.
 */
import { attributeOf, bucketingValue, readAttribute } from './attributes.ts'
import { compile } from './evaluate.ts'
import type { EvaluateOptions } from './evaluate.ts'
import type { EvaluationContext, EvaluationDetails, Evaluator } from './evaluation.ts'
import { foreignOperator } from './foreign.ts'
import { isMembers } from './read.ts'
import type { Members } from './read.ts'
import type { SnapshotBody } from './snapshot.ts'

export type Verdict = 'holds' | 'does not hold' | 'not understood'

export interface RuleAnswer {
  readonly isServed: boolean
  readonly isSkipped: boolean
  readonly variant: string | undefined
  readonly bucket: number | undefined
}

export interface Probe {
  readonly flags: Members
  readonly segments: Members
  readonly context: Members
  /** Asks a flag of the body. */
  readonly details: (flagKey: string) => EvaluationDetails
  /** A flag of its own, to be asked later. */
  readonly flag: (flag: Members) => () => EvaluationDetails
  /** A rule of a flag that has no other; `flag` gives variants and seed. */
  readonly rule: (flag: Members, rule: Members) => () => RuleAnswer
  readonly condition: (seed: string, when: unknown) => () => Verdict
  /** Whether there is something to hash. */
  readonly hasValue: (bucketBy: string | undefined) => boolean
  /** Whether the application passed in this operator of a vendor. */
  readonly hasOperator: (operator: string) => boolean
  /** Adds a segment; answers its key. */
  readonly segment: (segment: Members) => string
}

/** What of the rule asked for a condition is looked at is only whether it serves. */
const SERVE = { id: 'probe', serve: { variant: 'probe' } }
const FLAG = { type: 'boolean', variants: { probe: true }, enabled: true, seed: '' }

export function createProbe(
  body: SnapshotBody,
  context: EvaluationContext | undefined,
  options: EvaluateOptions,
): Probe {
  const { nowMs = Number.NaN } = options
  const asked: Members = isMembers(context) ? context : {}
  const flags: Record<string, unknown> = { ...body.flags }
  const segments: Record<string, unknown> = { ...body.segments }
  let evaluator: Evaluator | undefined
  let count = 0
  const add = (to: Record<string, unknown>, value: Members): string => {
    let key = `probe ${++count}`
    while (Object.hasOwn(to, key)) key += '+'
    to[key] = value
    return key
  }
  const details = (flagKey: string): EvaluationDetails => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- evaluators take what nobody checked
    evaluator ??= compile({ ...body, flags, segments } as SnapshotBody, options)
    return evaluator.details(flagKey, undefined, null, context, nowMs)
  }
  const flag: Probe['flag'] = (given) => {
    const key = add(flags, given)
    return () => details(key)
  }
  const rule: Probe['rule'] = (given, one) => {
    const ask = flag({ ...given, enabled: true, rules: [one] })
    return () => {
      const { variant, flagMetadata } = ask()
      const bucket = flagMetadata['bucket']
      return {
        isServed: flagMetadata['ruleId'] !== undefined,
        isSkipped: flagMetadata['skipped'] !== undefined,
        variant,
        bucket: typeof bucket === 'number' ? bucket : undefined,
      }
    }
  }
  return {
    flags,
    segments,
    context: asked,
    details,
    flag,
    rule,
    condition: (seed, when) => {
      const ask = rule({ ...FLAG, seed }, { ...SERVE, when })
      return () => {
        const { isServed, isSkipped } = ask()
        return isSkipped ? 'not understood' : isServed ? 'holds' : 'does not hold'
      }
    },
    hasValue: (bucketBy) =>
      bucketingValue(readAttribute(attributeOf(bucketBy), asked)) !== undefined,
    hasOperator: (operator) => foreignOperator(operator, null, options.bucketers) !== undefined,
    segment: (given) => add(segments, given),
  }
}
