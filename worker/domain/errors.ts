/** Why the domain says no. `http/problem.ts` turns each reason into one HTTP problem; nothing else interprets them. */
import type { ItemRef } from '#core'
import type { GuardFinding } from './change-guard.ts'

/** One fault in the input: `path` is a JSON pointer into what was sent, `expected` what would be right. */
export interface Issue {
  readonly path: string
  readonly message: string
  /** Of a document that breaks a rule: which one, where in it, and which rule. */
  readonly config?: string
  readonly environment?: string
  readonly pointer?: string
  readonly rule?: string
}

export type Noun =
  | 'project'
  | 'environment'
  | 'config'
  | 'override'
  | 'flag'
  | 'segment'
  | 'secret'
  | 'version'
  | 'schema'
  | 'mirror'
  | 'revision'
  | 'key'
  | 'token'
  | 'deployment'
  | 'share'
  | 'signing key'

export interface ChangedItem extends ItemRef {
  readonly revision: number
  readonly author: string
}

/** The deployment that is in the way. */
export interface DeploymentHolder {
  readonly id: string
  readonly author: string
  readonly revision: number
  readonly status: string
}

/** A validate webhook that stands in the way. Its URL is nobody's business. */
export interface Veto {
  readonly hook: string
  readonly environments: readonly string[]
  /** False: it could not be asked, or what it answered is none. */
  readonly answered: boolean
  /** What it said, or why there is no answer. */
  readonly message: string
}

/** A thing by its name, and by the environment it was looked for in when that matters. */
export interface Named {
  readonly noun: Noun
  readonly name: string
  readonly environment?: string
}

export type DomainError =
  | ({ readonly reason: 'not_found' } & Named)
  | ({ readonly reason: 'already_exists' } & Named)
  /** What was there at `revision` is no longer kept; from `oldest` on it is. */
  | { readonly reason: 'pruned'; readonly revision: number; readonly oldest: number }
  /** Still referred to: `by` lists what would break. */
  | {
      readonly reason: 'in_use'
      readonly noun: Noun
      readonly name: string
      readonly by: readonly string[]
    }
  /** The base is not the current revision; `changed` says what happened since. */
  | {
      readonly reason: 'revision_conflict'
      readonly base: number
      readonly current: number
      readonly changed: readonly ChangedItem[]
    }
  | { readonly reason: 'invalid'; readonly issues: readonly Issue[] }
  | {
      readonly reason: 'too_large'
      readonly what: string
      readonly limit: number
      readonly actual: number
    }
  | { readonly reason: 'idempotency_key_reused' }
  /** The caller may not do `action` in these environments. */
  | {
      readonly reason: 'forbidden'
      readonly action: string
      readonly environments: readonly string[]
    }
  /** Unusually large, and nobody said that it is meant: all that is not acknowledged, at least one. */
  | { readonly reason: 'acknowledgement_required'; readonly findings: readonly GuardFinding[] }
  /** Validate webhooks refused it, or did not answer: all of them, at least one. */
  | { readonly reason: 'vetoed'; readonly vetoes: readonly Veto[] }
  /** Another one is under way in that environment. */
  | { readonly reason: 'deployment_active'; readonly holder: DeploymentHolder }
  /** It cannot be released, or not so; `why` says what it would take. */
  | { readonly reason: 'deployment_refused'; readonly environment: string; readonly why: string }
  /** Its author sealed the value: nobody but applications opens it. */
  | { readonly reason: 'sealed'; readonly name: string; readonly version: number }
  /**
   * A setting of the installation is missing that only its operator can put right; nothing was written. `keyId`: the master key
   * that would be needed, null when there is none at all.
   */
  | { readonly reason: 'not_configured'; readonly keyId: string | null; readonly why: string }
  /** The disk or the object is full: nothing was written, the same request may succeed later. */
  | { readonly reason: 'storage_full' }

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: DomainError }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const fail = <T = never>(error: DomainError): Result<T> => ({ ok: false, error })
