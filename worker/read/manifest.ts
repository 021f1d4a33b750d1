/** What the read path needs of a manifest: its order and its body. It trusts nothing and verifies nothing: readers do. */
import { decodeJwt } from 'jose'
import { isJsonObject } from '#core'
import type { Head } from '../objects/project/interface.ts'

/** The head a manifest names; null when the text is no manifest. */
export function readHead(manifest: string): Head | null {
  try {
    const { epoch, seq, revision, sha256, size } = decodeJwt(manifest)
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return null
    if (typeof epoch !== 'number' || typeof seq !== 'number' || typeof size !== 'number')
      return null
    if (typeof revision !== 'number') return null
    return { epoch, seq, manifest, revision, sha256, size }
  } catch {
    return null
  }
}

/** Whether its candidate goes to some by their labels (SNAPSHOT.md §3.5). */
export function namesRings(manifest: string): boolean {
  try {
    const { candidate } = decodeJwt(manifest)
    return isJsonObject(candidate) && candidate['rings'] !== undefined
  } catch {
    return false
  }
}
