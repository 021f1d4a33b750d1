/** Headers and refusals that all answers of the read path share. */
import { type ProblemCode, problemResponse } from '../http/problem.ts'

/** Any origin may read, since the SDK key is what opens, and no cookie is ever asked for. */
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, Driftless-Manifest, Retry-After',
  'x-content-type-options': 'nosniff',
} as const

export function refuse(
  code: ProblemCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return problemResponse(code, detail, { headers: { ...CORS_HEADERS, ...headers } })
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

export function methodNotAllowed(): Response {
  return refuse('method_not_allowed', 'This route is read only.', { allow: 'GET, HEAD, OPTIONS' })
}

export function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...CORS_HEADERS,
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': 'Authorization, If-None-Match, Last-Event-ID',
      'access-control-max-age': '86400',
    },
  })
}
