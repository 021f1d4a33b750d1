/**
 * Opens what is sealed for an SDK key (SNAPSHOT.md §9): ECDH-ES+A256KW over X25519, then A256GCM, on WebCrypto alone. The private
 * key follows from the SDK key. Vectors: test/vectors/recipient.json and sealed.json.
 */
import { parseKey } from '../core/key.ts'
import {
  RECIPIENT_ID_INFO,
  RECIPIENT_KEY_INFO,
  sealedAad,
  X25519_PKCS8_PREFIX,
} from '../core/sealed.ts'
import { fits, TEXT, type Members } from '../core/shape.ts'
import { decodeUtf8 } from './utf8.ts'

const ALGORITHM = 'ECDH-ES+A256KW'
const X25519 = 'X25519'

const BASE64URL = /^[\w-]*$/
const SEALED: Members = {
  protected: BASE64URL,
  iv: BASE64URL,
  ciphertext: BASE64URL,
  tag: BASE64URL,
  recipients: [{ encrypted_key: BASE64URL, header: 'object' }],
}
const HEADER: Members = {
  enc: /^A256GCM$/,
  alg: /^ECDH-ES\+A256KW$/,
  kid: TEXT,
  epk: { kty: /^OKP$/, crv: /^X25519$/, x: /^[\w-]{43}$/ },
}
/** Members that would change how it is read. */
const UNKNOWN = /^(?!(?:enc|alg|kid|epk)$)/

type Bytes = Uint8Array<ArrayBuffer>

// As the runtime at hand calls it: Node's types have no global `CryptoKey`.
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** `jwe`: the sealed form as it came. Undefined when it is not sealed for this key, or not as it must be; says no more. */
export type Opener = (name: string, version: number, jwe: unknown) => Promise<string | undefined>

/** What an SDK key opens. Asks nothing of the platform before something is to be opened. */
export function createOpener(sdkKey: string): Opener {
  const subject = parseKey(sdkKey)
  if (subject?.kind !== 'server') return async () => undefined
  const { project, environment } = subject
  const secret = encode(sdkKey)
  let identity: Promise<readonly [id: string, key: Key]> | undefined

  return async (name, version, jwe) => {
    try {
      if (!fits(jwe, SEALED)) return undefined
      const { recipients, iv, ciphertext, tag } = jwe
      const text = JSON.stringify(jwe['protected']).slice(1, -1)
      identity ??= identify(secret)
      const [id, privateKey] = await identity
      const shared: unknown = JSON.parse(decodeUtf8(decode(text)))
      for (const { encrypted_key: wrapped, header } of asRecipients(recipients)) {
        const merged = { ...asObject(shared), ...header }
        if (merged['kid'] !== id) continue
        if (!fits(merged, HEADER) || Object.keys(merged).some((member) => UNKNOWN.test(member)))
          return undefined
        const { x } = asObject(merged['epk'])
        const wrapping = await agree(privateKey, decode(x))
        const key = await crypto.subtle.unwrapKey(
          'raw',
          decode(wrapped),
          wrapping,
          'AES-KW',
          'AES-GCM',
          false,
          ['decrypt'],
        )
        // Computed, not read: what is sealed for another place does not open here.
        const aad = encodeBase64url(sealedAad(project, environment, name, version))
        const opened = await crypto.subtle.decrypt(
          { name: 'AES-GCM', iv: decode(iv), additionalData: encode(`${text}.${aad}`) },
          key,
          concat(decode(ciphertext), decode(tag)),
        )
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(opened)
      }
    } catch {
      // Altered, or sealed for somebody else: what went wrong where is of no use to anybody who may know.
    }
    return undefined
  }
}

async function identify(secret: Bytes): Promise<readonly [id: string, key: Key]> {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const derive = async (info: string, length: number): Promise<Bytes> =>
    new Uint8Array(
      await crypto.subtle.deriveBits(
        { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encode(info) },
        material,
        length * 8,
      ),
    )
  const pkcs8 = concat(Uint8Array.from(X25519_PKCS8_PREFIX), await derive(RECIPIENT_KEY_INFO, 32))
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, X25519, false, ['deriveBits'])
  return [toBase64url(await derive(RECIPIENT_ID_INFO, 16)), key]
}

/** The key that wraps the content key: RFC 7518 §4.6.2, one round, no party information. */
async function agree(privateKey: Key, x: Bytes): Promise<Key> {
  const { subtle } = crypto
  const epk = await subtle.importKey('raw', x, X25519, false, [])
  // Not written in place: the Workers' types call the member `$public`, while every runtime calls it `public`.
  const agreement = { name: X25519, public: epk }
  const z = new Uint8Array(await subtle.deriveBits(agreement, privateKey, 256))
  // AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo: the length of the key in bits.
  const info = [uint32(ALGORITHM.length), encode(ALGORITHM), uint32(0), uint32(0), uint32(256)]
  const derived = await subtle.digest('SHA-256', concat(uint32(1), z, ...info))
  return subtle.importKey('raw', derived, 'AES-KW', false, ['unwrapKey'])
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return fits(value, 'object') ? Object(value) : {}
}

function asRecipients(
  value: unknown,
): readonly { readonly encrypted_key: unknown; readonly header: object }[] {
  return Array.isArray(value) ? value : []
}

function encode(text: string): Bytes {
  return new Uint8Array(new TextEncoder().encode(text))
}

function uint32(value: number): Bytes {
  return Uint8Array.of(0, 0, value >> 8, value & 255)
}

function concat(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** base64url; other characters make it throw. */
function decode(text: unknown): Bytes {
  const binary = atob(String(text).replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}

function toBase64url(bytes: Bytes): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function encodeBase64url(text: string): string {
  return toBase64url(encode(text))
}
