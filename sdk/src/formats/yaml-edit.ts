/**
 * Changes to one value of a YAML text. First where it stands, so that every other byte stays; where that does not say what
 * was meant, by the package's own document, which keeps comments and may lay the text out anew.
 */
import { isCollection, isMap, isNode, isScalar, isSeq } from 'yaml'
import { isJsonObject } from '../core/json.ts'
import { indentOf, insertLine, lineStart, newlineOf, nextLine, splice } from './splice.ts'
import { composeYaml, printYaml, printYamlFlow } from './yaml.ts'
import type { JsonValue } from '../core/json.ts'
import type { YamlDocument } from './yaml.ts'
import type { Change } from './splice.ts'

export function* editYaml(text: string, change: Change): Generator<string> {
  const document = composeYaml(text)
  yield* inPlace(text, document, change)
  const anew = laidOutAnew(document, change)
  if (anew !== undefined) yield anew
}

function laidOutAnew(document: YamlDocument, change: Change): string | undefined {
  const { container, key, value } = change
  const path = [...container, key]
  try {
    if (value === undefined) document.deleteIn(path)
    else document.setIn(path, document.createNode(value))
    return document.toString({ lineWidth: 0 })
  } catch {
    // The package throws for a path through an alias, and for an alias whose anchor the change took away.
    return undefined
  }
}

interface Item {
  /** Of the key, or of the dash before an element; of the element itself in a flow list. */
  readonly start: number
  /** Behind the colon or dash. */
  readonly sign: number
  readonly from: number
  readonly to: number
  readonly isBlock: boolean
}

function* inPlace(
  text: string,
  document: YamlDocument,
  { container, key, value }: Change,
): Generator<string> {
  const node: unknown = container.length === 0 ? document.contents : document.getIn(container, true)
  if (!isCollection(node)) return
  const items = itemsOf(text, node)
  const index = isMap(node)
    ? node.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key)
    : Number(key)
  const item = items[index]
  const isFlow = node.flow === true
  if (value === undefined) {
    if (item !== undefined) yield* remove(text, items, index, isFlow)
    return
  }
  if (item !== undefined) {
    yield* replace(text, item, value, isFlow, isSeq(node))
    return
  }
  const name = isSeq(node) ? '' : `${printName(String(key))}: `
  const last = items.at(-1)
  const { range } = node
  if (isFlow && last !== undefined) {
    yield splice(text, last.to, last.to, `, ${name}${printYamlFlow(value)}`)
  } else if (isFlow && range) {
    yield splice(text, range[0] + 1, range[0] + 1, `${name}${printYamlFlow(value)}`)
  } else if (last !== undefined) {
    const indent = ' '.repeat(last.start - lineStart(text, last.start))
    const line = isSeq(node)
      ? `-${block(text, value, indent, true)}`
      : `${name.trimEnd()}${block(text, value, indent, false)}`
    yield insertLine(text, nextLine(text, Math.max(last.to - 1, last.sign - 1)), indent + line)
  }
}

function itemsOf(text: string, node: unknown): readonly Item[] {
  const items: Item[] = []
  if (isMap(node)) {
    for (const { key, value, srcToken } of node.items) {
      if (!isScalar(key) || !key.range) continue
      const colon = srcToken?.sep?.find(({ type }) => type === 'map-value-ind')
      const sign = colon === undefined ? key.range[1] : colon.offset + 1
      items.push({ start: key.range[0], sign, ...extent(text, value, sign) })
    }
  } else if (isSeq(node)) {
    const token = node.srcToken
    for (const [index, value] of node.items.entries()) {
      const range = isNode(value) ? value.range : undefined
      const source = token !== undefined && 'items' in token ? token.items[index] : undefined
      const dash = source?.start.find(({ type }) => type === 'seq-item-ind')
      const sign = dash === undefined ? (range?.[0] ?? 0) : dash.offset + 1
      items.push({ start: dash?.offset ?? sign, sign, ...extent(text, value, sign) })
    }
  }
  return items
}

function extent(text: string, value: unknown, sign: number) {
  const node = isNode(value) && value.range ? value : undefined
  const from = node?.range?.[0] ?? sign
  let to = node === undefined ? sign : endOf(node)
  while (to > from && /\s/.test(text.charAt(to - 1))) to--
  const isBlock =
    (isCollection(node) && node.flow !== true) ||
    (isScalar(node) && (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL'))
  // An empty value has no place of its own.
  return to <= from ? { from: sign, to: sign, isBlock: false } : { from, to, isBlock }
}

/** Behind the last value in it: the range of a block collection includes comments that follow. */
function endOf(node: unknown): number {
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1)
    if (typeof last === 'object' && last !== null && 'key' in last && 'value' in last) {
      const ends = [last.key, last.value].map(endOf)
      return Math.max(...ends)
    }
    if (isNode(last)) return endOf(last)
  }
  return isNode(node) ? (node.range?.[1] ?? 0) : 0
}

function* replace(
  text: string,
  item: Item,
  value: JsonValue,
  isFlow: boolean,
  isElement: boolean,
): Generator<string> {
  const gap = item.from === item.sign ? ' ' : ''
  const isNested = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  if (!isFlow && (isNested || item.isBlock)) {
    const indent = ' '.repeat(item.start - lineStart(text, item.start))
    const isOwn =
      item.isBlock && isNested && /^[ \t]*$/.test(text.slice(lineStart(text, item.from), item.from))
    if (isOwn) {
      const below = indentOf(text, item.from)
      yield splice(text, item.from, item.to, indented(text, printYaml(value), below).trimStart())
    }
    yield splice(text, item.sign, item.to, block(text, value, indent, isElement))
  }
  if (!isNested) yield splice(text, item.from, item.to, gap + printYaml(value).trimEnd())
  yield splice(text, item.from, item.to, gap + printYamlFlow(value))
}

function* remove(
  text: string,
  items: readonly Item[],
  index: number,
  isFlow: boolean,
): Generator<string> {
  const item = items[index]
  if (item === undefined) return
  const before = items[index - 1]
  const after = items[index + 1]
  const start = lineStart(text, item.start)
  const isOwnLine = /^[ \t]*$/.test(text.slice(start, item.start))
  if (!isFlow && isOwnLine && items.length > 1) {
    const end = nextLine(text, Math.max(item.to, item.sign) - 1)
    yield splice(text, start, end)
  }
  if (after !== undefined) yield splice(text, item.start, after.start)
  if (isFlow && before !== undefined) yield splice(text, before.to, item.to)
  if (isFlow && items.length === 1) yield splice(text, item.start, Math.max(item.to, item.sign))
}

/** What stands behind a colon or dash at `indent`. */
function block(text: string, value: JsonValue, indent: string, isElement: boolean): string {
  const printed = printYaml(value).trimEnd()
  const isNested = (Array.isArray(value) || isJsonObject(value)) && Object.keys(value).length > 0
  if (!isNested) return ` ${printed.includes('\n') ? printYamlFlow(value) : printed}`
  const below = `${indent}  `
  const lines = indented(text, printed, below)
  return isElement ? ` ${lines.trimStart()}` : newlineOf(text) + lines
}

function indented(text: string, printed: string, indent: string): string {
  return printed
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : indent + line))
    .join(newlineOf(text))
}

function printName(name: string): string {
  const printed = printYaml({ [name]: null }).trimEnd()
  return printed.startsWith('?') ? JSON.stringify(name) : printed.slice(0, printed.lastIndexOf(':'))
}
