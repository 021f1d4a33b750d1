/**
 * Project Wycheproof's vectors for JSON Web Signature against the signature level of our verifier. A manifest needs more (a type,
 * claims), which these tokens do not have, so what is asked here is what verifyManifest asks below that: the compact form, the
 * header without `typ`, and the signature by each key of the vector's group.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PublicJwk } from '../../sdk/src/core/index.ts'
import { headerFault, importKey, openCompact, verifySignature } from '../../sdk/src/jws.ts'

const SUITES =
  process.env['DRIFTLESS_SUITES'] ?? join(import.meta.dirname, '../../../shared/suites')
const FILE = join(SUITES, 'wycheproof/json_web_signature_test.json')

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly jws: unknown
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

interface Group {
  readonly comment: string
  readonly public?: PublicJwk & { readonly keys?: readonly PublicJwk[] }
  readonly private: PublicJwk & { readonly keys?: readonly PublicJwk[] }
  readonly tests: readonly Vector[]
}

/**
 * Defects of the vectors, as SOURCE.md says: 367 and 370 are marked invalid for a padding their text does not have, and are
 * the same text as the valid 357. They are HS256, so we refuse them like every HS256 token; the list is for whoever adds an
 * algorithm.
 */
const DEFECTIVE = [367, 370]

/** Valid vectors that are ES256 by a P-256 key: the only ones a verifier of one algorithm can accept. */
const ES256_VALID = [18, 378]

async function isAccepted(vector: Vector, group: Group): Promise<boolean> {
  // Vectors of the JSON serialisation are objects in some groups; a verifier only ever gets texts.
  const text = typeof vector.jws === 'string' ? vector.jws : JSON.stringify(vector.jws)
  const jws = openCompact(text, 16_384)
  if (!jws || headerFault(jws, undefined) !== undefined) return false
  const keys = group.public ?? group.private
  for (const jwk of keys.keys ?? [keys]) {
    const key = await importKey(jwk).catch(() => undefined)
    if (key && (await verifySignature(jws, key))) return true
  }
  return false
}

describe.skipIf(!existsSync(FILE))('Wycheproof JWS (skipped without the suites)', () => {
  const groups: readonly Group[] = existsSync(FILE)
    ? JSON.parse(readFileSync(FILE, 'utf8')).testGroups
    : []
  const vectors = groups.flatMap((group) => group.tests.map((vector) => ({ group, vector })))

  test('no vector marked invalid is accepted', async () => {
    const invalid = vectors.filter(({ vector }) => vector.result !== 'valid')
    const accepted: number[] = []
    for (const { group, vector } of invalid)
      if (await isAccepted(vector, group)) accepted.push(vector.tcId)
    expect(accepted.filter((id) => !DEFECTIVE.includes(id))).toEqual([])
    expect(invalid.length).toBeGreaterThan(300)
  })

  test('of the valid ones exactly those of ES256 are accepted', async () => {
    const accepted: number[] = []
    for (const { group, vector } of vectors)
      if (vector.result === 'valid' && (await isAccepted(vector, group))) accepted.push(vector.tcId)
    expect(accepted).toEqual(ES256_VALID)
  })
})
