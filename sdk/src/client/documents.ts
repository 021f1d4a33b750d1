/**
 * The documents of the snapshot in use that are not handed out as they stand: those with references, and those the
 * application has a schema for. One that does not pass leaves its last good version where it was; the others move on.
 */
import type { JsonValue } from '../core/json.ts'
import type { SnapshotBody } from '../core/snapshot.ts'
import { DocumentError } from './document-error.ts'
import type { ClientOptions } from './options.ts'
import { configOf, isExternal } from './plain-documents.ts'
import { prepareDocument } from './prepare.ts'
import type { Secrets } from './secrets.ts'

/** What became of one document. */
export interface Prepared {
  /** Differs when anything it was made of does, but for the document. */
  readonly stamp: string
  readonly raw: JsonValue
  /** To hand out: the last that passed; undefined when none did. */
  readonly document: unknown
  readonly error?: DocumentError
}

/** By config. */
export type Documents = ReadonlyMap<string, Prepared>

export interface Preparer {
  /** Prepares a document of `body`; `lastGood` stays when it does not pass. Never rejects. */
  prepare(
    name: string,
    raw: JsonValue,
    body: SnapshotBody | undefined,
    lastGood: unknown,
  ): Promise<Prepared>
  /** Of what a document of `body` is prepared with; `''`: it is handed out as it stands. */
  stamp(name: string, body: SnapshotBody | undefined): string
  /** Prepares what stands in `body` itself; what did not change since `before` is taken over. */
  prepareAll(
    body: SnapshotBody,
    before: Documents,
    lastGood: (name: string) => unknown,
  ): Promise<Documents>
}

/** `secrets`: loaded when a document refers to one. */
export function createPreparer(
  { env = processEnv(), schemas = {} }: ClientOptions,
  secrets: () => Promise<Secrets>,
): Preparer {
  const schemaOf = (name: string) => (Object.hasOwn(schemas, name) ? schemas[name] : undefined)
  const lookup = {
    variable: (name: string): string | undefined => {
      const value: unknown = Object.hasOwn(env, name) ? env[name] : undefined
      return typeof value === 'string' ? value : undefined
    },
  }
  const preparer: Preparer = {
    stamp(name, body) {
      const places = placesOf(name, body)
      const schema = schemaOf(name)
      if (places === undefined && !schema) return ''
      // With another version of a secret a document says something else, though it reads the same.
      const versions = Object.entries(body?.secrets ?? {}).map(([secret, { version }]) => [
        secret,
        version,
      ])
      return JSON.stringify([places, places && versions, schema && versionOf(name, body)])
    },
    async prepare(name, raw, body, lastGood) {
      const stamp = preparer.stamp(name, body)
      if (!stamp) return { stamp, raw, document: raw }
      try {
        const places = placesOf(name, body)
        const preparation = {
          config: name,
          places,
          schema: schemaOf(name),
          version: versionOf(name, body),
          lookup,
          secrets: async (names: Iterable<string>) =>
            (await secrets()).texts(names, body?.secrets ?? {}),
        }
        return { stamp, raw, document: await prepareDocument(raw, preparation) }
      } catch (caught) {
        const error =
          caught instanceof DocumentError
            ? caught
            : new DocumentError('reference', name, 'cannot be resolved')
        return { stamp, raw, document: lastGood, error }
      }
    },
    async prepareAll(body, before, lastGood) {
      const names = new Set([...Object.keys(body.references ?? {}), ...Object.keys(schemas)])
      const prepared = new Map<string, Prepared>()
      await Promise.all(
        Array.from(names, async (name) => {
          const raw = configOf(body, name)
          if (raw === undefined || isExternal(raw)) return
          const known = before.get(name)
          const isKnown =
            known?.stamp === preparer.stamp(name, body) &&
            // Documents are canonical: equal ones have equal texts.
            JSON.stringify(known.raw) === JSON.stringify(raw)
          prepared.set(
            name,
            isKnown ? known : await preparer.prepare(name, raw, body, lastGood(name)),
          )
        }),
      )
      return prepared
    },
  }
  return preparer
}

const placesOf = (name: string, body?: SnapshotBody) => memberOf(body?.references, name)
const versionOf = (name: string, body?: SnapshotBody) => memberOf(body?.schemas, name)

function memberOf<T>(members: Readonly<Record<string, T>> = {}, name: string): T | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined
}

/** The environment of the process, where there is one. */
function processEnv(): Readonly<Record<string, string | undefined>> {
  const process: unknown = Reflect.get(globalThis, 'process')
  const env: unknown = process instanceof Object ? Reflect.get(process, 'env') : undefined
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each member is looked at when it is asked for
  return env instanceof Object ? (env as Readonly<Record<string, string | undefined>>) : {}
}
