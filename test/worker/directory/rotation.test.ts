/**
 * A hundred readers while the signing key is replaced every two seconds for a minute, and one is revoked then: the
 * directory as it is, readers by the SDK's own rules, and between them a cache of the key set as old as it may be. The
 * clock is an argument.
 */
import { env } from 'cloudflare:workers'
import { reset, runInDurableObject } from 'cloudflare:test'
import { beforeEach, expect, test } from 'vitest'
import { canonicalize, type ManifestClaims } from '#core'
import { createKeyRing } from '../../../sdk/src/client/keys.ts'
import { nextSnapshot, type Snapshot } from '../../../sdk/src/client/snapshot.ts'
import { parseMasterKeys } from '../../../worker/crypto/master-key.ts'
import { createSigner } from '../../../worker/crypto/signing.ts'
import type { DirectoryObject } from '../../../worker/objects/directory/directory-object.ts'
import { digest } from '../../../worker/objects/sha256.ts'
import { caller, directory, must } from '../support/objects.ts'

const READERS = 100
const STEP_MS = 2_000
/** STORAGE.md §6: how old the key set may be that the Worker answers. */
const CACHED_MS = 60_000
const AUDIENCE = 'shop/production/server'

let nowMs = 0

beforeEach(async () => {
  await reset()
  nowMs = Date.now()
  await runInDurableObject<DirectoryObject, void>(
    env.DIRECTORY.getByName('directory'),
    (object) => {
      object.nowMs = () => nowMs
    },
  )
})

const body = canonicalize({
  format: 1,
  project: 'shop',
  environment: 'production',
  audience: 'server',
  revision: 1,
  configs: {},
  flags: {},
  segments: {},
  secrets: {},
})

/** What the publisher signs with what the directory says signs now. */
async function manifest(seq: number): Promise<string> {
  const iat = Math.floor(nowMs / 1000)
  const { sha256, size } = digest(body)
  const claims = { iss: 'driftless', aud: AUDIENCE, iat, exp: iat + 86_400, epoch: 1, seq }
  const signer = createSigner({
    masterKeys: parseMasterKeys(env.MASTER_KEY),
    currentKey: () => directory().signingKey(),
    nowMs: () => nowMs,
  })
  return signer.sign({ ...claims, revision: 1, sha256, size })
}

/** The Worker's answer: as old as it may be. */
function createKeySetCache() {
  let held: { readonly text: string; readonly atMs: number } | undefined
  return async (): Promise<string> => {
    if (held === undefined || nowMs - held.atMs >= CACHED_MS) {
      held = { text: JSON.stringify(await directory().jwks()), atMs: nowMs }
    }
    return held.text
  }
}

function createReader(read: () => Promise<string>) {
  const ring = createKeyRing(
    read,
    () => nowMs,
    (error) => expect(error).toBeUndefined(),
  )
  let snapshot: Snapshot | undefined
  const bytes = new TextEncoder().encode(body)
  /** Null: accepted. */
  return async (text: string): Promise<string | null> => {
    const floor: ManifestClaims | undefined = snapshot?.claims
    const policy = { issuer: 'driftless', audience: AUDIENCE, nowMs, floor }
    const content = async () => ({ bytes, isDelta: false })
    const next = await nextSnapshot(snapshot, text, policy, ring.of, content, async () => bytes, {
      id: 'i',
    })
    if ('ok' in next) return next.code
    snapshot = next
    return null
  }
}

test('no valid snapshot is refused, and none is accepted once its key was revoked and caches have gone', async () => {
  await directory().signingKey()
  const read = createKeySetCache()
  const readers = Array.from({ length: READERS }, () => createReader(read))
  const refused: string[] = []
  let seq = 0
  const offer = async (text: string, some = readers) => {
    for (const reader of some) {
      const code = await reader(text)
      if (code !== null) refused.push(`${seq}: ${code}`)
    }
  }
  await offer(await manifest(++seq))
  const kids = new Set<string>()
  // A minute of rotations, and as long again as the last of them takes to come into use.
  for (let step = 0; step < 100; step += 1) {
    nowMs += STEP_MS
    if (step < 30) must(await directory().rotateSigningKey('drill', caller))
    kids.add((await directory().signingKey()).kid)
    // Each reader hears of a tenth of the heads, at other times than its neighbours.
    const text = await manifest(++seq)
    await offer(
      text,
      readers.filter((_, index) => index % 10 === step % 10),
    )
  }
  expect(kids.size).toBe(31)
  expect(refused).toEqual([])

  const leaked = await manifest(++seq)
  const { kid } = await directory().signingKey()
  must(await directory().revokeSigningKey(kid, 'leaked', caller))
  // What the thief signs later is newer than all they have.
  seq += 1
  const valid = await manifest(++seq)
  nowMs += 3_600_000 + CACHED_MS
  const answers: (string | null)[] = []
  for (const reader of readers) answers.push(await reader(leaked))
  expect(new Set(answers)).toEqual(new Set(['unknown_key']))
  await offer(valid)
  expect(refused).toEqual([])
}, 120_000)
