/** 100,000 alterations of one valid manifest: none may be accepted, and none may make the verifier throw. */
import { expect, test } from 'vitest'
import { verifyManifest } from '../../../sdk/src/verify.ts'
import { claimsOf, createSigner, NOW_MS, textOf, AUDIENCE } from './signer.ts'

const MUTANTS = 100_000

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const FOREIGN = [
  '=',
  '==',
  ' ',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '.',
  '..',
  '+',
  '/',
  '%3D',
  'é',
  '．',
  '\u200B',
  '\uFEFF',
  '😀',
  '\uD800',
  '﹍',
  'Ａ',
]

test(`none of ${MUTANTS} mutants of a valid manifest is accepted`, async () => {
  const signer = await createSigner()
  const manifest = await signer.sign(await claimsOf(textOf()))
  const keys = { keys: [signer.jwk] }
  const policy = { issuer: 'driftless', audience: AUDIENCE, nowMs: NOW_MS }
  expect((await verifyManifest(manifest, keys, policy)).ok).toBe(true)

  const codes: Record<string, number> = {}
  let count = 0
  let batch: Promise<void>[] = []
  const judge = async (mutant: string): Promise<void> => {
    const verdict = await verifyManifest(mutant, keys, policy)
    if (verdict.ok) expect.fail(`accepted: ${JSON.stringify(mutant)}`)
    codes[verdict.code] = (codes[verdict.code] ?? 0) + 1
  }
  for (const mutant of mutantsOf(manifest)) {
    if (mutant === manifest) continue
    if (++count > MUTANTS) break
    batch.push(judge(mutant))
    if (batch.length < 200) continue
    await Promise.all(batch)
    batch = []
  }
  await Promise.all(batch)
  expect(count).toBeGreaterThanOrEqual(MUTANTS)
  // The alterations reach every layer: the form, the header, and the signature itself.
  expect(codes['malformed']).toBeGreaterThan(MUTANTS / 100)
  expect(codes['signature']).toBeGreaterThan(MUTANTS / 100)
})

/** Single alterations at every position, all kinds mixed, then random ones of two to five places, without end. */
function* mutantsOf(text: string): Generator<string> {
  const random = dice(20_261_101)
  const pick = (from: readonly string[] | string): string => from[random() % from.length] ?? ''
  const replace = (at: number, length: number, by: string): string =>
    text.slice(0, at) + by + text.slice(at + length)

  // What decoders are known to forgive comes first, so that a smaller count still has it.
  for (const foreign of FOREIGN) {
    yield foreign + text
    yield text + foreign
    for (let at = text.indexOf('.'); at !== -1; at = text.indexOf('.', at + 1)) {
      yield replace(at, 0, foreign)
      yield replace(at + 1, 0, foreign)
      yield replace(at, 1, foreign)
    }
  }
  // Every other last character of every part: up to 15 of them are aliases to a lax decoder.
  const ends = [text.indexOf('.') - 1, text.lastIndexOf('.') - 1, text.length - 1]
  for (const at of ends) for (const other of ALPHABET) yield replace(at, 1, other)
  for (let at = 0; at <= text.length; at++) {
    yield text.slice(0, at)
    yield text.slice(at)
    yield replace(at, 1, '')
    yield replace(at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << (at % 7))))
    yield replace(at, 1, pick(ALPHABET))
    yield replace(at, 1, pick(ALPHABET))
    yield replace(at, 0, pick(ALPHABET))
    yield replace(at, 0, pick(FOREIGN))
    yield replace(at, 1, pick(FOREIGN))
    yield replace(at, 2, (text[at + 1] ?? '') + (text[at] ?? ''))
    yield replace(at, 1, (text[at] ?? '').toUpperCase())
    yield replace(at, 1, (text[at] ?? '').toLowerCase())
    yield replace(at, 1, `%${text.charCodeAt(at).toString(16)}`)
  }
  for (let at = 0; at < text.length; at++) for (const other of ALPHABET) yield replace(at, 1, other)
  const [header = '', payload = '', signature = ''] = text.split('.')
  for (const parts of [
    [payload, header, signature],
    [header, signature, payload],
    [header, header, signature],
    [header, payload, payload],
  ])
    yield parts.join('.')
  for (;;) {
    let mutant = text
    for (let times = 2 + (random() % 4); times > 0; times--) {
      const at = random() % mutant.length
      const by = random() % 20 === 0 ? pick(FOREIGN) : pick(ALPHABET)
      mutant = mutant.slice(0, at) + by + mutant.slice(at + (random() % 8 === 0 ? 0 : 1))
    }
    yield mutant
  }
}

/** The same dice every time (xorshift32), so that a failure can be repeated. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
