/**
 * JWS in compact form, ES256 and nothing else, on WebCrypto alone. Strict where common decoders are kind: one signature has
 * exactly one text. Nothing here throws on hostile input, and nothing named by a header is ever followed.
 */
import { isJsonObject, type JsonObject } from './core/json.ts'
import type { PublicJwk } from './core/wire.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** The parts of a compact JWS. Nothing about it is proven yet. */
export interface CompactJws {
  readonly header: JsonObject
  readonly headerText: string
  readonly payload: Bytes
  readonly signature: Bytes
  /** What the signature is over: the first two parts as they came. */
  readonly signed: string
}

// base64url whose unused last bits are zero. `atob` ignores them, so without this one signature would have many texts.
const PART = '((?:[\\w-]{4})*(?:[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])?)'
const COMPACT = /* @__PURE__ */ new RegExp(`^${PART}\\.${PART}\\.([\\w-]{85}[AQgw])$`)

/** Takes a compact JWS with a 64-byte signature apart; `undefined` when it is not of that form or its header is no JSON object. */
export function openCompact(text: string, maxLength: number): CompactJws | undefined {
  if (typeof text !== 'string' || text.length > maxLength) return undefined
  const [, header, payload, signature] = COMPACT.exec(text) ?? []
  if (header === undefined || payload === undefined || signature === undefined) return undefined
  const headerText = decodeUtf8(decodeBase64url(header))
  const parsed = parseObject(headerText)
  return (
    parsed && {
      header: parsed,
      headerText: headerText ?? '',
      payload: decodeBase64url(payload),
      signature: decodeBase64url(signature),
      signed: `${header}.${payload}`,
    }
  )
}

/** Why a header is refused: it must be `alg: "ES256"`, the given `typ` (none when `undefined`), `kid`, and nothing else. */
export function headerFault(
  { header, headerText }: CompactJws,
  typ: string | undefined,
): 'algorithm' | 'type' | 'header' | undefined {
  if (header['alg'] !== 'ES256') return 'algorithm'
  if (header['typ'] !== typ) return 'type'
  const members = Object.keys(header)
  if (members.some((name) => name !== 'alg' && name !== 'typ' && name !== 'kid')) return 'header'
  // A duplicate member, of which a parser shows only the last, makes the text longer than what was read from it.
  return JSON.stringify(header) === headerText ? undefined : 'header'
}

interface ImportedKey {
  // As the runtime at hand calls it: Node's types have no global `CryptoKey`.
  readonly key: Awaited<ReturnType<typeof crypto.subtle.importKey>>
  readonly thumbprint: string
}

// By the JWK object, so that two clients with different key sets can never lend each other a key.
const imported = /* @__PURE__ */ new WeakMap<PublicJwk, ImportedKey>()

/** A key ready for use, with its RFC 7638 thumbprint. Imported once for each JWK object; rejects what is not a P-256 signing key. */
export async function importKey(jwk: PublicJwk): Promise<ImportedKey> {
  const known = imported.get(jwk)
  if (known) return known
  const { kty, crv, x, y, use = 'sig', alg = 'ES256' } = jwk
  if (use !== 'sig' || alg !== 'ES256') throw new TypeError('the key is not for ES256 signatures')
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('jwk', jwk, curve, false, ['verify'])
  const digest = await sha256(encodeUtf8(JSON.stringify({ crv, kty, x, y })))
  const thumbprint = btoa(String.fromCharCode(...digest))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace('=', '')
  const entry = { key, thumbprint }
  imported.set(jwk, entry)
  return entry
}

/** Whether `jws` carries a signature of this key. `false` too for a key that cannot be used and when WebCrypto throws. */
export async function verifySignature(jws: CompactJws, jwk: PublicJwk): Promise<boolean> {
  try {
    const { key } = await importKey(jwk)
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    return await crypto.subtle.verify(algorithm, key, jws.signature, encodeUtf8(jws.signed))
  } catch {
    return false
  }
}

export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  // A copy, since digest refuses views of shared memory.
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))
}

export function encodeUtf8(text: string): ReturnType<InstanceType<typeof TextEncoder>['encode']> {
  return new TextEncoder().encode(text)
}

/** The text of UTF-8 bytes, a byte order mark included; `undefined` when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A JSON object from its text; `undefined` when it is none. */
export function parseObject(text: string | undefined): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

// Only for text that matched PART, on which atob cannot fail.
function decodeBase64url(text: string): Bytes {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
