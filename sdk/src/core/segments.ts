/** Segments, ready to be asked: EVALUATION.md §5. */
import { compileCondition } from './conditions.ts'
import type { Compiling, Test } from './conditions.ts'
import { own } from './read.ts'
import type { Segment } from './snapshot.ts'

export interface CompiledSegment {
  readonly key: string
  readonly test: Test
  /** The segments that its condition asks. */
  readonly segmentKeys: ReadonlySet<string>
}

/** Throws for a segment that cannot be read. */
export function compileSegment(segment: Segment, key: string, options: Compiling): CompiledSegment {
  const ids = new Set<unknown>(segment.ids)
  const excludedIds = new Set<unknown>(segment.excludedIds)
  const segmentKeys = new Set<string>()
  const { when = { any: [] } } = segment
  const holds = compileCondition(when, { ...options, seed: key, segmentKeys })
  // In one evaluation a segment may be asked many times, by rules and by other segments.
  let turn = 0
  let answer = false
  const test: Test = (context, asking) => {
    if (turn !== asking.turn) {
      const id = own(context, 'targetingKey')
      answer = !excludedIds.has(id) && (ids.has(id) || holds(context, asking))
      turn = asking.turn
    }
    return answer
  }
  return { key, test, segmentKeys }
}
