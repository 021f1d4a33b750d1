/** The rows of a revision: item versions, blobs, what went with what was deleted, the audit row and what is to be published. */
import { canonicalize } from '#core'
import { affectedEnvironments } from '../../domain/affected.ts'
import { BASE_LAYER, layerEnvironment, refId } from '../../domain/items.ts'
import { appendAudit, by } from '../audit-chain.ts'
import { digest } from '../sha256.ts'
import { putBlob, releaseBlobs } from './blobs.ts'
import { dropDeploymentsOf } from './deployment-rows.ts'
import { releaseChange, type StagedChange } from './deployments.ts'
import { revokeKeysOf } from './keys.ts'
import { AUDIENCES, requestBuild, requestRetraction, retractHead } from './outbox.ts'
import { setRevision } from './project-row.ts'
import { dropValues } from './secret-rows.ts'
import { endSharesOf } from './share-rows.ts'
import { dropSamplesOfEnvironment, dropSamplesOfFlag } from './context-samples.ts'
import { dropUsageOfEnvironment, dropUsageOfFlag } from './usage.ts'
import type { ItemRef } from '#core'
import type { Items, WorkingItems } from '../../domain/items.ts'
import type { Caller, Committed } from './interface.ts'
import type { ItemChange } from './store.ts'
import type { CommitPorts, RevisionNote } from './commit.ts'

export interface ContentWrite {
  readonly ref: ItemRef
  readonly before: string | null
  readonly after: string | null
  /** Undefined: deleted. */
  readonly text?: string
  readonly size: number
}

/** What of the written items differs from what is stored. */
export function contentWrites(
  working: WorkingItems,
  storedHash: (ref: ItemRef) => string | undefined,
): readonly ContentWrite[] {
  const writes: ContentWrite[] = []
  for (const { ref, content } of working.written.values()) {
    const before = storedHash(ref) ?? null
    if (content === null) {
      if (before !== null) writes.push({ ref, before, after: null, size: 0 })
      continue
    }
    const text = canonicalize(content)
    const { sha256, size } = digest(text)
    if (sha256 !== before) writes.push({ ref, before, after: sha256, text, size })
  }
  return writes.toSorted((a, b) => (refId(a.ref) < refId(b.ref) ? -1 : 1))
}

/** What the answer says of these writes. */
export function describe(
  before: Items,
  after: Items,
  writes: readonly ContentWrite[],
  revision: number,
): Committed {
  const refs = writes.map(({ ref }) => ref)
  return {
    revision,
    dryRun: false,
    changed: writes.map(({ ref: { kind, key, layer }, before: was, after: is }) => ({
      kind,
      key,
      layer,
      before: was,
      after: is,
    })),
    environments: affectedEnvironments(before, after, refs),
  }
}

interface RevisionToWrite {
  readonly answer: Committed
  readonly writes: readonly ContentWrite[]
  readonly note: RevisionNote
  readonly caller: Caller
  readonly nowMs: number
  /** As they are afterwards. */
  readonly items: Items
  readonly staged: readonly StagedChange[]
}

/** To be called in a transaction. Answers what the store has to learn. */
export function writeRevision(ports: CommitPorts, write: RevisionToWrite): readonly ItemChange[] {
  const { storage, store } = ports
  const { sql } = storage
  const { answer, writes, note, caller, nowMs, items } = write
  const { revision } = answer
  sql.exec(
    `INSERT INTO revision (revision, at_ms, author, reason, kind, operations, restores) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    revision,
    nowMs,
    caller.name,
    note.reason,
    note.kind,
    JSON.stringify(note.operations),
    note.restores ?? null,
  )
  const changes = writes.map(({ ref, after, text, size }) => {
    if (after !== null && text !== undefined) putBlob(sql, after, text)
    if (after === null && ref.kind === 'flag' && ref.layer === BASE_LAYER) {
      dropUsageOfFlag(sql, ref.key)
      dropSamplesOfFlag(sql, ref.key)
    }
    const environment = layerEnvironment(ref.layer)
    if (after === null && ref.kind === 'secret' && environment !== undefined) {
      dropValues(sql, environment, ref.key)
      endSharesOf(sql, environment, ref.key, nowMs)
    }
    return store.writeVersion(ref, revision, after, size)
  })
  note.also?.()
  setRevision(sql, revision)
  appendAudit(sql, {
    atMs: nowMs,
    ...by(caller),
    action: note.action,
    reason: note.reason,
    revision,
    ...auditSubject(writes, revision),
    ...(note.target !== undefined && { target: note.target }),
  })
  for (const environment of answer.environments) {
    const gone = items.environment(environment) === undefined
    if (gone) {
      revokeKeysOf(sql, environment, nowMs)
      dropUsageOfEnvironment(sql, environment)
      dropSamplesOfEnvironment(sql, environment)
      dropDeploymentsOf(sql, environment)
    }
    for (const audience of AUDIENCES) {
      const target = { environment, audience }
      if (!gone) requestBuild(sql, target, revision, nowMs)
      else {
        releaseBlobs(sql, retractHead(sql, target))
        requestRetraction(sql, target, revision, nowMs)
      }
    }
  }
  for (const change of write.staged) releaseChange(ports, change, { revision, note, caller })
  ports.arm()
  return changes
}

/** One item is named with its hashes; of several, the hashes are over the list `[[kind, key, layer, sha256], …]`. */
function auditSubject(
  writes: readonly ContentWrite[],
  revision: number,
): { target: string; beforeSha256?: string; afterSha256?: string } {
  const [only] = writes
  if (only === undefined) return { target: `revision/${revision}` }
  if (writes.length === 1) {
    return {
      target: refId(only.ref),
      ...(only.before !== null && { beforeSha256: only.before }),
      ...(only.after !== null && { afterSha256: only.after }),
    }
  }
  const hashOf = (side: 'before' | 'after'): string =>
    digest(
      canonicalize(writes.map(({ ref, [side]: sha256 }) => [ref.kind, ref.key, ref.layer, sha256])),
    ).sha256
  return {
    target: `revision/${revision}`,
    beforeSha256: hashOf('before'),
    afterSha256: hashOf('after'),
  }
}
