/**
 * An SDK key as one who may open secrets (SNAPSHOT.md §9.1): the X25519 key pair and the id that follow from its text. Here
 * only the public half leaves the function; the SDK derives the private one for itself. Vectors: test/vectors/recipient.json.
 */
import { type Recipient, RECIPIENT_ID_INFO, RECIPIENT_KEY_INFO, X25519_PKCS8_PREFIX } from '#core'
import { toBase64url, utf8 } from './encoding.ts'

/** HKDF-SHA-256 (RFC 5869). `length` in bytes, up to 8,160. */
export async function hkdf(
  secret: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt, info }
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, length * 8))
}

/** What follows from the text of an SDK key. */
export async function recipientOf(sdkKey: string): Promise<Recipient> {
  const derive = (info: string, length: number): Promise<Uint8Array<ArrayBuffer>> =>
    hkdf(utf8(sdkKey), new Uint8Array(), utf8(info), length)
  const prefix = Uint8Array.from(X25519_PKCS8_PREFIX)
  const pkcs8 = new Uint8Array(prefix.length + 32)
  pkcs8.set(prefix)
  pkcs8.set(await derive(RECIPIENT_KEY_INFO, 32), prefix.length)
  const pair = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'X25519' }, true, [
    'deriveBits',
  ])
  const jwk = await crypto.subtle.exportKey('jwk', pair)
  if (jwk instanceof ArrayBuffer || jwk.x === undefined) throw new TypeError('X25519 has an x')
  return { id: toBase64url(await derive(RECIPIENT_ID_INFO, 16)), publicKey: jwk.x }
}
