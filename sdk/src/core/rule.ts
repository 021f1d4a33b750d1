/** One rule becomes a function from context to outcome: EVALUATION.md §3, step 6. */
import { compileCondition, readBucketingValue } from './conditions.ts'
import type { Test } from './conditions.ts'
import { ForeignFault } from './foreign.ts'
import type { Asking, Outcome, Serve } from './outcome.ts'
import { formOf, isMembers, isNumber, isString, may, membersOf, need, own } from './read.ts'
import type { Members } from './read.ts'
import { compileRamp, compileSplit, foreignSpace, ownSpace } from './share.ts'

/** Undefined: the rule does not decide. */
export type Rule = (context: Members) => Outcome | undefined

/** Throws what `malformed` makes for a rule that does not fit the grammar. */
export function compileRule(
  given: unknown,
  flagSeed: string,
  serveVariant: Serve,
  asking: Asking,
): Rule {
  const rule = membersOf(given, 'rule')
  const ruleId = need(rule, 'id', isString)
  const seed = may(rule, 'seed', isString) ?? flagSeed
  const readSubject = readBucketingValue(may(rule, 'bucketBy', isString))
  const startMs = may(rule, 'startMs', isNumber) ?? -Infinity
  const endMs = may(rule, 'endMs', isNumber) ?? Infinity
  const isTimed = startMs !== -Infinity || endMs !== Infinity
  const when = compileWhen(own(rule, 'when'), flagSeed, asking)
  const bucketing = may(rule, 'bucketing', isMembers)
  const space = bucketing ? foreignSpace(bucketing, seed, asking) : ownSpace(seed, asking)
  const { place } = space

  const serve = need(rule, 'serve', isMembers)
  const form = formOf(serve, ['variant', 'split', 'ramp'])
  const bucketOf = (context: Members): number => place?.(readSubject(context) ?? '') ?? 0
  const serveShare = (variant: string): Outcome =>
    serveVariant(variant, 'SPLIT', ruleId, bucketing ? undefined : bucketOf)
  const fixed =
    form === 'variant'
      ? serveVariant(need(serve, form, isString), 'TARGETING_MATCH', ruleId)
      : undefined
  const take =
    form === 'ramp'
      ? compileRamp(serve, space, serveShare, asking)
      : form === 'split'
        ? compileSplit(serve, space, serveShare)
        : () => fixed

  const ask: Rule = (context) => {
    if (isTimed) {
      const now = asking.nowMs()
      // Written so that a clock that is not a number is outside.
      if (!(startMs <= now && now < endMs)) return undefined
    }
    if (when !== undefined && place !== undefined) {
      if (!when(context)) return undefined
      if (fixed !== undefined) return fixed
      const subject = readSubject(context)
      if (subject !== undefined) return take(place(subject))
    }
    asking.skip(ruleId)
    return undefined
  }
  if (!asking.bucketers) return ask
  return (context) => {
    try {
      return ask(context)
    } catch (error) {
      if (!(error instanceof ForeignFault)) throw error
      asking.skip(ruleId)
      return undefined
    }
  }
}

/** Undefined when the condition cannot be read: then the rule is never asked. */
function compileWhen(condition: unknown, seed: string, asking: Asking): Test | undefined {
  if (condition === undefined) return () => true
  const segmentKeys = new Set<string>()
  const when = compileCondition(condition, { asking, seed, segmentKeys })
  return asking.areSegmentsReadable(segmentKeys) ? when : undefined
}
