/** What the rest of the Worker may ask of the one `DirectoryObject`, named `directory`. */
import type { PublicJwk } from '#core'
import type { Result } from '../../domain/errors.ts'
import type { Grant } from '../../domain/grants.ts'
import type {
  AuditBounds,
  AuditEntry,
  AuditRequest,
  AuditStretch,
  Caller,
  Denial,
  Page,
} from '../project/interface.ts'

export interface ProjectEntry {
  readonly name: string
  readonly createdAtMs: number
  readonly epoch: number
}

export interface AdminTokenInfo {
  readonly id: string
  readonly name: string
  readonly grants: readonly Grant[]
  /** Addresses it may be used from; empty: from anywhere. */
  readonly cidrs: readonly string[]
  readonly prefix: string
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  readonly revokedAtMs: number | null
  /** To the minute; null: never. */
  readonly lastUsedAtMs: number | null
  /** Id of the token that took its place. */
  readonly rotatedTo: string | null
}

export interface TokenRequest {
  readonly name: string
  readonly grants: readonly Grant[]
  readonly cidrs: readonly string[]
  readonly expiresAtMs: number | null
  readonly reason: string
}

export interface TokenRotation {
  readonly id: string
  /** How long the old one still works. */
  readonly overlapMs: number
  /** Of the new one; absent: it lives as long as the old one was made to. */
  readonly expiresAtMs?: number | null
  readonly reason: string
}

/** What somebody presents, after what needs no storage was checked. */
export type Credential =
  /** `prefix`: what people may see of it, to tell in the audit whose token was tried. */
  | { readonly kind: 'token'; readonly sha256: string; readonly prefix: string }
  /** `ownerSha256`: of the bootstrap token as it is now; its sessions end with it. */
  | { readonly kind: 'session'; readonly sha256: string; readonly ownerSha256: string | null }
  /** Somebody an identity provider has vouched for: only counted. */
  | { readonly kind: 'subject'; readonly id: string }

export type Authentication =
  | {
      readonly ok: true
      /** Of the token, or what the session was begun with. */
      readonly id: string
      readonly name: string
      /** Of a subject: none, the caller knows. */
      readonly grants: readonly Grant[]
      readonly rate: RateState
      /** Of a session. */
      readonly expiresAtMs?: number
    }
  /** Which of the reasons there are is for the audit alone. */
  | { readonly ok: false; readonly reason: 'unauthorized' }
  | { readonly ok: false; readonly reason: 'rate_limited'; readonly rate: RateState }

/** How much of its rate a token has left. */
export interface RateState {
  readonly limit: number
  readonly remaining: number
  readonly retryAfterMs: number
}

export interface NewSession {
  readonly sha256: string
  /** Null: the grants of the token, as they are at each request. */
  readonly grants: readonly Grant[] | null
  /** Milliseconds since 1970; a session lives 8 hours at most. */
  readonly untilMs: number | null
  /** As in `Credential`. */
  readonly ownerSha256: string | null
}

/** The key that signs now. `wrapped` opens with the master key, see STORAGE.md §5. */
export interface SigningKey {
  readonly kid: string
  readonly publicJwk: PublicJwk
  readonly wrapped: string
}

export interface DirectoryRpc {
  projects(): Promise<readonly ProjectEntry[]>
  /** Registers the name; a deleted one comes back with a higher epoch. */
  createProject(name: string, reason: string, caller: Caller): Promise<Result<ProjectEntry>>
  removeProject(name: string, reason: string, caller: Caller): Promise<Result<{ name: string }>>

  tokens(): Promise<readonly AdminTokenInfo[]>
  createToken(
    request: TokenRequest,
    caller: Caller,
  ): Promise<Result<AdminTokenInfo & { token: string }>>
  /** Makes a token with the same grants in the place of one that works. */
  rotateToken(
    rotation: TokenRotation,
    caller: Caller,
  ): Promise<Result<AdminTokenInfo & { token: string }>>
  revokeToken(id: string, reason: string, caller: Caller): Promise<Result<{ id: string }>>
  /** Whom a credential speaks for, and one request off what it may send. */
  authenticate(credential: Credential, address: string | null): Promise<Authentication>
  recordDenial(denial: Denial, caller: Caller): Promise<void>

  /** Begins a session of somebody who has just been authenticated; the secret is the caller's, its hash is kept. */
  createSession(session: NewSession, caller: Caller): Promise<{ readonly expiresAtMs: number }>
  endSession(sha256: string, caller: Caller): Promise<void>

  /** Creates the first key when there is none. */
  signingKey(): Promise<SigningKey>
  /** Adds a key that signs when it has been public for 2 minutes; the old one stays in the key set for 7 days. */
  rotateSigningKey(reason: string, caller: Caller): Promise<Result<{ kid: string }>>
  /** Takes a key out of the key set; another one signs from now on, and every project signs its heads anew. */
  revokeSigningKey(
    kid: string,
    reason: string,
    caller: Caller,
  ): Promise<Result<{ current: string }>>
  jwks(): Promise<{ readonly keys: readonly PublicJwk[] }>
  audit(request: AuditRequest): Promise<Result<Page<AuditEntry>>>
  auditBounds(): Promise<AuditBounds>
  auditRows(seq: number, limit: number): Promise<AuditStretch>
}
