/** Splits and ramps: which part of all contexts gets which variant, EVALUATION.md §4 and §9. */
import { bucketOfHashes, cutPoint, hashText, SHARE_PARTS } from './bucket.ts'
import { callForeign } from './foreign.ts'
import type { Asking, Outcome } from './outcome.ts'
import { isList, isMembers, isNumber, isShareOf, isString, malformed, may, need } from './read.ts'
import type { Members } from './read.ts'

/** Where contexts fall: in our buckets, or where a foreign bucketer puts them. */
export interface Space {
  /** What weights are counted in. */
  readonly parts: number
  /** The first place that is not within the first `share` parts. */
  readonly cut: (share: number) => number
  readonly place: (subject: string) => number
}

/** What a share serves at a place; undefined where it takes nobody. */
export type Take = (place: number) => Outcome | undefined

type Serve = (variant: string) => Outcome

export function ownSpace(seed: string, asking: Asking): Space {
  const seedHash = hashText(seed)
  return {
    parts: SHARE_PARTS,
    cut: cutPoint,
    place: (subject) => bucketOfHashes(asking.hash(subject), seedHash),
  }
}

/** Without its bucketer nothing can be placed: `place` is then undefined. */
export function foreignSpace(
  bucketing: Members,
  seed: string,
  asking: Asking,
): Space | { readonly parts: number; readonly cut: Space['cut']; readonly place?: undefined } {
  const by = need(bucketing, 'by', isString, 'a name')
  const parts = may(bucketing, 'parts', isNumber, 'a number') ?? SHARE_PARTS
  if (!isShareOf(1e9)(parts) || parts < 1) {
    throw malformed('parts must be an integer from 1 to 1000000000')
  }
  const cut = (share: number): number => share / parts
  const { bucketers } = asking
  const bucketer = bucketers && Object.hasOwn(bucketers, by) ? bucketers[by] : undefined
  if (!bucketer) return { parts, cut }
  return {
    parts,
    cut,
    place: (subject) => callForeign(() => bucketer.bucket(subject, seed, parts)),
  }
}

type Parts = Pick<Space, 'parts' | 'cut'>

/** `serve.split`: positions in order, each from where the one before ends, or from its own `from`. */
export function compileSplit(serve: Members, { parts, cut }: Parts, serveVariant: Serve): Take {
  const isShare = isShareOf(parts)
  const kind = `an integer from 0 to ${parts}`
  const starts: number[] = []
  const ends: number[] = []
  const outcomes: Outcome[] = []
  let at = 0
  for (const position of need(serve, 'split', isList, 'a list')) {
    if (!isMembers(position)) throw malformed('a position of a split must be an object')
    at = may(position, 'from', isShare, kind) ?? at
    starts.push(cut(at))
    at += need(position, 'weight', isShare, kind)
    ends.push(cut(at))
    outcomes.push(serveVariant(need(position, 'variant', isString, 'a name')))
    if (at > parts) throw malformed(`a split must end at ${parts} at most`)
  }
  return (place) => {
    for (let i = 0; i < outcomes.length; i++) {
      if (place < (ends[i] ?? 0) && place >= (starts[i] ?? 0)) return outcomes[i]
    }
    return undefined
  }
}

/** `serve.ramp`: one share that moves with time. */
export function compileRamp(
  serve: Members,
  { parts, cut }: Parts,
  serveVariant: Serve,
  asking: Asking,
): Take {
  const ramp = need(serve, 'ramp', isMembers, 'an object')
  const isShare = isShareOf(parts)
  const kind = `an integer from 0 to ${parts}`
  const from = need(ramp, 'from', isShare, kind)
  const to = need(ramp, 'to', isShare, kind)
  const startMs = need(ramp, 'startMs', isNumber, 'a number')
  const endMs = need(ramp, 'endMs', isNumber, 'a number')
  const outcome = serveVariant(need(ramp, 'variant', isString, 'a name'))
  return (place) => {
    const now = asking.nowMs()
    let share = to
    if (now < startMs) share = from
    else if (!(now >= endMs)) {
      // A clock that is not a number gives a share that is none, and takes nobody.
      share = Math.floor(from + ((to - from) * (now - startMs)) / (endMs - startMs))
    }
    return place < cut(share) ? outcome : undefined
  }
}
