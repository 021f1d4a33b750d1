/**
 * When a client connects, polls, pings, backs off and calls itself stale: decided here, done elsewhere. A pure reducer
 * `(state, event) → (state, effects)`: clock and dice are arguments, so every run can be replayed as a transcript.
 *
 * One timer drives it: the rim sends `wake` at `wakeAtMs(state)`.
 */
import { compareOrder } from '../core/order.ts'
import type { Order } from '../core/wire.ts'
import type { Floor } from '../verify.ts'

/** Who last vouched for the snapshot in use: gave it, or confirmed that it is the newest. `none`: only code defaults. */
export type Source = 'stream' | 'poll' | 'cache' | 'bootstrap' | 'none'

/** `stale`: values are served, but their manifest is past its `exp`: nobody has confirmed them for long. */
export type Status = 'starting' | 'ready' | 'stale' | 'closed'

export interface State {
  /** False: this client never streams. */
  readonly streams: boolean
  /** Between two polls without a stream; ten times that beside a healthy one. */
  readonly pollMs: number
  readonly status: Status
  readonly source: Source
  readonly link: 'down' | 'connecting' | 'open'
  readonly polling: boolean
  /** The highest position ever accepted. */
  readonly floor: Floor | undefined
  /** A newer position than the floor that somebody told of. */
  readonly wanted: Order | undefined
  /** `exp` of the accepted manifest. */
  readonly expMs: number | undefined
  /** The key was refused and nothing has succeeded since. */
  readonly denied: boolean
  /** In a row. */
  readonly linkFailures: number
  readonly pollFailures: number
  /** Heads and documents that were not to be had since the floor last rose. */
  readonly rejections: number
  readonly openedAtMs: number
  /** Attempts are paid for up to this time; see `mayTry`. */
  readonly paidUntilMs: number
  /** The last clock reading, to notice a clock that was set back. */
  readonly nowMs: number
  /** What is to happen when. `dead`: the connection is given up. */
  readonly due: Readonly<Partial<Record<Deadline, number>>>
}

type Deadline = 'connect' | 'ping' | 'dead' | 'poll'

export type ClientEvent =
  | { readonly type: 'wake' | 'opened' | 'frame' | 'close' }
  | ({ readonly type: 'hello' } & Order)
  | { readonly type: 'goodbye'; readonly reconnectAfterMs: number; readonly jitterMs: number }
  | {
      readonly type: 'closed'
      readonly reason: 'lost' | 'denied' | 'full'
      readonly retryAfterMs?: number
    }
  | {
      readonly type: 'polled'
      readonly outcome: 'ok' | 'failed' | 'denied'
      readonly retryAfterMs?: number
    }
  | {
      readonly type: 'accepted'
      readonly source: Source
      readonly floor: Floor
      readonly expMs: number
    }
  /** A head of the stream, or a document, was not to be had; `order` when a head was genuine and only its body is missing. */
  | { readonly type: 'rejected'; readonly order?: Order }

export type Effect =
  | { readonly type: 'connect' | 'drop' | 'ping' }
  | { readonly type: 'poll'; readonly min: Order | undefined }
  | { readonly type: 'status'; readonly status: Status }

const SEC = 1000
const MIN_BACK_OFF_MS = SEC
const MAX_BACK_OFF_MS = 60 * SEC
/** A connection that lived this long was good: the next back-off starts from the bottom. */
const STABLE_MS = 60 * SEC
/** After 401, 403 or 4401: seldom, but for ever, since keys are also put right. */
const DENIED_MS = 300 * SEC
/** A stream that has said nothing for this long is asked; with no answer in `ANSWER_MS` it is given up. */
const SILENCE_MS = 30 * SEC
const ANSWER_MS = 10 * SEC
/** How long a stream may take to bring what it told of before polling is tried too. */
const HEAD_START_MS = 3 * SEC
/** No server may send a client away for longer. */
const MAX_WAIT_MS = 3600 * SEC
/** Attempts (connecting, polling): 4 at once, then one every 7.5 s, so 12 in the worst minute whatever the dice say. */
const ATTEMPT_COST_MS = 7.5 * SEC
const ATTEMPT_CREDIT_MS = 3 * ATTEMPT_COST_MS

