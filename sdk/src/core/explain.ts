/**
 * How an evaluation came about, step by step: EVALUATION.md §10. Slower than evaluating, and only here when it is imported:
 * neither the evaluator nor the client needs it.
 */
import { cutPoint, SHARE_PARTS } from './bucket.ts'
import { evaluate } from './evaluate.ts'
import type { EvaluateOptions } from './evaluate.ts'
import type { EvaluationContext, EvaluationDetails } from './evaluation.ts'
import { planConditions } from './explain-condition.ts'
import type { ConditionPlans } from './explain-condition.ts'
import type {
  ExplainedPrerequisite,
  ExplainedRule,
  ExplainedShare,
  Explanation,
  ExplanationStep,
} from './explanation.ts'
import { createProbe } from './probe.ts'
import type { Probe } from './probe.ts'
import {
  isList,
  isMembers,
  isNumber,
  isString,
  isStrings,
  may,
  membersOf,
  need,
  own,
} from './read.ts'
import type { Members } from './read.ts'
import { placeSplit, rampShare } from './share.ts'
import type { Ramp, SnapshotBody, WeightedVariant } from './snapshot.ts'

/** A step that is asked when its time comes; `decides`: the evaluation ends here. */
interface Plan {
  readonly ask: () => { readonly step: ExplanationStep; readonly decides: boolean }
  readonly notAsked: ExplanationStep | undefined
}

/**
 * Evaluates one flag and tells each step of it. Value, variant, reason, error and metadata are those of `evaluate`. Never
 * throws.
 *
 * @example explain(body, 'new-checkout', { targetingKey: 'ada', plan: 'pro' }, { nowMs: Date.now() })
 */
export function explain(
  body: SnapshotBody,
  flagKey: string,
  context?: EvaluationContext,
  options: EvaluateOptions = {},
): Explanation {
  // A clock is read once, so that every step is of the same time.
  const { nowMs: clock = Number.NaN } = options
  const nowMs = typeof clock === 'function' ? clock() : clock
  const details = evaluate(body, flagKey, context, { ...options, nowMs })
  try {
    return { ...details, ...explainSteps(body, details, context, { ...options, nowMs }) }
  } catch {
    // A body or context with members that throw.
    return { ...details, steps: [], segments: {} }
  }
}

function explainSteps(
  body: SnapshotBody,
  details: EvaluationDetails,
  context: EvaluationContext | undefined,
  options: EvaluateOptions & { readonly nowMs: number },
): Pick<Explanation, 'steps' | 'segments'> {
  const { flagKey, errorCode } = details
  const nothing = { steps: [], segments: {} }
  // A PARSE_ERROR may be a variant that is not there, and then there are steps.
  if (errorCode !== undefined && errorCode !== 'PARSE_ERROR') return nothing
  const flag = membersOf(own(body.flags, flagKey), 'flag')
  if (!fitsGrammar(body, flag, options)) return nothing

  const probe = createProbe(body, context, options)
  const conditions = planConditions(probe)
  const plans = planFlag(flag, probe, conditions, options)
  const steps: ExplanationStep[] = []
  let isDecided = false
  for (const { ask, notAsked } of plans) {
    if (isDecided) {
      if (notAsked) steps.push(notAsked)
      continue
    }
    const { step, decides } = ask()
    steps.push(step)
    isDecided = decides
  }
  return { steps, segments: conditions.segments() }
}

/** Switched off, a flag is still read whole. */
function fitsGrammar(body: SnapshotBody, flag: Members, options: EvaluateOptions): boolean {
  const { offVariant: _, ...rest } = flag
  const probe = createProbe(body, {}, options)
  return probe.flag({ ...rest, enabled: false })().reason === 'DISABLED'
}

