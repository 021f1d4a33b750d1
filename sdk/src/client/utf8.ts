export function encodeUtf8(text?: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Of bytes that were verified, or are JSON: what is no UTF-8 is replaced. */
export function decodeUtf8(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes)
}
