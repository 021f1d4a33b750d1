/**
 * Wrapping of keys under the master key, the framing of STORAGE.md §5. Vectors, good and bad, in test/vectors/wrap.json.
 * Associated data names what is wrapped, so that a value moved elsewhere does not open.
 */
import { fromBase64url, toBase64url } from './encoding.ts'
import type { MasterKey, MasterKeys } from './master-key.ts'

/** What is wrapped: `purpose` is a constant of ours such as `signing-key`, `name` says which one. */
export interface WrapLabel {
  readonly purpose: string
  readonly name: string
}

export type UnwrapErrorCode =
  /** Not the framing of STORAGE.md §5. */
  | 'malformed'
  /** Wrapped under a master key that `MASTER_KEY` no longer lists. */
  | 'unknown_master_key'
  /** Altered, moved from elsewhere, or wrapped under another key of the same id. */
  | 'not_authentic'

export class UnwrapError extends Error {
  override readonly name = 'UnwrapError'
  readonly code: UnwrapErrorCode
  constructor(code: UnwrapErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>

const VERSION = 1
const IV_BYTES = 12
const TAG_BYTES = 16

/** `plaintext` under the first master key, as base64url. `randomBytes` gives the 12 bytes of the nonce. */
export async function wrap(
  plaintext: BufferSource,
  label: WrapLabel,
  keys: MasterKeys,
  randomBytes: RandomBytes,
): Promise<string> {
  const id = new TextEncoder().encode(keys.first.id)
  const iv = randomBytes(IV_BYTES)
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt(
      parameters(iv, label),
      await importKey(keys.first, 'encrypt'),
      plaintext,
    ),
  )
  const framed = new Uint8Array(2 + id.length + IV_BYTES + sealed.length)
  framed.set([VERSION, id.length])
  framed.set(id, 2)
  framed.set(iv, 2 + id.length)
  framed.set(sealed, 2 + id.length + IV_BYTES)
  return toBase64url(framed)
}

/**
 * What `wrap` was given.
 *
 * @throws UnwrapError with its code; the message carries nothing of the value.
 */
export async function unwrap(
  wrapped: string,
  label: WrapLabel,
  keys: MasterKeys,
): Promise<Uint8Array<ArrayBuffer>> {
  const framed = fromBase64url(wrapped)
  const idLength = framed?.[1] ?? 0
  const start = 2 + idLength
  if (
    framed === null ||
    framed[0] !== VERSION ||
    idLength === 0 ||
    framed.length < start + IV_BYTES + TAG_BYTES
  ) {
    throw new UnwrapError(
      'malformed',
      `wrapped ${label.purpose}: not a value of version ${VERSION}`,
    )
  }
  const key = keys.byId.get(new TextDecoder().decode(framed.subarray(2, start)))
  if (key === undefined) {
    throw new UnwrapError(
      'unknown_master_key',
      `wrapped ${label.purpose}: its master key is not listed in MASTER_KEY`,
    )
  }
  const iv = framed.subarray(start, start + IV_BYTES)
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt(
        parameters(iv, label),
        await importKey(key, 'decrypt'),
        framed.subarray(start + IV_BYTES),
      ),
    )
  } catch {
    throw new UnwrapError(
      'not_authentic',
      `wrapped ${label.purpose}: the master key of its id in MASTER_KEY does not open it`,
    )
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, label: WrapLabel) {
  const additionalData = new TextEncoder().encode(`driftless/v1/${label.purpose}/${label.name}`)
  return { name: 'AES-GCM', iv, additionalData, tagLength: TAG_BYTES * 8 }
}

function importKey(key: MasterKey, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', key.bytes, 'AES-GCM', false, [usage])
}
