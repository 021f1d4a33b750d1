/** Randomness from the platform's cryptographic source. The only place that asks it for keys and secrets. */

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length))
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 30 base-62 characters, 178 bits: the secret part of an SDK key or an admin token (SNAPSHOT.md §7). */
export function randomSecret(): string {
  let secret = ''
  while (secret.length < 30) {
    for (const byte of randomBytes(48)) {
      // 248 = 4 × 62: the bytes above would make the first characters likelier.
      if (byte < 248 && secret.length < 30) secret += DIGITS.charAt(byte % 62)
    }
  }
  return secret
}
