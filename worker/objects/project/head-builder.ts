/** From committed items to a signed head in storage: the part of publishing that must come before anyone is told. */
import { formatAudience } from '#core'
import { itemsOver } from '../../domain/items.ts'
import { buildSnapshot } from '../../domain/snapshot.ts'
import { digestNatively } from '../sha256.ts'
import { getText, putBlob, releaseBlobs } from './blobs.ts'
import { buildDelta, keepDelta } from './deltas.ts'
import { ensureSeals, recipientsHash, sealedSecrets } from './seals.ts'
import { isSamePlan, readPlan, type ReleasePlan } from './deployment-rows.ts'
import { readHead, readOutbox, requestBuild, setBuilt, setEffects, writeHead } from './outbox.ts'
import { readProject } from './project-row.ts'
import type { ManifestClaims } from '#core'
import type { BuiltSnapshot, ExternalText } from '../../domain/snapshot.ts'
import type { BuiltDelta } from './deltas.ts'
import type { Failpoint } from './failpoint.ts'
import type { HeadRow, Target } from './outbox.ts'
import type { Damaged } from './seals.ts'
import type { ProjectKeys } from './project-keys.ts'
import type { ProjectRow } from './project-row.ts'
import type { ItemStore } from './store.ts'

/** A manifest is signed anew after this long; readers refuse one as new after a day (SNAPSHOT.md §3). */
export const RESIGN_AFTER_MS = 6 * 60 * 60 * 1000
const VALID_FOR_SEC = 24 * 60 * 60

export interface Signer {
  /** The manifest in JWS compact form. */
  sign(claims: ManifestClaims): Promise<string>
}

export interface BuildPorts {
  readonly storage: DurableObjectStorage
  readonly store: ItemStore
  readonly signer: Signer
  /** Open the secrets that a snapshot carries sealed. */
  readonly keys: ProjectKeys
  readonly issuer: string
  readonly nowMs: () => number
  readonly failpoint: Failpoint
}

/**
 * Builds until the target's head shows the newest revision. Several commits make one head. A body that did not change
 * makes none, unless its manifest has to be signed anew. One call at a time for a target.
 */
export async function buildHead(ports: BuildPorts, target: Target): Promise<void> {
  const { sql } = ports.storage
  const damaged: Damaged = new Set()
  for (;;) {
    const project = readProject(sql)
    const row = readOutbox(sql, target)
    if (project === undefined || row === undefined || row.built === 1) return
    const items = itemsOver(ports.store.current(project.revision))
    if (project.deletedAtMs !== null || items.environment(target.environment) === undefined) {
      // Retracted by the commit that took it away.
      setBuilt(sql, target, row.revision)
      return
    }
    const secrets = sealedSecrets(sql, items, target, ports.nowMs(), damaged)
    if (secrets === undefined) {
      await ensureSeals(ports, project.name, items, target, damaged)
      continue
    }
    const before = readHead(sql, target)
    const served = before?.manifest != null && before.epoch === project.epoch ? before : undefined
    const plan = readPlan(sql, target.environment)
    const content = await buildContent(ports, target, project, plan, served, secrets.text)
    // A key that came or went makes no revision.
    if (recipientsHash(sql, target) !== secrets.recipients) continue
    const nowMs = ports.nowMs()
    const isSame =
      served?.sha256 === content.stable.sha256 &&
      served.candidate === content.candidateClaim &&
      nowMs < served.signedAtMs + RESIGN_AFTER_MS
    if (!isSame) {
      const { stable } = content
      const isContent = served?.sha256 !== stable.sha256
      // Secrets sealed anew are no other revision, and deltas lead from one to another.
      const isNewer = served !== undefined && isContent && served.revision !== stable.revision
      const old = isNewer ? getText(sql, served.sha256) : undefined
      const delta = old === undefined ? undefined : buildDelta(old, stable.text)
      const head = await signHead(ports, target, project, before, content, nowMs, delta)
      if (recipientsHash(sql, target) !== secrets.recipients) continue
      storeHead(ports, project, plan, before, head, content, isContent ? { delta } : undefined)
    } else if (isSamePlan(plan, readPlan(sql, target.environment))) {
      setBuilt(sql, target, project.revision)
      return
    }
  }
}

/** What a head names: one body for all, or two while something is being released. */
interface HeadContent {
  readonly stable: BuiltSnapshot
  readonly candidate?: BuiltSnapshot
  /** The claim as JSON. */
  readonly candidateClaim: string | null
}

