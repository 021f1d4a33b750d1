/**
 * When a client connects, polls, pings, backs off and calls itself stale: decided here, done elsewhere. Clock, dice, timer and
 * acts are arguments, so every run can be replayed as a transcript.
 */
import { compareOrder } from '../core/order.ts'
import type { Order } from '../core/wire.ts'
import type { Floor } from '../verify.ts'
import {
  ANSWER_MS,
  ATTEMPT_COST_MS,
  ATTEMPT_CREDIT_MS,
  DENIED_MS,
  HEAD_START_MS,
  MAX_BACK_OFF_MS,
  MAX_WAIT_MS,
  MIN_BACK_OFF_MS,
  POLL_CALM,
  SILENCE_MS,
  STABLE_MS,
} from './limits.ts'

/** Who last vouched for the snapshot in use: gave it, or confirmed that it is the newest. `none`: only code defaults. */
export type Source = 'stream' | 'poll' | 'cache' | 'bootstrap' | 'none'

/** `stale`: values are served, but their manifest is past its `exp`: nobody has confirmed them for long. */
export type Status = 'starting' | 'ready' | 'stale' | 'closed'

/** Claims of an accepted manifest: the highest position ever reached. `exp` in seconds. */
type Accepted = Floor & { readonly exp: number }

export interface Machine {
  readonly status: Status
  readonly source: Source
  readonly floor: Accepted | undefined
  /** A position that somebody told of since a poll was last answered. */
  readonly wanted: Order | undefined
  /** To be called when the time given to `wakeIn` is over; at first, to begin. */
  readonly wake: () => void
  opened(): void
  /** Anything came over the stream. */
  heard(): void
  hello(newest: Order): void
  goodbye(message: { readonly reconnectAfterMs: number; readonly jitterMs: number }): void
  /** `code`: of the WebSocket; 4401 is a refused key, 1013 a full server. */
  closed(code?: number, retryAfterMs?: number): void
  polled(isOk: boolean, error?: { readonly code: string; readonly retryAfterMs: number }): void
  accepted(source: Source, floor: Accepted): void
  /** A head of the stream, or a document, was not to be had; `order` when a head was genuine and only its body is missing. */
  rejected(order?: Order): void
  /** Nothing has an effect any more. */
  close(): void
}

export interface Acts {
  connect(): void
  drop(): void
  ping(): void
  poll(): void
  /** The last of a step: whoever is told may close. */
  status(status: 'ready' | 'stale'): void
  /** Instead of what was asked for before; Infinity: never. */
  wakeIn(ms: number): void
}

