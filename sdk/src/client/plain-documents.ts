/**
 * Documents that are handed out as they stand. The others need externals.ts and what it asks, which are loaded when a snapshot
 * has such: most have none.
 */
import type { JsonValue } from '../core/json.ts'
import { fits, HASH } from '../core/shape.ts'
import type { ExternalDocument, SnapshotBody } from '../core/snapshot.ts'
import type { Externals } from './externals.ts'
import type { ClientOptions } from './options.ts'

/** A config as it stands in a body. */
export function configOf(
  body: SnapshotBody | undefined,
  name: string,
): JsonValue | ExternalDocument | undefined {
  return body && Object.hasOwn(body.configs, name) ? body.configs[name] : undefined
}

/** Whether a config of a body stands outside it. */
export function isExternal(value: unknown): value is ExternalDocument {
  return fits(value, { $external: { sha256: HASH, size: 0 } }) && Object.keys(value).length === 1
}

/** Whether a config is not handed out as it stands: it is elsewhere, has references, or the application has a schema for it. */
export function isSpecial(
  body: SnapshotBody | undefined,
  name: string,
  { schemas = {} }: ClientOptions,
): boolean {
  return (
    isExternal(configOf(body, name)) ||
    Object.hasOwn(body?.references ?? {}, name) ||
    Object.hasOwn(schemas, name)
  )
}

/** Those that are special are as if nobody had them yet. `body`: of the snapshot in use. */
export function plainDocuments(
  body: () => SnapshotBody | undefined,
  options: ClientOptions,
): Externals {
  const wanted = new Set<string>()
  return {
    has: (name) => configOf(body(), name) !== undefined,
    get: (name) => (isSpecial(body(), name, options) ? undefined : configOf(body(), name)),
    error: () => undefined,
    load: async (name) => void wanted.add(name),
    names: () => wanted,
    texts: () => ({}),
    prepareAll: async () => new Map(),
  }
}
