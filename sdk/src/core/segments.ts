/** Segments of one body, each compiled when it is first asked: EVALUATION.md §5. */
import { compileCondition } from './conditions.ts'
import type { Test } from './conditions.ts'
import type { Asking } from './outcome.ts'
import { isStrings, malformed, may, membersOf, own } from './read.ts'
import type { Members } from './read.ts'

/** How many references between segments may follow each other. */
const MAX_SEGMENT_DEPTH = 6

interface CompiledSegment {
  readonly test: Test
  readonly segmentKeys: Iterable<string>
  /** The evaluation `answer` is from: in one, a segment may be asked many times, by rules and by other segments. */
  turn: number
  answer: boolean
}

export interface Segments {
  /** Whether the context is in the segment; nobody is in an unknown one. */
  readonly isIn: (key: string, context: Members) => boolean
  /** Whether these segments, and all those they refer to, can be read and form no chain that is too long. */
  readonly areReadable: (keys: Iterable<string>) => boolean
}

export function createSegments(segments: Members, asking: Asking): Segments {
  const compiled = new Map<string, CompiledSegment>()

  /** Undefined for a segment that is not there; throws for one that cannot be read. */
  function find(key: string): CompiledSegment | undefined {
    const known = compiled.get(key)
    if (known) return known
    const segment = own(segments, key)
    if (segment === undefined) return undefined
    const result = compileSegment(key, segment)
    compiled.set(key, result)
    return result
  }

  function compileSegment(key: string, given: unknown): CompiledSegment {
    const segment = membersOf(given, key)
    const ids = new Set<unknown>(may(segment, 'ids', isStrings))
    const excludedIds = new Set<unknown>(may(segment, 'excludedIds', isStrings))
    const condition = own(segment, 'when')
    const segmentKeys = new Set<string>()
    const when =
      condition === undefined
        ? () => false
        : compileCondition(condition, { asking, seed: key, segmentKeys })
    if (!when) throw malformed(key)
    const test: Test = (context) => {
      const id = own(context, 'targetingKey')
      return !excludedIds.has(id) && (ids.has(id) || when(context))
    }
    return { test, segmentKeys, turn: 0, answer: false }
  }

  function isIn(key: string, context: Members): boolean {
    const segment = find(key)
    if (!segment) return false
    if (segment.turn !== asking.turn()) {
      segment.answer = segment.test(context)
      segment.turn = asking.turn()
    }
    return segment.answer
  }

  function areReadable(keys: Iterable<string>): boolean {
    try {
      return !isChainLonger(keys, (key) => find(key)?.segmentKeys ?? [], MAX_SEGMENT_DEPTH + 1)
    } catch {
      return false
    }
  }

  return { isIn, areReadable }
}

/** Whether more than `limit` keys follow each other from one of `start`; a circle goes on for ever. */
export function isChainLonger(
  start: Iterable<string>,
  next: (key: string) => Iterable<string>,
  limit: number,
): boolean {
  let layer = new Set(start)
  for (let length = 0; layer.size > 0; length++) {
    if (length >= limit) return true
    const following = new Set<string>()
    for (const key of layer) for (const one of next(key)) following.add(one)
    layer = following
  }
  return false
}
