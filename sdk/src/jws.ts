/**
 * JWS in compact form, ES256 and nothing else, on WebCrypto alone. Strict where common decoders are kind: one signature has
 * exactly one text. Nothing named by a header is ever followed.
 */
import { isJsonObject, type JsonObject } from './core/json.ts'
import type { PublicJwk } from './core/wire.ts'

type Bytes = Uint8Array<ArrayBuffer>

// As the runtime at hand calls it: Node's types have no global `CryptoKey`.
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** The parts of a compact JWS. Nothing about it is proven yet. */
export interface CompactJws {
  readonly header: JsonObject
  readonly headerText: string
  readonly payload: Bytes
  readonly signature: Bytes
  /** What the signature is over: the first two parts as they came. */
  readonly signed: string
}

/** Takes a compact JWS with a 64-byte signature apart; `undefined` when it is not of that form or its header is no JSON object. */
export function openCompact(text: string, maxLength: number): CompactJws | undefined {
  if (typeof text !== 'string' || text.length > maxLength) return undefined
  try {
    const [head, payload, signature, more] = text.split('.').map(decodeBase64url)
    if (!head || !payload || signature?.length !== 64 || more) return undefined
    const headerText = decodeUtf8(head)
    const header: unknown = JSON.parse(headerText)
    const signed = text.slice(0, text.lastIndexOf('.'))
    return isJsonObject(header) ? { header, headerText, payload, signature, signed } : undefined
  } catch {
    return undefined
  }
}

/** Why a header is refused: it must be `alg: "ES256"`, the given `typ` (none when `undefined`), `kid`, and nothing else. */
export function headerFault(
  { header, headerText }: CompactJws,
  expectedType: string | undefined,
): 'algorithm' | 'type' | 'header' | undefined {
  const { alg, typ, kid: _, ...others } = header
  if (alg !== 'ES256') return 'algorithm'
  if (typ !== expectedType) return 'type'
  // A duplicate member, of which a parser shows only the last, makes the text longer than what was read from it.
  const isExact = Object.keys(others).length === 0 && JSON.stringify(header) === headerText
  return isExact ? undefined : 'header'
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A key ready for use. Rejects what is not a P-256 key, or is not for ES256 signatures (`use`, `alg`, `key_ops`). */
export function importKey(jwk: PublicJwk): Promise<Key> {
  return crypto.subtle.importKey('jwk', jwk, CURVE, false, ['verify'])
}

/** RFC 7638, SHA-256. */
export async function thumbprint({ crv, kty, x, y }: PublicJwk): Promise<string> {
  const digest = await sha256(encodeUtf8(JSON.stringify({ crv, kty, x, y })))
  return encodeBase64url(String.fromCharCode(...digest))
}

/** Whether `jws` carries a signature of this key. `false` too when WebCrypto throws. */
export function verifySignature({ signature, signed }: CompactJws, key: Key): Promise<boolean> {
  return crypto.subtle.verify(CURVE, key, signature, encodeUtf8(signed)).catch(() => false)
}

export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  // A copy, since digest refuses views of shared memory.
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))
}

export function encodeUtf8(text?: string): ReturnType<InstanceType<typeof TextEncoder>['encode']> {
  return new TextEncoder().encode(text)
}

/** The text of UTF-8 bytes, a byte order mark included. Throws when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

function encodeBase64url(binary: string): string {
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

// Throws on any text that is not the one encoding of its bytes: atob forgives padding, white space and stray last bits, and with
// them one signature would have many texts.
function decodeBase64url(text: string): Bytes {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  if (encodeBase64url(binary) !== text) throw new TypeError('not base64url')
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
