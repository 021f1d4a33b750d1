/**
 * AES-256-GCM as everything stored here is sealed with it: 12 bytes of nonce, the ciphertext, 16 bytes of tag, in this
 * order. Other lengths of key, nonce or tag are not read. Wycheproof: test/conformance/wycheproof-envelope.test.ts.
 */

export const KEY_BYTES = 32
export const IV_BYTES = 12
export const TAG_BYTES = 16

/** nonce ‖ ciphertext ‖ tag. `iv`: 12 bytes, never twice under one key. Throws a TypeError for a key that has not 32 bytes. */
export async function seal(
  plaintext: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  key: Uint8Array<ArrayBuffer>,
  iv: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await importKey(key, 'encrypt')
  const sealed = await crypto.subtle.encrypt(parameters(iv, additionalData), imported, plaintext)
  const framed = new Uint8Array(IV_BYTES + sealed.byteLength)
  framed.set(iv)
  framed.set(new Uint8Array(sealed), IV_BYTES)
  return framed
}

/** What `seal` was given; null when it is too short, altered, or meant for other additional data or another key. */
export async function open(
  framed: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  key: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (framed.length < IV_BYTES + TAG_BYTES) return null
  const imported = await importKey(key, 'decrypt')
  const algorithm = parameters(framed.subarray(0, IV_BYTES), additionalData)
  try {
    const opened = await crypto.subtle.decrypt(algorithm, imported, framed.subarray(IV_BYTES))
    return new Uint8Array(opened)
  } catch {
    return null
  }
}

function importKey(bytes: Uint8Array<ArrayBuffer>, usage: 'encrypt' | 'decrypt') {
  if (bytes.length !== KEY_BYTES) throw new TypeError(`an AES-256 key has ${KEY_BYTES} bytes`)
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, [usage])
}

function parameters(iv: Uint8Array<ArrayBuffer>, additionalData: Uint8Array<ArrayBuffer>) {
  return { name: 'AES-GCM', iv, additionalData, tagLength: TAG_BYTES * 8 }
}
