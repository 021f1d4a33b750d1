/** Splits and ramps: which part of all contexts gets which variant, EVALUATION.md §4 and §9. */
import { bucketOfHashes, cutPoint, hashText, SHARE_PARTS } from './bucket.ts'
import { callForeign } from './foreign.ts'
import type { Asking, Outcome } from './outcome.ts'
import {
  isList,
  isMembers,
  isNumber,
  isShareOf,
  isString,
  malformed,
  may,
  membersOf,
  need,
  own,
} from './read.ts'
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
  const by = need(bucketing, 'by', isString)
  const parts = may(bucketing, 'parts', isShareOf(1e9)) ?? SHARE_PARTS
  if (parts === 0) throw malformed('parts')
  const cut = (share: number): number => share / parts
  const { bucketers } = asking
  const bucketer = bucketers && own(bucketers, by)
  if (!bucketer) return { parts, cut }
  return {
    parts,
    cut,
    place: (subject) => callForeign(() => bucketer.bucket(subject, seed, parts)),
  }
}

type Parts = Pick<Space, 'parts' | 'cut'>

/** What a position of a split takes: shares in `[from, to)`. */
export interface SplitPosition {
  readonly variant: string
  readonly from: number
  readonly to: number
}

/** `serve.split`: positions in order, each from where the one before ends, or from its own `from`. */
export function readSplit(serve: Members, parts: number): SplitPosition[] {
  const isShare = isShareOf(parts)
  let to = 0
  return need(serve, 'split', isList).map((given) => {
    const position = membersOf(given, 'split')
    const from = may(position, 'from', isShare) ?? to
    to = from + need(position, 'weight', isShare)
    if (to > parts) throw malformed('weight')
    return { variant: need(position, 'variant', isString), from, to }
  })
}

export function compileSplit(serve: Members, { parts, cut }: Parts, serveVariant: Serve): Take {
  const positions = readSplit(serve, parts)
  const starts = positions.map(({ from }) => cut(from))
  const ends = positions.map(({ to }) => cut(to))
  const outcomes = positions.map(({ variant }) => serveVariant(variant))
  return (place) => {
    for (let i = 0; i < outcomes.length; i++) {
      if (place < (ends[i] ?? 0) && place >= (starts[i] ?? 0)) return outcomes[i]
    }
    return undefined
  }
}

/** `serve.ramp`: one share that moves with time. */
export function readRamp(
  serve: Members,
  parts: number,
): { readonly variant: string; readonly shareAt: (nowMs: number) => number } {
  const ramp = need(serve, 'ramp', isMembers)
  const isShare = isShareOf(parts)
  const from = need(ramp, 'from', isShare)
  const to = need(ramp, 'to', isShare)
  const startMs = need(ramp, 'startMs', isNumber)
  const endMs = need(ramp, 'endMs', isNumber)
  return {
    variant: need(ramp, 'variant', isString),
    shareAt: (now) => {
      if (now < startMs) return from
      if (now >= endMs) return to
      // A clock that is not a number gives a share that is none, and takes nobody.
      return Math.floor(from + ((to - from) * (now - startMs)) / (endMs - startMs))
    },
  }
}

export function compileRamp(
  serve: Members,
  { parts, cut }: Parts,
  serveVariant: Serve,
  asking: Asking,
): Take {
  const { variant, shareAt } = readRamp(serve, parts)
  const outcome = serveVariant(variant)
  return (place) => (place < cut(shareAt(asking.nowMs())) ? outcome : undefined)
}
