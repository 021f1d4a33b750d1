/**
 * Every refusal as one shape: `application/problem+json` (RFC 9457) with a stable `code`. The only place that turns a
 * reason of the domain into a status. Details name what was wrong and where, never a token or a document.
 */
import { describeVetoes } from '../domain/validation.ts'
import type { GuardFinding } from '../domain/change-guard.ts'
import type {
  ChangedItem,
  DeploymentHolder,
  DomainError,
  Issue,
  Named,
  Veto,
} from '../domain/errors.ts'

const TITLES = {
  malformed_json: 'The body is not strict JSON',
  bad_request: 'The request is malformed',
  idempotency_key_unsupported: 'This request takes no Idempotency-Key',
  unauthorized: 'A valid bearer token is needed',
  forbidden: 'The token does not allow this',
  not_found: 'There is no such thing',
  method_not_allowed: 'The resource does not take this method',
  pruned: 'It is no longer kept',
  already_exists: 'The name is taken',
  in_use: 'It is still referred to',
  revision_conflict: 'Somebody else was faster',
  acknowledgement_required: 'Such a change must be acknowledged',
  vetoed: 'A validate webhook stands in the way',
  sealed: 'The platform cannot open it',
  deployment_active: 'Another deployment is under way',
  deployment_refused: 'That cannot be released so',
  too_large: 'That is over the limit',
  unsupported_media_type: 'The body must be JSON',
  invalid: 'The request does not fit',
  idempotency_key_reused: 'The Idempotency-Key belongs to another request',
  precondition_required: 'The revision it is based on is missing',
  internal: 'Something went wrong on our side',
  rate_limited: 'Too many requests',
  unavailable: 'Try again shortly',
  not_configured: 'A setting of the installation is missing',
  storage_full: 'There is no room left',
} as const

const STATUSES = {
  malformed_json: 400,
  bad_request: 400,
  idempotency_key_unsupported: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  pruned: 410,
  already_exists: 409,
  in_use: 409,
  revision_conflict: 412,
  acknowledgement_required: 409,
  vetoed: 409,
  sealed: 409,
  deployment_active: 409,
  deployment_refused: 409,
  too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  idempotency_key_reused: 422,
  precondition_required: 428,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
  not_configured: 503,
  storage_full: 507,
} as const satisfies Record<ProblemCode, number>

export type ProblemCode = keyof typeof TITLES

/** What a client reads. `type` is `urn:driftless:problem:<code>`. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail: string
  /** `path`: a JSON pointer into what was sent; empty for the whole. */
  readonly errors?: readonly Issue[]
  /** With `revision_conflict`: the newest revision, and what happened since the base. */
  readonly current?: number
  readonly changed?: readonly ChangedItem[]
  /** With `in_use`: what would break. */
  readonly by?: readonly string[]
  /** With `deployment_active`: who is in the way. */
  readonly holder?: DeploymentHolder
  /** With `not_configured`: id of the master key that is missing. */
  readonly masterKey?: string
  /** With `acknowledgement_required`: what is to be acknowledged. */
  readonly guard?: readonly GuardFinding[]
  /** With `vetoed`: which hooks, and what they said. */
  readonly vetoes?: readonly Veto[]
}

interface Extras {
  readonly errors?: readonly Issue[]
  readonly current?: number
  readonly changed?: readonly ChangedItem[]
  readonly by?: readonly string[]
  readonly holder?: DeploymentHolder
  readonly masterKey?: string
  readonly guard?: readonly GuardFinding[]
  readonly vetoes?: readonly Veto[]
  readonly headers?: Readonly<Record<string, string>>
}

/** Thrown inside a request to end it with this problem; `createApi` catches it. Never leaves the Worker as an exception. */
export class ProblemError extends Error {
  readonly code: ProblemCode
  readonly extras: Extras

  constructor(code: ProblemCode, detail: string, extras: Extras = {}) {
    super(detail)
    this.name = 'ProblemError'
    this.code = code
    this.extras = extras
  }

  toResponse(): Response {
    return problemResponse(this.code, this.message, this.extras)
  }
}

