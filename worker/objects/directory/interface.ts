/** What the rest of the Worker may ask of the one `DirectoryObject`, named `directory`. */
import type { PublicJwk } from '#core'
import type { Result } from '../../domain/errors.ts'
import type { Grant } from '../../domain/grants.ts'
import type { AuditEntry, Caller, Page, PageRequest } from '../project/interface.ts'

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
  /** The live token with this hash: neither revoked, nor past `expiresAtMs`, nor used from elsewhere than it may be. */
  findToken(sha256: string, address: string | null): Promise<AdminTokenInfo | null>

  /** Creates the first key when there is none. */
  signingKey(): Promise<SigningKey>
  /** Adds a key that signs from now on; the old one stays in the key set for 7 days. */
  rotateSigningKey(reason: string, caller: Caller): Promise<Result<{ kid: string }>>
  jwks(): Promise<{ readonly keys: readonly PublicJwk[] }>
  audit(page: PageRequest): Promise<Result<Page<AuditEntry>>>
}
