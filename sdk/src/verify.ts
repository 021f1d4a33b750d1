/**
 * What a reader must refuse (SNAPSHOT.md §3.1), in that order. Never throws, never fetches: keys and clock are arguments.
 */
import { isJsonObject, type JsonObject } from './core/json.ts'
import { compareOrder } from './core/order.ts'
import { fitsShape, HASH, TEXT } from './core/shape.ts'
import { SNAPSHOT_FORMAT, type ManifestClaims, type SnapshotBody } from './core/snapshot.ts'
import type { Order, PublicJwk } from './core/wire.ts'
import {
  decodeUtf8,
  headerFault,
  importKey,
  openCompact,
  parseObject,
  sha256,
  verifySignature,
} from './jws.ts'

export type VerifyErrorCode =
  | 'malformed'
  | 'algorithm'
  | 'type'
  | 'header'
  | 'unknown_key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'rollback'
  | 'conflict'
  | 'jump'
  | 'size'
  | 'hash'
  | 'format'

export interface Refusal {
  readonly ok: false
  readonly code: VerifyErrorCode
  /** For people; says what was found and what was expected. Never holds content. */
  readonly message: string
}

/** The highest position a reader ever accepted, and what it held. */
export interface Floor extends Order {
  /** 64 lower-case hex digits. */
  readonly sha256: string
}

export interface VerifyPolicy {
  /** Expected `iss`; `driftless` unless the operator chose another. */
  readonly issuer: string
  /** Expected `aud`: `<project>/<environment>/<audience>`. */
  readonly audience: string
  /** The reader's clock, milliseconds since 1970. */
  readonly nowMs: number
  /** Absent: this reader never accepted anything. */
  readonly floor?: Floor | undefined
  /** For a reader's own cache and bootstrap file only (§3.2). Default `false`. */
  readonly acceptExpired?: boolean
  /** RFC 7638 thumbprints; with them any other key is unknown. Default: every key of the set may sign. */
  readonly pins?: readonly string[] | undefined
}

export const MANIFEST_TYPE = 'driftless-manifest+jwt'

const MAX_MANIFEST_CHARACTERS = 16_384
const EXPIRY_TOLERANCE_SEC = 60
const MAX_SEQ_JUMP = 1_000_000
const MAX_EPOCH_JUMP = 1_000

/**
 * Whether `jwt` is a manifest that this reader must accept now.
 *
 * @example
 * const verdict = await verifyManifest(jwt, jwks, { issuer: 'driftless', audience: 'shop/production/server', nowMs: Date.now() })
 * if (verdict.ok) console.log(verdict.claims.revision)
 */
export async function verifyManifest(
  jwt: string,
  keys: { readonly keys: readonly PublicJwk[] },
  policy: VerifyPolicy,
): Promise<{ readonly ok: true; readonly claims: ManifestClaims } | Refusal> {
  const jws = openCompact(jwt, MAX_MANIFEST_CHARACTERS)
  const claims = jws && parseObject(decodeUtf8(jws.payload))
  if (!claims || !isManifest(claims)) return refuse('malformed', 'not a manifest in compact form')
  const fault = headerFault(jws, MANIFEST_TYPE)
  if (fault) return refuse(fault, 'not a header that a manifest may have')

  const { kid } = jws.header
  const jwk = await findKey(kid, keys, policy.pins)
  if (!jwk) return refuse('unknown_key', `no trusted key ${JSON.stringify(kid)?.slice(0, 64)}`)
  if (!(await verifySignature(jws, jwk))) return refuse('signature', 'not signed by its key')

  const { issuer, audience, floor } = policy
  if (claims.iss !== issuer) return refuse('issuer', `by ${claims.iss}, expected ${issuer}`)
  if (claims.aud !== audience) return refuse('audience', `for ${claims.aud}, expected ${audience}`)
  if (!policy.acceptExpired && (claims.exp + EXPIRY_TOLERANCE_SEC) * 1000 <= policy.nowMs)
    return refuse('expired', `at ${claims.exp}`)
  if (floor) {
    const difference = compareOrder(claims, floor)
    const orders = `${claims.epoch}.${claims.seq} after ${floor.epoch}.${floor.seq}`
    if (difference < 0) return refuse('rollback', orders)
    if (difference === 0 && claims.sha256 !== floor.sha256)
      return refuse('conflict', `${orders} with another hash: something was signed twice`)
    const epochs = claims.epoch - floor.epoch
    if (epochs > MAX_EPOCH_JUMP || (epochs === 0 && claims.seq - floor.seq > MAX_SEQ_JUMP))
      return refuse('jump', orders)
  }
  return { ok: true, claims }
}

