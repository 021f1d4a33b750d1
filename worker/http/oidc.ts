/**
 * Sign-in through an identity provider: Cloudflare Access or any OpenID Connect issuer whose tokens are JWTs. What a token
 * says of groups is turned into grants by a mapping of the operator's; a group that is not in it gives nothing.
 */
import { createRemoteJWKSet, customFetch, jwtVerify, type JWTPayload } from 'jose'
import type { Grant } from '../domain/grants.ts'

export interface OidcOptions {
  /** Exactly the `iss` of its tokens. */
  readonly issuer: string
  /** What `aud` has to hold: the client id, or the AUD tag of a Cloudflare Access application. */
  readonly audience: string
  /** Where its public keys are. */
  readonly jwksUrl: string
  /** Members that lead to the list of groups, such as `groups` or `custom.groups`. */
  readonly groupsClaim: string
  /** What members of a group may do; `*` stands for everybody who signs in. */
  readonly groups: Readonly<Record<string, readonly Grant[]>>
}

/** Somebody whom the provider vouches for. */
export interface Subject {
  /** `oidc/<sub>`. */
  readonly id: string
  /** E-mail address where there is one, for people to read. */
  readonly name: string
  readonly grants: readonly Grant[]
  /** When the provider's word ends. */
  readonly expiresAtMs: number
}

export type VerifySubject = (jwt: string) => Promise<Subject | null>

/** Signatures only: none of these is made with a secret that both sides have. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
  'Ed25519',
]
const CLOCK_TOLERANCE_SEC = 60
const MAX_JWT_CHARS = 16_384
const MAX_GROUPS = 1_000
/** Compact JWS in canonical base64url characters: no padding, no spaces (jose is more lenient). */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** Whether a bearer token is worth asking the provider's keys about. */
export function looksLikeJwt(text: string): boolean {
  return text.length <= MAX_JWT_CHARS && COMPACT.test(text)
}

/**
 * A verifier that keeps the provider's keys for 10 minutes and asks for them again, at most every 30 s, when a token names
 * one that it does not know. It answers null for every token it does not accept, whatever the reason.
 *
 * @throws Error when the keys cannot be fetched.
 */
export function createSubjectVerifier(
  options: OidcOptions,
  nowMs: () => number,
  fetchKeys: (url: string, init: RequestInit) => Promise<Response> = (url, init) =>
    fetch(url, init),
): VerifySubject {
  const { issuer, audience } = options
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), {
    cacheMaxAge: 600_000,
    cooldownDuration: 30_000,
    timeoutDuration: 5_000,
    [customFetch]: fetchKeys,
  })
  return async (jwt) => {
    if (!looksLikeJwt(jwt)) return null
    let payload: JWTPayload
    try {
      const verified = await jwtVerify(jwt, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'iat', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SEC,
        currentDate: new Date(nowMs()),
      })
      payload = verified.payload
    } catch (error) {
      if (isRefusal(error)) return null
      throw error
    }
    const { sub, exp } = payload
    if (sub === undefined || sub === '' || sub.length > 256 || exp === undefined) return null
    return {
      id: `oidc/${sub}`,
      name: nameOf(payload, sub),
      grants: grantsOf(options, payload),
      expiresAtMs: exp * 1000,
    }
  }
}

/** jose's word on a token, as against not having got the keys. */
function isRefusal(error: unknown): boolean {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : ''
  return (
    typeof code === 'string' && /^ERR_(?:J|JWS|JWT|JOSE)_?/.test(code) && !UNREACHABLE.has(code)
  )
}

const UNREACHABLE = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'])

function nameOf(payload: JWTPayload, sub: string): string {
  const email = payload['email']
  const name = typeof email === 'string' && email !== '' ? email : sub
  return name.slice(0, 128)
}

function grantsOf({ groupsClaim, groups }: OidcOptions, payload: JWTPayload): readonly Grant[] {
  let claim: unknown = payload
  for (const member of groupsClaim.split('.')) {
    if (typeof claim !== 'object' || claim === null || !Object.hasOwn(claim, member)) {
      claim = undefined
      break
    }
    claim = Reflect.get(claim, member)
  }
  const list: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  const named = list.filter((group) => typeof group === 'string').slice(0, MAX_GROUPS)
  return [...new Set(['*', ...named])].flatMap((group) =>
    Object.hasOwn(groups, group) ? (groups[group] ?? []) : [],
  )
}
