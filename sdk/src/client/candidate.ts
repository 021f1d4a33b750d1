/**
 * Which of the two contents of a staged release this instance takes (SNAPSHOT.md §3.5), and what when the candidate cannot be
 * taken. Loaded when a manifest names a candidate.
 */
import { bucketOf, isInShare } from '../core/bucket.ts'
import type { ManifestClaims, Ring } from '../core/snapshot.ts'
import type { Refusal } from '../verify.ts'
import { DriftlessError } from './errors.ts'
import { labelsOf } from './place.ts'
import type { Instance, Snapshot, TakenClaims } from './snapshot.ts'

/**
 * The snapshot of the content that is this instance's, or of the stable one when the candidate was refused; then `refused` says
 * why. `isRecord`: the content is there already, and either of the two.
 */
export async function takeStaged(
  signed: ManifestClaims,
  instance: Instance,
  isRecord: boolean | undefined,
  before: Snapshot | undefined,
  takeOne: (claims: TakenClaims) => Promise<Snapshot | Refusal>,
): Promise<Snapshot | Refusal> {
  const { candidate } = signed
  if (!candidate) return takeOne(signed)
  const { revision, sha256, size } = candidate
  const { delta: _, ...others } = signed
  const staged: TakenClaims = { ...others, revision, sha256, size, signed: signed.sha256 }
  const isOurs =
    isInShare(bucketOf(instance.id, candidate.seed), candidate.share) ||
    candidate.rings?.some((ring) => isInRing(labelsOf(instance), ring))
  if (isRecord) {
    const taken = await takeOne(signed)
    return 'ok' in taken ? takeOne(staged) : taken
  }
  if (!isOurs) return takeOne(signed)
  let refused: Snapshot['refused']
  try {
    const taken = await takeOne(staged)
    if (!('ok' in taken)) return taken
    refused = { code: taken.code, message: taken.message, revision }
  } catch (caught) {
    // What is served goes on being served until the candidate can be had.
    if (before && caught instanceof DriftlessError && caught.code === 'network') throw caught
  }
  const stable = await takeOne(signed)
  return 'ok' in stable || !refused ? stable : { ...stable, refused }
}

function isInRing(labels: Readonly<Record<string, string>>, ring: Ring): boolean {
  const named = Object.entries(ring)
  return (
    named.length > 0 &&
    named.every(([name, values]) => {
      const own = Object.hasOwn(labels, name) ? labels[name] : undefined
      // Genuine, but perhaps of a newer writer: what cannot be read has nobody in it.
      return own !== undefined && Array.isArray(values) && values.includes(own)
    })
  )
}
