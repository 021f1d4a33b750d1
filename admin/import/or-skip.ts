/** Translates one item: what ends its translation is listed, and the others go on. */
import { Untranslatable } from './translation.ts'
import type { SkippedList } from './skipped.ts'

/**
 * What `translate` answers; undefined, and listed with `consequence`, when it throws `Untranslatable` or the document
 * nests deeper than the stack.
 */
export function orSkip<T>(
  translate: () => T,
  path: string,
  consequence: string,
  skipped: SkippedList,
): T | undefined {
  try {
    return translate()
  } catch (error) {
    if (error instanceof Untranslatable) skipped.add(error.path, `${error.message}; ${consequence}`)
    else if (error instanceof RangeError) skipped.add(path, `it nests too deep; ${consequence}`)
    else throw error
    return undefined
  }
}
