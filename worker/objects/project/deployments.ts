/**
 * Releases of an environment, step by step: the state machine of worker/domain/deployment.ts on rows. Whatever an event
 * changes is one transaction, with its audit rows and the request for new heads, so that a crash lies before or after it.
 */
import {
  advance,
  cancel,
  type Deployment,
  type DeploymentEvent,
  isActive,
  type Transition,
} from '../../domain/deployment.ts'
import { fail, ok } from '../../domain/errors.ts'
import { itemsOver } from '../../domain/items.ts'
import {
  describeStrategy,
  firstStepMs,
  frozenUntilMs,
  isAllAtOnce,
  planOf,
  type Strategy,
  strategyOf,
} from '../../domain/strategy.ts'
import { appendAudit, by } from '../audit-chain.ts'
import { itemsAt } from './history.ts'
import { contentOf, currentContent, currentItems, stableItems } from './deployment-content.ts'
import {
  dropRelease,
  dueDeployments,
  hasFailed,
  insertDeployment,
  noteApplied,
  queuedDeployment,
  readDeployment,
  readRelease,
  type ReleaseRow,
  type StoredDeployment,
  wasApplied,
  writeDeployment,
  writeRelease,
} from './deployment-rows.ts'
import { AUDIENCES, requestBuild } from './outbox.ts'
import { readProject } from './project-row.ts'
import { NO_ITEMS } from './store.ts'
import type { GateSettings } from '#core'
import type { DomainError, Result } from '../../domain/errors.ts'
import type { FleetReport } from '../../domain/gate.ts'
import type { Items } from '../../domain/items.ts'
import type { CommitPorts, RevisionNote } from './commit.ts'
import type { Caller, DeploymentRequest } from './interface.ts'
import type { ProjectRow } from './project-row.ts'

/** Who acts where no person does. */
const GATE = 'gate'
/** How long content that was everywhere may come back without steps. */
const PROVEN_MS = 30 * 24 * 60 * 60 * 1000

interface Offer extends Pick<
  Deployment,
  'environment' | 'revision' | 'stableRevision' | 'reason' | 'proven'
> {
  /** Its author. */
  readonly caller: Caller
  readonly content: string
  readonly strategy: Strategy
  readonly gate: GateSettings | undefined
}

type Settings = NonNullable<ReturnType<Items['environment']>>

/** What a commit is about to change for the readers of an environment that is released step by step. */
export interface StagedChange {
  readonly environment: string
  /** As they were: who changes them together with content does not thereby release it faster. */
  readonly settings: Settings
  readonly release: ReleaseRow | undefined
  /** Names of the contents: what everybody has, and what the commit makes of it. */
  readonly stable: string
  readonly content: string
  /** Nobody had anything before. */
  readonly isFirst: boolean
}

interface ReleasedRevision {
  readonly revision: number
  readonly note: Pick<RevisionNote, 'kind' | 'reason'>
  readonly caller: Caller
}

/** Looks at what a commit does to an environment; undefined where everybody gets everything at once. Before anything is written. */
export function stageChange(
  ports: CommitPorts,
  environment: string,
  before: Items,
  after: Items,
): StagedChange | undefined {
  const settings = before.environment(environment)
  if (settings === undefined || after.environment(environment) === undefined) return undefined
  const release = readRelease(ports.storage.sql, environment)
  const isFrozen = frozenUntilMs(settings.freeze, ports.nowMs()) !== undefined
  if (release === undefined && !isFrozen && isAllAtOnce(strategyOf(settings))) return undefined
  const content = contentOf(ports, after, environment)
  // Nothing but secrets, say, which are not released by steps.
  if (content === contentOf(ports, before, environment)) return undefined
  const stable = contentOf(ports, stableItems(ports, release, before), environment)
  const isFirst = stable === contentOf(ports, itemsOver(NO_ITEMS), environment)
  return { environment, settings, release, stable, content, isFirst }
}

