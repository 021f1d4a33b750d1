/** Content that came as a delta (SNAPSHOT.md §3.4): proven, applied, and hashed as a whole before it is kept. Loaded with the first. */
import { canonicalize } from '../core/canonicalize.ts'
import { applyDelta } from '../core/delta.ts'
import { createEvaluator } from '../core/evaluator.ts'
import type { JsonObject } from '../core/json.ts'
import { fits } from '../core/shape.ts'
import { BODY_PARTS, type ManifestClaims, type SnapshotDelta } from '../core/snapshot.ts'
import { verifyBytes } from '../verify.ts'
import { DriftlessError } from './errors.ts'
import { operatorsFor } from './operators.ts'
import { wholeSnapshot, type Snapshot } from './snapshot.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'
import { freeze } from './values.ts'

const NAMES: [string] = ['string']

/** The snapshot that `bytes`, a delta, make of `before`; undefined when they are not one that leads there. Never throws. */
export async function followDelta(
  before: Snapshot,
  manifest: string,
  claims: ManifestClaims,
  bytes: Uint8Array,
): Promise<Snapshot | undefined> {
  const delta = parse(bytes)
  if (
    before.claims.epoch !== claims.epoch ||
    delta?.from !== before.body.revision ||
    delta.to !== claims.revision
  )
    return undefined
  const body = applyDelta(before.body, freeze(delta))
  // What did not change is frozen already, and is not walked again.
  for (const part of BODY_PARTS) Object.freeze(body[part])
  Object.freeze(body)

  // The hash too: secrets sealed anew make another body of the same revision.
  const named = claims.delta?.base === before.claims.sha256 ? claims.delta.sha256 : ''
  let whole: Uint8Array | undefined
  if (await verifyBytes(bytes, { size: bytes.length, sha256: named })) {
    whole = encodeUtf8(canonicalize(body))
    if (await verifyBytes(whole, claims)) return undefined
  }
  const { options } = before
  const operators = options.operators ?? (await operatorsFor(bytes))
  const isMore = operators !== options.operators
  const evaluator = isMore
    ? createEvaluator(body, { ...options, operators })
    : before.evaluator.update(delta)
  return { manifest, claims, bytes: whole, body, evaluator, options: { ...options, operators } }
}

/**
 * `snapshot` with the bytes of its body, if they are what its manifest says; else the one of the whole body, which is asked for.
 * Rejects with a `DriftlessError` when that is not to be had.
 */
export async function prove(
  snapshot: Snapshot,
  readWhole: (claims: ManifestClaims) => Promise<Uint8Array>,
): Promise<Snapshot> {
  const { body, claims, manifest, options } = snapshot
  const bytes = encodeUtf8(canonicalize(body))
  if (!(await verifyBytes(bytes, claims))) return { ...snapshot, bytes }
  const whole = await wholeSnapshot(manifest, claims, await readWhole(claims), options.bucketers)
  if ('ok' in whole) throw new DriftlessError('rejected', whole.message)
  return whole
}

function parse(bytes: Uint8Array): SnapshotDelta | undefined {
  try {
    const delta: unknown = JSON.parse(decodeUtf8(bytes))
    return isDelta(delta) ? delta : undefined
  } catch {
    return undefined
  }
}

const PUT = Object.fromEntries(BODY_PARTS.map((part) => [`${part}?`, 'object']))
const DELETE = Object.fromEntries(BODY_PARTS.map((part) => [`${part}?`, NAMES]))

function isDelta(delta: unknown): delta is JsonObject & SnapshotDelta {
  return fits(delta, { from: 0, to: 0, put: PUT, delete: DELETE })
}
