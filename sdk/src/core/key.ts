/**
 * SDK keys and admin tokens as text (SNAPSHOT.md §7): who a key speaks for, and a typo told without asking anyone.
 * Only the form is judged here; whether a key is valid is the server's to say.
 */
import type { Audience } from './snapshot.ts'

export type ParsedKey =
  | { readonly kind: Audience; readonly project: string; readonly environment: string }
  | { readonly kind: 'admin' }

const KEY_PATTERN =
  /^driftless_(?:(server|client)_([a-z0-9][a-z0-9-]{0,62})_([a-z0-9][a-z0-9-]{0,62})|admin)_[0-9A-Za-z]{36}$/

const CHECKSUM_LENGTH = 6

/** Whom a key speaks for; `undefined` if it is none, or a character of it was mistyped. */
export function parseKey(text: string): ParsedKey | undefined {
  const [key, kind, project, environment] = KEY_PATTERN.exec(text) ?? []
  if (key?.slice(-CHECKSUM_LENGTH) !== checksum(text.slice(0, -CHECKSUM_LENGTH))) return undefined
  return project === undefined || environment === undefined
    ? { kind: 'admin' }
    : { kind: kind === 'client' ? kind : 'server', project, environment }
}

/**
 * Writes a key. `secret`: 30 characters of `[0-9A-Za-z]` from a cryptographic source; project and environment are given for
 * `server` and `client`, and `undefined` for `admin`.
 *
 * @throws TypeError when the parts do not make a key.
 */
export function formatKey(
  kind: ParsedKey['kind'],
  project: string | undefined,
  environment: string | undefined,
  secret: string,
): string {
  const subject = kind === 'admin' ? kind : `${kind}_${project ?? ''}_${environment ?? ''}`
  const text = `driftless_${subject}_${secret}`
  const key = text + checksum(text)
  if (!KEY_PATTERN.test(key))
    throw new TypeError(
      'a key needs project and environment names and a secret of 30 base-62 digits',
    )
  return key
}

/** CRC-32 (ISO-HDLC, as in zip and PNG) of ASCII text, unsigned. Bitwise: a key is under 200 characters, a table would be longer. */
export function crc32(text: string): number {
  let crc = -1
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320)
  }
  return ~crc >>> 0
}

/** Six base-62 digits, 0-9A-Za-z. */
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  while (digits.length < CHECKSUM_LENGTH) {
    const digit = rest % 62
    digits = String.fromCharCode(digit + (digit < 10 ? 48 : digit < 36 ? 55 : 61)) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}
