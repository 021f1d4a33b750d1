/** Text for people: aligned columns, and the few words that every command says alike. */
import type { ItemRef } from '#core'
import type { Colors } from './io.ts'

/** Columns two spaces apart, as wide as they need to be; the last one is not padded. Empty: `''`. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, width(cell))
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
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
  return rows.length === 0 ? '' : table([head.map((cell) => colors.bold(cell)), ...rows])
}

/** `config storefront in production` */
export function itemText({
  kind,
  key,
  layer,
}: ItemRef | Readonly<Record<'kind' | 'key' | 'layer', string>>): string {
  return layer === 'base' ? `${kind} ${key}` : `${kind} ${key} in ${layer.replace(/^env:/, '')}`
}

/** A value in one line, cut at `max` characters. */
export function valueText(value: unknown, max = 72): string {
  if (value === undefined) return '(none)'
  const text = JSON.stringify(value) ?? '(none)'
  return text.length > max ? `${text.slice(0, max - 1)}…` : text
}

/** `2026-11-21 07:04:09` in UTC, so that two people read the same. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
