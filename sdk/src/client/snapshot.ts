/**
 * The snapshot in use, and the only way another takes its place: verified manifest, then verified body, then one assignment.
 * No clock, network or randomness of its own.
 */
import type { Bucketers } from '../core/bucketer.ts'
import type { Evaluator } from '../core/evaluation.ts'
import { compile } from '../core/index.ts'
import type { ManifestClaims, SnapshotBody } from '../core/snapshot.ts'
import type { Order } from '../core/wire.ts'
import { verifyBody, verifyManifest, type Refusal, type VerifyPolicy } from '../verify.ts'
import type { KeySet } from './keys.ts'

export interface Snapshot {
  readonly manifest: string
  readonly claims: ManifestClaims
  /** What was hashed, when it is wanted again for a cache. */
  readonly bytes: Uint8Array | undefined
  readonly body: SnapshotBody
  readonly evaluator: Evaluator
}

export type Taken =
  /** `before.body` is the same object when the content did not change. */
  | { readonly ok: true; readonly snapshot: Snapshot; readonly before: Snapshot | undefined }
  /** `order`: the manifest was genuine, its body was not to be had. */
  | (Refusal & { readonly order?: Order })

export interface Acceptor {
  readonly snapshot: Snapshot | undefined
  /**
   * Takes a snapshot if SNAPSHOT.md §3.1 lets it. One call at a time. `readBody` is asked only for content that is not in
   * use already, after the manifest was verified; what it throws is thrown on. `moreKeys`: asked when the key is unknown.
   */
  take(
    manifest: string,
    keys: KeySet,
    readBody: (claims: ManifestClaims) => Promise<Uint8Array>,
    options?: { readonly acceptExpired?: boolean; readonly moreKeys?: () => Promise<KeySet> },
  ): Promise<Taken>
}

export function createAcceptor(
  policy: Pick<VerifyPolicy, 'issuer' | 'audience' | 'pins'>,
  now: () => number,
  keepBytes: boolean,
  bucketers?: Bucketers,
): Acceptor {
  let snapshot: Snapshot | undefined
  return {
    get snapshot() {
      return snapshot
    },
    async take(manifest, keys, readBody, options = {}) {
      const before = snapshot
      if (before && before.manifest === manifest) return { ok: true, snapshot: before, before }
      const { moreKeys, acceptExpired = false } = options
      const verify = (trusted: KeySet): ReturnType<typeof verifyManifest> =>
        verifyManifest(manifest, trusted, {
          ...policy,
          acceptExpired,
          nowMs: now(),
          floor: before?.claims,
        })
      let verdict = await verify(keys)
      if (!verdict.ok && verdict.code === 'unknown_key' && moreKeys)
        verdict = await verify(await moreKeys())
      if (!verdict.ok) return verdict
      const { claims } = verdict
      if (
        before &&
        claims.sha256 === before.claims.sha256 &&
        claims.revision === before.claims.revision
      ) {
        // Signed again, nothing else.
        snapshot = { ...before, manifest, claims }
        return { ok: true, snapshot, before }
      }
      const bytes = await readBody(claims)
      const result = await verifyBody(bytes, claims)
      if (!result.ok) return { ...result, order: claims }
      const { body } = result
      snapshot = {
        manifest,
        claims,
        bytes: keepBytes ? bytes : undefined,
        body,
        evaluator: compile(body, bucketers && { bucketers }),
      }
      return { ok: true, snapshot, before }
    },
  }
}
