/** One request as a handler sees it: authenticated, allowed, and parsed into the types of its route. */
import type { AnswerOf, BodyOf, ParametersOf, QueryOf, Route } from '../../admin/contract/route.ts'
import type { RouteName, Routes } from '../../admin/contract/routes.ts'
import type { DomainError, Result } from '../domain/errors.ts'
import { type Access, isAllowed, type Target } from '../domain/grants.ts'
import type { Action } from '../domain/access.ts'
import type { Identity } from '../http/auth.ts'
import { ProblemError, problemOf } from '../http/problem.ts'
import type { Caller, ProjectRpc, WriteOptions } from '../objects/project/interface.ts'
import type { Backend } from './backend.ts'

interface CallOf<Parameters, Query, Body, Write> {
  readonly backend: Backend
  readonly identity: Identity
  readonly caller: Caller
  readonly parameters: Parameters
  readonly query: Query
  readonly body: Body
  /** Of the URL, for `Location`. */
  readonly path: string
  /** Of the cookie; null without one. */
  readonly sessionSecret: string | null
  /** The project the path names. */
  readonly project: ProjectRpc
  /** What a write is based on, and how it is to be done. */
  readonly write: Write
}

/** The call of one route. */
export type Call<R extends Route> = CallOf<
  ParametersOf<R>,
  QueryOf<R>,
  BodyOf<R>,
  R['write'] extends 'commit' | 'guarded' ? WriteOptions : undefined
>

/** The call of whatever route: what its schemas made of the request. */
export type ParsedCall = CallOf<
  Readonly<Record<string, string>>,
  unknown,
  unknown,
  WriteOptions | undefined
>

export interface Reply<T> {
  /** A stream is the text of a `T`. */
  readonly body: T | ReadableStream<Uint8Array>
  /** Goes into `ETag`. */
  readonly revision?: number
  /** When it is not the usual one of the route. */
  readonly status?: 200 | 201
  /** Path of what was created. */
  readonly location?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Handler<R extends Route> = (call: Call<R>) => Promise<Reply<AnswerOf<R>>>

/** A handler for every route of the contract, or it does not compile. */
export type Handlers = { readonly [Name in RouteName]: Handler<Routes[Name]> }
export type HandlersOf<Name extends RouteName> = Pick<Handlers, Name>

/** The value of a result; a refusal ends the request with its problem. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw problemOf(result.error)
  return result.value
}

/** @throws ProblemError `forbidden` */
export function requireAllowed(access: Access, action: Action, target: Target): void {
  if (!isAllowed(access, action, target)) throw forbidden(action, target)
}

/** The problem of something that a token does not allow. Names what it would need, and nothing of what is there. */
export function forbidden(action: Action, { environment, secret }: Target): ProblemError {
  const where = [
    ...(environment === undefined ? [] : [`in the environment ${JSON.stringify(environment)}`]),
    ...(secret === undefined ? [] : [`to the secret ${JSON.stringify(secret)}`]),
  ]
  const what = [action, ...where].join(' ')
  return new ProblemError('forbidden', `No grant of this token allows ${what} here.`)
}

/** Whether the caller sees what is in an environment: what it does not is left out of lists. */
export function visibleBy(
  access: Access,
  action: Action,
  project: string,
): (environment: string) => boolean {
  return (environment) => isAllowed(access, action, { project, environment })
}

/** The problem of something the path names that is not there. */
export function notFound(error: Omit<Extract<DomainError, { reason: 'not_found' }>, 'reason'>) {
  return problemOf({ reason: 'not_found', ...error })
}

/** The newest revision. Reads name it explicitly, so that an `ETag` never promises more than the answer holds. */
export async function currentRevision(project: ProjectRpc): Promise<number> {
  return valueOf(await project.info()).revision
}