/** `pollMs`: between two polls without a stream; ten times that beside a healthy one. `random` in `[0, 1)`. */
export function createMachine(
  streams: boolean,
  pollMs: number,
  now: () => number,
  random: () => number,
  acts: Acts,
): Machine {
  let nowMs = now()
  // Time that has passed, by which all else goes; a clock that is set back only stops it.
  let timeMs = 0
  // What is to happen when; Infinity for never. `connect` is Infinity while there is a connection, `poll` while one is under way.
  const due = { connect: streams ? 0 : Infinity, poll: streams ? HEAD_START_MS : 0 }
  let pingAtMs = Infinity
  let deadAtMs = Infinity
  // Of the connection there is.
  let openedAtMs = Infinity
  // Attempts are paid for up to this time.
  let paidUntilMs = 0
  // The key was refused, and nothing has succeeded since.
  let isDenied = false
  // In a row; of what was to be taken, since the floor last rose.
  let linkFailures = 0
  let pollFailures = 0
  let takeFailures = 0

  const jittered = (ms: number): number => timeMs + ms * (0.9 + 0.2 * random())
  const nextPollMs = (): number => jittered(openedAtMs < Infinity ? pollMs * POLL_CALM : pollMs)
  const retryAtMs = (failures: number, leastMs = 0): number =>
    isDenied
      ? jittered(DENIED_MS)
      : // On top of what was asked for, or all who were told the same would come back at once.
        timeMs +
        Math.min(leastMs, MAX_WAIT_MS) +
        random() * Math.min(MAX_BACK_OFF_MS, Math.max(MIN_BACK_OFF_MS * 2 ** failures, leastMs / 2))
  const pollAt = (atMs: number): void => {
    if (due.poll < Infinity) due.poll = atMs
  }
  const pollBy = (atMs: number): void => pollAt(Math.min(due.poll, atMs))
  const linkDown = (connectAtMs: number): void => {
    openedAtMs = pingAtMs = deadAtMs = Infinity
    due.connect = connectAtMs
    // What is in use was never confirmed by the server: ask the other way at once.
    pollBy(/stream|poll/.test(machine.source) ? nextPollMs() : timeMs)
  }
  const linkLost = (code?: number, retryAfterMs?: number): void => {
    if (timeMs - openedAtMs >= STABLE_MS) linkFailures = 0
    // A full server is asked again from anywhere within the longest back-off.
    if (code === 1013) linkFailures += 6
    if (code === 4401) isDenied = true
    linkDown(retryAtMs(linkFailures++, retryAfterMs))
  }
  const heard = (): void => {
    pingAtMs = timeMs + SILENCE_MS
    deadAtMs = pingAtMs + ANSWER_MS
  }

  const step =
    <Args extends unknown[]>(happens: (...args: Args) => void) =>
    (...args: Args): void => {
      if (machine.status === 'closed') return
      timeMs += Math.max(0, now() - nowMs)
      nowMs = now()
      happens(...args)

      if (deadAtMs <= timeMs) {
        acts.drop()
        linkLost()
      }
      if (pingAtMs <= timeMs) {
        acts.ping()
        pingAtMs = Infinity
      }
      for (const what of ['connect', 'poll'] as const) {
        if (due[what] > timeMs) continue
        // One rate for all attempts (GCRA). What comes too early is put off to when it may.
        due[what] = paidUntilMs - ATTEMPT_CREDIT_MS
        if (due[what] > timeMs) continue
        due[what] = Infinity
        paidUntilMs = Math.max(paidUntilMs, timeMs) + ATTEMPT_COST_MS
        // A server that a whole fleet comes back to is slow: whoever gives up early makes it do the work twice.
        if (what === 'connect') deadAtMs = timeMs + ANSWER_MS * 2 ** Math.min(linkFailures, 2)
        acts[what]()
      }
      const waitMs = Math.min(due.connect, due.poll, pingAtMs, deadAtMs) - timeMs
      const { floor } = machine
      const leftMs = floor ? floor.exp * 1000 - nowMs : Infinity
      acts.wakeIn(leftMs > 0 ? Math.min(waitMs, leftMs) : waitMs)
      const status = leftMs > 0 ? 'ready' : 'stale'
      if (floor && status !== machine.status) acts.status((machine.status = status))
    }

  const machine: { -readonly [Member in keyof Machine]: Machine[Member] } = {
    status: 'starting',
    source: 'none',
    floor: undefined,
    wanted: undefined,
    wake: step(() => {}),
    opened: step(() => {
      openedAtMs = timeMs
      isDenied = false
      if (machine.floor) pollAt(nextPollMs())
      heard()
    }),
    heard: step(heard),
    hello: step((newest) => {
      const ahead = machine.floor ? compareOrder(newest, machine.floor) : 1
      if (ahead === 0) machine.source = 'stream'
      if (ahead > 0) {
        machine.wanted = newest
        pollBy(timeMs + HEAD_START_MS)
      }
    }),
    goodbye: step(({ reconnectAfterMs, jitterMs }) => {
      acts.drop()
      linkDown(
        timeMs +
          Math.min(reconnectAfterMs, MAX_WAIT_MS) +
          random() * Math.min(jitterMs, MAX_WAIT_MS),
      )
    }),
    closed: step(linkLost),
    polled: step((isOk, error) => {
      if (isOk) {
        pollFailures = 0
        // Nothing newer was to be had, whatever somebody told.
        machine.wanted = undefined
        if (machine.floor && openedAtMs === Infinity) machine.source = 'poll'
        if (isDenied && due.connect < Infinity) due.connect = timeMs
        isDenied = false
        due.poll = nextPollMs()
      } else {
        if (error?.code === 'denied') isDenied = true
        due.poll = retryAtMs(pollFailures++, error?.retryAfterMs)
        if (isDenied && due.connect < Infinity) due.connect = due.poll
      }
    }),
    accepted: step((source, floor) => {
      const isNewer = !machine.floor || compareOrder(floor, machine.floor) > 0
      machine.floor = floor
      if (isNewer) takeFailures = 0
      // A poll that brings what an open stream brought already is no better witness.
      if (isNewer || openedAtMs === Infinity || source === 'stream') machine.source = source
      if (source === 'stream') {
        pollFailures = 0
        pollAt(nextPollMs())
      }
    }),
    rejected: step((order) => {
      machine.wanted = order ?? machine.wanted
      pollBy(retryAtMs(takeFailures++))
    }),
    close() {
      machine.status = 'closed'
      acts.drop()
      acts.wakeIn(Infinity)
    },
  }
  return machine
}