/** `flag` fits the grammar. */
function planFlag(
  flag: Members,
  probe: Probe,
  conditions: ConditionPlans,
  options: EvaluateOptions & { readonly nowMs: number },
): readonly Plan[] {
  const { type, variants, seed } = flag
  const bare = { type, variants, seed, enabled: true }
  const rules = (may(flag, 'rules', isList) ?? []).map((rule) =>
    planRule(membersOf(rule, 'rules'), bare, probe, conditions, options),
  )
  return [
    planEnabled(flag, bare, probe),
    ...(may(flag, 'prerequisites', isList) ?? []).map((one) =>
      planPrerequisite(membersOf(one, 'prerequisites'), bare, probe),
    ),
    planTargets(flag, bare, probe),
    ...rules,
    planDefault(flag, bare, probe),
  ]
}

function planEnabled(flag: Members, bare: Members, probe: Probe): Plan {
  const ask = probe.flag({ ...bare, enabled: own(flag, 'enabled') })
  return {
    ask: () => {
      const enabled = ask().reason !== 'DISABLED'
      const outcome = enabled ? 'passed' : 'disabled'
      return { step: { step: 'enabled', enabled, outcome }, decides: !enabled }
    },
    notAsked: undefined,
  }
}

function planPrerequisite(prerequisite: Members, bare: Members, probe: Probe): Plan {
  const key = need(prerequisite, 'flag', isString)
  const wanted = need(prerequisite, 'variants', isStrings)
  const ask = probe.flag({ ...bare, prerequisites: [prerequisite] })
  const step = { step: 'prerequisite', flag: key, wanted } as const
  return {
    ask: () => {
      if (ask().reason !== 'DISABLED') {
        const { variant } = probe.details(key)
        const met = { ...step, outcome: 'met' } as const
        return { step: variant === undefined ? met : { ...met, served: variant }, decides: false }
      }
      return {
        step: { ...step, outcome: 'not met', ...whyUnmet(key, wanted, probe) },
        decides: true,
      }
    },
    notAsked: { ...step, outcome: 'not asked' },
  }
}

function whyUnmet(
  key: string,
  wanted: readonly string[],
  probe: Probe,
): Pick<ExplainedPrerequisite, 'served' | 'why'> {
  const other = own(probe.flags, key)
  if (other === undefined) return { why: 'no such flag' }
  if (!isMembers(other) || own(other, 'enabled') !== true) return { why: 'not enabled' }
  const { variant } = probe.details(key)
  if (variant === undefined) return { why: 'another variant' }
  return {
    served: variant,
    why: wanted.includes(variant) ? 'a circle, or too deep' : 'another variant',
  }
}

function planTargets(flag: Members, bare: Members, probe: Probe): Plan {
  // Without a default variant it says DEFAULT where no target matched, and that alone.
  const ask = probe.flag({ ...bare, targets: own(flag, 'targets') })
  return {
    ask: () => {
      const { reason, variant } = ask()
      if (reason === 'DEFAULT')
        return { step: { step: 'targets', outcome: 'not matched' }, decides: false }
      const step = { step: 'targets', outcome: 'served' } as const
      return { step: variant === undefined ? step : { ...step, variant }, decides: true }
    },
    notAsked: { step: 'targets', outcome: 'not asked' },
  }
}

function planDefault(flag: Members, bare: Members, probe: Probe): Plan {
  const ask = probe.flag({ ...bare, defaultVariant: own(flag, 'defaultVariant') })
  return {
    ask: () => {
      const { variant } = ask()
      const step = { step: 'default', outcome: 'served' } as const
      return { step: variant === undefined ? step : { ...step, variant }, decides: true }
    },
    notAsked: { step: 'default', outcome: 'not asked' },
  }
}

