/**
 * The admin API as functions, one a route of the contract, typed by it. Does no retrying and keeps no state: what a caller
 * has to decide (a conflict, a retry) it is told.
 */
import * as v from 'valibot'
import { problem, type Problem } from './problem.ts'
import type { AnswerOf, BodyInputOf, ParametersOf, QueryInputOf, Route } from './route.ts'
import { routes, type RouteName, type Routes } from './routes.ts'

export interface AdminClientOptions {
  /** Where the platform is, without `/api/v1`. */
  readonly url: string
  /** An admin token. Absent: the session whose cookie the browser sends to its own origin. */
  readonly token?: string
  /** Default: the global one. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

interface Members<R extends Route> {
  readonly parameters: ParametersOf<R>
  readonly query: QueryInputOf<R>
  readonly body: BodyInputOf<R>
  /** The revision the write is based on; `'*'`: whatever is there. */
  readonly ifMatch: number | '*'
  /** 1 to 255 visible characters; a repeated request with the same one is answered once. */
  readonly idempotencyKey: string
  readonly signal: AbortSignal
}

type Required<R extends Route> =
  | (keyof ParametersOf<R> extends never ? never : 'parameters')
  | (object extends QueryInputOf<R> ? never : 'query')
  | (object extends BodyInputOf<R> ? never : R['body'] extends v.GenericSchema ? 'body' : never)
  | (R['baseInBody'] extends true
      ? never
      : R['write'] extends 'commit' | 'guarded'
        ? 'ifMatch'
        : never)

/** What a route needs, and may be given. */
export type RequestOf<R extends Route> = Pick<Members<R>, Required<R>> & Partial<Members<R>>

export interface Answered<T> {
  readonly body: T
  readonly status: number
  /** From `ETag`: what the next write is based on. */
  readonly revision?: number
}

/** A function for every route, by its name. */
export type AdminClient = {
  readonly [Name in RouteName]: (
    ...request: object extends RequestOf<Routes[Name]>
      ? [request?: RequestOf<Routes[Name]>]
      : [request: RequestOf<Routes[Name]>]
  ) => Promise<Answered<AnswerOf<Routes[Name]>>>
}

/** The API said no. `code` is stable; `problem` is all it said. */
export class AdminError extends Error {
  readonly status: number
  readonly code: string
  /** Undefined when what answered was not the API. */
  readonly problem: Problem | undefined
  /** Seconds; when the API said when to try again. */
  readonly retryAfterSec: number | undefined

  constructor(status: number, body: Problem | undefined, retryAfterSec: number | undefined) {
    super(body === undefined ? `the answer was ${status}, and not the API's` : body.detail)
    this.name = 'AdminError'
    this.status = status
    this.code = body?.code ?? 'unknown'
    this.problem = body
    this.retryAfterSec = retryAfterSec
  }
}

/** Rejects with an `AdminError` for every answer but a success, and with what `fetch` rejects with. */
export function createAdminClient(options: AdminClientOptions): AdminClient {
  const names = Object.keys(routes).filter((name) => isRouteName(name))
  const functions = names.map(
    (name) => [name, (request?: AnyRequest) => send(options, routes[name], request ?? {})] as const,
  )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one function for every route, and each checks its answer by the route's schema
  return Object.fromEntries(functions) as unknown as AdminClient
}

function isRouteName(name: string): name is RouteName {
  return Object.hasOwn(routes, name)
}

interface AnyRequest {
  readonly parameters?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly ifMatch?: number | '*'
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

async function send(
  options: AdminClientOptions,
  route: Route,
  request: AnyRequest,
): Promise<Answered<unknown>> {
  const { body, ifMatch, idempotencyKey, signal } = request
  const headers: Record<string, string> = {
    ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
    accept: 'application/json',
  }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (ifMatch !== undefined) headers['if-match'] = ifMatch === '*' ? '*' : `"${ifMatch}"`
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey
  const call = options.fetch ?? fetch
  const response = await call(urlOf(options.url, route, request), {
    method: route.method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  })
  const isText = route.media !== undefined && response.ok
  const answer: unknown = isText
    ? await response.text()
    : await response.json().catch(() => undefined)
  if (!response.ok) throw refusal(response, answer)
  const parsed = v.safeParse(route.answer, answer)
  if (!parsed.success) throw new AdminError(response.status, undefined, undefined)
  const revision = revisionOf(response.headers.get('etag'))
  return {
    body: parsed.output,
    status: response.status,
    ...(revision !== undefined && { revision }),
  }
}

function urlOf(base: string, route: Route, { parameters = {}, query = {} }: AnyRequest): string {
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    // An empty one would be another route.
    if (value === undefined || value === '') throw new TypeError(`parameter ${name} is missing`)
    return encodeURIComponent(value)
  })
  const search = new URLSearchParams(query).toString()
  return `${base.replace(/\/+$/, '')}/api/v1${path}${search === '' ? '' : `?${search}`}`
}

function refusal(response: Response, answer: unknown): AdminError {
  const parsed = v.safeParse(problem, answer)
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new AdminError(
    response.status,
    parsed.success ? parsed.output : undefined,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  )
}

function revisionOf(tag: string | null): number | undefined {
  const digits = /^"(\d{1,15})"$/.exec(tag ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
