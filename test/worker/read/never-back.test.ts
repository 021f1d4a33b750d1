/**
 * 100,000 reads by SDKs that move between isolates, over a KV that gives any of the values of the last two minutes, none at
 * all, or fails: whatever the read path answers, no SDK ever goes back.
 */
import { expect, test } from 'vitest'
import { canonicalize, formatAudience, type SnapshotBody } from '#core'
import { nextSnapshot, type Snapshot } from '../../../sdk/src/client/snapshot.ts'
import type { Head } from '../../../worker/objects/project/interface.ts'
import { createHeads } from '../../../worker/read/heads.ts'
import { createKvStore } from '../../../worker/read/kv-store.ts'
import { bodyOf, claimsOf, createSigner, NOW_MS } from '../../sdk/verify/signer.ts'
import { SHOP } from '../support/published.ts'
import { createDice } from '../../support/random.ts'

const READS = 100_000
const HEADS = 300
const ISOLATES = 8
const SDKS = 40
const STEP_MS = 5

test(`no SDK goes back in ${READS} reads through a KV that does`, async () => {
  const signer = await createSigner()
  const { below, chance } = createDice(11)
  const aud = formatAudience(SHOP)
  const bodies = new Map<string, Uint8Array<ArrayBuffer>>()
  const heads: Head[] = []
  for (let seq = 1; seq <= HEADS; seq++) {
    // Every ninth goes back to older content, as a rollback does: under a newer position.
    const revision = seq % 9 === 0 ? seq - 3 : seq
    const body: SnapshotBody = bodyOf({ revision, configs: { revision } })
    const text = canonicalize(body)
    const claims = await claimsOf(text, { seq, revision })
    const manifest = await signer.sign(claims)
    heads.push({ epoch: 1, seq, manifest, revision, sha256: claims.sha256, size: claims.size })
    bodies.set(claims.sha256, Uint8Array.from(new TextEncoder().encode(text)))
  }
  let nowMs = 0
  const EVERY_MS = (READS * STEP_MS) / HEADS
  const newest = (): number => Math.min(HEADS - 1, Math.floor(nowMs / EVERY_MS))

  const kv = {
    async get() {
      if (chance(0.02)) throw new Error('KV is down')
      if (chance(0.03)) return null
      // Up to two minutes old, and another age at every read.
      const oldest = Math.max(0, newest() - Math.ceil(120_000 / EVERY_MS))
      return heads[oldest + below(newest() - oldest + 1)]?.manifest ?? null
    },
  }
  const isolates = Array.from({ length: ISOLATES }, () =>
    createHeads(
      createKvStore({
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the read path only gets texts of heads here
        kv: kv as unknown as KVNamespace,
        project: () => ({
          findKey: async () => null,
          async head() {
            if (chance(0.3)) throw new Error('the project is down')
            return heads[newest()] ?? null
          },
          body: async () => null,
        }),
        directory: () => ({ jwks: async () => ({ keys: [] }) }),
      }),
    ),
  )
  const keysOf = async () => ({ keys: [signer.jwk] })
  const sdks: (Snapshot | undefined)[] = Array.from({ length: SDKS }, () => undefined)
  let moved = 0
  let refused = 0
  for (let read = 0; read < READS; read++) {
    nowMs += STEP_MS
    const isolate = isolates[below(ISOLATES)]
    const index = below(SDKS)
    const before = sdks[index]
    const floor = before?.claims
    // A stream has told some of a newer position than the isolate knows.
    const min = chance(0.1) ? heads[newest()] : undefined
    let head: Head | null | undefined
    try {
      head = await (min
        ? isolate?.atLeast(aud, min, nowMs, () => {})
        : isolate?.get(aud, nowMs, () => {}))
    } catch {
      continue
    }
    if (!head) continue
    const { sha256 } = head
    const whole = async () => bodies.get(sha256) ?? new Uint8Array()
    const policy = { issuer: 'driftless', audience: aud, nowMs: NOW_MS, floor }
    const next = await nextSnapshot(
      before,
      head.manifest,
      policy,
      keysOf,
      async () => ({ bytes: await whole() }),
      whole,
      { id: 'instance' },
    )
    if ('ok' in next) {
      expect(next.code).toBe('rollback')
      refused++
      continue
    }
    if (before && next.claims.seq < before.claims.seq) {
      expect.fail(`back from ${before.claims.seq} to ${next.claims.seq}`)
    }
    if (next !== before) moved++
    sdks[index] = next
  }
  // The simulator was hostile enough for this to mean something.
  expect([moved > 2_000, refused > 2_000]).toEqual([true, true])
}, 120_000)
