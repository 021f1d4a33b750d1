/**
 * A commit: decided over the items as they are, then written in one synchronous transaction with its audit row, its
 * idempotency record and its outbox rows. Nothing waits in here, so nothing can come between: see
 * docs/design/0003-synchronous-commit.md.
 */
import {
  concernsGuard,
  guardFindings,
  isGuarded,
  measureContent,
} from '../../domain/change-guard.ts'
import { fail, ok } from '../../domain/errors.ts'
import { isAllowed, maySee } from '../../domain/grants.ts'
import { itemsOver, layerEnvironment } from '../../domain/items.ts'
import { digest } from '../sha256.ts'
import { deploymentsOfRevision } from './deployment-rows.ts'
import { stageChange } from './deployments.ts'
import { changedSince, replayed } from './history.ts'
import { findAnswer, storeAnswer } from './idempotency.ts'
import { findSealedExcess } from './sealed-excess.ts'
import { impactOf } from './impact.ts'
import { inTransaction } from './transaction.ts'
import { contentWrites, describe, writeRevision } from './write-revision.ts'
import type { JsonValue } from '#core'
import type { Result } from '../../domain/errors.ts'
import type { GuardFinding } from '../../domain/change-guard.ts'
import type { Access } from '../../domain/grants.ts'
import type { Items, ItemSource, WorkingItems } from '../../domain/items.ts'
import type { Caller, Committed, RevisionEntry, WriteOptions } from './interface.ts'
import type { ValueSize } from '../../domain/sealed-size.ts'
import type { ProjectRow } from './project-row.ts'
import type { ItemStore } from './store.ts'
import type { ContentWrite } from './write-revision.ts'

/** How much of what mirrors did one answer tells. */
const MAX_FINDINGS = 1_000

export interface CommitPorts {
  readonly storage: DurableObjectStorage
  readonly store: ItemStore
  readonly nowMs: () => number
  /** Sets the alarm for the outbox; called inside the transaction. */
  readonly arm: () => void
  /** A seed nobody can foresee. */
  readonly randomSeed: () => string
  /** Whether validate webhooks may lead to this computer. Default: no. */
  readonly localHooks?: boolean
}

/** What a revision says of itself. */
export interface RevisionNote {
  readonly kind: RevisionEntry['kind']
  readonly reason: string
  /** For the audit. `target` absent: the one item that changed, or the revision. */
  readonly action: string
  readonly target?: string
  /** What was asked for, without sources. */
  readonly operations: readonly JsonValue[]
  readonly restores?: number
  /** Bytes of the values that it adds, by environment, name and version: `environment/name/version`. */
  readonly values?: ReadonlyMap<string, ValueSize>
  /** Writes rows that belong to the revision and are no items, in its transaction. */
  readonly also?: () => void
}

/** Decides what is to be written over `source`; checks everything, writes nothing. */
export type Plan = (source: ItemSource) => Result<WorkingItems>

/** What is to be written, and nothing written yet. */
export interface Decision {
  /** The revision it was decided on. */
  readonly base: number
  readonly answer: Committed
  /** The items before and after it; absent when it was done before and only its answer comes again. */
  readonly content?: { readonly before: Items; readonly after: Items }
  /**
   * Writes it, or in a dry run only answers. To be called without having waited since it was decided. `validated`: who was
   * asked about it.
   */
  readonly write: (validated?: Committed['validated']) => Result<Committed>
}

/** Commits onto a project that is there: idempotency, base, plan, write. */
export function commit(
  ports: CommitPorts,
  project: ProjectRow,
  note: RevisionNote,
  plan: Plan,
  options: WriteOptions,
): Result<Committed> {
  const decided = decide(ports, project, note, plan, options)
  return decided.ok ? decided.value.write() : decided
}

/** All of a commit but the writing. */
export function decide(
  ports: CommitPorts,
  project: ProjectRow,
  note: RevisionNote,
  plan: Plan,
  options: WriteOptions,
): Result<Decision> {
  const { storage, store } = ports
  const { caller, base, dryRun = false } = options
  const nowMs = ports.nowMs()
  const idempotency =
    options.idempotency && !dryRun ? { tokenId: caller.tokenId, ...options.idempotency } : undefined
  if (idempotency !== undefined) {
    const answer = findAnswer(storage.sql, idempotency, nowMs)
    if (answer !== undefined) {
      if (answer.requestSha256 !== idempotency.requestSha256) {
        return fail({ reason: 'idempotency_key_reused' })
      }
      const again = withDeployments(storage.sql, replayed(storage.sql, answer))
      return ok({ base: project.revision, answer: again, write: () => ok(again) })
    }
  }
  if (base !== '*' && base !== project.revision) {
    const current = project.revision
    const changed = changedSince(storage.sql, base).filter((ref) =>
      maySee(options.access, project.name, ref),
    )
    return fail({ reason: 'revision_conflict', base, current, changed })
  }
  const source = store.current(project.revision)
  const working = plan(source)
  if (!working.ok) return working
  const writes = contentWrites(working.value, (ref) => source.row(ref)?.sha256)
  const { findings } = working.value
  const described = describe(itemsOver(source), working.value.items, writes, project.revision + 1)
  const answer = {
    ...described,
    ...(findings.length > 0 && { mirrors: findings.slice(0, MAX_FINDINGS) }),
  }
  const excess = findSealedExcess(ports, project.name, working.value.items, {
    environments: described.environments,
    added: note.values,
  })
  if (excess !== undefined) return fail(excess)
  const locked = protectedFrom(options.access, project.name, itemsOver(source), answer)
  if (locked.length > 0) {
    return fail({ reason: 'forbidden', action: 'protected.write', environments: locked })
  }
  const kept = secretsKeptFrom(options.access, project.name, writes)
  if (kept.length > 0) {
    return fail({ reason: 'forbidden', action: 'secret.write', environments: kept })
  }
  // Going back to what was there must not be hindered.
  const large =
    note.kind === 'rollback'
      ? []
      : largeChanges(store, itemsOver(source), working.value.items, described)
  const guarded = { ...answer, ...(large.length > 0 && { guard: large }) }
  const unsaid = large.filter(({ kind }) => options.acknowledge?.includes(kind) !== true)
  if (!dryRun && unsaid.length > 0) {
    return fail({ reason: 'acknowledgement_required', findings: unsaid })
  }
  const content = { before: itemsOver(source), after: working.value.items }
  const decided = { ports, project, note, options, idempotency, nowMs, writes, content }
  return ok({
    base: project.revision,
    answer: guarded,
    content,
    write(validated) {
      const told = { ...guarded, ...(validated !== undefined && { validated }) }
      if (!dryRun) return writeDecided(decided, told)
      const changed = options.contents === true ? withContents(told, writes) : told.changed
      const impact = impactOf(ports, project.name, content.before, content.after, described)
      return ok({ ...told, changed, dryRun: true, ...(impact.length > 0 && { impact }) })
    },
  })
}

