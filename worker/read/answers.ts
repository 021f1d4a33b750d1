/** Headers and refusals that all answers of the read path share. */
import { type Problem, type ProblemCode, ProblemError, problemResponse } from '../http/problem.ts'

/** Any origin may read, since the SDK key is what opens, and no cookie is ever asked for. */
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'ETag, Driftless-Manifest, Driftless-Delta, Driftless-Place, Retry-After',
  'x-content-type-options': 'nosniff',
} as const

export function refuse(
  code: ProblemCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
  extras: Pick<Problem, 'errors'> = {},
): Response {
  return problemResponse(code, detail, { ...extras, headers: { ...CORS_HEADERS, ...headers } })
}

/** A problem that was thrown, as an answer of the read path. Throws what is no problem. */
export function refusalOf(error: unknown): Response {
  if (!(error instanceof ProblemError)) throw error
  const { headers, ...extras } = error.extras
  return refuse(error.code, error.message, headers, extras)
}

/** The same for a key that is missing, mistyped, unknown, revoked or of another kind. */
export function unauthorized(): Response {
  return refuse('unauthorized', 'Send a valid SDK key as "Authorization: Bearer <key>".', {
    'www-authenticate': 'Bearer',
  })
}

/** Nobody could be asked. `retryAfterSec`: readers add their own jitter. */
export function unavailable(retryAfterSec = 2): Response {
  return refuse('unavailable', 'The snapshot could not be read just now.', {
    'retry-after': String(retryAfterSec),
  })
}

/** `allow`: the methods of the route, such as `GET, HEAD, OPTIONS`. */
export function methodNotAllowed(allow: string): Response {
  return refuse('method_not_allowed', `This route takes ${allow}.`, { allow })
}

export function preflight(allow: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...CORS_HEADERS,
      'access-control-allow-methods': allow,
      'access-control-allow-headers': 'Authorization, Content-Type, If-None-Match, Last-Event-ID',
      'access-control-max-age': '86400',
    },
  })
}
