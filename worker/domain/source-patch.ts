/** Changes to places of a stored source: what they make of it, or why not. */
import { editDocument } from '#formats'
import { at, readJson } from './issues.ts'
import { MAX_PATCHED_UNITS } from './limits.ts'
import type { ConfigOverrideItem, SourceChange } from '#core'
import type { Issues } from './issues.ts'

/** The source with `changes` made, one after the other; undefined when there is an issue. `path` is the operation's. */
export function patchSource(
  { source, format }: ConfigOverrideItem,
  changes: readonly SourceChange[],
  path: string,
  issues: Issues,
): string | undefined {
  const list = at(path, 'changes')
  if (changes.length * source.length > MAX_PATCHED_UNITS) {
    issues.add(list, 'too many for a source of this size; send the whole source instead')
    return undefined
  }
  let text = source
  for (const [index, change] of changes.entries()) {
    const here = at(list, index)
    const value =
      change.value === undefined ? undefined : readJson(change.value, at(here, 'value'), issues)
    if (change.value !== undefined && value === undefined) return undefined
    const edited = editDocument(text, format, change.path, value)
    if (!edited.ok) {
      issues.add(here, edited.error.message)
      return undefined
    }
    text = edited.text
  }
  return text
}
