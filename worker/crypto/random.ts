/** Randomness from the platform's cryptographic source. The only place that asks it for keys and secrets. */

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length))
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 30 base-62 characters, 178 bits: the secret part of an SDK key or an admin token (SNAPSHOT.md §7). */
export function randomSecret(): string {
  return randomText(30, DIGITS)
}

/** `length` characters, each of the 2 to 256 of `alphabet` as likely as another. */
export function randomText(length: number, alphabet: string): string {
  // The bytes above would make the first characters likelier.
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(64)) {
      if (byte < limit && text.length < length) text += alphabet.charAt(byte % alphabet.length)
    }
  }
  return text
}
