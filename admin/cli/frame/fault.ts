/** Every way a command fails, as a text for people and a document for programs. Pure. */
import { AdminError } from '../../contract/client.ts'
import { UserError } from './command.ts'
import { itemText } from './table.ts'

export interface Fault {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly status?: number
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
  /** Since the base of a write that came too late. */
  readonly changed?: readonly {
    readonly kind: string
    readonly key: string
    readonly layer: string
    readonly revision: number
    readonly author: string
  }[]
  readonly current?: number
  readonly by?: readonly string[]
}

export function faultOf(error: unknown): Fault {
  if (error instanceof UserError)
    return {
      code: error.code,
      message: error.message,
      ...(error.hint !== undefined && { hint: error.hint }),
      ...(error.errors !== undefined && { errors: error.errors }),
    }
  if (error instanceof AdminError) return adminFault(error)
  if (error instanceof TypeError && error.message === 'fetch failed') return networkFault(error)
  if (error instanceof Error && error.name === 'AbortError')
    return { code: 'interrupted', message: 'interrupted' }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return { code: 'system', message: error.message }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) }
}

const HINTS: Readonly<Record<string, string>> = {
  acknowledgement_required:
    'look at it with --dry-run; apply, import and promote take --acknowledge with the kinds above',
  vetoed: 'nothing was written; the hooks stand in `validate` of the environment',
  revision_conflict: 'look at what changed, then plan again',
}

function adminFault({ code, message, problem, status, retryAfterSec }: AdminError): Fault {
  if (status === 401 && problem !== undefined)
    return {
      code,
      message: 'the platform does not accept the token',
      status,
      hint: 'driftless login keeps another; DRIFTLESS_TOKEN goes before what it kept',
    }
  const hint =
    HINTS[code] ?? (retryAfterSec === undefined ? undefined : `try again in ${retryAfterSec} s`)
  return {
    code,
    message: problem === undefined ? notOurs(message, status) : problem.detail,
    status,
    ...(hint !== undefined && { hint }),
    ...(problem?.errors !== undefined && { errors: problem.errors }),
    ...(problem?.changed !== undefined && { changed: problem.changed }),
    ...(problem?.current !== undefined && { current: problem.current }),
    ...(problem?.by !== undefined && { by: problem.by }),
  }
}

/** An answer that the contract does not know. */
function notOurs(message: string, status: number): string {
  return status < 300
    ? 'the answer is not what this program knows; is the platform of another version, or the URL another service’s?'
    : `${message}; is the URL right?`
}

function networkFault(error: TypeError): Fault {
  const cause: unknown = error.cause
  const why = cause instanceof Error ? cause.message || cause.name : 'no answer'
  return {
    code: 'unreachable',
    message: `the platform cannot be reached: ${why}`,
    hint: 'driftless doctor looks closer',
  }
}

export function faultText(fault: Fault): string {
  const { errors = [], message: whole } = fault
  const [only] = errors
  // A single fault is what the message says already.
  const isSaid =
    errors.length === 1 && only !== undefined && whole.replace(/\.$/, '').endsWith(only.message)
  return [
    `error: ${whole}`,
    ...(isSaid ? [] : errors).map(
      ({ path, message }) => `  ${path === '' ? '(whole)' : path}: ${message}`,
    ),
    ...(fault.by ?? []).map((one) => `  needed by ${one}`),
    ...(fault.changed ?? []).map(
      (item) => `  ${itemText(item)}: changed by ${item.author} in revision ${item.revision}`,
    ),
    ...(fault.hint === undefined ? [] : [`hint: ${fault.hint}`]),
  ].join('\n')
}
