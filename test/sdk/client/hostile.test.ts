/**
 * A client fed 100,000 heads, nearly all of them wrong: old, reordered, repeated, cut, with flipped bits, for somebody else,
 * signed by somebody else. It may never apply one that it must refuse, and never go back.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { KeySet } from '../../../sdk/src/client/keys.ts'
import { nextSnapshot, type Snapshot } from '../../../sdk/src/client/snapshot.ts'
import { bodyOf, claimsOf, createSigner, NOW_MS, AUDIENCE, type Signer } from '../verify/signer.ts'
import type { Refusal } from '../../../sdk/src/verify.ts'
import { canonicalize } from '../../../sdk/src/core/canonicalize.ts'
import {
  clientOf,
  createFakeServer,
  settle,
  tidyUp,
  type FakeServer,
  type Head,
} from './fake-server.ts'

const FEEDS = 100_000
const HEADS = 200

beforeEach(() => void vi.useFakeTimers({ now: NOW_MS }))
afterEach(tidyUp)

async function headOf(
  signer: Signer,
  seq: number,
  parts: Parameters<typeof bodyOf>[0] = {},
  claims: Parameters<typeof claimsOf>[1] = {},
): Promise<Head> {
  const body = canonicalize(bodyOf({ revision: seq, configs: { seq }, ...parts }))
  const all = await claimsOf(body, { seq, ...claims })
  return { manifest: await signer.sign(all), claims: all, body }
}

test(`a snapshot never goes back and never takes what is wrong, ${FEEDS} times`, async () => {
  const signer = await createSigner()
  const stranger = await createSigner()
  const keysOf = async (): Promise<KeySet> => ({ keys: [signer.jwk] })
  const random = dice(1)
  const below = (n: number): number => random() % n
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

  // Every seventh position holds content that a later one has again, as after a rollback.
  const good = await Promise.all(
    Array.from({ length: HEADS }, (_, i) =>
      headOf(signer, i + 1, i % 7 === 6 ? { revision: 1, configs: { seq: 1 } } : {}),
    ),
  )
  const foreign: Head[] = []
  for (let i = 0; i < 50; i++) {
    const seq = 1 + below(2 * HEADS)
    foreign.push(
      await headOf(stranger, seq),
      await headOf(signer, seq, { audience: 'client' }, { aud: 'shop/production/client' }),
      await headOf(signer, seq, { environment: 'staging' }, { aud: 'shop/staging/server' }),
      await headOf(signer, seq, { environment: 'staging' }),
      await headOf(signer, seq, {}, { iss: 'someone' }),
      await headOf(signer, seq, {}, { exp: NOW_MS / 1000 - 60 }),
      await headOf(signer, 2_000_000 + seq),
      await headOf(signer, seq, {}, { epoch: 2000 }),
    )
  }
  const flip = (text: string): string => {
    const at = below(text.length)
    return (
      text.slice(0, at) +
      String.fromCharCode(text.charCodeAt(at) ^ (1 << below(7))) +
      text.slice(at + 1)
    )
  }
  const pick = (from: readonly Head[]): Head => from[below(from.length)] ?? expect.fail('no heads')

  const take = (
    before: Snapshot | undefined,
    manifest: string,
    body: string,
  ): ReturnType<typeof nextSnapshot> =>
    nextSnapshot(
      before,
      manifest,
      { issuer: 'driftless', audience: AUDIENCE, nowMs: NOW_MS, floor: before?.claims },
      keysOf,
      async () => ({ bytes: encode(body) }),
      async () => encode(body),
      { id: 'instance' },
    )
  const manifests = new Map(good.map((head) => [head.manifest, head]))
  // Without a floor anything signed is the first; from here on there is one.
  const first = good[0] ?? expect.fail('no heads')
  let now = await take(undefined, first.manifest, first.body)
  if ('ok' in now) expect.fail('refused the first')
  let reached = 1
  let applied = 0
  const refused: Record<string, number> = {}
  for (let i = 0; i < FEEDS; i++) {
    // The newest that exists moves on slowly, so that most of what is genuine is old.
    const newest = Math.min(HEADS, 1 + Math.floor((i * HEADS) / FEEDS))
    const head = pick(good.slice(0, newest))
    let { manifest, body } = head
    switch (below(8)) {
      case 0:
        break
      case 1:
        manifest = flip(manifest)
        break
      case 2:
        body = flip(body)
        break
      case 3:
        body = body.slice(0, below(body.length))
        break
      case 4:
        manifest = manifest.slice(0, below(manifest.length))
        break
      case 5:
        ;({ manifest, body } = pick(foreign))
        break
      case 6:
        body = pick(good).body
        break
      case 7:
        body += ' '
    }
    const next: Snapshot | Refusal = await take(now, manifest, body)
    if ('ok' in next) {
      refused[next.code] = (refused[next.code] ?? 0) + 1
      continue
    }
    now = next
    const genuine = manifests.get(manifest)
    if (!genuine) expect.fail(`applied what was never signed: ${manifest}`)
    if (now.claims.seq < reached) expect.fail(`went back from ${reached} to ${now.claims.seq}`)
    // What is in use is exactly what that manifest named, never a part of it.
    if (canonicalize(now.body) !== genuine.body)
      expect.fail(`seq ${now.claims.seq} with another content`)
    if (now.claims.seq > reached) applied++
    reached = now.claims.seq
  }
  expect(reached).toBeGreaterThan(HEADS - 20)
  expect(applied).toBeGreaterThan(HEADS / 4)
  // Each kind of wrong was met, and met often.
  for (const code of [
    'malformed',
    'unknown_key',
    'signature',
    'issuer',
    'audience',
    'expired',
    'rollback',
    'jump',
    'size',
    'hash',
    'format',
  ])
    expect(refused[code] ?? 0).toBeGreaterThan(20)
})

test('a whole client fed the same over its stream only ever moves forward', async () => {
  const server: FakeServer = await createFakeServer()
  const heads: Head[] = []
  for (let i = 0; i < 50; i++) heads.push(await server.stage({ configs: { i } }))
  server.heads = heads.slice(0, 1)
  const client = clientOf(server)
  await client.ready()
  const revisions: number[] = []
  client.on('changed', ({ revision }) => revisions.push(revision))
  const random = dice(7)
  for (let round = 0; round < 500; round++) {
    const newest = 1 + Math.floor((round * heads.length) / 500)
    const head = heads[random() % newest]
    const [socket] = server.openSockets
    if (!head || !socket) continue
    const kind = random() % 4
    const body =
      kind === 1 ? head.body.slice(1) : kind === 2 ? head.body.replace('"i":', '"j":') : head.body
    const manifest = kind === 3 ? `${head.manifest}A` : head.manifest
    socket.say({ type: 'head', manifest, body })
    if (round % 2 === 0) await client.flush()
  }
  await settle(client)
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
  expect(revisions.length).toBeGreaterThan(10)
  expect(client.getConfig('i')).toBe((client.revision ?? 0) - 1)
})

function dice(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