/** Offers a staged change to readers, step by step. Call it in the transaction of the commit. */
export function releaseChange(
  ports: CommitPorts,
  change: StagedChange,
  { revision, note, caller }: ReleasedRevision,
): void {
  const { sql } = ports.storage
  const { environment, settings, release, stable, content, isFirst } = change
  const nowMs = ports.nowMs()
  const active = activeDeployment(sql, release)
  cancelQueue(ports, environment, caller, `revision ${revision} took its place`)
  if (active?.content === content) return
  const isFrozen = frozenUntilMs(settings.freeze, nowMs) !== undefined
  if (content === stable || (isFirst && active === undefined && !isFrozen)) {
    // What is declared is what everybody gets, so there is nothing to release; what was under way is taken back.
    if (active !== undefined) {
      abortActive(ports, active, caller, `taken back by revision ${revision}`)
    }
    dropRelease(sql, environment)
    return
  }
  const proven = wasApplied(sql, environment, content, nowMs - PROVEN_MS)
  const isUrgent = note.kind === 'rollback' && proven
  if (isUrgent && active !== undefined) {
    abortActive(ports, active, caller, `superseded by the rollback of revision ${revision}`)
  }
  const stableRevision = release?.stableRevision ?? revision - 1
  if (release === undefined) writeRelease(sql, { environment, stableRevision, deployment: null })
  const offered = offer(ports, {
    environment,
    revision,
    stableRevision,
    content,
    proven,
    caller,
    reason: note.reason,
    strategy: isUrgent ? 'all-at-once' : strategyOf(settings),
    gate: settings.gate,
  })
  if (!isUrgent && hasFailed(sql, environment, content)) {
    const why = 'this content failed before and has not changed since'
    store(ports, { deployment: offered, content }, endWith(cancel(offered, nowMs, GATE, why)))
    return
  }
  startNext(ports, environment, { newest: content, settings, urgent: isUrgent })
}

/** Releases a revision because somebody asks for it. */
export function requestDeployment(
  ports: CommitPorts,
  project: ProjectRow,
  request: DeploymentRequest,
  caller: Caller,
): Result<Deployment> {
  const { sql } = ports.storage
  const { environment, reason } = request
  const revision = request.revision ?? project.revision
  const now = itemsOver(ports.store.current(project.revision))
  const settings = now.environment(environment)
  if (settings === undefined) {
    return fail({ reason: 'not_found', noun: 'environment', name: environment })
  }
  const found = itemsAt(ports.store, project, revision)
  if (!found.ok) return found
  const items = itemsOver(found.value)
  if (items.environment(environment) === undefined) {
    const message = `the environment was not there at revision ${revision}`
    return fail({ reason: 'invalid', issues: [{ path: '/revision', message }] })
  }
  const nowMs = ports.nowMs()
  const release = readRelease(sql, environment)
  const newest = contentOf(ports, now, environment)
  const content = contentOf(ports, items, environment)
  const proven = wasApplied(sql, environment, content, nowMs - PROVEN_MS)
  const isUrgent = request.strategy === 'emergency'
  const strategy: Strategy = isUrgent ? 'all-at-once' : (request.strategy ?? strategyOf(settings))
  const active = activeDeployment(sql, release)
  const holder = active ?? queuedDeployment(sql, environment)
  const refused = (why: string): Result<Deployment> =>
    fail({ reason: 'deployment_refused', environment, why })
  if (content === contentOf(ports, stableItems(ports, release, now), environment)) {
    return refused(`everybody has the content of revision ${revision} already`)
  }
  if (holder !== undefined && !isUrgent) return fail(heldBy(holder.deployment))
  const leastMs = firstStepMs(planOf(strategyOf(settings)))
  if (!proven && firstStepMs(planOf(strategy)) < leastMs) {
    return refused(
      `the content of revision ${revision} was not everywhere in the last 30 days: it has to bake one step at least, as long as one of the environment, ${leastMs / 1000} s`,
    )
  }
  const untilMs = frozenUntilMs(settings.freeze, nowMs)
  if (untilMs !== undefined && !isUrgent) {
    return refused(`nothing is released before ${new Date(untilMs).toISOString()}: a freeze`)
  }
  if (hasFailed(sql, environment, content) && request.again !== true) {
    return refused('this content failed before; "again": true releases it all the same')
  }
  if (active !== undefined) {
    abortActive(ports, active, caller, `superseded by an emergency: ${reason}`)
  }
  cancelQueue(ports, environment, caller, 'an emergency took its place')
  const stableRevision = release?.stableRevision ?? project.revision
  if (release === undefined) writeRelease(sql, { environment, stableRevision, deployment: null })
  const offered = offer(ports, {
    environment,
    revision,
    stableRevision,
    content,
    proven,
    caller,
    reason,
    strategy,
    gate: settings.gate,
  })
  startNext(ports, environment, { newest, settings, urgent: isUrgent })
  ports.arm()
  return ok(readDeployment(sql, Number(offered.id))?.deployment ?? offered)
}

