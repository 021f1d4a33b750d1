/** How large a document would be written out, when its parts may be shared many times over. */
import type { JsonValue } from '#core'

export interface Measure {
  /** UTF-16 units of its JSON, roughly. */
  readonly units: number
  /** How deep objects and lists nest. */
  readonly depth: number
}

/** Looks at each shared part once, so that a bomb costs no more than its fuse. */
export function measure(document: JsonValue): Measure {
  const known = new Map<object, Measure>()
  const of = (value: JsonValue): Measure => {
    if (typeof value === 'string') return { units: value.length + 2, depth: 0 }
    if (typeof value !== 'object' || value === null) return { units: 5, depth: 0 }
    const before = known.get(value)
    if (before !== undefined) return before
    let units = 2
    let depth = 0
    for (const [name, member] of Object.entries<JsonValue>(value)) {
      const below = of(member)
      units += name.length + 4 + below.units
      depth = Math.max(depth, below.depth)
    }
    const measured = { units, depth: depth + 1 }
    known.set(value, measured)
    return measured
  }
  return of(document)
}
