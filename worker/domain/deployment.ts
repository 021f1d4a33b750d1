/**
 * One deployment as a state machine: `(state, event) → (state, effects)`. It decides; clock and fleet come with the events,
 * and whoever stores the state also does the effects in the same transaction, so that a crash lies before or after a step.
 */
import { SHARE_PARTS } from '#core'
import { gateFault } from './gate.ts'
import { type Baseline, baselineOf } from './metrics-gate.ts'
import type { GateSettings, NamedRing } from '#core'
import type { FleetReport } from './gate.ts'
import { firstStepMs, type Plan } from './strategy.ts'

/**
 * `queued` waits for another one or for the end of a freeze; `running` grows; `baking` is with everybody and watched;
 * `paused` stands still. The others are ends: `complete`; `rolled-back`, by the gate, an alarm or a person; `cancelled`,
 * which nobody ever got.
 */
export type DeploymentStatus =
  | 'queued'
  | 'running'
  | 'baking'
  | 'paused'
  | 'complete'
  | 'rolled-back'
  | 'cancelled'

export interface Deployment {
  readonly id: string
  readonly environment: string
  /** Content as of this revision is released … */
  readonly revision: number
  /** … in place of content as of this one. */
  readonly stableRevision: number
  readonly author: string
  readonly reason: string
  /** For people. */
  readonly strategy: string
  readonly plan: Plan
  readonly gate?: GateSettings
  /** What those without the candidate measured, as of the last step. */
  readonly baseline?: Baseline
  /** Decides which instances are the first: SNAPSHOT.md §3.4. */
  readonly seed: string
  /** The content was everywhere not long ago: it may skip its first step. */
  readonly proven: boolean
  readonly createdAtMs: number
  readonly status: DeploymentStatus
  /** Into the shares of the plan. */
  readonly step: number
  readonly startedAtMs: number | null
  /** When the clock is asked next; null: never by itself. */
  readonly dueAtMs: number | null
  /** Of the step that a pause interrupted. */
  readonly leftMs: number | null
  readonly endedAtMs: number | null
  /** What happened, oldest first. */
  readonly story: readonly StoryEntry[]
}

export interface StoryEntry {
  readonly atMs: number
  readonly what:
    | 'queued'
    | 'started'
    | 'step'
    | 'baking'
    | 'complete'
    | 'paused'
    | 'resumed'
    | 'promoted'
    | 'held'
    | 'notified'
    | 'rolled-back'
    | 'cancelled'
  /** Who: a person's token, `clock`, `gate` or `alarm`. */
  readonly by: string
  /** Parts of 100,000 that have it from then on. */
  readonly share: number
  /** The ring let in last, while it is rings. */
  readonly ring?: string
  readonly why?: string
}

export type DeploymentEvent =
  /** It is its turn. */
  | { readonly type: 'start'; readonly nowMs: number }
  /** `fleet` null: nobody could say. `frozenUntilMs`: steps wait until then. */
  | {
      readonly type: 'tick'
      readonly nowMs: number
      readonly fleet: FleetReport | null
      readonly frozenUntilMs?: number
    }
  | { readonly type: 'report'; readonly nowMs: number; readonly fleet: FleetReport }
  /** From a monitor outside. */
  | Act<'alarm'>
  | Act<'pause'>
  | Act<'resume'>
  /** To everybody now, then bake; while baking: done. */
  | Act<'promote'>
  | Act<'abort'>

interface Act<Type extends string> {
  readonly type: Type
  readonly nowMs: number
  readonly by: string
  readonly why: string
}

/**
 * `publish`: heads have to be built anew. `complete`: the candidate is the stable content from now on. `failed`: it is not
 * to be offered again, which a person who aborts does not say. `notify`: somebody should look.
 */
export type Effect = 'publish' | 'complete' | 'failed' | 'notify'

interface Change {
  readonly ok: true
  readonly deployment: Deployment
  readonly effects: readonly Effect[]
}

export type Transition =
  | Change
  /** The event does not fit; `why` says what it would take. */
  | { readonly ok: false; readonly why: string }

/** How long a step waits when nobody can say how the fleet is. */
export const HOLD_MS = 30_000
/** A long deployment that is held again and again must not grow without bound. */
const MAX_STORY = 200

export function isActive({ status }: Pick<Deployment, 'status'>): boolean {
  return status === 'running' || status === 'baking' || status === 'paused'
}

export function hasEnded({ status }: Pick<Deployment, 'status'>): boolean {
  return status === 'complete' || status === 'rolled-back' || status === 'cancelled'
}

/** Parts of 100,000 of the instances that are to have the candidate now. */
export function shareOf(deployment: Deployment): number {
  return isActive(deployment) ? (deployment.plan.shares[deployment.step] ?? SHARE_PARTS) : 0
}

/** Those who are to have the candidate now whatever the share; none once everybody is. */
export function ringsOf(deployment: Deployment): readonly NamedRing[] {
  if (!isActive(deployment) || shareOf(deployment) === SHARE_PARTS) return []
  return (deployment.plan.rings ?? []).slice(0, deployment.step + 1)
}

