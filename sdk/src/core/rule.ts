/** Rules of a flag, ready to be asked: EVALUATION.md §3, step 6. */
import { check, compileCondition } from './conditions.ts'
import type { Check, Compiling } from './conditions.ts'
import { FOREIGN_FAULT } from './foreign.ts'
import type { Asking, Outcome, Serve } from './outcome.ts'
import type { Members } from './read.ts'
import { compileShare, takeShare } from './share.ts'
import type { CompiledShare, ServeParts } from './share.ts'
import type { Rule } from './snapshot.ts'

export interface CompiledRule {
  readonly id: string
  readonly isScheduled: boolean
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  /** All of them must hold. */
  readonly when: readonly Check[]
  /** The segments that the condition asks. */
  readonly segmentKeys: ReadonlySet<string>
  /** What everybody gets who fits `when`; undefined: what `share` says. */
  readonly outcome: Outcome | undefined
  readonly share: CompiledShare | undefined
  /** Its condition can be read, and its bucketer is there. */
  readonly isUnderstood: boolean
  /** The segments can be read, too: set for the evaluator that asks. */
  isReadable: boolean
}

/** Throws for a rule that cannot be read, but for its condition. */
export function compileRule(
  rule: Rule,
  flagSeed: string,
  serve: Serve,
  options: Compiling,
): CompiledRule {
  const { id, startMs, endMs, seed = flagSeed } = rule
  const { variant }: ServeParts = rule.serve
  const share = compileShare(rule, seed, options, (one, placing) =>
    serve(one, 'SPLIT', id, placing),
  )
  const segmentKeys = new Set<string>()
  let isUnderstood = share !== undefined
  let when: readonly Check[] = []
  try {
    if (rule.when !== undefined) {
      when = partsOf(compileCondition(rule.when, { ...options, seed: flagSeed, segmentKeys }))
    }
  } catch {
    isUnderstood = false
  }
  return {
    id,
    isScheduled: startMs !== undefined || endMs !== undefined,
    startMs,
    endMs,
    when,
    segmentKeys: segmentKeys.size > 0 ? segmentKeys : NO_KEYS,
    outcome: variant === undefined ? undefined : serve(variant, 'TARGETING_MATCH', id),
    share: variant === undefined ? share : undefined,
    isUnderstood,
    isReadable: false,
  }
}

// Most rules ask no segment, and of an empty set there need be one only.
const NO_KEYS: ReadonlySet<string> = new Set()

/** What must hold: the parts of an `all`, which needs no loop of its own then. */
function partsOf(condition: Check): readonly Check[] {
  return condition.below && !condition.isAny ? condition.below : [condition]
}

/** Undefined: the rule does not decide. */
export function askRule(rule: CompiledRule, context: Members, asking: Asking): Outcome | undefined {
  if (rule.isScheduled && !isDue(rule, asking.nowMs())) return undefined
  const { when, outcome, share } = rule
  try {
    if (rule.isReadable) {
      for (let n = 0; n < when.length; n++) {
        const one = when[n]
        if (one !== undefined && !check(one, context, asking)) return undefined
      }
      if (share === undefined) return outcome
      const taken = takeShare(share, context, asking)
      if (taken !== null) return taken
    }
  } catch (error) {
    if (error !== FOREIGN_FAULT) throw error
  }
  asking.skipped?.push(rule.id)
  return undefined
}

function isDue({ startMs = -Infinity, endMs = Infinity }: CompiledRule, nowMs: number): boolean {
  // A clock that is not a number is outside.
  return startMs <= nowMs && nowMs < endMs
}
