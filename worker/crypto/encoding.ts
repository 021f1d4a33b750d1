/** Texts as bytes and back. base64url without padding (RFC 4648 §5), strict on the way in: one text per value. */

/** `bytes` as base64url without padding. */
export function toBase64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The bytes of `text`, or null when it is not base64url, has padding, or is not the shortest writing of its bytes. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  // Unused bits of the last character are not ours to ignore: two texts would stand for one value.
  return toBase64url(bytes) === text ? bytes : null
}

/** UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  // The encoder's own type leaves open whether the bytes are shared.
  return new Uint8Array(new TextEncoder().encode(text))
}
