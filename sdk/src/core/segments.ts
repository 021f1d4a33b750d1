/** Segments, ready to be asked: EVALUATION.md §5. */
import { check, compileCondition } from './conditions.ts'
import type { Compiling } from './conditions.ts'
import type { Asking } from './outcome.ts'
import { own } from './read.ts'
import type { Members } from './read.ts'
import type { Segment } from './snapshot.ts'

export interface CompiledSegment {
  readonly key: string
  readonly test: (context: Members, asking: Asking) => boolean
  /** The segments that its condition asks. */
  readonly segmentKeys: ReadonlySet<string>
}

/** Throws for a segment that cannot be read. */
export function compileSegment(segment: Segment, key: string, options: Compiling): CompiledSegment {
  const ids = new Set<unknown>(segment.ids)
  const excludedIds = new Set<unknown>(segment.excludedIds)
  const segmentKeys = new Set<string>()
  const { when = { any: [] } } = segment
  const condition = compileCondition(when, { ...options, seed: key, segmentKeys })
  // In one evaluation a segment may be asked many times, by rules and by other segments.
  let turn = 0
  let answer = false
  const test: CompiledSegment['test'] = (context, asking) => {
    if (turn !== asking.turn) {
      const id = own(context, 'targetingKey')
      // Mostly nobody is excluded, and looking for a text costs its hash.
      answer =
        !(excludedIds.size > 0 && excludedIds.has(id)) &&
        (ids.has(id) || check(condition, context, asking))
      turn = asking.turn
    }
    return answer
  }
  return { key, test, segmentKeys }
}
