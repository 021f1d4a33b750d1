/**
 * Who is asking. Every refusal is the same 401, so that an answer never tells a mistyped token from a revoked one; the
 * token itself goes nowhere but into a hash.
 */
import { parseKey } from '#core'
import { isLoopback } from '../domain/address.ts'
import { type Access, OWNER_ACCESS } from '../domain/grants.ts'
import type { Buckets } from '../domain/rate.ts'
import { tokenPrefix } from '../domain/token.ts'
import type { Authentication, Credential, RateState } from '../objects/directory/interface.ts'
import type { Subject, VerifySubject } from './oidc.ts'
import { looksLikeJwt } from './oidc.ts'
import { ProblemError } from './problem.ts'
import { requireSameSite, SESSION_COOKIE, sessionSecret } from './session.ts'

/** Who it is, and what that allows. */
export interface Identity extends Access {
  /** Admin token id, `owner` for the bootstrap token, or `oidc/<sub>`. */
  readonly tokenId: string
  readonly name: string
  /** From where; null: not known. */
  readonly address: string | null
  readonly via: 'token' | 'session' | 'provider'
  /** Absent: no limit, which only the bootstrap owner has, so that nothing keeps him out in an emergency. */
  readonly rate?: RateState
  /** Of a session, or of a provider's word. */
  readonly expiresAtMs?: number
}

export interface AuthSource {
  /** The bootstrap token; absent: there is none. */
  readonly ownerToken?: string
  authenticate(credential: Credential, address: string | null): Promise<Authentication>
  /** Absent: no identity provider is configured. */
  readonly verifySubject?: VerifySubject
  readonly nowMs: () => number
  /** Failed attempts by address, as far as they need not be asked about elsewhere. */
  readonly failures: Buckets
}

// RFC 6750 §2.1: one scheme, one token. The length bounds what is hashed or verified.
const BEARER = /^Bearer ([\x21-\x7e]{1,16384})$/i
const MAX_TOKEN_CHARS = 512
/** Cloudflare Access puts it on every request that comes through it, after its own sign-in. */
const ACCESS_HEADER = 'cf-access-jwt-assertion'

/**
 * @throws ProblemError `unauthorized` for anything but live credentials, `rate_limited` for too many requests or too many
 * failures, `forbidden` for what a browser sends on its own from another site.
 */
export async function authenticate(request: Request, source: AuthSource): Promise<Identity> {
  const address = addressOf(request.headers)
  const limited = address !== null && !isLoopback(address) ? address : null
  if (limited !== null) {
    const next = source.failures.peek(limited, source.nowMs())
    if (!next.allowed)
      throw tooMany('address', { limit: 0, remaining: 0, retryAfterMs: next.retryAfterMs })
  }
  const identity = await identify(request, source, address)
  if (identity !== null) return identity
  if (limited !== null) source.failures.take(limited, source.nowMs())
  throw unauthorized()
}

async function identify(
  request: Request,
  source: AuthSource,
  address: string | null,
): Promise<Identity | null> {
  const header = request.headers.get('authorization')
  if (header !== null) {
    const token = BEARER.exec(header)?.[1]
    return token === undefined ? null : fromBearer(token, source, address)
  }
  const cookie = sessionSecret(request.headers.get('cookie'))
  const assertion = request.headers.get(ACCESS_HEADER)
  if (cookie === null && assertion === null) return null
  // A browser sends both on its own, whatever page made it.
  requireSameSite(request)
  if (cookie !== null) {
    const owner = await ownerDigest(source.ownerToken)
    const credential = {
      kind: 'session',
      sha256: hexOf(await sha256(cookie)),
      ownerSha256: owner === null ? null : hexOf(owner),
    } as const
    return identityOf(await source.authenticate(credential, address), address, 'session')
  }
  return assertion === null ? null : fromProvider(assertion, source, address)
}

async function fromBearer(
  token: string,
  source: AuthSource,
  address: string | null,
): Promise<Identity | null> {
  if (token.length <= MAX_TOKEN_CHARS) {
    const digest = await sha256(token)
    const owner = await ownerDigest(source.ownerToken)
    if (owner !== null && isSameDigest(digest, owner)) {
      return { tokenId: 'owner', name: 'owner', address, via: 'token', ...OWNER_ACCESS }
    }
    // A typo fails its checksum here and costs no call.
    if (parseKey(token)?.kind === 'admin') {
      const sha = hexOf(digest)
      const credential = { kind: 'token', sha256: sha, prefix: tokenPrefix(token) } as const
      return identityOf(await source.authenticate(credential, address), address, 'token')
    }
  }
  return looksLikeJwt(token) ? fromProvider(token, source, address) : null
}

async function fromProvider(
  jwt: string,
  source: AuthSource,
  address: string | null,
): Promise<Identity | null> {
  let subject: Subject | null
  try {
    subject = (await source.verifySubject?.(jwt)) ?? null
  } catch {
    throw new ProblemError('unavailable', 'The identity provider’s keys could not be read.', {
      headers: { 'retry-after': '5' },
    })
  }
  if (subject === null) return null
  const counted = await source.authenticate({ kind: 'subject', id: subject.id }, address)
  const identity = identityOf(counted, address, 'provider')
  const { name, grants, expiresAtMs } = subject
  return identity && { ...identity, name, grants, expiresAtMs }
}

function identityOf(
  answer: Authentication,
  address: string | null,
  via: Identity['via'],
): Identity | null {
  if (answer.ok) {
    const { id, ...rest } = answer
    const { name, grants, rate, expiresAtMs } = rest
    const end = expiresAtMs === undefined ? {} : { expiresAtMs }
    return { tokenId: id, name, grants, rate, address, via, ...end }
  }
  if (answer.reason === 'rate_limited') throw tooMany('token', answer.rate)
  return null
}

/** Set by Cloudflare, which overwrites what a client says. */
export function addressOf(headers: Headers): string | null {
  return headers.get('cf-connecting-ip')
}

/** What a client is told of its rate (draft-ietf-httpapi-ratelimit-headers-10). */
export function rateHeaders(rate: RateState, name = 'token'): Readonly<Record<string, string>> {
  const { limit, remaining, retryAfterMs } = rate
  const resetSec = Math.ceil(retryAfterMs / 1000)
  return {
    'ratelimit-policy': `"${name}";q=${limit}`,
    ratelimit: `"${name}";r=${remaining};t=${resetSec}`,
  }
}

function tooMany(name: 'token' | 'address', rate: RateState): ProblemError {
  const retryAfterSec = Math.max(1, Math.ceil(rate.retryAfterMs / 1000))
  const what = name === 'token' ? 'requests with this token' : 'failed attempts from this address'
  return new ProblemError('rate_limited', `Too many ${what}; try again in ${retryAfterSec} s.`, {
    headers: {
      'retry-after': String(retryAfterSec),
      ...(name === 'token' && rateHeaders(rate)),
    },
  })
}

function unauthorized(): ProblemError {
  return new ProblemError(
    'unauthorized',
    `Send a valid admin token as "Authorization: Bearer <token>", or the cookie ${SESSION_COOKIE}.`,
    { headers: { 'www-authenticate': 'Bearer' } },
  )
}

/** The hash of the bootstrap token; null: there is none. */
export async function ownerDigest(ownerToken: string | undefined): Promise<Uint8Array | null> {
  return ownerToken === undefined || ownerToken === '' ? null : sha256(ownerToken)
}

/** In constant time: both are digests of one length, and every byte is looked at. */
function isSameDigest(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0)
  return difference === 0
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
