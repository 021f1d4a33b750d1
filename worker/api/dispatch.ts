/** From a request to a handler and back: authenticate, authorise, parse once, call, answer. The same for every route. */
import { BODY_LIMITS, ITEM_NAME, SCOPE_NAME } from '../../admin/contract/limits.ts'
import type { Route } from '../../admin/contract/route.ts'
import { isInSchema } from '../../admin/contract/config-schema.ts'
import { parseWith } from '../../admin/contract/schema.ts'
import type { Action } from '../domain/access.ts'
import { type GuardKind, isGuardKind } from '../domain/change-guard.ts'
import type { Noun } from '../domain/errors.ts'
import { type Access, isEverAllowed } from '../domain/grants.ts'
import type { Buckets } from '../domain/rate.ts'
import { authenticate, type Identity, rateHeaders } from '../http/auth.ts'
import { parseBody, readBody } from '../http/body.ts'
import { revisionTag } from '../http/etag.ts'
import { hashRequest, readIdempotencyKey } from '../http/idempotency.ts'
import { readBase } from '../http/preconditions.ts'
import { problemOf, ProblemError } from '../http/problem.ts'
import { sessionSecret } from '../http/session.ts'
import type { Caller, WriteOptions } from '../objects/project/interface.ts'
import type { Backend } from './backend.ts'
import { forbidden, notFound, type ParsedCall, type Reply, requireAllowed } from './call.ts'

/** What a dispatcher needs of a route; its action is one of the policy table, or it does not compile. */
export type DispatchedRoute = Route & { readonly action: Action }

export async function dispatch(
  { backend, failures }: { readonly backend: Backend; readonly failures: Buckets },
  route: DispatchedRoute,
  handler: (call: ParsedCall) => Promise<Reply<unknown>>,
  request: Request,
  parameters: Readonly<Record<string, string>>,
): Promise<Response> {
  const { ownerToken, verifySubject } = backend
  const identity = await authenticate(request, {
    ...(ownerToken !== undefined && { ownerToken }),
    ...(verifySubject !== undefined && { verifySubject }),
    authenticate: (credential, address) => backend.directory().authenticate(credential, address),
    nowMs: () => backend.nowMs(),
    failures,
  })
  try {
    return await allowed(backend, route, handler, request, parameters, identity)
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'forbidden') {
      await writeDenial(backend, route, request, parameters, identity, error)
    }
    throw error
  }
}

/** Who was refused what, in the audit of the project, or of the installation where there is no such project. */
async function writeDenial(
  backend: Backend,
  route: DispatchedRoute,
  request: Request,
  parameters: Readonly<Record<string, string>>,
  identity: Identity,
  refusal: ProblemError,
): Promise<void> {
  const target = `${request.method} ${new URL(request.url).pathname}`.slice(0, MAX_TARGET_CHARS)
  const denial = { action: route.action, target, reason: refusal.message }
  const { project } = parameters
  const caller = callerOf(identity)
  if (project !== undefined && SCOPE_NAME.test(project)) {
    if (await backend.project(project).recordDenial(denial, caller)) return
  }
  await backend.directory().recordDenial(denial, caller)
}

const MAX_TARGET_CHARS = 512

function callerOf({ tokenId, name, address }: Identity): Caller {
  return { tokenId, name, address }
}

async function allowed(
  backend: Backend,
  route: DispatchedRoute,
  handler: (call: ParsedCall) => Promise<Reply<unknown>>,
  request: Request,
  parameters: Readonly<Record<string, string>>,
  identity: Identity,
): Promise<Response> {
  const url = new URL(request.url)
  const projectName = parameters['project'] ?? null
  const { secret } = parameters
  const target = { project: projectName, environment: parameters['environment'], secret }
  // Which environment it is may stand in what is not read yet; what no environment allows need not be read.
  if (route.environmentIn === undefined) requireAllowed(identity, route.action, target)
  else if (!isEverAllowed(identity, route.action, projectName)) {
    throw forbidden(route.action, target)
  }
  checkParameters(route, parameters)

  const query = readQuery(route, url.searchParams)
  const bytes = await readBody(request, route.body ? BODY_LIMITS[route.size ?? 'small'] : 0)
  const body = route.body === undefined ? undefined : readParsedBody(route, route.body, bytes)
  if (route.environmentIn !== undefined) {
    const [from, member = 'environment'] = route.environmentIn.split('.')
    const environment = textMember(from === 'query' ? query : body, member)
    requireAllowed(identity, route.action, { project: projectName, environment, secret })
  }
  const caller = callerOf(identity)
  const access = { grants: identity.grants }
  const write = await readWrite(route, request, url, { caller, access, query, body, bytes })
  const project = backend.project(projectName ?? '')
  const { pathname: path } = url
  const common = { backend, identity, caller, parameters, query, body, path, project, write }
  const call = { ...common, sessionSecret: sessionSecret(request.headers.get('cookie')) }
  return answer(route, await handler(call), identity)
}

