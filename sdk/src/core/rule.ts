/** One rule becomes a function from context to outcome: EVALUATION.md §3 step 6 and §4. */
import { bucketOfHashes, cutPoint, hashText } from './bucket.ts'
import { compileCondition, readBucketingValue } from './conditions.ts'
import type { Test } from './conditions.ts'
import type { Asking, Outcome, Serve } from './outcome.ts'
import {
  formOf,
  isList,
  isMembers,
  isNumber,
  isShare,
  isString,
  malformed,
  may,
  need,
  own,
} from './read.ts'

/** Undefined: the rule does not decide. */
export type Rule = (context: Readonly<Record<string, unknown>>) => Outcome | undefined

/** What a share serves to a bucket; undefined past its last cut. */
type Take = (bucket: number) => Outcome | undefined

/** Throws what `malformed` makes for a rule that does not fit the grammar. */
export function compileRule(
  rule: unknown,
  flagSeed: string,
  serveVariant: Serve,
  asking: Asking,
): Rule {
  if (!isMembers(rule)) throw malformed('a rule must be an object')
  const ruleId = need(rule, 'id', isString, 'a string')
  const seedHash = hashText(may(rule, 'seed', isString, 'a string') ?? flagSeed)
  const readSubject = readBucketingValue(may(rule, 'bucketBy', isString, 'a string'))
  const startMs = may(rule, 'startMs', isNumber, 'a number') ?? -Infinity
  const endMs = may(rule, 'endMs', isNumber, 'a number') ?? Infinity
  const isTimed = startMs !== -Infinity || endMs !== Infinity
  const when = compileWhen(own(rule, 'when'), flagSeed, asking)

  const bucketOf = (context: Readonly<Record<string, unknown>>): number =>
    bucketOfHashes(asking.hash(readSubject(context) ?? ''), seedHash)
  const served = own(rule, 'serve')
  const form = formOf(served, ['variant', 'split', 'ramp'], 'serve')
  const serve = isMembers(served) ? served : {}
  const serveShare = (variant: string): Outcome =>
    serveVariant(variant, 'SPLIT', { ruleId, bucketOf })
  let fixed: Outcome | undefined
  let take: Take = nothing
  if (form === 'variant') {
    fixed = serveVariant(need(serve, form, isString, 'a name'), 'TARGETING_MATCH', { ruleId })
  } else if (form === 'split') {
    take = compileSplit(need(serve, form, isList, 'a list'), serveShare)
  } else {
    take = compileRamp(need(serve, form, isMembers, 'an object'), serveShare, asking)
  }

  return (context) => {
    if (isTimed) {
      const now = asking.nowMs()
      // Written so that a clock that is not a number is outside.
      if (!(startMs <= now && now < endMs)) return undefined
    }
    if (when !== undefined) {
      if (!when(context)) return undefined
      if (fixed !== undefined) return fixed
      const subject = readSubject(context)
      if (subject !== undefined) return take(bucketOfHashes(asking.hash(subject), seedHash))
    }
    asking.skip(ruleId)
    return undefined
  }
}

const nothing = (): undefined => undefined
const always = (): boolean => true

/** Undefined when the condition cannot be read; then the rule is never asked. */
function compileWhen(condition: unknown, seed: string, asking: Asking): Test | undefined {
  if (condition === undefined) return always
  const segmentKeys = new Set<string>()
  const { hash, isInSegment } = asking
  const when = compileCondition(condition, { seed, hash, isInSegment, segmentKeys })
  return asking.areSegmentsReadable(segmentKeys) ? when : undefined
}

function compileSplit(split: readonly unknown[], serveShare: (variant: string) => Outcome): Take {
  const cuts: number[] = []
  const outcomes: Outcome[] = []
  let sum = 0
  for (const part of split) {
    if (!isMembers(part)) throw malformed('a part of a split must be an object')
    sum += need(part, 'weight', isShare, 'an integer from 0 to 100000')
    cuts.push(cutPoint(sum))
    outcomes.push(serveShare(need(part, 'variant', isString, 'a name')))
  }
  if (!isShare(sum)) throw malformed('weights must sum to at most 100000')
  return (bucket) => {
    for (let i = 0; i < cuts.length; i++) if (bucket < (cuts[i] ?? 0)) return outcomes[i]
    return undefined
  }
}

function compileRamp(
  ramp: Readonly<Record<string, unknown>>,
  serveShare: (variant: string) => Outcome,
  asking: Asking,
): Take {
  const from = need(ramp, 'from', isShare, 'an integer from 0 to 100000')
  const to = need(ramp, 'to', isShare, 'an integer from 0 to 100000')
  const startMs = need(ramp, 'startMs', isNumber, 'a number')
  const endMs = need(ramp, 'endMs', isNumber, 'a number')
  const outcome = serveShare(need(ramp, 'variant', isString, 'a name'))
  return (bucket) => {
    const now = asking.nowMs()
    let share = to
    if (now < startMs) share = from
    else if (!(now >= endMs)) {
      share = Math.floor(from + ((to - from) * (now - startMs)) / (endMs - startMs))
    }
    return bucket < cutPoint(share) ? outcome : undefined
  }
}
