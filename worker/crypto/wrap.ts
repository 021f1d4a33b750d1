/**
 * Wrapping of keys under another key, the framing of STORAGE.md §5: keys of the platform under the master key, data keys under
 * a project's key. Vectors, good and bad, in test/vectors/wrap.json. Associated data names what is wrapped, so that a value
 * moved elsewhere does not open.
 */
import { IV_BYTES, open, seal, TAG_BYTES } from './aead.ts'
import { fromBase64url, toBase64url, utf8 } from './encoding.ts'

export interface WrappingKey {
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`; written beside what it wraps. */
  readonly id: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface WrappingKeys {
  /** Wraps from now on. */
  readonly first: WrappingKey
  /** All that may have wrapped what is to be opened. */
  readonly byId: ReadonlyMap<string, WrappingKey>
}

/** What is wrapped: `purpose` is a constant of ours such as `signing-key`, `name` says which one. */
export interface WrapLabel {
  readonly purpose: string
  readonly name: string
}

export type UnwrapErrorCode =
  /** Not the framing of STORAGE.md §5. */
  | 'malformed'
  /** Wrapped under a key that is not there any more: for a master key, that `MASTER_KEY` does not list. */
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

/** `plaintext` under the first key, as base64url. `randomBytes` gives the 12 bytes of the nonce. */
export async function wrap(
  plaintext: Uint8Array<ArrayBuffer>,
  label: WrapLabel,
  keys: WrappingKeys,
  randomBytes: RandomBytes,
): Promise<string> {
  const { id: keyId, bytes } = keys.first
  const id = utf8(keyId)
  const sealed = await seal(plaintext, additionalData(label), bytes, randomBytes(IV_BYTES))
  const framed = new Uint8Array(2 + id.length + sealed.length)
  framed.set([VERSION, id.length])
  framed.set(id, 2)
  framed.set(sealed, 2 + id.length)
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
  keys: WrappingKeys,
): Promise<Uint8Array<ArrayBuffer>> {
  const framed = readFrame(wrapped)
  if (framed === null) {
    throw new UnwrapError(
      'malformed',
      `wrapped ${label.purpose}: not a value of version ${VERSION}`,
    )
  }
  const key = keys.byId.get(framed.keyId)
  if (key === undefined) {
    throw new UnwrapError(
      'unknown_master_key',
      `wrapped ${label.purpose}: the key that wrapped it is not there (a master key: not in MASTER_KEY)`,
    )
  }
  const opened = await open(framed.sealed, additionalData(label), key.bytes)
  if (opened !== null) return opened
  throw new UnwrapError(
    'not_authentic',
    `wrapped ${label.purpose}: the key of its id does not open it`,
  )
}

/** Id of the key that wrapped a value; undefined when it is not the framing. */
export function wrappingKeyId(wrapped: string): string | undefined {
  return readFrame(wrapped)?.keyId
}

function readFrame(
  wrapped: string,
): { readonly keyId: string; readonly sealed: Uint8Array<ArrayBuffer> } | null {
  const framed = fromBase64url(wrapped)
  const idLength = framed?.[1] ?? 0
  const start = 2 + idLength
  const isFrame = framed?.[0] === VERSION && idLength > 0
  if (framed === null || !isFrame || framed.length < start + IV_BYTES + TAG_BYTES) return null
  return {
    keyId: new TextDecoder().decode(framed.subarray(2, start)),
    sealed: framed.subarray(start),
  }
}

function additionalData(label: WrapLabel): Uint8Array<ArrayBuffer> {
  return utf8(`driftless/v1/${label.purpose}/${label.name}`)
}
