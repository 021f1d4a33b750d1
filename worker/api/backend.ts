/** What the admin API needs from the outside: the objects, the clock and the bootstrap token. `worker/index.ts` provides it. */
import type { DirectoryRpc } from '../objects/directory/interface.ts'
import type { AudienceName } from '#core'
import type { HubRpc } from '../objects/hub/interface.ts'
import type { VerifySubject } from '../http/oidc.ts'
import type { ProjectRpc } from '../objects/project/interface.ts'

export interface Backend {
  project(name: string): ProjectRpc
  directory(): DirectoryRpc
  hub(name: AudienceName): HubRpc
  /** Drops a revoked SDK key (its SHA-256, hex) from this isolate's caches. */
  forgetKey(sha256: string): void
  /** Takes answers back from the cache in front of this Worker, by tag. Absent: there is none. */
  purge?(tags: readonly string[]): Promise<void>
  /** The bootstrap token of the first owner; absent: there is none. */
  readonly ownerToken?: string
  /** Whom an identity provider's JWT speaks for; absent: none is configured. */
  readonly verifySubject?: VerifySubject
  /** Milliseconds since 1970. */
  nowMs(): number
  /** Told of exceptions that answered 500: a fault of ours. Absent: nobody is told. */
  report?(error: unknown): void
}