export function initialState(options: {
  readonly streams: boolean
  readonly pollMs: number
  readonly nowMs: number
}): State {
  const { streams, nowMs } = options
  return {
    ...options,
    status: 'starting',
    source: 'none',
    link: 'down',
    polling: false,
    floor: undefined,
    wanted: undefined,
    expMs: undefined,
    denied: false,
    linkFailures: 0,
    pollFailures: 0,
    rejections: 0,
    openedAtMs: nowMs,
    paidUntilMs: nowMs,
    due: streams ? { connect: nowMs, poll: nowMs + HEAD_START_MS } : { poll: nowMs },
  }
}

/** The earliest time at which something is to happen by itself; `undefined` when nothing is. */
export function wakeAtMs(state: State): number | undefined {
  const times = Object.values(state.due)
  if (state.status === 'ready' && state.expMs !== undefined) times.push(state.expMs)
  return times.length ? Math.min(...times) : undefined
}

/** One step. `random` in `[0, 1)`. */
export function step(
  before: State,
  event: ClientEvent,
  nowMs: number,
  random: number,
): { readonly state: State; readonly effects: readonly Effect[] } {
  const effects: Effect[] = []
  if (before.status === 'closed') return { state: before, effects }
  const state = at(nowMs, before)
  const { due } = state

  const backOff = (failures: number, leastMs = 0): number =>
    nowMs +
    Math.max(
      random * Math.min(MAX_BACK_OFF_MS, MIN_BACK_OFF_MS * 2 ** failures),
      Math.min(leastMs, MAX_WAIT_MS),
    )
  const jittered = (ms: number): number => nowMs + ms * (0.9 + 0.2 * random)
  const nextPoll = (): number => jittered(state.pollMs * (state.link === 'open' ? 10 : 1))
  const pollBy = (atMs: number): void => {
    if (!state.polling) due.poll = Math.min(due.poll ?? atMs, atMs)
  }
  const linkDown = (connectAtMs: number): void => {
    state.link = 'down'
    delete due.ping
    delete due.dead
    due.connect = connectAtMs
    // What is in use was never confirmed by the server: ask the other way at once.
    pollBy(state.source === 'stream' || state.source === 'poll' ? nextPoll() : nowMs)
  }
  const linkLost = (reason: 'lost' | 'denied' | 'full', retryAfterMs = 0): void => {
    if (state.link === 'open' && nowMs - state.openedAtMs >= STABLE_MS) state.linkFailures = 0
    // A full server is asked again from anywhere within the longest back-off.
    if (reason === 'full') state.linkFailures = Math.max(state.linkFailures, 6)
    if (reason === 'denied') state.denied = true
    linkDown(state.denied ? jittered(DENIED_MS) : backOff(state.linkFailures, retryAfterMs))
    state.linkFailures++
  }
  // One rate for all attempts (GCRA). What comes too early is put off to when it may.
  const mayTry = (what: 'connect' | 'poll'): boolean => {
    if ((due[what] ?? Infinity) > nowMs) return false
    const creditAtMs = state.paidUntilMs - ATTEMPT_CREDIT_MS
    if (creditAtMs > nowMs) {
      due[what] = creditAtMs
      return false
    }
    state.paidUntilMs = Math.max(state.paidUntilMs, nowMs) + ATTEMPT_COST_MS
    delete due[what]
    return true
  }
  const heard = (): void => {
    delete due.dead
    due.ping = nowMs + SILENCE_MS
  }

  switch (event.type) {
    case 'wake':
      break
    case 'opened':
      state.link = 'open'
      state.openedAtMs = nowMs
      state.denied = false
      heard()
      if (state.floor && !state.polling) due.poll = nextPoll()
      break
    case 'frame':
      heard()
      break
    case 'hello': {
      const difference = state.floor ? compareOrder(event, state.floor) : 1
      if (difference === 0) state.source = 'stream'
      if (difference > 0) {
        state.wanted = { epoch: event.epoch, seq: event.seq }
        pollBy(nowMs + HEAD_START_MS)
      }
      break
    }
    case 'goodbye':
      effects.push({ type: 'drop' })
      linkDown(
        nowMs +
          Math.min(event.reconnectAfterMs, MAX_WAIT_MS) +
          random * Math.min(event.jitterMs, MAX_WAIT_MS),
      )
      break
    case 'closed':
      linkLost(event.reason, event.retryAfterMs)
      break
    case 'polled':
      state.polling = false
      if (event.outcome === 'ok') {
        state.pollFailures = 0
        // Nothing newer was to be had, whatever somebody told.
        state.wanted = undefined
        if (state.floor && state.link !== 'open') state.source = 'poll'
        if (state.denied && state.streams && state.link === 'down') due.connect = nowMs
        state.denied = false
        due.poll = nextPoll()
      } else if (event.outcome === 'denied') {
        state.denied = true
        due.poll = jittered(DENIED_MS)
        if (due.connect !== undefined) due.connect = due.poll
      } else due.poll = backOff(state.pollFailures++, event.retryAfterMs)
      break
    case 'accepted': {
      const isNewer = !state.floor || compareOrder(event.floor, state.floor) > 0
      state.floor = event.floor
      state.expMs = event.expMs
      // A poll that brings what an open stream brought already is no better witness.
      if (isNewer) state.rejections = 0
      if (isNewer || state.link !== 'open' || event.source === 'stream') state.source = event.source
      if (state.wanted && compareOrder(state.wanted, event.floor) <= 0) state.wanted = undefined
      if (event.source === 'stream') {
        state.pollFailures = 0
        if (!state.polling) due.poll = nextPoll()
      }
      break
    }
    case 'rejected':
      if (event.order) state.wanted = event.order
      pollBy(backOff(state.rejections++))
      break
    case 'close':
      state.status = 'closed'
      state.link = 'down'
      state.due = {}
      effects.push({ type: 'drop' }, { type: 'status', status: 'closed' })
      return { state, effects }
  }

  if ((due.dead ?? Infinity) <= nowMs) {
    effects.push({ type: 'drop' })
    linkLost('lost')
  } else if ((due.ping ?? Infinity) <= nowMs) {
    effects.push({ type: 'ping' })
    delete due.ping
    due.dead = nowMs + ANSWER_MS
  }
  if (mayTry('connect')) {
    effects.push({ type: 'connect' })
    state.link = 'connecting'
    due.dead = nowMs + ANSWER_MS
  }
  if (mayTry('poll')) {
    effects.push({ type: 'poll', min: state.wanted })
    state.polling = true
  }
  if (state.floor) state.status = (state.expMs ?? 0) > nowMs ? 'ready' : 'stale'
  if (state.status !== before.status) effects.push({ type: 'status', status: state.status })
  return { state, effects }
}

type Draft = { -readonly [Field in keyof State]: State[Field] } & {
  due: Partial<Record<Deadline, number>>
}

/** A copy to work on. When the clock was set back, what was due in five seconds is still due in five seconds. */
function at(nowMs: number, before: State): Draft {
  const backMs = Math.min(0, nowMs - before.nowMs)
  const due: Partial<Record<Deadline, number>> = {}
  for (const name of ['connect', 'ping', 'dead', 'poll'] as const) {
    const time = before.due[name]
    if (time !== undefined) due[name] = time + backMs
  }
  return { ...before, nowMs, due, paidUntilMs: before.paidUntilMs + backMs }
}
