/**
 * The snapshot in use, and the only way another takes its place: verified manifest, then verified body. Pure but for what it is
 * given to ask for.
 */
import type { Bucketers } from '../core/bucketer.ts'
import type { CompileOptions } from '../core/conditions.ts'
import type { Evaluator } from '../core/evaluation.ts'
import { createEvaluator } from '../core/evaluator.ts'
import type { ManifestClaims, SnapshotBody } from '../core/snapshot.ts'
import { verifyBody, verifyManifest, type Refusal, type VerifyPolicy } from '../verify.ts'
import type { KeySet } from './keys.ts'
import { KEYS_MAX_AGE_MS, KEYS_UNKNOWN_AGE_MS } from './limits.ts'
import { operatorsFor } from './operators.ts'
import { freeze } from './values.ts'

/** Claims with the content that was taken: where it is a candidate's, `signed` is the hash that stood there. */
export type TakenClaims = ManifestClaims & { readonly signed?: string }

/** The same content under another manifest has the same `bytes`, `body` and `evaluator`. */
export interface Snapshot {
  readonly manifest: string
  readonly claims: TakenClaims
  /** A candidate of the same manifest that was to be taken and could not be. */
  readonly refused?: Omit<Refusal, 'ok'> & { readonly revision: number }
  /** What was hashed; undefined when the content came by a delta and nobody has asked for the whole since. */
  readonly bytes: Uint8Array | undefined
  /** Frozen all through. */
  readonly body: SnapshotBody
  readonly evaluator: Evaluator
  /** What `evaluator` was made with. */
  readonly options: CompileOptions
}

/** Who decides about candidates (SNAPSHOT.md §3.5). */
export interface Instance {
  readonly id: string
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** As the server told it first (§4.3). */
  place?: string | null | undefined
}

/** A body's bytes, or those of a delta from the one in use. */
export interface Content {
  readonly bytes: Uint8Array
  readonly isDelta?: boolean
}

/** Asked only for content that is not in use already, after its manifest was verified; what it throws is thrown on. */
export type ReadContent = (claims: TakenClaims) => Promise<Content>

/**
 * The snapshot that takes the place of `before`, or `before` itself, if SNAPSHOT.md §3.1 lets it; else why not. `keysOf` gives
 * keys no older than it is asked for. `instance` decides about candidates. `readWhole` gives the body, for when `readContent` gives a delta that leads nowhere.
 */
export async function nextSnapshot(
  before: Snapshot | undefined,
  manifest: string,
  policy: VerifyPolicy,
  keysOf: (maxAgeMs: number) => Promise<KeySet>,
  readContent: ReadContent,
  readWhole: (claims: ManifestClaims) => Promise<Uint8Array>,
  instance: Instance,
  bucketers?: Bucketers,
): Promise<Snapshot | Refusal> {
  if (manifest === before?.manifest) return before
  let verdict = await verifyManifest(manifest, await keysOf(KEYS_MAX_AGE_MS), policy)
  if (!verdict.ok && verdict.code === 'unknown_key')
    verdict = await verifyManifest(manifest, await keysOf(KEYS_UNKNOWN_AGE_MS), policy)
  if (!verdict.ok) return verdict
  const { claims: signed } = verdict
  const takeOne = async (claims: TakenClaims): Promise<Snapshot | Refusal> => {
    // Signed again, nothing else.
    if (before?.claims.sha256 === claims.sha256 && before.claims.revision === claims.revision)
      return { ...before, manifest, claims }
    const { bytes, isDelta } = await readContent(claims)
    if (!isDelta) return wholeSnapshot(manifest, claims, bytes, bucketers)
    const deltas = await loaded(import('./delta.ts'))
    return (
      (before && (await deltas?.followDelta(before, manifest, claims, bytes))) ??
      wholeSnapshot(manifest, claims, await readWhole(claims), bucketers)
    )
  }
  if (!signed.candidate) return takeOne(signed)
  const staging = await loaded(import('./candidate.ts'))
  return staging
    ? staging.takeStaged(signed, instance, policy.acceptExpired, before, takeOne)
    : takeOne(signed)
}

/** Undefined for a part of the client that cannot be had: then the plain way is taken, by whole bodies of stable content. */
function loaded<T>(part: Promise<T>): Promise<T | undefined> {
  return part.catch(() => undefined)
}

/** The snapshot of a verified manifest and a body that is yet to be. */
export async function wholeSnapshot(
  manifest: string,
  claims: TakenClaims,
  bytes: Uint8Array,
  bucketers?: Bucketers,
): Promise<Snapshot | Refusal> {
  const result = await verifyBody(bytes, claims)
  if (!result.ok) return result
  const body = freeze(result.body)
  const options = { bucketers, operators: await operatorsFor(bytes) }
  return { manifest, claims, bytes, body, evaluator: createEvaluator(body, options), options }
}