const NOUNS: Readonly<Record<string, { readonly noun: Noun; readonly form: RegExp }>> = {
  project: { noun: 'project', form: SCOPE_NAME },
  environment: { noun: 'environment', form: SCOPE_NAME },
  config: { noun: 'config', form: ITEM_NAME },
  flag: { noun: 'flag', form: ITEM_NAME },
  segment: { noun: 'segment', form: ITEM_NAME },
  mirror: { noun: 'mirror', form: ITEM_NAME },
  secret: { noun: 'secret', form: ITEM_NAME },
  revision: { noun: 'revision', form: /^[1-9][0-9]{0,14}$/ },
  to: { noun: 'revision', form: /^[1-9][0-9]{0,14}$/ },
  key: { noun: 'key', form: /^[\w-]{1,128}$/ },
  deployment: { noun: 'deployment', form: /^[\w-]{1,128}$/ },
  share: { noun: 'share', form: /^[\w-]{1,128}$/ },
  token: { noun: 'token', form: /^[\w-]{1,128}$/ },
  kid: { noun: 'signing key', form: /^[\w-]{1,128}$/ },
}

/** What cannot be a name is not there; but who wants to create it is told why that cannot be. */
function checkParameters(route: Route, parameters: Readonly<Record<string, string>>): void {
  for (const [parameter, value] of Object.entries(parameters)) {
    const known = NOUNS[parameter]
    if (known === undefined || known.form.test(value)) continue
    if (route.method !== 'PUT' || parameter === 'project') {
      throw notFound({ noun: known.noun, name: value })
    }
    const message = `the ${known.noun} in the path must match ${known.form.source}`
    throw problemOf({ reason: 'invalid', issues: [{ path: '', message }] })
  }
}

function readQuery(route: Route, parameters: URLSearchParams): unknown {
  const entries = [...parameters]
  const repeated = entries.find(([name], at) => entries.findIndex(([one]) => one === name) < at)
  if (repeated !== undefined) {
    const path = `?${repeated[0].slice(0, 64)}`
    throw problemOf({ reason: 'invalid', issues: [{ path, message: 'must be given once' }] })
  }
  const parsed = parseWith(route.query, Object.fromEntries(entries))
  if (parsed.ok) return parsed.value
  const issues = parsed.issues.map((issue) => ({ ...issue, path: issue.path.replace('/', '?') }))
  throw problemOf({ reason: 'invalid', issues })
}

function readParsedBody(route: Route, schema: NonNullable<Route['body']>, bytes: Uint8Array) {
  // A DELETE may come without a body: its reason stands in the query.
  const isEmptyDelete = route.method === 'DELETE' && bytes.length === 0
  const parsed = parseWith(schema, isEmptyDelete ? {} : parseBody(bytes, isInSchema))
  if (!parsed.ok) throw problemOf({ reason: 'invalid', issues: parsed.issues })
  return parsed.value
}

async function readWrite(
  route: Route,
  request: Request,
  url: URL,
  {
    caller,
    access,
    query,
    body,
    bytes,
  }: Pick<ParsedCall, 'caller' | 'query' | 'body'> & { access: Access; bytes: Uint8Array },
): Promise<WriteOptions | undefined> {
  if (route.write === undefined) return undefined
  const key = readIdempotencyKey(request.headers.get('idempotency-key'))
  if (route.write !== 'commit' && key !== undefined) {
    throw new ProblemError(
      'idempotency_key_unsupported',
      'Idempotency-Key is for writes that make a revision; this one would run again.',
    )
  }
  if (route.write === 'direct') return undefined
  const bodyBase = route.baseInBody ? numberMember(body, 'base') : undefined
  const base = readBase(request.headers.get('if-match'), bodyBase)
  const acknowledge = acknowledged(query)
  const options = { caller, access, base, dryRun: isDryRun(query), acknowledge }
  if (key === undefined) return options
  const requestSha256 = await hashRequest(request.method, url.pathname + url.search, bytes)
  return { ...options, idempotency: { key, requestSha256 } }
}

function isDryRun(query: unknown): boolean {
  return typeof query === 'object' && query !== null && 'dryRun' in query && query.dryRun === true
}

/** What the route's schema let through as `acknowledge`. */
function acknowledged(query: unknown): readonly GuardKind[] {
  if (typeof query !== 'object' || query === null || !('acknowledge' in query)) return []
  return Array.isArray(query.acknowledge) ? query.acknowledge.filter(isGuardKind) : []
}

/** A text that the route's schema let through as `name`. */
function textMember(from: unknown, name: string): string | undefined {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, name)) return undefined
  const value: unknown = Reflect.get(from, name)
  return typeof value === 'string' ? value : undefined
}

/** A number that the route's schema let through as `name`. */
function numberMember(body: unknown, name: string): number | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined
  const value: unknown = Reflect.get(body, name)
  return typeof value === 'number' ? value : undefined
}

function answer(route: Route, reply: Reply<unknown>, { rate }: Identity): Response {
  const headers = new Headers({
    'content-type': route.media ?? 'application/json',
    'cache-control': 'no-store',
    ...(rate !== undefined && rateHeaders(rate)),
    ...reply.headers,
  })
  if (reply.revision !== undefined) headers.set('etag', revisionTag(reply.revision))
  if (reply.location !== undefined) headers.set('location', reply.location)
  const { body } = reply
  return new Response(body instanceof ReadableStream ? body : JSON.stringify(body), {
    status: reply.status ?? route.status ?? 200,
    headers,
  })
}
