/**
 * Reads the Worker secret `MASTER_KEY`: `id:base64url`, several separated by commas, 32 bytes each. The first one wraps,
 * all of them open, so that a new key is put in front and the old one stays until everything is wrapped anew.
 */
import { fromBase64url } from './encoding.ts'
import type { WrappingKey, WrappingKeys } from './wrap.ts'

export type MasterKeys = WrappingKeys

/**
 * `MASTER_KEY` is absent or malformed, or does not list a key that something is wrapped by. The message names the entry, or the
 * key's id, and never shows any of its text.
 */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError'
  /** Id of the key that would be needed; null: there is none at all, or the setting cannot be read. */
  readonly keyId: string | null
  constructor(message: string, keyId: string | null = null) {
    super(message)
    this.keyId = keyId
  }
}

const ID = /^[A-Za-z0-9._-]{1,64}$/

/**
 * Parses `MASTER_KEY`.
 *
 * @throws MasterKeyError when it is absent, an entry is not `id:base64url` of 32 bytes, or an id stands twice.
 */
export function parseMasterKeys(text: string | undefined): MasterKeys {
  if (text === undefined || text.trim() === '') {
    throw new MasterKeyError('MASTER_KEY is not set: give `id:base64url` of 32 random bytes')
  }
  const keys = text.split(',').map((entry, index) => parseEntry(entry.trim(), index + 1))
  const byId = new Map<string, WrappingKey>()
  for (const [index, key] of keys.entries()) {
    if (byId.has(key.id)) {
      throw new MasterKeyError(`MASTER_KEY entry ${index + 1}: its id stands twice`)
    }
    byId.set(key.id, key)
  }
  const [first] = keys
  if (first === undefined) throw new MasterKeyError('MASTER_KEY is empty')
  return { first, byId }
}

function parseEntry(entry: string, position: number): WrappingKey {
  const colon = entry.indexOf(':')
  const id = entry.slice(0, Math.max(colon, 0))
  if (!ID.test(id)) {
    throw new MasterKeyError(
      `MASTER_KEY entry ${position}: must be \`id:base64url\`, the id 1 to 64 of A-Z a-z 0-9 . _ -`,
    )
  }
  const bytes = fromBase64url(entry.slice(colon + 1))
  if (bytes === null || bytes.length !== 32) {
    throw new MasterKeyError(
      `MASTER_KEY entry ${position}: must be 32 bytes as base64url without padding (43 characters)`,
    )
  }
  return { id, bytes }
}
