/** What a mirror must be, taken by itself. */
import { parsePointer } from '#core'
import { MAX_DESCRIPTION_CHARACTERS } from './config-check.ts'
import { at, isList, isObjectOf, isOneOf, isText } from './issues.ts'
import { isItemName, ITEM_NAME_RULE } from './names.ts'
import type { JsonValue, MirrorItem } from '#core'
import type { Issues } from './issues.ts'

const MAX_PATHS = 100

export function isMirrorItem(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): value is JsonValue & MirrorItem {
  return issues.passes(() => {
    if (!isObjectOf(value, path, issues, ['from', 'to', 'mode', 'paths'], ['description'])) return
    const { from, to, mode, paths, description } = value
    if (!isItemName(from)) issues.add(at(path, 'from'), ITEM_NAME_RULE)
    if (!isItemName(to)) issues.add(at(path, 'to'), ITEM_NAME_RULE)
    else if (from === to) issues.add(at(path, 'to'), 'must be another config than from')
    isOneOf(mode, at(path, 'mode'), issues, ['enforce', 'heal', 'alert'] as const)
    if (description !== undefined) {
      isText(description, at(path, 'description'), issues, 0, MAX_DESCRIPTION_CHARACTERS)
    }
    if (paths === undefined || !isList(paths, at(path, 'paths'), issues, MAX_PATHS)) return
    if (paths.length === 0) issues.add(at(path, 'paths'), 'must name at least one pair of places')
    for (const [index, pair] of paths.entries()) {
      const here = at(at(path, 'paths'), index)
      if (!isObjectOf(pair, here, issues, ['from', 'to'])) continue
      for (const side of ['from', 'to']) {
        const pointer = pair[side]
        if (typeof pointer === 'string' && pointer !== '' && parsePointer(pointer) !== undefined)
          continue
        issues.add(at(here, side), 'must be a JSON pointer such as /database/host')
      }
    }
  })
}
