/**
 * `@driftless/sdk/overrides`: files that force flags while the platform cannot be reached, signed by the application's own team
 * (SNAPSHOT.md §11). Clients read them by the option `overrides`; this is for tools. Never throws, never fetches.
 */
import type { JsonObject } from './core/json.ts'
import { isJsonObject } from './core/json.ts'
import { fits, TEXT, type Shape } from './core/shape.ts'
import {
  decodeUtf8,
  headerFault,
  importKey,
  openCompact,
  thumbprint,
  verifySignature,
} from './jws.ts'
import { EXPIRY_TOLERANCE_SEC } from './limits.ts'

export const OVERRIDE_TYPE = 'driftless-override+jwt'
export const MAX_OVERRIDE_CHARACTERS = 65_536
const MAX_FLAGS = 1_000

/** The public half of the key that signs; `kid` follows from it. */
export interface OverrideKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
}

export type ForcedFlag = { readonly off: true } | { readonly variant: string }

export interface OverrideClaims {
  /** `<project>/<environment>` */
  readonly aud: string
  /** Seconds since 1970, as `exp`. */
  readonly iat: number
  readonly exp: number
  readonly seq: number
  readonly flags: Readonly<Record<string, ForcedFlag>>
  readonly reason?: string
}

export type OverrideErrorCode =
  | 'malformed'
  | 'algorithm'
  | 'type'
  | 'header'
  | 'unknown_key'
  | 'signature'
  | 'audience'
  | 'expired'
  | 'rollback'
  | 'conflict'

export interface OverridePolicy {
  /** Expected `aud`. */
  readonly audience: string
  /** The reader's clock, milliseconds since 1970. */
  readonly nowMs: number
  /** The accepted claims of the highest `seq`; absent: none ever. */
  readonly floor?: OverrideClaims | undefined
  /** For a reader's own cache: what has ended still says which `seq` was reached. Default `false`. */
  readonly acceptExpired?: boolean
}

export type OverrideVerdict =
  | { readonly ok: true; readonly claims: OverrideClaims }
  | { readonly ok: false; readonly code: OverrideErrorCode; readonly message: string }

/** Whether `jws`, white space around it aside, is an override file that this reader must accept now. */
export async function verifyOverride(
  jws: string,
  keys: readonly OverrideKey[],
  policy: OverridePolicy,
): Promise<OverrideVerdict> {
  const opened = openCompact(typeof jws === 'string' ? jws.trim() : '', MAX_OVERRIDE_CHARACTERS)
  const claims = opened && parse(opened.payload)
  if (!opened || !isOverride(claims)) return refuse('malformed')
  const fault = headerFault(opened, OVERRIDE_TYPE)
  if (fault) return refuse(fault)
  const key = await findKey(opened.header['kid'], keys).catch(() => undefined)
  if (!key) return refuse('unknown_key')
  if (!(await verifySignature(opened, key))) return refuse('signature')
  const { audience, nowMs, floor, acceptExpired } = policy
  if (claims.aud !== audience) return refuse('audience', claims.aud, audience)
  if (!acceptExpired && hasEnded(claims, nowMs)) return refuse('expired', claims.exp, nowMs / 1000)
  if (floor && claims.seq < floor.seq) return refuse('rollback', claims.seq, floor.seq)
  const isOther = JSON.stringify(claims) !== JSON.stringify(floor)
  return floor?.seq === claims.seq && isOther
    ? refuse('conflict', `other claims of seq ${claims.seq}`, 'those known')
    : { ok: true, claims }
}

/** Whether it is without effect by the reader's clock. */
export function hasEnded({ exp }: Pick<OverrideClaims, 'exp'>, nowMs: number): boolean {
  return (exp + EXPIRY_TOLERANCE_SEC) * 1000 <= nowMs
}

function refuse(
  code: OverrideErrorCode,
  found?: string | number,
  expected?: string | number,
): OverrideVerdict {
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

/** May reject, on a key that cannot be used. */
async function findKey(
  kid: unknown,
  keys: readonly OverrideKey[],
): Promise<Awaited<ReturnType<typeof importKey>> | undefined> {
  for (const { kty, crv, x, y } of keys) {
    const jwk = { kty, crv, x, y, kid: '' }
    if ((await thumbprint(jwk)) === kid) return importKey(jwk)
  }
  return undefined
}

const REASON = /^[^]{0,512}$/
const CLAIMS = { aud: TEXT, iat: 0, exp: 1, seq: 1, flags: 'object', 'reason?': REASON }
const VARIANT: Shape = /^[^]{1,128}$/

function isOverride(claims: unknown): claims is JsonObject & OverrideClaims {
  if (!fits(claims, CLAIMS)) return false
  const { iat, exp, flags } = claims
  const forced = flags !== undefined && isJsonObject(flags) ? Object.values(flags) : []
  return Number(exp) > Number(iat) && forced.length <= MAX_FLAGS && forced.every(isForced)
}

function isForced(value: unknown): boolean {
  // Exactly one member: a reader that passed over one it does not know would force less than was said.
  const isSingle = isJsonObject(value) && Object.keys(value).length === 1
  return isSingle && (value['off'] === true || fits(value, { variant: VARIANT }))
}
