/** Text for people: aligned columns, and the few words that every command says alike. */
import type { ItemRef } from '#core'
import type { Colors } from './io.ts'

/**
 * Columns two spaces apart, as wide as they need to be; the last one is not padded. Where a row is wider than `max`, its last cell goes on
 * below itself, or on lines of its own where there is hardly any room beside the others. Empty: `''`.
 */
export function table(rows: readonly (readonly string[])[], max = Infinity): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, cell] of row.slice(0, -1).entries())
      widths[column] = Math.max(widths[column] ?? 0, width(cell))
  return rows.map((row) => rowText(row, widths, max)).join('\n')
}

/** A cell narrower than this is hard to read. */
const MIN_CELL = 24

function rowText(row: readonly string[], widths: readonly number[], max: number): string {
  const first = row.slice(0, -1)
  const last = row.at(-1) ?? ''
  const padded = first.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
  const before = padded.map((cell) => `${cell}  `).join('')
  const room = max - width(before)
  if (width(last) <= room) return `${before}${last}`.trimEnd()
  if (room >= MIN_CELL) return before + wrapped(last, room).join(`\n${' '.repeat(width(before))}`)
  const indent = ' '.repeat((/^ */.exec(row[0] ?? '')?.[0].length ?? 0) + 4)
  const below = wrapped(last, Math.max(MIN_CELL, max - indent.length))
  return [before.trimEnd(), ...below.map((line) => indent + line)].join('\n')
}

/** At spaces; a word that is longer than `max` stays whole. */
function wrapped(text: string, max: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && width(line) + 1 + width(word) > max) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

// oxlint-disable-next-line no-control-regex -- that is what a colour is
const ESCAPES = /\u001B\[[0-9;]*m/g

function width(text: string): number {
  let count = 0
  for (const _ of text.replaceAll(ESCAPES, '')) count++
  return count
}

/** With a head in bold, when there are rows. */
export function headedTable(
  colors: Colors,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return rows.length === 0
    ? ''
    : table([head.map((cell) => colors.bold(cell)), ...rows], colors.width)
}

/** `config storefront in production` */
export function itemText({
  kind,
  key,
  layer,
}: ItemRef | Readonly<Record<'kind' | 'key' | 'layer', string>>): string {
  return layer === 'base' ? `${kind} ${key}` : `${kind} ${key} in ${layer.replace(/^env:/, '')}`
}

/** `2026-11-21 07:04:09` in UTC, so that two people read the same. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
