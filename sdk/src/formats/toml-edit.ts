/** Changes to one value of a TOML text; comments and layout around it stay. */
import { isJsonObject } from '../core/json.ts'
import { printToml, printTomlKey, printTomlValue } from './toml.ts'
import { scanToml, startsWith } from './toml-scan.ts'
import { insertLine, lineEnd, lineStart, nextLine, splice } from './splice.ts'
import type { Tokens } from './fault.ts'
import type { TomlEntry, TomlSection } from './toml-scan.ts'
import type { Change } from './splice.ts'

export function* editToml(text: string, change: Change): Generator<string> {
  const { container, key, value, exists } = change
  const path = [...container, key]
  if (exists) {
    const inline = findEntry(text, path)
    if (inline !== undefined) {
      if (value === undefined) yield* removeEntry(text, inline)
      else {
        const { start, end } = inline.entry.value
        yield splice(text, start, end, printTomlValue(value, path))
      }
      return
    }
    const removed = removeSections(text, path)
    if (value === undefined) yield removed
    else for (const one of add(removed, container, key, value)) yield one
    return
  }
  if (value !== undefined) yield* add(text, container, key, value)
}

interface Found {
  readonly entry: TomlEntry
  /** The list or inline table it is in; undefined when it is a line of its own. */
  readonly siblings: readonly TomlEntry[] | undefined
}

/** The entry whose value stands at `path`. */
function findEntry(text: string, path: Tokens): Found | undefined {
  const search = (
    entries: readonly TomlEntry[],
    rest: Tokens,
    siblings: readonly TomlEntry[] | undefined,
  ): Found | undefined => {
    for (const [index, entry] of entries.entries()) {
      const keys: Tokens = entry.keys.length === 0 ? [index] : entry.keys
      if (!startsWith(rest, keys)) continue
      if (rest.length === keys.length) return { entry, siblings }
      const { entries: below } = entry.value
      const found = search(below, rest.slice(keys.length), below)
      if (found !== undefined) return found
    }
    return undefined
  }
  for (const section of scanToml(text)) {
    if (!startsWith(path, section.tokens)) continue
    const found = search(section.entries, path.slice(section.tokens.length), undefined)
    if (found !== undefined) return found
  }
  return undefined
}

function* removeEntry(text: string, { entry, siblings }: Found): Generator<string> {
  if (siblings === undefined) {
    const start = lineStart(text, entry.start)
    const isMarked = start === 0 && text.charCodeAt(0) === 0xfeff
    yield splice(text, isMarked ? 1 : start, nextLine(text, entry.value.end))
    return
  }
  const index = siblings.indexOf(entry)
  const after = siblings[index + 1]
  const before = siblings[index - 1]
  const indent = lineStart(text, entry.start)
  const stop = lineEnd(text, entry.value.end)
  const ownLine = /^[ \t]*$/.test(text.slice(indent, entry.start))
  if (ownLine && /^[ \t]*,[ \t]*(?:#.*)?$/.test(text.slice(entry.value.end, stop))) {
    yield splice(text, indent, nextLine(text, entry.value.end))
  }
  if (after !== undefined) yield splice(text, entry.start, after.start)
  if (before !== undefined) yield splice(text, before.value.end, entry.value.end)
  yield splice(text, entry.start, entry.value.end)
}

/** Takes out every section at or below `path`, with what stands in it; comments before it stay. */
function removeSections(text: string, path: Tokens): string {
  let result = text
  const sections = scanToml(text)
  for (const [index, section] of [...sections.entries()].toReversed()) {
    const isRoot = section.tokens.length === 0
    if (!isRoot && startsWith(section.tokens, path)) {
      const next = sections[index + 1]?.start ?? text.length
      const last = section.entries.at(-1)
      const content = last === undefined ? section.bodyStart : nextLine(text, last.value.end)
      // Behind the last line there may be comments that speak of what comes next.
      result = splice(result, section.start, Math.min(content, next))
      continue
    }
    for (const entry of section.entries.toReversed()) {
      if (startsWith([...section.tokens, ...entry.keys], path)) {
        result = splice(result, lineStart(result, entry.start), nextLine(result, entry.value.end))
      }
    }
  }
  return result
}

function* add(
  text: string,
  container: Tokens,
  key: string | number,
  value: NonNullable<Change['value']> | null,
): Generator<string> {
  const path = [...container, key]
  const found = container.length === 0 ? undefined : findEntry(text, container)
  if (found !== undefined) {
    const { value: node } = found.entry
    const name = node.kind === 'table' ? `${printTomlKey(String(key))} = ` : ''
    const printed = name + printTomlValue(value, path)
    const last = node.entries.at(-1)
    if (last === undefined) yield splice(text, node.start + 1, node.end - 1, printed)
    else {
      const indent = /\n[ \t]*$/.exec(text.slice(node.start, last.start))?.[0]
      yield splice(text, last.value.end, last.value.end, `,${indent ?? ' '}${printed}`)
    }
    return
  }
  const sections = scanToml(text)
  const own = sections.findLast((section) => isSame(section.tokens, container))
  if (typeof key === 'number') {
    // One more element of a list of tables.
    const list = container
      .filter((token) => typeof token === 'string')
      .map(printTomlKey)
      .join('.')
    const last = sections.findLast((section) => startsWith(section.tokens, container))
    if (last === undefined || !isJsonObject(value)) return
    const body = printToml(value).trimEnd()
    const at = endOf(text, last)
    yield insertLine(text, at, `\n[[${list}]]${body === '' ? '' : `\n${body}`}`)
    return
  }
  const names = container.filter((token) => typeof token === 'string').map(printTomlKey)
  if (isJsonObject(value) && Object.keys(value).length > 0 && container.length === names.length) {
    const header = [...names, printTomlKey(key)].join('.')
    const members = Object.entries(value).map(
      ([name, one]) => `${printTomlKey(name)} = ${printTomlValue(one, [...path, name])}`,
    )
    yield insertLine(text, text.length, `${text.trim() && '\n'}[${header}]\n${members.join('\n')}`)
  }
  const line = `${printTomlKey(key)} = ${printTomlValue(value, path)}`
  if (own !== undefined) {
    const at = endOf(text, own)
    const last = own.entries.at(-1)
    const indent = last === undefined ? '' : text.slice(lineStart(text, last.start), last.start)
    yield insertLine(text, at, (/^[ \t]*$/.test(indent) ? indent : '') + line)
  }
  const dotted = [...names, line].join('.')
  const root = sections[0]
  if (root !== undefined) yield insertLine(text, endOf(text, root), dotted)
  yield insertLine(text, text.length, `\n[${names.join('.')}]\n${line}`)
}

/** Where the next line of a section goes. */
function endOf(text: string, section: TomlSection): number {
  const last = section.entries.at(-1)
  return last === undefined ? section.bodyStart : nextLine(text, last.value.end)
}

function isSame(a: Tokens, b: Tokens): boolean {
  return a.length === b.length && startsWith(a, b)
}
