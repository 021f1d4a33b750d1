/** A head with everything its answers need made once, so that a request only puts the parts together. */
import { type AudienceName, formatAudience } from '#core'
import type { Head } from '../objects/project/interface.ts'
import { namesRings } from './manifest.ts'
import { CORS_HEADERS } from './answers.ts'

export interface PublishedHead extends Head {
  readonly name: AudienceName
  /** `<project>/<environment>/<audience>` */
  readonly aud: string
  readonly etag: string
  /** Names the body among the cached ones. */
  readonly bodyKey: string
  readonly manifestInit: ResponseInit
  readonly snapshotInit: ResponseInit
  readonly notModifiedInit: ResponseInit
  /** Who takes the candidate may follow from where a reader is. */
  readonly asksPlace: boolean
}

export function publishHead(name: AudienceName, head: Head): PublishedHead {
  const etag = `"${head.epoch}.${head.seq}"`
  const shared = {
    ...CORS_HEADERS,
    etag,
    // A cache may keep it and must ask again each time: revoking a key has to end what it reads.
    'cache-control': 'private, no-cache',
    vary: 'Authorization',
  }
  const withManifest = { ...shared, 'driftless-manifest': head.manifest }
  // Headers objects: the runtime copies one natively, a record it would convert string by string on every request.
  return {
    ...head,
    name,
    aud: formatAudience(name),
    etag,
    bodyKey: bodyKey(name, head.sha256),
    manifestInit: { headers: new Headers({ ...shared, 'content-type': 'application/jwt' }) },
    snapshotInit: { headers: new Headers({ ...withManifest, 'content-type': 'application/json' }) },
    asksPlace: namesRings(head.manifest),
    notModifiedInit: { status: 304, headers: new Headers(withManifest) },
  }
}

export function bodyKey(name: AudienceName, sha256: string): string {
  return `${formatAudience(name)}/${sha256}`
}
