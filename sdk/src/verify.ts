/**
 * What a reader must refuse (SNAPSHOT.md §3.1), in that order. Never throws, never fetches: keys and clock are arguments.
 */
import type { JsonObject } from './core/json.ts'
import { compareOrder } from './core/order.ts'
import { fits, HASH, TEXT, type Members } from './core/shape.ts'
import { SNAPSHOT_FORMAT, type ManifestClaims, type SnapshotBody } from './core/snapshot.ts'
import type { Order, PublicJwk } from './core/wire.ts'
import {
  decodeUtf8,
  headerFault,
  importKey,
  openCompact,
  sha256,
  thumbprint,
  verifySignature,
} from './jws.ts'
import {
  EXPIRY_TOLERANCE_SEC,
  MAX_EPOCH_JUMP,
  MAX_MANIFEST_CHARACTERS,
  MAX_SEQ_JUMP,
} from './limits.ts'

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
  const claims = jws && parse(jws.payload)
  if (!jws || !isManifest(claims)) return refuse('malformed')
  const fault = headerFault(jws, MANIFEST_TYPE)
  if (fault) return refuse(fault)
  const key = await findKey(jws.header['kid'], keys, policy.pins).catch(() => undefined)
  if (!key) return refuse('unknown_key')
  if (!(await verifySignature(jws, key))) return refuse('signature')

  const { issuer, audience, nowMs, floor } = policy
  if (claims.iss !== issuer) return refuse('issuer', claims.iss, issuer)
  if (claims.aud !== audience) return refuse('audience', claims.aud, audience)
  if (!policy.acceptExpired && (claims.exp + EXPIRY_TOLERANCE_SEC) * 1000 <= nowMs)
    return refuse('expired', claims.exp, nowMs / 1000)
  const disorder = floor && orderFault(claims, floor)
  return disorder ? refuse(disorder, formatOrder(claims), formatOrder(floor)) : { ok: true, claims }
}

/** Whether `bytes` are the body that a verified manifest names, and that body. */
export async function verifyBody(
  bytes: Uint8Array,
  claims: Pick<ManifestClaims, 'aud' | 'revision' | 'sha256' | 'size'>,
): Promise<{ readonly ok: true; readonly body: SnapshotBody } | Refusal> {
  const refusal = await verifyBytes(bytes, claims)
  if (refusal) return refusal
  const body = parse(bytes)
  return isBody(body, claims) ? { ok: true, body } : refuse('format')
}

/** Why `bytes` are not the ones named, by size and hash: for a body, or for an external document (SNAPSHOT.md §2). */
export async function verifyBytes(
  bytes: Uint8Array,
  named: { readonly size: number; readonly sha256: string },
): Promise<Refusal | undefined> {
  if (bytes.length !== named.size) return refuse('size', bytes.length, named.size)
  const digest = await sha256(bytes)
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hash === named.sha256 ? undefined : refuse('hash', hash, named.sha256)
}

/** `<epoch>.<seq>`, as in `ETag`, `seen` and `min`. */
export function formatOrder({ epoch, seq }: Order): string {
  return `${epoch}.${seq}`
}

function refuse(
  code: VerifyErrorCode,
  found?: string | number,
  expected?: string | number,
): Refusal {
  const message = found === undefined ? code : `${code}: ${found}, expected ${expected}`
  return { ok: false, code, message }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(bytes))
  } catch {
    return undefined
  }
}

/** May reject, on a key set that cannot be read or a key that cannot be used. */
async function findKey(
  kid: unknown,
  { keys }: { readonly keys: readonly PublicJwk[] },
  pins: readonly string[] | undefined,
): Promise<Awaited<ReturnType<typeof importKey>> | undefined> {
  const jwk = keys.find((one) => one.kid === kid && (!pins || pins.includes(one.kid)))
  // The name must follow from the key, or whoever serves the key set could give his key a pinned name.
  return jwk && (await thumbprint(jwk)) === kid ? importKey(jwk) : undefined
}

function orderFault(claims: ManifestClaims, floor: Floor): VerifyErrorCode | undefined {
  const epochs = claims.epoch - floor.epoch
  const seqs = claims.seq - floor.seq
  if (compareOrder(claims, floor) < 0) return 'rollback'
  if (epochs === 0 && seqs === 0 && claims.sha256 !== floor.sha256) return 'conflict'
  return epochs > MAX_EPOCH_JUMP || (epochs === 0 && seqs > MAX_SEQ_JUMP) ? 'jump' : undefined
}

const CONTENT = { revision: 0, sha256: HASH, size: 0 }

const MANIFEST: Members = {
  ...CONTENT,
  iss: TEXT,
  aud: TEXT,
  iat: 0,
  exp: 0,
  epoch: 1,
  seq: 1,
  'delta?': { from: 0, base: HASH, sha256: HASH },
  'candidate?': { ...CONTENT, share: 0, seed: TEXT, deployment: TEXT, 'rings?': ['object'] },
}

// The parts of a signed body are as the writer made them; their kinds are looked at so that a wrong one cannot break a reader later.
const BODY = {
  configs: 'object',
  flags: 'object',
  segments: 'object',
  secrets: 'object',
  'references?': 'object',
}

function isManifest(claims: unknown): claims is JsonObject & ManifestClaims {
  return fits(claims, MANIFEST)
}

function isBody(
  body: unknown,
  { aud, revision }: Pick<ManifestClaims, 'aud' | 'revision'>,
): body is JsonObject & SnapshotBody {
  return (
    fits(body, BODY) &&
    body['format'] === SNAPSHOT_FORMAT &&
    body['revision'] === revision &&
    JSON.stringify([body['project'], body['environment'], body['audience']]) ===
      JSON.stringify(aud.split('/'))
  )
}
