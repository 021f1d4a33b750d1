/** What the rest of the Worker may ask of the one `DirectoryObject`, named `directory`. */
import type { PublicJwk } from '#core'
import type { Result } from '../../domain/errors.ts'
import type { AuditEntry, Caller, Page, PageRequest } from '../project/interface.ts'

export type Role = 'owner' | 'editor' | 'viewer'

export interface ProjectEntry {
  readonly name: string
  readonly createdAtMs: number
  readonly epoch: number
}

export interface AdminTokenInfo {
  readonly id: string
  readonly name: string
  readonly role: Role
  /** The only project it may touch; null: all. */
  readonly project: string | null
  readonly prefix: string
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  readonly revokedAtMs: number | null
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
    request: {
      name: string
      role: Role
      project: string | null
      expiresAtMs: number | null
      reason: string
    },
    caller: Caller,
  ): Promise<Result<AdminTokenInfo & { token: string }>>
  revokeToken(id: string, reason: string, caller: Caller): Promise<Result<{ id: string }>>
  /** The live token with this hash: neither revoked nor past `expiresAtMs`. */
  findToken(sha256: string): Promise<AdminTokenInfo | null>

  /** Creates the first key when there is none. */
  signingKey(): Promise<SigningKey>
  /** Adds a key that signs from now on; the old one stays in the key set for 7 days. */
  rotateSigningKey(reason: string, caller: Caller): Promise<Result<{ kid: string }>>
  jwks(): Promise<{ readonly keys: readonly PublicJwk[] }>
  audit(page: PageRequest): Promise<Result<Page<AuditEntry>>>
}