export function problemResponse(code: ProblemCode, detail: string, extras: Extras = {}): Response {
  const { headers, ...members } = extras
  const status = STATUSES[code]
  const problem: Problem = {
    type: `urn:driftless:problem:${code}`,
    title: TITLES[code],
    status,
    code,
    detail,
    ...members,
  }
  return new Response(JSON.stringify(problem), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...headers,
    },
  })
}

/** The problem of a refusal by the domain. */
export function problemOf(error: DomainError): ProblemError {
  switch (error.reason) {
    case 'not_found':
      return new ProblemError('not_found', `There is no ${named(error)}.`)
    case 'pruned':
      return new ProblemError(
        'pruned',
        `What was there at revision ${error.revision} was pruned, as the project says; contents are kept from revision ${error.oldest} on.`,
      )
    case 'already_exists':
      return new ProblemError('already_exists', `The ${named(error)} exists.`)
    case 'in_use':
      return new ProblemError(
        'in_use',
        `The ${error.noun} ${quoted(error.name)} is still referred to.`,
        { by: error.by },
      )
    case 'revision_conflict':
      return new ProblemError(
        'revision_conflict',
        `The request is based on revision ${error.base}, the newest is ${error.current}.`,
        {
          current: error.current,
          changed: error.changed,
          headers: { etag: `"${error.current}"` },
        },
      )
    case 'invalid':
      return new ProblemError('invalid', firstOf(error.issues), { errors: error.issues })
    case 'too_large':
      return new ProblemError(
        'too_large',
        `${error.what}: ${error.actual} is over the limit of ${error.limit}.`,
      )
    case 'forbidden':
      return new ProblemError(
        'forbidden',
        `This needs ${error.action} in ${error.environments.join(', ')}, which no grant of this token allows.`,
      )
    case 'idempotency_key_reused':
      return new ProblemError(
        'idempotency_key_reused',
        'This Idempotency-Key was used with another request in the last 24 hours.',
      )
    case 'acknowledgement_required': {
      const kinds = [...new Set(error.findings.map(({ kind }) => kind))].join(',')
      const what = error.findings.map(findingText).join('; ')
      return new ProblemError(
        'acknowledgement_required',
        `${what}. If that is meant, acknowledge ${kinds}.`,
        { guard: error.findings },
      )
    }
    case 'vetoed':
      return new ProblemError('vetoed', describeVetoes(error.vetoes), {
        vetoes: error.vetoes,
      })
    case 'deployment_active': {
      const { holder } = error
      const who = `deployment ${holder.id} of ${quoted(holder.author)} (revision ${holder.revision}) is ${holder.status}`
      return new ProblemError('deployment_active', `Here ${who}.`, { holder })
    }
    case 'deployment_refused':
      return new ProblemError('deployment_refused', `${error.environment}: ${error.why}.`)
    case 'sealed':
      return new ProblemError(
        'sealed',
        `Version ${error.version} of the secret ${quoted(error.name)} was sealed by its author for the SDK keys of its environment; nobody else can open it.`,
      )
    case 'not_configured':
      return new ProblemError(
        'not_configured',
        `Its operator has to see to it: ${error.why}. Nothing was written; the same request succeeds once it is there.`,
        error.keyId === null ? {} : { masterKey: error.keyId },
      )
    case 'storage_full':
      return new ProblemError(
        'storage_full',
        'Nothing was written; the same request may succeed later.',
      )
  }
}

function findingText({ environment, kind, before, after }: GuardFinding): string {
  switch (kind) {
    case 'grows':
      return `${environment} grows from ${before} to ${after} characters, over 1.5 times`
    case 'shrinks':
      return `${environment} shrinks from ${before} to ${after} characters, under half`
    case 'changes':
      return `${environment} changes in ${after} items where there were ${before}, over 30 %`
  }
}

/** A name as it may stand in a message: short, and unable to break the line. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 128 ? `${name.slice(0, 128)}…` : name)
}

/** A thing by its noun and name, and by its environment where that was asked. */
function named({ noun, name, environment }: Named): string {
  return `${noun} ${quoted(name)}${environment === undefined ? '' : ` in ${quoted(environment)}`}`
}

function firstOf(issues: readonly Issue[]): string {
  const [first] = issues
  if (first === undefined) return 'The request does not fit.'
  const rest = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return `${first.path === '' ? '' : `${first.path}: `}${first.message}${rest}.`
}
