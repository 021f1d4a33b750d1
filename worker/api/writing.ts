/** What the writing routes share: one operation as a change set, the reason of a DELETE, and places in the caller's own words. */
import type { Operation } from '#core'
import type { Issue, Result } from '../domain/errors.ts'
import { type Access, operationNeeds } from '../domain/grants.ts'
import { problemOf, type ProblemError } from '../http/problem.ts'
import type { Committed, WriteOptions } from '../objects/project/interface.ts'
import { type ParsedCall, type Reply, requireAllowed, valueOf } from './call.ts'

/** The part of a call that a single-item write needs. */
export interface WritingCall {
  readonly identity: ParsedCall['identity']
  readonly parameters: { readonly project: string }
  readonly path: string
  readonly project: ParsedCall['project']
  readonly write: WriteOptions
}

/** Commits `operation` alone. Faults are told in terms of the request's body, which has no `operations`. */
export async function commitOne(
  call: WritingCall,
  operation: Operation,
  reason: string,
): Promise<Reply<Committed>> {
  requireOperations(call.identity, [operation], call.parameters.project)
  const changeSet = { reason, operations: [operation] }
  const committed = valueOf(
    withPaths(await call.project.commit(changeSet, call.write), (issue) => ({
      ...issue,
      path: issue.path.replace(/^\/operations\/0(?:\/patch)?/, ''),
    })),
  )
  return committedReply(committed, call.path)
}

/** Each operation is checked on its own, against its environment. */
export function requireOperations(
  access: Access,
  operations: readonly Operation[],
  project: string,
): void {
  for (const operation of operations) {
    for (const { action, ...target } of operationNeeds(operation)) {
      requireAllowed(access, action, { project, ...target })
    }
  }
}

/** 201 when the write created what `location` names: all that it changed was not there before. */
export function committedReply(committed: Committed, location: string): Reply<Committed> {
  const created =
    !committed.dryRun &&
    committed.changed.length > 0 &&
    committed.changed.every((item) => item.before === null)
  return {
    body: committed,
    revision: committed.revision,
    ...(created ? { status: 201, location } : { status: 200 }),
  }
}

/** The same result, its issues placed anew. */
export function withPaths<T>(result: Result<T>, place: (issue: Issue) => Issue): Result<T> {
  if (result.ok || result.error.reason !== 'invalid') return result
  return { ok: false, error: { ...result.error, issues: result.error.issues.map(place) } }
}

interface Explained {
  readonly body: { readonly reason?: string }
  readonly query: { readonly reason?: string }
}

/** Why something is deleted: said in the body or in the query, not in both; `fallback` where none is needed. */
export function deletionReason({ body, query }: Explained, fallback?: string): string {
  if (body.reason !== undefined && query.reason !== undefined) {
    throw refusedReason('must be given once, in the body or in the query')
  }
  const reason = body.reason ?? query.reason ?? fallback
  if (reason === undefined) throw refusedReason('is missing; give it here or as ?reason=')
  return reason
}

function refusedReason(message: string): ProblemError {
  return problemOf({ reason: 'invalid', issues: [{ path: '/reason', message }] })
}
