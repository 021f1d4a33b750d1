import { describe, expect, test } from 'vitest'
import { fromBase64url, toBase64url } from '../../../worker/crypto/encoding.ts'
import { parseMasterKeys } from '../../../worker/crypto/master-key.ts'
import { UnwrapError, unwrap, wrap } from '../../../worker/crypto/wrap.ts'
import vectors from '../../vectors/wrap.json' with { type: 'json' }

const keys = parseMasterKeys(vectors.masterKey)
const [first] = vectors.accepted

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64url(text)
  if (bytes === null) throw new Error('a vector is not base64url')
  return bytes
}

describe('wrapping under the master key', () => {
  test.each(vectors.accepted)('opens: $note', async ({ wrapped, purpose, name, plaintext }) => {
    expect(toBase64url(await unwrap(wrapped, { purpose, name }, keys))).toBe(plaintext)
  })

  test('writes exactly the framing of the vector, given its nonce', async () => {
    if (first === undefined) throw new Error('there are no vectors')
    const { purpose, name, plaintext, iv, wrapped } = first
    const made = await wrap(bytesOf(plaintext), { purpose, name }, keys, () => bytesOf(iv))
    expect(made).toBe(wrapped)
  })

  test.each(vectors.refused)('refuses: $note', async ({ wrapped, code, purpose, name }) => {
    const label = { purpose: purpose ?? 'signing-key', name: name ?? 'kid-1' }
    const error: unknown = await unwrap(wrapped, label, keys).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(UnwrapError)
    expect(error).toHaveProperty('code', code)
  })

  test('what the old first key wrapped still opens once a new key stands in front', async () => {
    const [old = '', other = ''] = vectors.masterKey.split(',')
    const label = { purpose: 'signing-key', name: 'kid-1' }
    const wrapped = await wrap(
      bytesOf('c2VjcmV0'),
      label,
      parseMasterKeys(old),
      (length) => new Uint8Array(length),
    )
    const rotated = parseMasterKeys(`${other},${old}`)
    expect(toBase64url(await unwrap(wrapped, label, rotated))).toBe('c2VjcmV0')
    await expect(unwrap(wrapped, label, parseMasterKeys(other))).rejects.toHaveProperty(
      'code',
      'unknown_master_key',
    )
  })
})
