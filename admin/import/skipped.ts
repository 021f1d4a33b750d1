/** Collects what an import leaves behind, each with its place: nothing is dropped without a word. */
import { escapePointer } from '#core'
import type { JsonObject, JsonValue } from '#core'
import type { Skipped } from './translation.ts'

/** A part of the document and where it stands. */
export interface Placed<T = JsonValue> {
  readonly value: T
  readonly path: string
}

export class SkippedList {
  readonly list: Skipped[] = []

  add(path: string, reason: string): void {
    this.list.push({ path, reason })
  }

  /** Lists every member of `object` that is not in `known`. */
  addUnknown({ value, path }: Placed<JsonObject>, known: readonly string[]): void {
    for (const name of Object.keys(value)) {
      if (!known.includes(name))
        this.add(at(path, name), 'this member is not known and has no effect')
    }
  }
}

/** The pointer one step below `path`. */
export function at(path: string, token: string | number): string {
  return `${path}/${escapePointer(String(token))}`
}

/** A text or number as text; anything else is empty. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
