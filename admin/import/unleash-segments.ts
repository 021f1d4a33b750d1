/** Unleash's segments: constraints that all must hold, under the segment's name, or `segment-<id>` where that is none of ours. */
import { keyFromName } from '#core'
import { at } from './skipped.ts'
import { constraintsOf } from './unleash-strategy.ts'
import type { JsonObject, Operation } from '#core'
import type { Placed, SkippedList } from './skipped.ts'

export interface Segments {
  readonly operations: readonly Placed<Operation>[]
  /** By Unleash's id; undefined for one that could not be read. */
  readonly keys: ReadonlyMap<unknown, string | undefined>
}

export function translateSegments(
  segments: ReadonlyMap<unknown, Placed<JsonObject>>,
  skipped: SkippedList,
): Segments {
  const operations: Placed<Operation>[] = []
  const keys = new Map<unknown, string | undefined>()
  const taken = new Set<string>()
  for (const [id, segment] of segments) {
    skipped.addUnknown(segment, [
      'id',
      'name',
      'description',
      'constraints',
      'project',
      'createdAt',
      'createdBy',
    ])
    const { name, constraints } = segment.value
    const isList = Array.isArray(constraints)
    if (!isList) {
      // An export names its segments only: without their constraints they would hold for everyone.
      skipped.add(
        at(segment.path, 'constraints'),
        'must be a list; what asks the segment never matches',
      )
    }
    const conditions = isList ? constraintsOf(segment, skipped) : undefined
    const named = typeof name === 'string' ? keyFromName(name) : undefined
    const key =
      named === undefined || taken.has(named) ? keyFromName(`segment-${String(id)}`) : named
    if (conditions === undefined || key === undefined || taken.has(key)) {
      keys.set(id, undefined)
      continue
    }
    taken.add(key)
    keys.set(id, key)
    const when = { all: conditions }
    operations.push({
      value: { op: 'putSegment', key, visibility: 'server', when },
      path: segment.path,
    })
  }
  return { operations, keys }
}
