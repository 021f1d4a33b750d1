/** What a segment must be, taken by itself: EVALUATION.md §2. References are checked in references.ts. */
import { checkCondition } from './condition-check.ts'
import { MAX_DESCRIPTION_CHARACTERS, VISIBILITIES } from './config-check.ts'
import { at, isList, isObjectOf, isOneOf, isText } from './issues.ts'
import { MAX_SEGMENT_IDS } from './limits.ts'
import type { JsonValue, SegmentItem } from '#core'
import type { Issues } from './issues.ts'

const OPTIONAL = ['description', 'ids', 'excludedIds', 'when']
export const MAX_ID_CHARACTERS = 1_024

export function isSegmentItem(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): value is JsonValue & SegmentItem {
  return issues.passes(() => {
    if (!isObjectOf(value, path, issues, ['visibility'], OPTIONAL)) return
    isOneOf(value['visibility'], at(path, 'visibility'), issues, VISIBILITIES)
    if (value['description'] !== undefined) {
      isText(value['description'], at(path, 'description'), issues, 0, MAX_DESCRIPTION_CHARACTERS)
    }
    for (const name of ['ids', 'excludedIds']) {
      const ids = value[name]
      if (ids === undefined || !isList(ids, at(path, name), issues, MAX_SEGMENT_IDS)) continue
      for (const [index, id] of ids.entries()) {
        isText(id, at(at(path, name), index), issues, 1, MAX_ID_CHARACTERS)
      }
    }
    if (value['when'] !== undefined) checkCondition(value['when'], at(path, 'when'), issues)
  })
}
