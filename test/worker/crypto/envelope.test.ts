import { describe, expect, test } from 'vitest'
import { fromBase64url, toBase64url } from '../../../worker/crypto/encoding.ts'
import {
  openSecret,
  rewrapDataKey,
  type SealedSecret,
  sealSecret,
  useOfSecret,
} from '../../../worker/crypto/envelope.ts'
import { UnwrapError, type WrappingKeys } from '../../../worker/crypto/wrap.ts'
import { randomBytes } from '../../../worker/crypto/random.ts'
import vectors from '../../vectors/envelope.json' with { type: 'json' }

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64url(text)
  if (bytes === null) throw new Error('a vector is not base64url')
  return bytes
}

/** The vectors' keys, `first` in front. */
function keysWith(first: string, ids = Object.keys(vectors.keys)): WrappingKeys {
  const all = Object.entries(vectors.keys).filter(([id]) => ids.includes(id))
  const byId = new Map(all.map(([id, text]) => [id, { id, bytes: bytesOf(text) }]))
  const key = byId.get(first)
  if (key === undefined) throw new Error('no such key')
  return { first: key, byId }
}

const stored = (vector: { keyId: string; wrappedKey: string; sealed: string }): SealedSecret => ({
  keyId: vector.keyId,
  wrappedKey: vector.wrappedKey,
  sealed: bytesOf(vector.sealed),
})

describe('the envelope of a secret', () => {
  test.each(vectors.accepted)('opens: $note', async (vector) => {
    expect(await openSecret(stored(vector), vector, keysWith('pk1'))).toBe(vector.value)
  })

  test.each(vectors.accepted)('is written exactly so: $note', async (vector) => {
    const random = [vector.dataKey, ...vector.ivs].map(bytesOf)
    const made = await sealSecret(vector.value, vector, keysWith(vector.keyId), (length) => {
      const next = random.shift()
      if (next?.length !== length) throw new Error('asked for another number of bytes')
      return next
    })
    expect({ ...made, sealed: toBase64url(made.sealed) }).toEqual({
      keyId: vector.keyId,
      wrappedKey: vector.wrappedKey,
      sealed: vector.sealed,
    })
  })

  test.each(vectors.refused)('refuses: $note', async (vector) => {
    const opening = openSecret(stored(vector), vector, keysWith('pk1'))
    const error: unknown = await opening.catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(UnwrapError)
    expect(error).toHaveProperty('code', vector.code)
    expect(String(error)).not.toContain('hunter2')
  })

  test('a data key moved to a new project key opens the same ciphertext, and no longer needs the old key', async () => {
    const label = { project: 'shop', environment: 'production', name: 'token', version: 1 }
    const before = await sealSecret('value', label, keysWith('pk1'), randomBytes)
    const moved = await rewrapDataKey(before, useOfSecret(label), keysWith('pk2'), randomBytes)
    expect(moved.keyId).toBe('pk2')
    const after = { ...before, ...moved }
    expect(await openSecret(after, label, keysWith('pk2', ['pk2']))).toBe('value')
    await expect(openSecret(before, label, keysWith('pk2', ['pk2']))).rejects.toHaveProperty(
      'code',
      'unknown_master_key',
    )
  })

  test('of 200 ciphertexts none opens in the place of another: 39,800 swaps', async () => {
    const keys = keysWith('pk1')
    const labels = Array.from({ length: 200 }, (_, index) => ({
      project: index % 2 === 0 ? 'shop' : 'blog',
      environment: ['production', 'staging', 'test', 'development'][(index >> 1) % 4] ?? '',
      name: `secret-${(index >> 3) % 5}`,
      version: 1 + Math.floor(index / 40),
    }))
    expect(new Set(labels.map(useOfSecret)).size).toBe(200)
    const sealed = await Promise.all(
      labels.map((label, index) => sealSecret(`value ${index}`, label, keys, randomBytes)),
    )
    let swaps = 0
    const opened: string[] = []
    for (const [from, one] of sealed.entries()) {
      const tries = labels.map(async (label, to) => {
        if (to === from) return
        swaps += 1
        const value = await openSecret(one, label, keys).catch(() => undefined)
        if (value !== undefined) opened.push(`${from} as ${to}`)
        // The ciphertext alone, beside the right data key of the other place.
        const other = sealed[to]
        if (other === undefined) return
        const mixed = { ...other, sealed: one.sealed }
        if ((await openSecret(mixed, label, keys).catch(() => undefined)) !== undefined)
          opened.push(`the ciphertext of ${from} as ${to}`)
      })
      await Promise.all(tries)
    }
    expect(swaps).toBe(39_800)
    expect(opened).toEqual([])
  }, 120_000)
})
