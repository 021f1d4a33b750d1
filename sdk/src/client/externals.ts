/**
 * Documents too large for the body (SNAPSHOT.md §2): fetched by hash when first asked for, and again after a swap that names
 * another hash. The document that was there stays until the new one has arrived.
 */
import type { JsonValue } from '../core/json.ts'
import { fitsShape, HASH } from '../core/shape.ts'
import type { ExternalDocument } from '../core/snapshot.ts'
import { verifyBytes } from '../verify.ts'
import { DriftlessError } from './errors.ts'

type Named = ExternalDocument['$external']

interface Arrived {
  readonly sha256: string
  readonly document: JsonValue
  /** Its text, when it is wanted again for a cache. */
  readonly text: string | undefined
}

export interface Externals {
  /** The document that last arrived for this config. */
  get(name: string): JsonValue | undefined
  /** Fulfilled when the config's present document is there, at once for a config that has none. */
  load(name: string): Promise<void>
  /** After a swap: fetches again what was asked for once and has changed. Rejects with the first failure, after trying all. */
  refresh(): Promise<void>
  /** For a cache record. */
  texts(): Record<string, string>
}

/** Whether a config's value stands for an external document. */
export function isExternal(value: unknown): value is ExternalDocument {
  return (
    fitsShape(value, {}) &&
    Object.keys(value).length === 1 &&
    fitsShape(value['$external'], { sha256: HASH, size: 0 })
  )
}

export function createExternals(rim: {
  /** A config's value in the snapshot in use. */
  config(name: string): unknown
  fetch(named: Named): Promise<Uint8Array>
  /** A text that came with a cache or a bootstrap file, if any; verified like what is fetched. */
  stored(sha256: string): string | undefined
  arrived(): void
  readonly keepTexts: boolean
}): Externals {
  const arrived = new Map<string, Arrived>()
  const asked = new Set<string>()
  const underWay = new Map<string, Promise<Arrived>>()

  const read = async (named: Named): Promise<Arrived> => {
    const { sha256 } = named
    const stored = rim.stored(sha256)
    let bytes = stored === undefined ? undefined : new TextEncoder().encode(stored)
    if (!bytes || (await verifyBytes(bytes, named))) {
      bytes = new Uint8Array(await rim.fetch(named))
      const refusal = await verifyBytes(bytes, named)
      if (refusal) throw new DriftlessError('rejected', `external document: ${refusal.message}`)
    }
    const text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes)
    return { sha256, document: JSON.parse(text), text: rim.keepTexts ? text : undefined }
  }

  const readOnce = (named: Named): Promise<Arrived> => {
    const { sha256 } = named
    const known = underWay.get(sha256)
    if (known) return known
    const reading = read(named).finally(() => underWay.delete(sha256))
    underWay.set(sha256, reading)
    return reading
  }

  const load = async (name: string): Promise<void> => {
    for (;;) {
      const config = rim.config(name)
      if (!isExternal(config)) return
      const named = config.$external
      asked.add(name)
      if (arrived.get(name)?.sha256 === named.sha256) return
      const document = await readOnce(named)
      // The snapshot may have moved on meanwhile; then the loop asks for what it names now.
      const present = rim.config(name)
      if (!isExternal(present) || present.$external.sha256 !== named.sha256) continue
      arrived.set(name, document)
      rim.arrived()
    }
  }

  return {
    get: (name) => arrived.get(name)?.document,
    load,
    async refresh() {
      for (const name of asked) if (!isExternal(rim.config(name))) arrived.delete(name)
      const results = await Promise.allSettled(Array.from(asked, load))
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
    texts: () =>
      Object.fromEntries(Array.from(arrived.values(), ({ sha256, text }) => [sha256, text ?? ''])),
  }
}