/** The ring of the step it is at. */
function ringAt(deployment: Deployment): string | undefined {
  return isActive(deployment) ? deployment.plan.rings?.[deployment.step]?.name : undefined
}

export function advance(deployment: Deployment, event: DeploymentEvent): Transition {
  switch (event.type) {
    case 'start':
      return start(deployment, event.nowMs)
    case 'tick':
      return tick(deployment, event)
    case 'report':
      return isActive(deployment) ? judge(deployment, event.fleet, event.nowMs) : same(deployment)
    case 'alarm':
      return isActive(deployment)
        ? react(deployment, event.nowMs, event.by, `alarm: ${event.why}`)
        : refuseEnded(deployment, 'alarm')
    case 'pause':
      return pause(deployment, event)
    case 'resume':
      return resume(deployment, event)
    case 'promote':
      return promote(deployment, event)
    case 'abort':
      return abort(deployment, event)
  }
}

function start(deployment: Deployment, nowMs: number): Change {
  if (deployment.status !== 'queued') return same(deployment)
  const started = { ...deployment, startedAtMs: nowMs }
  return toStep(started, 0, nowMs, { what: 'started', by: 'clock' })
}

/** Overdue steps fold into one: however late the clock comes, each share stands for its whole time before the next. */
function tick(
  deployment: Deployment,
  { nowMs, fleet, frozenUntilMs }: Extract<DeploymentEvent, { type: 'tick' }>,
): Change {
  if (!isActive(deployment)) return same(deployment)
  const judged = fleet === null ? same(deployment) : judge(deployment, fleet, nowMs)
  const now = judged.deployment
  if (now.status !== deployment.status) return judged
  if (now.dueAtMs === null || nowMs < now.dueAtMs) return judged
  const next = step(remember(now, fleet), nowMs, fleet !== null, frozenUntilMs)
  return changed(next.deployment, [...judged.effects, ...next.effects])
}

/** With the last step there is nobody left to compare with. */
function remember(deployment: Deployment, fleet: FleetReport | null): Deployment {
  const { gate, baseline } = deployment
  if (gate?.metrics === undefined || fleet?.measures === undefined) return deployment
  return { ...deployment, baseline: baselineOf(gate.metrics, fleet.measures, baseline) }
}

/** What the clock asks for when a step is over. */
function step(
  deployment: Deployment,
  nowMs: number,
  isFleetKnown: boolean,
  frozenUntilMs: number | undefined,
): Change {
  const holdUntil = (untilMs: number, why: string): Change =>
    changed(hold(deployment, nowMs, untilMs, why), [])
  if (!isFleetKnown) return holdUntil(nowMs + HOLD_MS, 'nobody can say how the fleet is')
  if (deployment.status === 'baking') return complete(deployment, nowMs, { by: 'clock' })
  if (frozenUntilMs !== undefined) return holdUntil(frozenUntilMs, 'frozen')
  return toStep(deployment, deployment.step + 1, nowMs, { what: 'step', by: 'clock' })
}

/** Says once that it waits, however often it has to. */
function hold(deployment: Deployment, nowMs: number, untilMs: number, why: string): Deployment {
  const held = { ...deployment, dueAtMs: untilMs }
  const last = deployment.story.at(-1)
  if (last?.what === 'held' && last.why === why) return held
  return tell(held, nowMs, { what: 'held', by: 'clock', why })
}

function toStep(
  deployment: Deployment,
  index: number,
  nowMs: number,
  entry: Pick<StoryEntry, 'what' | 'by' | 'why'>,
): Change {
  const { shares, stepMs, bakeMs } = deployment.plan
  const isLast = index >= shares.length - 1
  const at: Deployment = {
    ...deployment,
    step: Math.min(index, shares.length - 1),
    status: isLast ? 'baking' : 'running',
    dueAtMs: nowMs + (isLast ? bakeMs : stepMs),
    leftMs: null,
  }
  const told = tell(
    at,
    nowMs,
    isLast && entry.what === 'step' ? { ...entry, what: 'baking' } : entry,
  )
  return isLast && bakeMs === 0
    ? complete(told, nowMs, { by: entry.by })
    : changed(told, ['publish'])
}

function complete(
  deployment: Deployment,
  nowMs: number,
  entry: Pick<StoryEntry, 'by' | 'why'>,
): Change {
  const done: Deployment = {
    ...deployment,
    status: 'complete',
    step: deployment.plan.shares.length - 1,
    dueAtMs: null,
    leftMs: null,
    endedAtMs: nowMs,
  }
  return changed(tell(done, nowMs, { what: 'complete', ...entry }), ['complete', 'publish'])
}

function judge(deployment: Deployment, fleet: FleetReport, nowMs: number): Change {
  const fault = gateFault(deployment.gate, fleet, deployment.baseline)
  return fault === undefined ? same(deployment) : react(deployment, nowMs, 'gate', fault)
}

