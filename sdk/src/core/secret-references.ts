/**
 * Secrets that say other secrets: `${SECRET:name}` inside the value of one that was written as having references (SNAPSHOT.md
 * §9.3). Only this form means anything there; all else, `$` and `${HOME}` too, is the value's own text.
 */

/** How deep secrets lead through secrets. */
export const MAX_SECRET_DEPTH = 8
/** Names that one value may refer to. */
export const MAX_SECRET_REFERENCES = 100
/** UTF-16 units that a value may become. */
export const MAX_SECRET_TEXT: number = 1024 * 1024

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
/** A run of dollar signs is tried once, at its first, and a name has an end: linear in the text. */
const REFERENCE = /(?<!\$)(\$+)\{SECRET:([^{}]{0,160})\}/g

/** The names a value refers to, each once and sorted; undefined: a reference that is not `${SECRET:name}`, or too many. */
export function secretReferences(value: string): readonly string[] | undefined {
  const names = new Set<string>()
  for (const [, dollars = '', name = ''] of value.matchAll(REFERENCE)) {
    if (dollars.length % 2 === 0) continue
    if (!NAME.test(name)) return undefined
    names.add(name)
  }
  return names.size > MAX_SECRET_REFERENCES ? undefined : [...names].toSorted()
}

/**
 * `value` with its references replaced by what `lookup` says of a name, and `$$` before `{SECRET:` by `$`. Undefined when
 * `lookup` knows one of them not, or more came of it than {@link MAX_SECRET_TEXT}.
 */
export function renderSecret(
  value: string,
  lookup: (name: string) => string | undefined,
): string | undefined {
  let text = ''
  let from = 0
  for (const found of value.matchAll(REFERENCE)) {
    const [whole, dollars = '', name = ''] = found
    text += value.slice(from, found.index) + '$'.repeat(dollars.length >> 1)
    from = found.index + whole.length
    const said = dollars.length % 2 === 0 ? whole.slice(dollars.length) : lookup(name)
    if (said === undefined || text.length + said.length > MAX_SECRET_TEXT) return undefined
    text += said
  }
  return text + value.slice(from)
}
