/** SHA-256 by the platform, as lower-case hex. */

/** SHA-256 of `input` (a string as UTF-8), 64 lower-case hex digits. */
export async function sha256Hex(input: string | BufferSource): Promise<string> {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