function planRule(
  rule: Members,
  bare: Members,
  probe: Probe,
  conditions: ConditionPlans,
  options: EvaluateOptions & { readonly nowMs: number },
): Plan {
  const id = need(rule, 'id', isString)
  const serve = need(rule, 'serve', isMembers)
  const condition = own(rule, 'when')
  const bucketing = may(rule, 'bucketing', isMembers)
  const by = bucketing && need(bucketing, 'by', isString)
  const parts = (bucketing && may(bucketing, 'parts', isNumber)) ?? SHARE_PARTS
  const shares = readShares(serve, bucketing ? (share) => share / parts : cutPoint, options.nowMs)
  const startMs = may(rule, 'startMs', isNumber)
  const endMs = may(rule, 'endMs', isNumber)

  // The rule whole, then with only one of its parts: the part that is not passed is why.
  const fixed = { variant: 'probe' }
  const everyone = { split: [{ variant: 'probe', weight: parts }] }
  const whole = probe.rule(bare, rule)
  const inTime = probe.rule(bare, { id, startMs, endMs, serve: fixed })
  const ifHeld = probe.rule(bare, { id, when: condition, serve: fixed })
  const bucketed = probe.rule(bare, { id, bucketing, serve: fixed })
  const placed = probe.rule(bare, {
    ...rule,
    startMs: undefined,
    endMs: undefined,
    when: undefined,
    serve: everyone,
  })
  const explainWhen = condition === undefined ? undefined : planWhen(condition, bare, conditions)

  const outcomeOf = (): Pick<ExplainedRule, 'outcome' | 'why'> => {
    if (whole().isServed) return { outcome: 'served' }
    if (!inTime().isServed) return { outcome: 'outside schedule' }
    if (ifHeld().isSkipped) return { outcome: 'skipped', why: 'condition not understood' }
    if (bucketed().isSkipped) return { outcome: 'skipped', why: 'missing bucketer' }
    if (!ifHeld().isServed) return { outcome: 'not matched' }
    if (!placed().isSkipped) return { outcome: 'outside share' }
    const isPresent = by === undefined || probe.hasValue(may(rule, 'bucketBy', isString))
    return {
      outcome: 'skipped',
      why: isPresent && by !== undefined ? 'bucketer failed' : 'missing bucketing value',
    }
  }
  return {
    ask: () => {
      const outcome = outcomeOf()
      const { variant } = whole()
      const isPlaced = outcome.outcome === 'served' || outcome.outcome === 'outside share'
      const bucket = shares && isPlaced ? placed().bucket : undefined
      const step: ExplainedRule = {
        step: 'rule',
        id,
        ...outcome,
        ...(outcome.outcome === 'served' && variant !== undefined && { variant }),
        ...(bucket !== undefined && { bucket }),
        ...(shares && { shares }),
        ...((startMs !== undefined || endMs !== undefined) && {
          schedule: {
            ...(startMs !== undefined && { startMs }),
            ...(endMs !== undefined && { endMs }),
          },
        }),
        ...(explainWhen && outcome.outcome !== 'outside schedule' && { when: explainWhen() }),
      }
      return { step, decides: outcome.outcome === 'served' }
    },
    notAsked: { step: 'rule', id, outcome: 'not asked' },
  }
}

/** Undefined for a condition that does not fit the grammar: its rule is passed over, and there is no more to say. */
function planWhen(
  condition: unknown,
  bare: Members,
  conditions: ConditionPlans,
): ReturnType<ConditionPlans['condition']> | undefined {
  try {
    return conditions.condition(condition, need(bare, 'seed', isString))
  } catch {
    return undefined
  }
}

/** Undefined for a rule that serves one variant to all. */
function readShares(
  serve: Members,
  cut: (share: number) => number,
  nowMs: number,
): readonly ExplainedShare[] | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the flag was evaluated, so it fits the grammar
  const { split, ramp } = serve as Partial<
    Record<'split', WeightedVariant[]> & Record<'ramp', Ramp>
  >
  const withCuts = (variant: string, from: number, to: number): ExplainedShare => ({
    variant,
    from,
    to,
    fromCut: cut(from),
    toCut: cut(to),
  })
  if (split) return placeSplit(split).map(({ variant, from, to }) => withCuts(variant, from, to))
  if (!ramp) return undefined
  const share = rampShare(ramp, nowMs)
  // Without a clock a ramp takes nobody.
  return [withCuts(ramp.variant, 0, Number.isNaN(share) ? 0 : share)]
}