/** What the gate's action says. */
function react(deployment: Deployment, nowMs: number, by: string, why: string): Change {
  switch (deployment.gate?.action ?? 'rollback') {
    case 'rollback':
      return rollBack(deployment, nowMs, by, why)
    case 'pause': {
      if (deployment.status === 'paused') return same(deployment)
      return changed(stop(deployment, nowMs, by, why), ['notify'])
    }
    case 'notify': {
      // The numbers in the text move all the time: once a step is often enough.
      const isTold = deployment.story.some(
        (entry) =>
          entry.what === 'notified' &&
          entry.by === by &&
          entry.share === shareOf(deployment) &&
          entry.ring === ringAt(deployment),
      )
      if (isTold) return same(deployment)
      return changed(tell(deployment, nowMs, { what: 'notified', by, why }), ['notify'])
    }
  }
}

function rollBack(
  deployment: Deployment,
  nowMs: number,
  by: string,
  why: string,
  also: readonly Effect[] = ['failed', 'notify'],
): Change {
  const ended: Deployment = {
    ...deployment,
    status: 'rolled-back',
    dueAtMs: null,
    leftMs: null,
    endedAtMs: nowMs,
  }
  return changed(tell(ended, nowMs, { what: 'rolled-back', by, why }), [...also, 'publish'])
}

function pause(deployment: Deployment, { nowMs, by, why }: Act<'pause'>): Transition {
  if (deployment.status === 'paused') return same(deployment)
  if (!isActive(deployment)) return refuseEnded(deployment, 'pause')
  return changed(stop(deployment, nowMs, by, why), [])
}

/** Stands still; a step that was overdue has nothing left. */
function stop(deployment: Deployment, nowMs: number, by: string, why: string): Deployment {
  const leftMs = Math.max(0, (deployment.dueAtMs ?? nowMs) - nowMs)
  const paused: Deployment = { ...deployment, status: 'paused', dueAtMs: null, leftMs }
  return tell(paused, nowMs, { what: 'paused', by, why })
}

function resume(deployment: Deployment, { nowMs, by, why }: Act<'resume'>): Transition {
  if (deployment.status === 'running' || deployment.status === 'baking') return same(deployment)
  if (deployment.status !== 'paused') return refuseEnded(deployment, 'resume')
  const { step: index, plan, leftMs } = deployment
  const resumed: Deployment = {
    ...deployment,
    status: index === plan.shares.length - 1 ? 'baking' : 'running',
    dueAtMs: nowMs + (leftMs ?? 0),
    leftMs: null,
  }
  return changed(tell(resumed, nowMs, { what: 'resumed', by, why }), [])
}

function promote(deployment: Deployment, { nowMs, by, why }: Act<'promote'>): Transition {
  if (deployment.status === 'complete') return same(deployment)
  if (!isActive(deployment)) return refuseEnded(deployment, 'promote')
  const { plan, step: index, proven, startedAtMs } = deployment
  const bakedAtMs = (startedAtMs ?? nowMs) + firstStepMs(plan)
  if (!proven && nowMs < bakedAtMs) {
    const leftSec = Math.ceil((bakedAtMs - nowMs) / 1000)
    return {
      ok: false,
      why: `content that was never everywhere bakes one step first: ${leftSec} s to go`,
    }
  }
  if (index === plan.shares.length - 1) return complete(deployment, nowMs, { by, why })
  return toStep(deployment, plan.shares.length - 1, nowMs, { what: 'promoted', by, why })
}

function abort(deployment: Deployment, { nowMs, by, why }: Act<'abort'>): Transition {
  if (deployment.status === 'rolled-back' || deployment.status === 'cancelled')
    return same(deployment)
  if (deployment.status === 'complete') return refuseEnded(deployment, 'abort')
  return deployment.status === 'queued'
    ? changed(cancel(deployment, nowMs, by, why), [])
    : rollBack(deployment, nowMs, by, why, [])
}

/** Ends one that nobody got yet. */
export function cancel(deployment: Deployment, nowMs: number, by: string, why: string): Deployment {
  const ended: Deployment = { ...deployment, status: 'cancelled', dueAtMs: null, endedAtMs: nowMs }
  return tell(ended, nowMs, { what: 'cancelled', by, why })
}

function tell(
  deployment: Deployment,
  atMs: number,
  { what, by, why }: Pick<StoryEntry, 'what' | 'by' | 'why'>,
): Deployment {
  const share = deployment.status === 'complete' ? SHARE_PARTS : shareOf(deployment)
  const ring = ringAt(deployment)
  const entry = {
    atMs,
    what,
    by,
    share,
    ...(ring !== undefined && { ring }),
    ...(why !== undefined && { why }),
  }
  return { ...deployment, story: [...deployment.story, entry].slice(-MAX_STORY) }
}

function changed(deployment: Deployment, effects: readonly Effect[]): Change {
  return { ok: true, deployment, effects: [...new Set(effects)] }
}

function same(deployment: Deployment): Change {
  return { ok: true, deployment, effects: [] }
}

function refuseEnded(deployment: Deployment, what: string): Transition {
  return { ok: false, why: `a deployment that is ${deployment.status} cannot ${what}` }
}