interface Decided {
  readonly ports: CommitPorts
  readonly project: ProjectRow
  readonly note: RevisionNote
  readonly options: WriteOptions
  readonly idempotency: Parameters<typeof findAnswer>[1] | undefined
  readonly nowMs: number
  readonly writes: readonly ContentWrite[]
  readonly content: NonNullable<Decision['content']>
}

function writeDecided(decided: Decided, answer: Committed): Result<Committed> {
  const { ports, project, note, idempotency, nowMs, writes, content } = decided
  const { storage, store } = ports
  const { caller } = decided.options
  const { before, after: items } = content
  const staged = answer.environments.flatMap(
    (environment) => stageChange(ports, environment, before, items) ?? [],
  )
  return inTransaction(
    storage,
    () => {
      const changes = writeRevision(ports, {
        answer,
        writes,
        note,
        caller,
        nowMs,
        items,
        staged,
      })
      if (idempotency !== undefined) {
        const { revision, environments } = answer
        storeAnswer(storage.sql, idempotency, { revision, environments }, nowMs)
      }
      return changes
    },
    (changes) => {
      store.advance(project.revision, answer.revision, changes)
      return withDeployments(storage.sql, answer)
    },
  )
}

/** Protected environments that the change reaches and `access` must not change. Decided here: nothing can come between. */
function protectedFrom(
  access: Access | undefined,
  project: string,
  before: Items,
  { changed, environments }: Committed,
): readonly string[] {
  if (access === undefined) return []
  // What makes an environment protected, or not, is in nobody's snapshot.
  const settings = changed.filter(({ kind }) => kind === 'environment').map(({ key }) => key)
  return [...new Set([...environments, ...settings])]
    .filter((name) => before.environment(name)?.protected === true)
    .filter((environment) => !isAllowed(access, 'protected.write', { project, environment }))
}

/** Environments whose secrets the change would take along with them, and whose secrets `access` must not write. */
function secretsKeptFrom(
  access: Access | undefined,
  project: string,
  writes: readonly ContentWrite[],
): readonly string[] {
  if (access === undefined) return []
  const kept = writes.flatMap(({ ref: { kind, key: secret, layer } }) => {
    const environment = layerEnvironment(layer)
    if (kind !== 'secret' || environment === undefined) return []
    return isAllowed(access, 'secret.write', { project, environment, secret }) ? [] : [environment]
  })
  return [...new Set(kept)]
}

/** What the guard finds, by the settings before the change: they cannot be loosened together with content. */
function largeChanges(
  { renderer }: ItemStore,
  before: Items,
  after: Items,
  { changed, environments }: Committed,
): readonly GuardFinding[] {
  if (!concernsGuard(changed)) return []
  return environments
    .filter((name) => isGuarded(before.environment(name)) && after.environment(name) !== undefined)
    .flatMap((name) =>
      guardFindings(name, measureContent(before, after, name, { renderer, digest })),
    )
}

/** The first revision of a project, in the transaction of its caller. */
export function commitFirst(
  ports: CommitPorts,
  note: RevisionNote,
  working: WorkingItems,
  nothing: ItemSource,
  caller: Caller,
): Committed {
  const writes = contentWrites(working, () => undefined)
  const answer = describe(itemsOver(nothing), working.items, writes, 1)
  const nowMs = ports.nowMs()
  writeRevision(ports, { answer, writes, note, caller, nowMs, items: working.items, staged: [] })
  return answer
}

/** `changed` is in the order of `writes`. */
function withContents(
  { changed }: Committed,
  writes: readonly ContentWrite[],
): Committed['changed'] {
  return changed.map((one, index) => {
    const text = writes[index]?.text
    if (text === undefined) return one
    const content: JsonValue = JSON.parse(text)
    return { ...one, content }
  })
}

/** Tells also what became of it in environments that are released step by step. */
function withDeployments(sql: SqlStorage, answer: Committed): Committed {
  const deployments = deploymentsOfRevision(sql, answer.revision).map(({ deployment }) => {
    const { id, environment, status } = deployment
    return { id, environment, status }
  })
  return deployments.length === 0 ? answer : { ...answer, deployments }
}
