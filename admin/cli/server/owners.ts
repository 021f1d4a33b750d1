/** Who last wrote each place of a layer, and when: from its versions, newest first, as far as it takes. */
import { getPointer, type ItemRef, type JsonObject, type JsonValue } from '#core'
import { isJsonObject, equalJson } from '#core'
import { AdminError } from '../../contract/client.ts'
import { documentOf } from '../folder/differences.ts'
import { environmentOf } from '../folder/items.ts'
import type { ProjectSession } from '../frame/settings.ts'
import { readAll } from './pages.ts'

export interface Owner {
  readonly author: string
  readonly revision: number
  readonly atMs: number
  readonly reason: string
}

interface Version extends Owner {
  readonly sha256: string | null
}

/** Versions looked at of one layer. An older place is said to be of the oldest of these or before: nobody waits for a thousand requests. */
const MAX_VERSIONS = 30

/** By path. A place that no longer is there belongs to who removed it. */
export async function ownersOf(
  session: ProjectSession,
  ref: ItemRef,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Owner>> {
  const versions = await versionsOf(session, ref).catch((error: unknown) => {
    // What never was, nobody wrote.
    if (error instanceof AdminError && error.status === 404) return []
    throw error
  })
  const owners = new Map<string, Owner>()
  let open = [...paths]
  let newer: { readonly version: Version; readonly content: JsonObject | undefined } | undefined
  for (const version of versions) {
    if (open.length === 0) break
    const content =
      version.sha256 === null ? undefined : await contentAt(session, ref, version.revision)
    const above = newer
    if (above !== undefined) {
      open = open.filter((path) => {
        if (same(valueAt(ref, above.content, path), valueAt(ref, content, path))) return true
        owners.set(path, ownerOf(above.version))
        return false
      })
    }
    newer = { version, content }
  }
  if (newer !== undefined) for (const path of open) owners.set(path, ownerOf(newer.version))
  return owners
}

const ownerOf = ({ author, revision, atMs, reason }: Version): Owner => ({
  author,
  revision,
  atMs,
  reason,
})

function same(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalJson(a, b)
}

function valueAt(
  ref: ItemRef,
  content: JsonObject | undefined,
  path: string,
): JsonValue | undefined {
  if (content === undefined) return undefined
  if (ref.kind !== 'config') return getPointer(content, path)
  if (path === 'text') return content['source']
  if (path !== '' && !path.startsWith('/')) return content[path]
  const document = documentOf(content)
  return document === null || document === undefined
    ? content['source']
    : getPointer(document.value, path)
}

async function versionsOf(
  { client, project }: ProjectSession,
  { kind, key, layer }: ItemRef,
): Promise<Version[]> {
  const environment = environmentOf({ kind, key, layer })
  return readAll((query) => {
    switch (kind) {
      case 'environment':
        return client.listEnvironmentVersions({ parameters: { project, environment: key }, query })
      case 'segment':
        return client.listSegmentVersions({ parameters: { project, segment: key }, query })
      case 'mirror':
        return client.listMirrorVersions({ parameters: { project, mirror: key }, query })
      case 'schema':
        return client.listSchemaVersions({ parameters: { project, config: key }, query })
      case 'config':
        return environment === undefined
          ? client.listConfigVersions({ parameters: { project, config: key }, query })
          : client.listConfigOverrideVersions({
              parameters: { project, config: key, environment },
              query,
            })
      case 'flag':
        return environment === undefined
          ? client.listFlagVersions({ parameters: { project, flag: key }, query })
          : client.listFlagEnvironmentVersions({
              parameters: { project, flag: key, environment },
              query,
            })
      case 'secret':
        throw new TypeError(`secret ${key}: secrets are not kept in files`)
    }
  }, MAX_VERSIONS)
}

async function contentAt(
  { client, project }: ProjectSession,
  { kind, key, layer }: ItemRef,
  revision: number,
): Promise<JsonObject> {
  const environment = environmentOf({ kind, key, layer })
  const query = { revision: String(revision) }
  const read = async (): Promise<{ readonly body: { readonly content: unknown } }> => {
    switch (kind) {
      case 'environment':
        return client.getEnvironment({ parameters: { project, environment: key }, query })
      case 'segment':
        return client.getSegment({ parameters: { project, segment: key }, query })
      case 'mirror':
        return client.getMirror({ parameters: { project, mirror: key }, query })
      case 'schema':
        return client.getSchema({ parameters: { project, config: key }, query })
      case 'config':
        return environment === undefined
          ? client.getConfig({ parameters: { project, config: key }, query })
          : client.getConfigOverride({ parameters: { project, config: key, environment }, query })
      case 'flag':
        return environment === undefined
          ? client.getFlag({ parameters: { project, flag: key }, query })
          : client.getFlagEnvironment({ parameters: { project, flag: key, environment }, query })
      case 'secret':
        throw new TypeError(`secret ${key}: secrets are not kept in files`)
    }
  }
  const { content } = (await read()).body
  return isJsonObject(content) ? content : {}
}
