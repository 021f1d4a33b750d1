/**
 * The dashboard's session cookie, and what keeps other sites from using it: `SameSite=Strict`, and for older browsers and
 * Cloudflare Access, whose cookie is not ours, a look at where the request was made.
 */
import { ProblemError } from './problem.ts'

/** `__Host-`: only over https (or on this machine), for this host alone, whichever path (RFC 6265bis §4.1.3.2). */
export const SESSION_COOKIE = '__Host-driftless'

const SECRET = /^[A-Za-z0-9_-]{43}$/

/** The secret of the cookie header's session; null without one, or with two. */
export function sessionSecret(header: string | null): string | null {
  const values = (header ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at !== -1 && pair.slice(0, at).trim() === SESSION_COOKIE
      ? [pair.slice(at + 1).trim()]
      : []
  })
  const [value] = values
  return value !== undefined && values.length === 1 && SECRET.test(value) ? value : null
}

/** `Set-Cookie` of a session that begins, or with an empty secret of one that ends. */
export function sessionCookie(secret: string, maxAgeSec: number): string {
  return `${SESSION_COOKIE}=${secret}; Path=/; Max-Age=${maxAgeSec}; HttpOnly; Secure; SameSite=Strict`
}

/**
 * Refuses what a browser may have been made to send by another site.
 *
 * `Sec-Fetch-Site` cannot be set by a page. Reading may also be asked for by the person himself (`none`: typed, or a
 * bookmark); writing only by our own pages. A browser without it says `Origin` when it writes. (Fetch Metadata, W3C.)
 *
 * @throws ProblemError `forbidden`
 */
export function requireSameSite(request: Request): void {
  const { method, headers } = request
  const reads = method === 'GET' || method === 'HEAD'
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  const own = new URL(request.url).origin
  const isOurs =
    (origin === null || origin === own) &&
    (site === null ? reads || origin === own : site === 'same-origin' || (reads && site === 'none'))
  if (!isOurs)
    throw new ProblemError('forbidden', 'A session may only be used by the dashboard’s own pages.')
}
