/** Which revision a write is based on: `If-Match`, or `base` in the body of a change set. */
import { revisionOfTag } from './etag.ts'
import { ProblemError } from './problem.ts'

/**
 * The base of a write; `'*'`: whatever is there, the last writer wins.
 *
 * @throws ProblemError `precondition_required` without any, `bad_request` for a malformed header or one that contradicts `bodyBase`.
 */
export function readBase(ifMatch: string | null, bodyBase?: number): number | '*' {
  if (ifMatch === null) {
    if (bodyBase !== undefined) return bodyBase
    throw new ProblemError(
      'precondition_required',
      'Send the revision the write is based on as If-Match: "<revision>", or * to overwrite whatever is there.',
    )
  }
  const header = ifMatch.trim()
  const base = header === '*' ? '*' : revisionOfTag(header)
  if (base === undefined) {
    throw new ProblemError('bad_request', 'If-Match must be "<revision>" in double quotes, or *.')
  }
  if (bodyBase !== undefined && bodyBase !== base) {
    throw new ProblemError(
      'bad_request',
      'If-Match and the base in the body name different revisions.',
    )
  }
  return base
}
