/** GrowthBook's encrypted payloads: AES-128-CBC, `<base64 of the initialisation vector>.<base64 of the text>`. */

/**
 * The text of `encrypted`; null for whatever cannot be decrypted: another key, another form. There is no authentication
 * in this format, so a text altered by someone may come out as another text.
 *
 * @param key 16 bytes in base64.
 */
export async function decryptGrowthBook(encrypted: string, key: string): Promise<string | null> {
  const [vector, text] = encrypted.split('.')
  if (vector === undefined || text === undefined) return null
  try {
    const { subtle } = crypto
    const imported = await subtle.importKey('raw', bytesOf(key), 'AES-CBC', false, ['decrypt'])
    const algorithm = { name: 'AES-CBC', iv: bytesOf(vector) }
    return new TextDecoder().decode(await subtle.decrypt(algorithm, imported, bytesOf(text)))
  } catch {
    return null
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
}
