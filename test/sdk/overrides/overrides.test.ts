/** What is an override file and what is none: the vectors, each of which another reader should pass too. */
import { describe, expect, test } from 'vitest'
import { type OverrideKey, verifyOverride } from '../../../sdk/src/overrides.ts'
import vectors from '../../vectors/override.json' with { type: 'json' }

const { policy, accepted, refused } = vectors
const key: OverrideKey = { ...vectors.key, kty: 'EC', crv: 'P-256' }

const read = (jws: string, more: object, keys = [key]) =>
  verifyOverride(jws, keys, { ...policy, ...more })

describe('an override file', () => {
  test.each(accepted)('is accepted: $note', async (vector) => {
    expect(await read(vector.jws, vector.policy)).toMatchObject({ ok: true })
  })

  test.each(refused)('is refused: $note', async (vector) => {
    expect(await read(vector.jws, vector.policy)).toMatchObject({ ok: false, code: vector.code })
  })

  test('is read with any of several keys, and with none of none', async () => {
    const [{ jws } = { jws: '' }] = accepted
    const broken: OverrideKey = { kty: 'EC', crv: 'P-256', x: '!', y: '' }
    expect(await read(jws, {}, [broken, key])).toMatchObject({ ok: true })
    expect(await read(jws, {}, [])).toMatchObject({ code: 'unknown_key' })
    expect(await read(jws, {}, [broken])).toMatchObject({ code: 'unknown_key' })
  })

  test('with one character changed anywhere is none', async () => {
    const [{ jws } = { jws: '' }] = accepted
    for (let at = 0; at < jws.length; at++) {
      const other = jws[at] === 'A' ? 'B' : 'A'
      const mutant = jws.slice(0, at) + other + jws.slice(at + 1)
      expect((await read(mutant, {})).ok, `at ${at}`).toBe(false)
    }
  })

  test('is nothing else than text', async () => {
    for (const value of [undefined, null, 3, {}, []]) {
      // @ts-expect-error -- from JavaScript
      expect(await read(value, {})).toMatchObject({ code: 'malformed' })
    }
  })

  test('that is refused says what was found, and nothing of what it holds', async () => {
    const verdict = await read(refused.find(({ code }) => code === 'audience')?.jws ?? '', {})
    expect(verdict).toMatchObject({
      message: 'audience: shop/staging, expected shop/production',
    })
    expect(JSON.stringify(verdict)).not.toMatch(/checkout/)
  })
})
