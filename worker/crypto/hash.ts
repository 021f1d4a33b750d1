/** SHA-256 as lower-case hex, and comparing without telling where two texts differ. */

/** SHA-256 of `input` (a string as UTF-8), 64 lower-case hex digits. */
export async function sha256Hex(input: string | BufferSource): Promise<string> {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Whether two texts are equal, in a time that depends on their lengths only. For hashes and checksums of secrets. */
export function constantTimeEqual(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++)
    difference |= a.charCodeAt(i) ^ b.charCodeAt(i % (b.length || 1))
  return difference === 0
}