/** What a person, a monitor or the gate does to one. `caller`: whose act it is; absent: the platform's own. */
export function actOnDeployment(
  ports: CommitPorts,
  id: number,
  event: DeploymentEvent,
  caller?: Caller,
): Result<Deployment> {
  const stored = readDeployment(ports.storage.sql, id)
  if (stored === undefined)
    return fail({ reason: 'not_found', noun: 'deployment', name: String(id) })
  const transition = advance(stored.deployment, event)
  if (!transition.ok) {
    const { environment } = stored.deployment
    return fail({ reason: 'deployment_refused', environment, why: transition.why })
  }
  store(ports, stored, transition, { caller })
  return ok(transition.deployment)
}

/** What the clock does to those that are due. `fleets`: by deployment, null when nobody could say. */
export function tickDeployments(
  ports: CommitPorts,
  fleets: ReadonlyMap<string, FleetReport | null>,
): void {
  const { sql } = ports.storage
  const nowMs = ports.nowMs()
  for (const stored of dueDeployments(sql, nowMs)) {
    const { deployment } = stored
    const { environment } = deployment
    const settings = currentItems(ports)?.environment(environment)
    if (settings === undefined) continue
    if (deployment.status === 'queued') {
      startNext(ports, environment, { settings, urgent: false })
      continue
    }
    const untilMs = frozenUntilMs(settings.freeze, nowMs)
    const fleet = fleets.get(deployment.id)
    // Due only since the fleets were asked: the next tick, at once, will know.
    if (fleet === undefined) continue
    const tick = { type: 'tick', nowMs, fleet } as const
    const event = untilMs === undefined ? tick : { ...tick, frozenUntilMs: untilMs }
    store(ports, stored, advance(deployment, event))
  }
}

/** The active deployment of an environment, if there is one. */
export function activeDeployment(
  sql: SqlStorage,
  release: ReleaseRow | undefined,
): StoredDeployment | undefined {
  const id = release?.deployment ?? undefined
  const stored = id === undefined ? undefined : readDeployment(sql, id)
  return stored !== undefined && isActive(stored.deployment) ? stored : undefined
}

/** Who is in the way, for whoever is refused. */
function heldBy({ id, author, revision, status }: Deployment): DomainError {
  return { reason: 'deployment_active', holder: { id, author, revision, status } }
}

function offer(
  ports: CommitPorts,
  { content, strategy, gate, caller, ...about }: Offer,
): Deployment {
  const nowMs = ports.nowMs()
  const { sql } = ports.storage
  const offered = insertDeployment(
    sql,
    {
      ...about,
      author: caller.name,
      strategy: describeStrategy(strategy),
      plan: planOf(strategy),
      ...(gate !== undefined && { gate }),
      seed: ports.randomSeed(),
      createdAtMs: nowMs,
      status: 'queued',
      step: 0,
      startedAtMs: null,
      dueAtMs: null,
      leftMs: null,
      endedAtMs: null,
      story: [{ atMs: nowMs, what: 'queued', by: caller.name, share: 0 }],
    },
    content,
  )
  appendAudit(sql, {
    atMs: nowMs,
    ...by(caller),
    action: 'deployment.queued',
    target: `deployment/${offered.id}`,
    reason: about.reason,
    revision: about.revision,
  })
  return offered
}

interface Turn {
  /** Content of the newest revision, where it is not stored yet. */
  readonly newest?: string
  readonly settings: Settings
  /** Whether it goes before a freeze. */
  readonly urgent: boolean
}