async function buildContent(
  { store }: BuildPorts,
  target: Target,
  project: ProjectRow,
  plan: ReleasePlan,
  served: HeadRow | undefined,
  secrets: string,
): Promise<HeadContent> {
  const offered = served === undefined ? undefined : candidateOf(served)
  const build = (
    revision: number,
    known: readonly ({ readonly revision: number; readonly sha256: string } | undefined)[],
  ): Promise<BuiltSnapshot> => {
    const items = revision === project.revision ? store.current(revision) : store.asOf(revision)
    return buildSnapshot(itemsOver(items), {
      project: project.name,
      ...target,
      revision,
      previous: known.flatMap((one) => one ?? []),
      digest: digestNatively,
      renderer: store.renderer,
      // Both contents have the secrets of now: rotating has a grace period of its own, and what is revoked has to go.
      secrets,
    })
  }
  const stable = await build(plan.stableRevision ?? project.revision, [served, offered])
  if (plan.candidate === undefined) return { stable, candidateClaim: null }
  const { revision, ...who } = plan.candidate
  const candidate = await build(revision, [stable, offered])
  // Nothing changes for this audience.
  if (candidate.sha256 === stable.sha256) return { stable, candidateClaim: null }
  const claim: Candidate = {
    revision: candidate.revision,
    sha256: candidate.sha256,
    size: candidate.size,
    ...who,
  }
  return { stable, candidate, candidateClaim: JSON.stringify(claim) }
}

type Candidate = NonNullable<ManifestClaims['candidate']>

function candidateOf({ candidate }: Pick<HeadRow, 'candidate'>): Candidate | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written above
  return candidate === null ? undefined : (JSON.parse(candidate) as Candidate)
}

/** Asks for a new head when the served one has to be signed anew, or when there should be one and is none. */
export function requestOverdueHead(ports: BuildPorts, target: Target): void {
  const { sql } = ports.storage
  const project = readProject(sql)
  if (project === undefined || project.deletedAtMs !== null) return
  if (readOutbox(sql, target)?.built === 0) return
  const head = readHead(sql, target)
  const nowMs = ports.nowMs()
  if (head?.manifest != null && nowMs < head.signedAtMs + RESIGN_AFTER_MS) return
  const items = itemsOver(ports.store.current(project.revision))
  if (items.environment(target.environment) === undefined) return
  requestBuild(sql, target, project.revision, nowMs)
}

async function signHead(
  ports: BuildPorts,
  target: Target,
  project: ProjectRow,
  before: HeadRow | undefined,
  content: HeadContent,
  nowMs: number,
  delta: BuiltDelta | undefined,
): Promise<HeadRow> {
  const { stable: body, candidateClaim } = content
  const candidate = candidateOf({ candidate: candidateClaim })
  const iat = Math.floor(nowMs / 1000)
  const { environment, audience } = target
  const claims: ManifestClaims = {
    iss: ports.issuer,
    aud: formatAudience({ project: project.name, environment, audience }),
    iat,
    exp: iat + VALID_FOR_SEC,
    epoch: project.epoch,
    seq: (before?.seq ?? 0) + 1,
    revision: body.revision,
    sha256: body.sha256,
    size: body.size,
    ...(delta && {
      delta: {
        from: delta.from,
        base: before?.sha256 ?? '',
        sha256: (await digestNatively(delta.text)).sha256,
      },
    }),
    ...(candidate !== undefined && { candidate }),
  }
  await ports.failpoint('before-sign')
  const manifest = await ports.signer.sign(claims)
  await ports.failpoint('after-sign')
  const { epoch, seq, exp, revision, sha256, size } = claims
  return {
    environment,
    audience,
    epoch,
    seq,
    revision,
    sha256,
    size,
    externals: besidesBody(content).map(({ sha256: hash }) => hash),
    candidate: candidateClaim,
    manifest,
    signedAtMs: nowMs,
    expMs: exp * 1000,
  }
}

/**
 * Stores a signed head with its bytes, unless what it was built on is gone; then the caller builds anew. `way` leads there
 * from the content before; absent when the content is the same.
 */
function storeHead(
  { storage, store }: BuildPorts,
  builtOn: ProjectRow,
  plan: ReleasePlan,
  before: HeadRow | undefined,
  head: HeadRow,
  content: HeadContent,
  way: { readonly delta: BuiltDelta | undefined } | undefined,
): void {
  const { sql } = storage
  storage.transactionSync(() => {
    const project = readProject(sql)
    if (project === undefined || project.deletedAtMs !== null) return
    if (project.epoch !== builtOn.epoch || readHead(sql, head)?.seq !== before?.seq) return
    // Its key was revoked while it was being signed.
    if (readHead(sql, head)?.signedAtMs !== before?.signedAtMs) return
    const items = itemsOver(store.current(project.revision))
    if (items.environment(head.environment) === undefined) return
    // A step of a deployment that came meanwhile is not in it, and has its own request for a head.
    if (!isSamePlan(plan, readPlan(sql, head.environment))) return
    for (const { sha256, text } of [content.stable, ...besidesBody(content)]) {
      putBlob(sql, sha256, text)
    }
    writeHead(sql, head)
    if (way !== undefined) keepDelta(sql, head, head.seq, way.delta)
    if (before !== undefined) releaseBlobs(sql, [before.sha256, ...before.externals])
    setEffects(sql, head, 0)
    setBuilt(sql, head, builtOn.revision)
  })
}

/** What readers of the head may ask for beside its body: documents that stand outside, and the candidate with its own. */
function besidesBody({ stable, candidate }: HeadContent): readonly ExternalText[] {
  const all = [...stable.externals, ...(candidate ? [candidate, ...candidate.externals] : [])]
  return [...new Map(all.map((one) => [one.sha256, one])).values()]
}
