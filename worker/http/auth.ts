/**
 * Who is asking. Every refusal is the same 401, so that an answer never tells a mistyped token from a revoked one; the
 * token itself goes nowhere but into a hash.
 */
import { parseKey } from '#core'
import { type Access, type Grant, OWNER_ACCESS } from '../domain/grants.ts'
import { ProblemError } from './problem.ts'

/** Whose token it was, and what it allows. */
export interface Identity extends Access {
  /** Admin token id, or `owner` for the bootstrap token. */
  readonly tokenId: string
  readonly name: string
}

export interface TokenSource {
  /** The bootstrap token; absent: there is none. */
  readonly ownerToken?: string
  /** The live token with this SHA-256 (hex), used from `address`; null when that is not known. */
  findToken(sha256: string, address: string | null): Promise<FoundToken | null>
}

export interface FoundToken {
  readonly id: string
  readonly name: string
  readonly grants: readonly Grant[]
}

const OWNER: Identity = { tokenId: 'owner', name: 'owner', ...OWNER_ACCESS }

// RFC 6750 §2.1: one scheme, one token. The length bounds what is hashed.
const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i

/** @throws ProblemError `unauthorized` for anything but a live token. */
export async function authenticate(headers: Headers, source: TokenSource): Promise<Identity> {
  const token = BEARER.exec(headers.get('authorization') ?? '')?.[1]
  if (token === undefined) throw unauthorized()
  const digest = await sha256(token)
  if (source.ownerToken !== undefined && source.ownerToken !== '') {
    if (isSameDigest(digest, await sha256(source.ownerToken))) return OWNER
  }
  // A typo fails its checksum here and costs no call.
  if (parseKey(token)?.kind !== 'admin') throw unauthorized()
  const found = await source.findToken(hexOf(digest), addressOf(headers))
  if (found === null) throw unauthorized()
  return { tokenId: found.id, name: found.name, grants: found.grants }
}

/** Set by Cloudflare, which overwrites what a client says. */
export function addressOf(headers: Headers): string | null {
  return headers.get('cf-connecting-ip')
}

function unauthorized(): ProblemError {
  return new ProblemError(
    'unauthorized',
    'Send a valid admin token as "Authorization: Bearer <token>".',
    { headers: { 'www-authenticate': 'Bearer' } },
  )
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
