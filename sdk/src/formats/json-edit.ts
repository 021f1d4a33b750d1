/** Changes to one value of a JSON or JSONC text; every other byte stays. */
import { scanJson } from './json-scan.ts'
import { indentOf, lineEnd, newlineOf, splice } from './splice.ts'
import type { JsonValue } from '../core/json.ts'
import type { JsonEntry, JsonNode } from './json-scan.ts'
import type { Change } from './splice.ts'

export function* editJson(text: string, { container, key, value }: Change): Generator<string> {
  let node: JsonNode | undefined = scanJson(text)
  for (const token of container) node = node?.entries.find((one) => one.key === token)?.value
  if (node === undefined) return
  const index = node.entries.findIndex((one) => one.key === key)
  const entry = node.entries[index]
  if (value === undefined) {
    if (entry !== undefined) yield remove(text, node, index, entry)
  } else if (entry === undefined) yield add(text, node, key, value)
  else {
    const { start, end } = entry.value
    yield splice(text, start, end, print(text, value, indentOf(text, entry.start)))
  }
}

/** As wide as the text itself is, on one line when it is. */
function print(text: string, value: JsonValue, indent: string): string {
  if (!text.trim().includes('\n')) return JSON.stringify(value)
  const unit = /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
  const step = unit.startsWith('\t') ? '\t' : unit.slice(0, 8)
  return JSON.stringify(value, null, step).replaceAll('\n', newlineOf(text) + indent)
}

function add(text: string, node: JsonNode, key: string | number, value: JsonValue): string {
  const name = node.kind === 'object' ? `${JSON.stringify(key)}: ` : ''
  const last = node.entries.at(-1)
  const newline = newlineOf(text)
  if (last === undefined) {
    const outer = indentOf(text, node.start)
    const isOneLine = !text.trim().includes('\n')
    const inner = isOneLine ? '' : `${outer}${/\n([ \t]+)\S/.exec(text)?.[1] ?? '  '}`
    const printed = name + print(text, value, inner)
    const hasComment = text.slice(node.start + 1, node.end - 1).trim() !== ''
    const from = hasComment ? node.end - 1 : node.start + 1
    if (isOneLine) return splice(text, from, node.end - 1, printed)
    return splice(text, from, node.end - 1, `${newline}${inner}${printed}${newline}${outer}`)
  }
  const isSpread = text.slice(node.start, last.start).includes('\n')
  const indent = indentOf(text, last.start)
  const printed = name + print(text, value, indent)
  const after = (last.comma ?? last.value.end - 1) + 1
  const comma = last.comma === undefined ? '' : ','
  if (!isSpread) {
    return withComma(text, last, after, ` ${printed}${comma}`)
  }
  // Behind a comment that stands on the last entry's own line.
  const end = lineEnd(text, after)
  const isComment = /^[ \t]*(?:\/\/.*|\/\*[^\n]*\*\/[ \t]*)?$/.test(text.slice(after, end))
  return withComma(text, last, isComment ? end : after, `${newline}${indent}${printed}${comma}`)
}

function withComma(text: string, last: JsonEntry, at: number, put: string): string {
  const added = splice(text, at, at, put)
  return last.comma === undefined ? splice(added, last.value.end, last.value.end, ',') : added
}

function remove(text: string, node: JsonNode, index: number, entry: JsonEntry): string {
  const before = node.entries[index - 1]
  const after = node.entries[index + 1]
  const own = indentOf(text, entry.start)
  const start = entry.start - own.length
  const isOwnLine = start > 0 && text.charAt(start - 1) === '\n'
  const end = (entry.comma ?? entry.value.end - 1) + 1
  const lineStop = lineEnd(text, end)
  const hasOwnEnd = /^[ \t]*(?:\/\/.*|\/\*[^\n]*\*\/[ \t]*)?$/.test(text.slice(end, lineStop))
  const isLast = after === undefined && entry.comma === undefined && before?.comma !== undefined
  if (isOwnLine && hasOwnEnd) {
    const removed = splice(text, start, Math.min(lineStop + newlineOf(text).length, text.length))
    return isLast ? splice(removed, before.comma, before.comma + 1) : removed
  }
  if (after !== undefined) return splice(text, entry.start, after.start)
  if (before === undefined) return splice(text, entry.start, end)
  return splice(text, before.value.end, entry.value.end)
}
