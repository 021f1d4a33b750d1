/**
 * The snapshot in use, and the only way another takes its place: verified manifest, then verified body. Pure but for what it is
 * given to ask for.
 */
import type { Bucketers } from '../core/bucketer.ts'
import type { Evaluator } from '../core/evaluation.ts'
import { createEvaluator } from '../core/evaluator.ts'
import type { ManifestClaims, SnapshotBody } from '../core/snapshot.ts'
import { verifyBody, verifyManifest, type Refusal, type VerifyPolicy } from '../verify.ts'
import type { KeySet } from './keys.ts'
import { KEYS_MAX_AGE_MS, KEYS_UNKNOWN_AGE_MS } from './limits.ts'
import { operatorsFor } from './operators.ts'
import { freeze } from './values.ts'

/** The same content under another manifest has the same `bytes`, `body` and `evaluator`. */
export interface Snapshot {
  readonly manifest: string
  readonly claims: ManifestClaims
  /** What was hashed. */
  readonly bytes: Uint8Array
  /** Frozen all through. */
  readonly body: SnapshotBody
  readonly evaluator: Evaluator
}

/**
 * The snapshot that takes the place of `before`, or `before` itself, if SNAPSHOT.md §3.1 lets it; else why not. `keysOf` gives
 * keys no older than it is asked for. `readBody` is asked only for content that is not in use already, after the manifest was
 * verified; what it throws is thrown on.
 */
export async function nextSnapshot(
  before: Snapshot | undefined,
  manifest: string,
  policy: VerifyPolicy,
  keysOf: (maxAgeMs: number) => Promise<KeySet>,
  readBody: (claims: ManifestClaims) => Promise<Uint8Array>,
  bucketers?: Bucketers,
): Promise<Snapshot | Refusal> {
  if (manifest === before?.manifest) return before
  let verdict = await verifyManifest(manifest, await keysOf(KEYS_MAX_AGE_MS), policy)
  if (!verdict.ok && verdict.code === 'unknown_key')
    verdict = await verifyManifest(manifest, await keysOf(KEYS_UNKNOWN_AGE_MS), policy)
  if (!verdict.ok) return verdict
  const { claims } = verdict
  // Signed again, nothing else.
  if (before?.claims.sha256 === claims.sha256 && before.claims.revision === claims.revision)
    return { ...before, manifest, claims }
  const bytes = await readBody(claims)
  const result = await verifyBody(bytes, claims)
  if (!result.ok) return result
  const body = freeze(result.body)
  const operators = await operatorsFor(bytes)
  return {
    manifest,
    claims,
    bytes,
    body,
    evaluator: createEvaluator(body, { bucketers, operators }),
  }
}
