/**
 * Project Wycheproof's AES-GCM and HKDF-SHA-256 through the very functions that seal secrets. Ours know one size of key, nonce
 * and tag: a vector of others must not open, whatever it is marked.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { IV_BYTES, KEY_BYTES, open, seal, TAG_BYTES } from '../../worker/crypto/aead.ts'
import { hkdf } from '../../worker/crypto/recipient.ts'
import { suite } from '../support/suites.ts'

interface Vector {
  readonly tcId: number
  readonly result: 'valid' | 'invalid' | 'acceptable'
}
interface GcmVector extends Vector {
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
}
interface HkdfVector extends Vector {
  readonly ikm: string
  readonly salt: string
  readonly info: string
  readonly size: number
  readonly okm: string
}

const folder = suite('wycheproof')
const bytes = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (value: Uint8Array | null): string | null =>
  value === null ? null : Buffer.from(value).toString('hex')

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what the file holds
function read<V>(file: string): readonly V[] {
  const parsed = JSON.parse(readFileSync(join(folder ?? '', file), 'utf8')) as {
    testGroups: readonly { tests: readonly V[] }[]
  }
  return parsed.testGroups.flatMap((group) => group.tests)
}

const isOurs = (vector: GcmVector): boolean =>
  vector.key.length === 2 * KEY_BYTES &&
  vector.iv.length === 2 * IV_BYTES &&
  vector.tag.length === 2 * TAG_BYTES

async function opened(vector: GcmVector): Promise<Uint8Array | null> {
  const framed = bytes(vector.iv + vector.ct + vector.tag)
  return open(framed, bytes(vector.aad), bytes(vector.key)).catch((error: unknown) => {
    // A key of another length.
    if (error instanceof TypeError) return null
    throw error
  })
}

describe.skipIf(folder === undefined)('Wycheproof (skipped where the suite is absent)', () => {
  test('AES-GCM: every valid vector of our sizes opens and is sealed alike, nothing else opens', async () => {
    const vectors = read<GcmVector>('aes_gcm_test.json')
    expect(vectors).toHaveLength(316)
    let ours = 0
    for (const vector of vectors) {
      const isGood = vector.result === 'valid' && isOurs(vector)
      const plain = await opened(vector)
      expect({ tcId: vector.tcId, plain: hex(plain) }).toEqual({
        tcId: vector.tcId,
        plain: isGood ? vector.msg : null,
      })
      if (!isGood) continue
      ours += 1
      const [msg, aad, key, iv] = [vector.msg, vector.aad, vector.key, vector.iv].map(bytes)
      if (!msg || !aad || !key || !iv) throw new Error('not reached')
      const sealed = await seal(msg, aad, key, iv)
      expect(hex(sealed)).toBe(vector.iv + vector.ct + vector.tag)
    }
    expect(ours).toBeGreaterThan(30)
  })

  test('HKDF-SHA-256: every valid vector gives its key, every invalid one is refused', async () => {
    const vectors = read<HkdfVector>('hkdf_sha256_test.json')
    expect(vectors).toHaveLength(86)
    for (const { tcId, result, ikm, salt, info, size, okm } of vectors) {
      const made = await hkdf(bytes(ikm), bytes(salt), bytes(info), size).catch(() => null)
      expect({ tcId, okm: hex(made) }).toEqual({ tcId, okm: result === 'valid' ? okm : null })
    }
  })
})