/** Starts the one that waits, if it is its turn. */
function startNext(ports: CommitPorts, environment: string, turn: Turn): void {
  const { sql } = ports.storage
  const release = readRelease(sql, environment)
  const queued = queuedDeployment(sql, environment)
  if (queued === undefined) return
  if (activeDeployment(sql, release) !== undefined) {
    // Whoever is in the way calls again at its end; the clock need not.
    writeDeployment(sql, { ...queued.deployment, dueAtMs: null }, false)
    return
  }
  const nowMs = ports.nowMs()
  const untilMs = turn.urgent ? undefined : frozenUntilMs(turn.settings.freeze, nowMs)
  const { stableRevision = queued.deployment.stableRevision } = release ?? {}
  const deployment = { ...queued.deployment, stableRevision }
  if (untilMs !== undefined) {
    writeDeployment(sql, { ...deployment, dueAtMs: untilMs }, false)
    ports.arm()
    return
  }
  const project = readProject(sql)
  const items = project && itemsAt(ports.store, project, stableRevision)
  // What is stable was everywhere until now: going back to it needs no steps.
  if (items?.ok)
    noteApplied(sql, environment, contentOf(ports, itemsOver(items.value), environment), nowMs)
  store(ports, queued, advance(deployment, { type: 'start', nowMs }), {
    newest: turn.newest,
  })
}

/** Writes what a transition says, and does its effects. `newest`: as in {@link Turn}; `caller`: who caused it. */
function store(
  ports: CommitPorts,
  { deployment: before, content }: StoredDeployment,
  transition: Transition,
  {
    newest,
    caller,
  }: { readonly newest?: string | undefined; readonly caller?: Caller | undefined } = {},
): void {
  if (!transition.ok || transition.deployment === before) return
  const { sql } = ports.storage
  const { deployment, effects } = transition
  const { environment, id } = deployment
  const nowMs = ports.nowMs()
  writeDeployment(sql, deployment, effects.includes('failed'))
  for (const entry of deployment.story) {
    if (before.story.includes(entry) || entry.what === 'held') continue
    appendAudit(sql, {
      atMs: entry.atMs,
      // What follows of it, such as a step by the clock, is the platform's own.
      ...(caller?.name === entry.by ? by(caller) : { actor: entry.by }),
      action: `deployment.${entry.what}`,
      target: `deployment/${id}`,
      reason: entry.why ?? deployment.reason,
    })
  }
  const { stableRevision } = deployment
  if (isActive(deployment)) {
    writeRelease(sql, { environment, stableRevision, deployment: Number(id) })
  } else if (deployment.status === 'rolled-back') {
    writeRelease(sql, { environment, stableRevision, deployment: null })
    cancelQueue(ports, environment, GATE, `it builds on deployment ${id}, which was rolled back`)
  } else if (effects.includes('complete')) {
    noteApplied(sql, environment, content, nowMs)
    const declared = newest ?? currentContent(ports, environment)
    if (declared === content) dropRelease(sql, environment)
    else writeRelease(sql, { environment, stableRevision: deployment.revision, deployment: null })
  }
  if (effects.includes('publish')) {
    const revision = readProject(sql)?.revision ?? deployment.revision
    for (const audience of AUDIENCES) requestBuild(sql, { environment, audience }, revision, nowMs)
  }
  if (effects.includes('complete')) {
    const settings = currentItems(ports)?.environment(environment)
    if (settings !== undefined) startNext(ports, environment, { settings, urgent: false })
  }
  ports.arm()
}

function abortActive(
  ports: CommitPorts,
  stored: StoredDeployment,
  caller: Caller,
  why: string,
): void {
  const event = { type: 'abort', nowMs: ports.nowMs(), by: caller.name, why } as const
  store(ports, stored, advance(stored.deployment, event), { caller })
}

function cancelQueue(
  ports: CommitPorts,
  environment: string,
  caller: Caller | typeof GATE,
  why: string,
): void {
  const queued = queuedDeployment(ports.storage.sql, environment)
  if (queued === undefined) return
  const who = caller === GATE ? GATE : caller.name
  const cancelled = cancel(queued.deployment, ports.nowMs(), who, why)
  store(ports, queued, endWith(cancelled), { ...(caller !== GATE && { caller }) })
}

function endWith(deployment: Deployment): Transition {
  return { ok: true, deployment, effects: [] }
}