/** Whether `bytes` are the body that a verified manifest names, and that body. */
export async function verifyBody(
  bytes: Uint8Array,
  claims: Pick<ManifestClaims, 'aud' | 'revision' | 'sha256' | 'size'>,
): Promise<{ readonly ok: true; readonly body: SnapshotBody } | Refusal> {
  const refusal = await verifyBytes(bytes, claims)
  if (refusal) return refusal
  const body = parseObject(decodeUtf8(bytes))
  return body && isBody(body, claims)
    ? { ok: true, body }
    : refuse('format', `not a body of format ${SNAPSHOT_FORMAT} for ${claims.aud}`)
}

/** Why `bytes` are not the ones named, by size and hash: for a body, or for an external document (SNAPSHOT.md §2). */
export async function verifyBytes(
  bytes: Uint8Array,
  named: { readonly size: number; readonly sha256: string },
): Promise<Refusal | undefined> {
  if (bytes.length !== named.size)
    return refuse('size', `${bytes.length} bytes, expected ${named.size}`)
  const hash = Array.from(await sha256(bytes), (byte) => byte.toString(16).padStart(2, '0'))
  return hash.join('') === named.sha256 ? undefined : refuse('hash', `not ${named.sha256}`)
}

function refuse(code: VerifyErrorCode, message: string): Refusal {
  return { ok: false, code, message: `${code}: ${message}` }
}

async function findKey(
  kid: unknown,
  keys: { readonly keys: readonly PublicJwk[] },
  pins: readonly string[] | undefined,
): Promise<PublicJwk | undefined> {
  try {
    for (const jwk of keys.keys) {
      if (jwk.kid !== kid || (pins && !pins.includes(jwk.kid))) continue
      // The name must follow from the key, or whoever serves the key set could give his key a pinned name.
      if ((await importKey(jwk)).thumbprint === kid) return jwk
    }
  } catch {
    // A key set that cannot be read holds no key.
  }
  return undefined
}

function isManifest(claims: JsonObject): claims is JsonObject & ManifestClaims {
  const content = { revision: 0, sha256: HASH, size: 0 }
  const { delta, candidate } = claims
  return (
    fitsShape(claims, { ...content, iss: TEXT, aud: TEXT, iat: 0, exp: 0, epoch: 1, seq: 1 }) &&
    (delta === undefined || fitsShape(delta, { from: 0, sha256: HASH })) &&
    (candidate === undefined ||
      fitsShape(candidate, { ...content, share: 0, seed: TEXT, deployment: TEXT }))
  )
}

// The parts of a signed body are as the writer made them; their kinds are looked at so that a wrong one cannot break a reader later.
function isBody(
  body: JsonObject,
  claims: Pick<ManifestClaims, 'aud' | 'revision'>,
): body is JsonObject & SnapshotBody {
  const subject = claims.aud.split('/')
  return (
    body['format'] === SNAPSHOT_FORMAT &&
    body['revision'] === claims.revision &&
    subject.length === 3 &&
    ['project', 'environment', 'audience'].every((name, i) => body[name] === subject[i]) &&
    [body['configs'], body['flags'], body['segments'], body['secrets']].every(isJsonObject)
  )
}
