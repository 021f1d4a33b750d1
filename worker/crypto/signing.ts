/** ES256 signing keys and the manifests they sign (SNAPSHOT.md §3). jose does JWS, JWK and thumbprints. */
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { AUDIT_CHECKPOINT_TYPE, VALIDATION_TYPE } from '#core'
import type { AuditCheckpointClaims, ManifestClaims, ValidationClaims } from '#core'
import type { SigningKey } from '../objects/directory/interface.ts'
import type { MasterKeys } from './master-key.ts'
import { type RandomBytes, unwrap, wrap } from './wrap.ts'

const ALGORITHM = 'ES256'
const MANIFEST_TYPE = 'driftless-manifest+jwt'
/** Purpose of the wrapping; the name is the key's `kid`. */
const PURPOSE = 'signing-key'

/** How long an unwrapped key may stay in memory before the directory is asked again which one signs. STORAGE.md §6. */
const KEY_TTL_MS = 60_000

/** A new key pair: the public half with its RFC 7638 thumbprint as `kid`, the private half as wrapped PKCS #8. */
export async function createSigningKey(
  masterKeys: MasterKeys,
  randomBytes: RandomBytes,
): Promise<SigningKey> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true })
  const { x, y } = await exportJWK(pair.publicKey)
  if (x === undefined || y === undefined) throw new TypeError('an ES256 public key has x and y')
  const kid = await calculateJwkThumbprint({ kty: 'EC', crv: 'P-256', x, y }, 'sha256')
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', pair.privateKey)
  if (!(pkcs8 instanceof ArrayBuffer)) throw new TypeError('PKCS #8 is bytes')
  return {
    kid,
    publicJwk: { kty: 'EC', crv: 'P-256', x, y, kid, use: 'sig', alg: ALGORITHM },
    wrapped: await wrap(
      new Uint8Array(pkcs8),
      { purpose: PURPOSE, name: kid },
      masterKeys,
      randomBytes,
    ),
  }
}

export interface SignerOptions {
  readonly masterKeys: MasterKeys
  /** The key that signs now: `DirectoryRpc.signingKey`. Asked at most once a minute. */
  readonly currentKey: () => Promise<SigningKey>
  readonly nowMs: () => number
}

export interface Signer {
  /** The manifest in JWS compact form; its header is exactly `alg`, `kid`, `typ`. */
  sign(claims: ManifestClaims): Promise<string>
  /** The same of a checkpoint, whose `typ` no reader of manifests takes. */
  signCheckpoint(claims: AuditCheckpointClaims): Promise<string>
  /** The same of what a validate webhook is asked. */
  signValidation(claims: ValidationClaims): Promise<string>
}

/** Signs manifests with the directory's current key, kept unwrapped in memory for at most 60 s. */
export function createSigner(options: SignerOptions): Signer {
  let held: { readonly kid: string; readonly key: CryptoKey; readonly untilMs: number } | undefined

  async function open(): Promise<{ readonly kid: string; readonly key: CryptoKey }> {
    const nowMs = options.nowMs()
    if (held !== undefined && nowMs < held.untilMs) return held
    const { kid, wrapped } = await options.currentKey()
    const pkcs8 = await unwrap(wrapped, { purpose: PURPOSE, name: kid }, options.masterKeys)
    const curve = { name: 'ECDSA', namedCurve: 'P-256' }
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, curve, false, ['sign'])
    held = { kid, key, untilMs: nowMs + KEY_TTL_MS }
    return held
  }

  async function sign(claims: object, typ: string): Promise<string> {
    const { kid, key } = await open()
    return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: ALGORITHM, kid, typ })
      .sign(key)
  }

  return {
    sign: (claims) => sign(claims, MANIFEST_TYPE),
    signCheckpoint: (claims) => sign(claims, AUDIT_CHECKPOINT_TYPE),
    signValidation: (claims) => sign(claims, VALIDATION_TYPE),
  }
}
