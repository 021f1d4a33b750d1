/** What a validate webhook is asked, and what it must answer: docs/webhooks.md. Types only, but for the `typ`. */
import type { ItemRef } from './change-set.ts'
import type { JsonValue } from './json.ts'

/** `typ` of the JWT, so that nothing else that is signed by the same key is taken for a question. */
export const VALIDATION_TYPE = 'driftless-validate+jwt'

/** The claims of the JWT that a hook is sent. */
export interface ValidationClaims extends ValidationQuestion {
  readonly iss: string
  /** The hook's URL as it is declared. */
  readonly aud: string
  /** Seconds since 1970; `exp` is a minute later. */
  readonly iat: number
  readonly exp: number
  /** Once in the life of an installation. */
  readonly jti: string
}

export interface ValidationQuestion {
  readonly project: string
  /** The hook's name. */
  readonly hook: string
  /** Those that name this hook and get something else by what is asked. */
  readonly environments: readonly string[]
  readonly act: 'change' | 'import' | 'promotion' | 'deployment'
  /** Nothing is written, whatever is answered. */
  readonly dryRun: boolean
  /** What it is based on; of a deployment the revision to be released. */
  readonly revision: number
  readonly author: string
  readonly reason: string
  /** Items that are written, with content hashes; null: was not there, or is deleted. At most 1,000. */
  readonly changed: readonly (ItemRef & {
    readonly before: string | null
    readonly after: string | null
  })[]
  /** What the environments get instead of what they had. */
  readonly content: readonly ValidatedContent[]
  /** Whether `changed` or a `value` was left out because there is no room: contents have 256 Ki characters together. */
  readonly truncated: boolean
}

/** One item as servers get it: a resolved config, a flag with its settings, a segment. Secrets are references. */
export interface ValidatedContent {
  readonly environment: string
  readonly kind: 'config' | 'flag' | 'segment'
  readonly key: string
  readonly change: 'added' | 'removed' | 'changed'
  /** Absent when it is removed, or there is no room. */
  readonly value?: JsonValue
}
