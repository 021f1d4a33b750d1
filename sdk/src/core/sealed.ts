/**
 * Secrets as they stand in a server snapshot (SNAPSHOT.md §9): what sealer and opener must agree on. Shapes and texts only; the
 * cryptography is in worker/crypto/seal.ts and sdk/src/client/secrets/.
 */

/** HKDF `info` of the X25519 private key that follows from an SDK key: 32 bytes, no salt. */
export const RECIPIENT_KEY_INFO = 'driftless/v1/secret-recipient-key'
/** HKDF `info` of the id by which an SDK key finds what is sealed for it: 16 bytes, no salt. */
export const RECIPIENT_ID_INFO = 'driftless/v1/secret-recipient-id'

/** PKCS #8 of an X25519 private key (RFC 8410 §7) but for its last 32 bytes, which are the key. */
export const X25519_PKCS8_PREFIX: readonly number[] = [
  48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32,
]

/** An SDK key as one for whom secrets are sealed. */
export interface Recipient {
  /** 16 bytes as base64url; says nothing of the key. */
  readonly id: string
  /** The X25519 public key, 32 bytes as base64url. */
  readonly publicKey: string
}

/** A JWE in General JSON Serialization (RFC 7516 §7.2.1) as SNAPSHOT.md §9.2 narrows it. All texts are base64url. */
export interface SealedJwe {
  readonly protected: string
  readonly aad: string
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
  readonly recipients: readonly SealedFor[]
}

/** The content key, wrapped to one SDK key. */
export interface SealedFor {
  readonly encrypted_key: string
  readonly header: {
    readonly alg: 'ECDH-ES+A256KW'
    /** The recipient's id. */
    readonly kid: string
    /** With one recipient alone it stands in the protected header instead. */
    readonly epk?: { readonly kty: 'OKP'; readonly crv: 'X25519'; readonly x: string }
  }
}

export interface SealedVersion {
  readonly version: number
  readonly jwe: SealedJwe
  /** Names of the secrets of the same body that the plaintext refers to (SNAPSHOT.md §9.3); absent: it is the value itself. */
  readonly references?: readonly string[]
}

/** A secret in a body: the active version, and the one before while its grace period lasts. */
export interface SealedSecret extends SealedVersion {
  readonly previous?: SealedVersion & {
    /** Milliseconds since 1970: no longer to be accepted from then on. */
    readonly untilMs: number
  }
}

/** The `aad` of a JWE, before base64url: what is sealed for one place opens in no other. Names hold no "/". */
export function sealedAad(
  project: string,
  environment: string,
  name: string,
  version: number,
): string {
  return `driftless/v1/sealed-secret/${project}/${environment}/${name}/${version}`
}
