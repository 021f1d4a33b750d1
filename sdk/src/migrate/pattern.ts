/** The core's linear-time patterns, each compiled once. For operators whose pattern stands in the flag. */
import { compilePattern } from '../core/pattern.ts'
import type { Pattern } from '../core/pattern.ts'

/** As many as a body has, in practice; past that all are forgotten, so that hostile input cannot fill the memory. */
const MAX_KEPT = 1_000
const kept = new Map<string, Pattern>()

/**
 * Whether RE2 `pattern` is found anywhere in `text`, in time linear in the text.
 *
 * @throws SyntaxError for what RE2 does not take: back-references, look-around, repetitions too large when written out.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  let compiled = kept.get(pattern)
  if (compiled === undefined) {
    compiled = compilePattern(pattern)
    if (kept.size >= MAX_KEPT) kept.clear()
    kept.set(pattern, compiled)
  }
  return compiled(text)
}
