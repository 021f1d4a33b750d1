/**
 * The envelope of a secret (STORAGE.md §5.1): its value under a random data key of its own, the data key under the project's
 * key, that one under the master key. Vectors, good and bad, in test/vectors/envelope.json. Nothing here keeps a value.
 */
import { IV_BYTES, KEY_BYTES, open, seal, TAG_BYTES } from './aead.ts'
import { utf8 } from './encoding.ts'
import { type RandomBytes, unwrap, UnwrapError, wrap, type WrappingKeys } from './wrap.ts'

/** Which version of which secret: what is sealed for one opens as no other. */
export interface SecretLabel {
  readonly project: string
  readonly environment: string
  readonly name: string
  readonly version: number
}

/** A data key under a project's key. */
export interface WrappedKey {
  /** Of the project's key. */
  readonly keyId: string
  readonly wrappedKey: string
}

export interface SealedSecret extends WrappedKey {
  /** `0x01` ‖ nonce ‖ ciphertext ‖ tag. */
  readonly sealed: Uint8Array<ArrayBuffer>
}

const VERSION = 1

/** How much longer a sealed value is than its bytes. */
export const SEALED_OVERHEAD_BYTES = 1 + IV_BYTES + TAG_BYTES
const PURPOSE = 'data-key'

/** What a data key is for, as text: part of what its wrapping is bound to. */
export type DataKeyUse = `secret/${string}` | `fingerprint/${string}`

/** Names hold no "/", so no two labels have one text. */
export function useOfSecret({ project, environment, name, version }: SecretLabel): DataKeyUse {
  return `secret/${project}/${environment}/${name}/${version}`
}

/** Seals the UTF-8 of `value` under a new data key, and that under the first of `keys`. */
export async function sealSecret(
  value: string,
  label: SecretLabel,
  keys: WrappingKeys,
  randomBytes: RandomBytes,
): Promise<SealedSecret> {
  const dataKey = randomBytes(KEY_BYTES)
  const box = await seal(utf8(value), additionalData(label), dataKey, randomBytes(IV_BYTES))
  const sealed = new Uint8Array(1 + box.length)
  sealed.set([VERSION])
  sealed.set(box, 1)
  return { sealed, ...(await wrapDataKey(dataKey, useOfSecret(label), keys, randomBytes)) }
}

/**
 * The value of `stored`.
 *
 * @throws UnwrapError with its code; the message carries nothing of the value.
 */
export async function openSecret(
  stored: SealedSecret,
  label: SecretLabel,
  keys: WrappingKeys,
): Promise<string> {
  if (stored.sealed[0] !== VERSION) {
    throw new UnwrapError('malformed', `sealed secret: not a value of version ${VERSION}`)
  }
  const dataKey = await unwrapDataKey(stored, useOfSecret(label), keys)
  const bytes = await open(stored.sealed.subarray(1), additionalData(label), dataKey)
  if (bytes === null) {
    throw new UnwrapError('not_authentic', 'sealed secret: its data key does not open it')
  }
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

/** `dataKey`, 32 bytes, under the first of `keys`; bound to its use and to that key's id. */
export async function wrapDataKey(
  dataKey: Uint8Array<ArrayBuffer>,
  use: DataKeyUse,
  keys: WrappingKeys,
  randomBytes: RandomBytes,
): Promise<WrappedKey> {
  const keyId = keys.first.id
  const label = { purpose: PURPOSE, name: `${use}/${keyId}` }
  return { keyId, wrappedKey: await wrap(dataKey, label, keys, randomBytes) }
}

/** @throws UnwrapError */
export async function unwrapDataKey(
  { keyId, wrappedKey }: WrappedKey,
  use: DataKeyUse,
  keys: WrappingKeys,
): Promise<Uint8Array<ArrayBuffer>> {
  const dataKey = await unwrap(wrappedKey, { purpose: PURPOSE, name: `${use}/${keyId}` }, keys)
  if (dataKey.length !== KEY_BYTES) {
    throw new UnwrapError('malformed', `a data key has ${KEY_BYTES} bytes`)
  }
  return dataKey
}

/** The same data key under the first of `keys`; what it sealed stays as it is. */
export async function rewrapDataKey(
  stored: WrappedKey,
  use: DataKeyUse,
  keys: WrappingKeys,
  randomBytes: RandomBytes,
): Promise<WrappedKey> {
  return wrapDataKey(await unwrapDataKey(stored, use, keys), use, keys, randomBytes)
}

function additionalData(label: SecretLabel): Uint8Array<ArrayBuffer> {
  return utf8(`driftless/v1/${useOfSecret(label)}`)
}
