/**
 * Documents too large for the body (SNAPSHOT.md §2): fetched by hash when first asked for, and again after a swap that names
 * another hash. The document that was there stays until the new one has arrived.
 */
import type { JsonValue } from '../core/json.ts'
import type { ExternalDocument, SnapshotBody } from '../core/snapshot.ts'
import type { DocumentError } from './document-error.ts'
import { createPreparer, type Documents, type Prepared } from './documents.ts'
import type { ClientOptions } from './options.ts'
import { configOf, isExternal, isSpecial } from './plain-documents.ts'
import type { Secrets } from './secrets.ts'
import { decodeUtf8 } from './utf8.ts'
import { freeze } from './values.ts'

export type Named = ExternalDocument['$external']

interface Arrived {
  readonly sha256: string
  readonly text: string
  readonly raw: JsonValue
}

/** The document that last arrived, and what became of it. */
type Present = Arrived & Prepared

export interface Externals {
  /** Whether there is a config of this name. */
  has(name: string): boolean
  /** A config's document to hand out: of the body, or the external one that last arrived; the last that passed. */
  get(name: string): unknown
  /** Why the present one is not handed out. */
  error(name: string): DocumentError | undefined
  /** Fulfilled when the config's present document is there, at once for a config that has none. */
  load(name: string): Promise<void>
  /** The configs whose documents were asked for. */
  names(): Iterable<string>
  /** By hash, for a cache record. */
  texts(): Record<string, string>
  /** What is made of documents in a body that is to be taken; what did not change since `before` is taken over. */
  prepareAll(body: SnapshotBody, before: Documents): Promise<Documents>
}

export interface ExternalsRim {
  /** Of the snapshot in use. */
  body(): SnapshotBody | undefined
  /** What was made of its documents. */
  prepared(): Documents
  /** Bytes that were verified. */
  read(named: Named): Promise<Uint8Array>
  arrived(error: DocumentError | undefined): void
}

/** `secrets`: loaded when a document refers to one. `wanted`: configs that were asked for before. */
export function createExternals(
  options: ClientOptions,
  secrets: () => Promise<Secrets>,
  rim: ExternalsRim,
  wanted: Iterable<string>,
): Externals {
  const preparer = createPreparer(options, secrets)
  /** By name; undefined while the first is on its way. */
  const present = new Map<string, Present | undefined>()
  for (const name of wanted) present.set(name, undefined)
  /** By hash. */
  const underWay = new Map<string, Promise<Arrived>>()

  const stampOf = (name: string): string => preparer.stamp(name, rim.body())
  const namedBy = (name: string): Named | undefined => {
    const config = configOf(rim.body(), name)
    return isExternal(config) ? config.$external : undefined
  }
  const read = async (named: Named): Promise<Arrived> => {
    const { sha256 } = named
    try {
      const text = decodeUtf8(await rim.read(named))
      return { sha256, text, raw: freeze(JSON.parse(text)) }
    } finally {
      underWay.delete(sha256)
    }
  }

  const preparedOf = (name: string): Prepared | undefined =>
    namedBy(name) ? present.get(name) : rim.prepared().get(name)

  const externals: Externals = {
    has: (name) => configOf(rim.body(), name) !== undefined,
    get(name) {
      const config = configOf(rim.body(), name)
      const prepared = preparedOf(name)
      return prepared || isSpecial(rim.body(), name, options) ? prepared?.document : config
    },
    error: (name) => preparedOf(name)?.error,
    async load(name) {
      for (;;) {
        const named = namedBy(name)
        const before = named && present.get(name)
        present.set(name, before)
        const isSame = before?.sha256 === named?.sha256
        if (!named || (isSame && before?.stamp === stampOf(name))) return
        const reading = isSame && before ? before : (underWay.get(named.sha256) ?? read(named))
        if (reading instanceof Promise) underWay.set(named.sha256, reading)
        const { sha256, text, raw } = await reading
        const prepared = await preparer.prepare(name, raw, rim.body(), before?.document)
        // The snapshot may have moved on meanwhile; then what it names now is asked for.
        if (namedBy(name)?.sha256 !== sha256 || stampOf(name) !== prepared.stamp) continue
        // Two who asked at once both come here.
        if (present.get(name) !== before) continue
        present.set(name, { sha256, text, ...prepared })
        rim.arrived(prepared.error)
      }
    },
    names: () => present.keys(),
    texts: () => {
      const texts: Record<string, string> = {}
      for (const one of present.values()) if (one) texts[one.sha256] = one.text
      return texts
    },
    prepareAll: (body, before) => preparer.prepareAll(body, before, (name) => externals.get(name)),
  }
  return externals
}
