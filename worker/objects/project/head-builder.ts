/** From committed items to a signed head in storage: the part of publishing that must come before anyone is told. */
import { formatAudience } from '#core'
import { itemsOver } from '../../domain/items.ts'
import { buildSnapshot } from '../../domain/snapshot.ts'
import { digestNatively } from '../sha256.ts'
import { getText, putBlob, releaseBlobs } from './blobs.ts'
import { buildDelta, keepDelta } from './deltas.ts'
import { ensureSeals, recipientsHash, sealedSecrets } from './seals.ts'
import { readHead, readOutbox, requestBuild, setBuilt, setEffects, writeHead } from './outbox.ts'
import { readProject } from './project-row.ts'
import type { ManifestClaims } from '#core'
import type { BuiltSnapshot } from '../../domain/snapshot.ts'
import type { BuiltDelta } from './deltas.ts'
import type { Failpoint } from './failpoint.ts'
import type { HeadRow, Target } from './outbox.ts'
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
    const secrets = sealedSecrets(sql, items, target, ports.nowMs())
    if (secrets === undefined) {
      await ensureSeals(ports, project.name, items, target)
      continue
    }
    const before = readHead(sql, target)
    const served = before?.manifest != null && before.epoch === project.epoch ? before : undefined
    const body = await buildSnapshot(items, {
      project: project.name,
      environment: target.environment,
      audience: target.audience,
      revision: project.revision,
      ...(served !== undefined && { previous: served }),
      digest: digestNatively,
      renderer: ports.store.renderer,
      secrets: secrets.text,
    })
    // A key that came or went makes no revision.
    if (recipientsHash(sql, target) !== secrets.recipients) continue
    const nowMs = ports.nowMs()
    if (served?.sha256 === body.sha256 && nowMs < served.signedAtMs + RESIGN_AFTER_MS) {
      setBuilt(sql, target, project.revision)
      return
    }
    const isContent = served?.sha256 !== body.sha256
    // Secrets sealed anew are no other revision, and deltas lead from one to another.
    const isNewer = served !== undefined && isContent && served.revision !== body.revision
    const old = isNewer ? getText(sql, served.sha256) : undefined
    const delta = old === undefined ? undefined : buildDelta(old, body.text)
    const head = await signHead(ports, target, project, before, body, nowMs, delta)
    if (recipientsHash(sql, target) !== secrets.recipients) continue
    storeHead(ports, project, before, head, body, isContent ? { delta } : undefined)
  }
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
  body: BuiltSnapshot,
  nowMs: number,
  delta: BuiltDelta | undefined,
): Promise<HeadRow> {
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
    externals: body.externals.map((external) => external.sha256),
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
  before: HeadRow | undefined,
  head: HeadRow,
  body: BuiltSnapshot,
  way: { readonly delta: BuiltDelta | undefined } | undefined,
): void {
  const { sql } = storage
  storage.transactionSync(() => {
    const project = readProject(sql)
    if (project === undefined || project.deletedAtMs !== null) return
    if (project.epoch !== builtOn.epoch || readHead(sql, head)?.seq !== before?.seq) return
    const items = itemsOver(store.current(project.revision))
    if (items.environment(head.environment) === undefined) return
    for (const { sha256, text } of [body, ...body.externals]) putBlob(sql, sha256, text)
    writeHead(sql, head)
    if (way !== undefined) keepDelta(sql, head, head.seq, way.delta)
    if (before !== undefined) releaseBlobs(sql, [before.sha256, ...before.externals])
    setEffects(sql, head, 0)
    setBuilt(sql, head, builtOn.revision)
  })
}
