/** `If-None-Match` (RFC 9110 §13.1.2). */

/** Whether `header` names `etag` (a strong tag, quotes included): alone, in a list, weak, or as `*`. */
export function matchesTag(header: string | null, etag: string): boolean {
  if (header === null) return false
  // What readers send, nearly always.
  if (header === etag) return true
  if (header.trim() === '*') return true
  // Our tags hold no comma and no quote inside. The comparison is the weak one: a proxy that compresses weakens our tag.
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}
