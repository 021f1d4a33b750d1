/**
 * Documents too large for the body (SNAPSHOT.md §2): fetched by hash when first asked for, and again after a swap that names
 * another hash. The document that was there stays until the new one has arrived.
 */
import type { JsonValue } from '../core/json.ts'
import { fits, HASH } from '../core/shape.ts'
import type { ExternalDocument } from '../core/snapshot.ts'
import { decodeUtf8 } from './utf8.ts'
import { freeze } from './values.ts'

export type Named = ExternalDocument['$external']

interface Arrived {
  readonly sha256: string
  readonly text: string
  readonly document: JsonValue
}

export interface Externals {
  /** Whether there is a config of this name. */
  has(name: string): boolean
  /** A config's document: as it stands in the body, or the external one that last arrived. */
  get(name: string): JsonValue | undefined
  /** Fulfilled when the config's present document is there, at once for a config that has none. */
  load(name: string): Promise<void>
  /** The configs whose documents were asked for. */
  names(): Iterable<string>
  /** By hash, for a cache record. */
  texts(): Record<string, string>
}

export function createExternals(rim: {
  /** A config's value in the snapshot in use. */
  config(name: string): JsonValue | ExternalDocument | undefined
  /** Bytes that were verified. */
  read(named: Named): Promise<Uint8Array>
  arrived(): void
}): Externals {
  /** By name; undefined while the first is on its way. */
  const present = new Map<string, Arrived | undefined>()
  /** By hash. */
  const underWay = new Map<string, Promise<Arrived>>()

  const namedBy = (name: string): Named | undefined => {
    const config = rim.config(name)
    return isExternal(config) ? config.$external : undefined
  }
  const read = async (named: Named): Promise<Arrived> => {
    const { sha256 } = named
    try {
      const text = decodeUtf8(await rim.read(named))
      return { sha256, text, document: freeze(JSON.parse(text)) }
    } finally {
      underWay.delete(sha256)
    }
  }

  return {
    has: (name) => rim.config(name) !== undefined,
    get(name) {
      const config = rim.config(name)
      return isExternal(config) ? present.get(name)?.document : config
    },
    async load(name) {
      for (;;) {
        const named = namedBy(name)
        const before = named && present.get(name)
        present.set(name, before)
        if (!named || before?.sha256 === named.sha256) return
        const reading = underWay.get(named.sha256) ?? read(named)
        underWay.set(named.sha256, reading)
        const arrived = await reading
        // The snapshot may have moved on meanwhile; then what it names now is asked for.
        if (namedBy(name)?.sha256 !== arrived.sha256) continue
        present.set(name, arrived)
        rim.arrived()
      }
    },
    names: () => present.keys(),
    texts: () => {
      const texts: Record<string, string> = {}
      for (const one of present.values()) if (one) texts[one.sha256] = one.text
      return texts
    },
  }
}

function isExternal(value: unknown): value is ExternalDocument {
  return fits(value, { $external: { sha256: HASH, size: 0 } }) && Object.keys(value).length === 1
}
