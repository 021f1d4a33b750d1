/** Segments: reusable sets of contexts, by id or by condition. */
import type { SegmentItem } from '#core'
import * as v from 'valibot'
import { condition } from './condition.ts'
import { MAX_DESCRIPTION_CHARS, MAX_SEGMENT_IDS, MAX_TEXT_CHARS } from './limits.ts'
import { named, strict, text, visibility } from './schema.ts'

const ids = v.pipe(v.array(text(MAX_TEXT_CHARS)), v.maxLength(MAX_SEGMENT_IDS))

export const putSegmentMembers = {
  visibility: v.optional(visibility, 'server'),
  description: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_DESCRIPTION_CHARS))),
  ids: v.exactOptional(ids),
  excludedIds: v.exactOptional(ids),
  when: v.exactOptional(condition),
}

export const segmentItem: v.GenericSchema<SegmentItem> = named(
  'SegmentItem',
  strict({
    ...putSegmentMembers,
    visibility,
  }),
)
