/** The core's linear-time patterns, each compiled once. For operators whose pattern stands in the flag. */
import { compilePattern } from '../core/pattern.ts'
import { patternFromJavaScript } from './javascript-pattern.ts'
import type { Pattern } from '../core/pattern.ts'

/** As many as a body has, in practice; past that all are forgotten, so that hostile input cannot fill the memory. */
const MAX_KEPT = 1_000
/** Undefined: no regular expression in JavaScript. */
const kept = new Map<string, Pattern | undefined>()

/**
 * Whether RE2 `pattern` is found anywhere in `text`, in time linear in the text.
 *
 * @throws SyntaxError for what RE2 does not take: back-references, look-around, repetitions too large when written out.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return compiled(`re2:${pattern}`, () => pattern)?.(text) ?? false
}

/**
 * The same for a regular expression of JavaScript; undefined for what is none there.
 *
 * @throws SyntaxError for what has no linear-time form.
 */
export function matchesJavaScriptPattern(
  pattern: string,
  text: string,
  ignoresCase: boolean,
): boolean | undefined {
  return compiled(`${ignoresCase ? 'i' : ''}:${pattern}`, () =>
    patternFromJavaScript(pattern, ignoresCase),
  )?.(text)
}

function compiled(name: string, source: () => string | undefined): Pattern | undefined {
  if (kept.has(name)) return kept.get(name)
  const pattern = source()
  const made = pattern === undefined ? undefined : compilePattern(pattern)
  if (kept.size >= MAX_KEPT) kept.clear()
  kept.set(name, made)
  return made
}
