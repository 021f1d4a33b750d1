/**
 * Reads the head of an audience straight out of the local KV's files, past the Worker: its own answers would hide an
 * old KV, since a reader that finds one asks the project object. Knows miniflare's layout of the pinned version.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface PublishedHead {
  readonly epoch: number
  readonly seq: number
  readonly revision: number
  /** Whether the body it names is there, too. */
  readonly hasBody: boolean
}

/** `audience` is `<project>/<environment>/<audience>`; `undefined` when KV has no head of it. */
export function publishedHead(dataDir: string, audience: string): PublishedHead | undefined {
  return reading(dataDir, (find) => {
    const claims = headIn(find, audience)
    return claims && { ...claims, hasBody: find(`body/${audience}/${claims.sha256}`) !== undefined }
  })
}

/** The bytes, as text, of the body that the head names. */
export function publishedBody(dataDir: string, audience: string): string | undefined {
  return reading(dataDir, (find) => {
    const claims = headIn(find, audience)
    return claims && find(`body/${audience}/${claims.sha256}`)
  })
}

type Find = (key: string) => string | undefined

function headIn(find: Find, audience: string) {
  const manifest = find(`head/${audience}`)
  if (manifest === undefined) return undefined
  return JSON.parse(Buffer.from(manifest.split('.')[1] ?? '', 'base64url').toString()) as Omit<
    PublishedHead,
    'hasBody'
  > & { readonly sha256: string }
}

function reading<T>(dataDir: string, read: (find: Find) => T): T | undefined {
  const folder = join(dataDir, 'state/kv')
  const objects = join(folder, 'miniflare-KVNamespaceObject')
  const file = readdirSync(objects).find((name) => /^[0-9a-f]+\.sqlite$/.test(name))
  if (file === undefined) return undefined
  const database = new DatabaseSync(join(objects, file), { readOnly: true })
  try {
    const entry = database.prepare('SELECT blob_id FROM _mf_entries WHERE key = ?')
    return read((key) => {
      const blob = entry.get(key)?.['blob_id']
      if (typeof blob !== 'string') return undefined
      return readFileSync(join(folder, 'SNAPSHOTS/blobs', blob), 'utf8')
    })
  } finally {
    database.close()
  }
}
