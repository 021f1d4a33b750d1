/** What every answer says to browsers, whatever it answers: nothing here is to be run, framed, sniffed or remembered. */

/** Of the API. Its answers are never documents; should one be opened as one, it can load and do nothing. */
const API_HEADERS = {
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** The client SDK's routes are read by pages of any origin, which is what the key in them is for. */
const OPEN_HEADERS = { ...API_HEADERS, 'cross-origin-resource-policy': 'cross-origin' } as const

/**
 * Of the dashboard's own pages (trust.md §1.5): scripts, styles and requests from here alone, nothing inline, no frames,
 * and no text becomes markup unless it went through a policy.
 */
const PAGE_HEADERS = {
  ...API_HEADERS,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
} as const

/** The same answer with the headers that were not set already. A WebSocket's handshake is left as it is. */
export function secured(answer: Response): Response {
  if (answer.status === 101) return answer
  const open = answer.headers.has('access-control-allow-origin')
  const page = answer.headers.get('content-type')?.startsWith('text/html') ?? false
  const headers = open ? OPEN_HEADERS : page ? PAGE_HEADERS : API_HEADERS
  const secure = new Response(answer.body, answer)
  for (const [name, value] of Object.entries(headers)) {
    if (!secure.headers.has(name)) secure.headers.set(name, value)
  }
  return secure
}
