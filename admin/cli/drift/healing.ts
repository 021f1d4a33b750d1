/**
 * When `drift watch` alerts and when it heals: `(state, observation) → (state, decision)`. Heals a drift once. When the same drift comes
 * back, somebody publishes against the folder: another healer, or a person who means it. Then it waits, longer each time, and says so;
 * two healers that answer each other at once would publish for ever. Pure: time comes in.
 */

export interface Observation {
  readonly nowMs: number
  /** Names what differs, the same for the same difference; null: nothing does. */
  readonly drift: string | null
  /** The newest revision. */
  readonly revision: number
}

export interface Healing {
  /** The drift last told of. */
  readonly told: string | null
  /** What was healed, how often in a row, and when last. Null: nothing lately. */
  readonly healed: {
    readonly drift: string
    readonly times: number
    readonly atMs: number
    readonly revision: number
  } | null
}

export type Decision =
  | { readonly kind: 'nothing' }
  /** `isNew`: not told of before. */
  | { readonly kind: 'heal'; readonly isNew: boolean }
  | { readonly kind: 'tell'; readonly isNew: boolean }
  /** It came back after it was healed. `isNew`: say so now. */
  | {
      readonly kind: 'wait'
      readonly untilMs: number
      readonly isNew: boolean
      readonly times: number
    }
  | { readonly kind: 'clean' }

export const AT_REST: Healing = { told: null, healed: null }

export const FIRST_WAIT_MS = 60_000
export const MAX_WAIT_MS = 3_600_000
/** A heal that held this long was no fight. */
export const FORGET_MS = 2 * MAX_WAIT_MS

export function decide(
  state: Healing,
  { nowMs, drift, revision }: Observation,
  heals: boolean,
): { readonly state: Healing; readonly decision: Decision } {
  const healed =
    state.healed !== null && nowMs - state.healed.atMs < FORGET_MS ? state.healed : null
  if (drift === null)
    return {
      state: { told: null, healed },
      decision: state.told === null ? { kind: 'nothing' } : { kind: 'clean' },
    }
  const isNew = state.told !== drift
  const told = { told: drift, healed }
  if (!heals)
    return { state: told, decision: isNew ? { kind: 'tell', isNew } : { kind: 'nothing' } }
  if (healed !== null && healed.drift === drift) {
    const untilMs = healed.atMs + waitMs(healed.times)
    if (nowMs < untilMs)
      return {
        state: told,
        decision: isNew
          ? { kind: 'wait', untilMs, isNew, times: healed.times }
          : { kind: 'nothing' },
      }
  }
  const times = healed !== null && healed.drift === drift ? healed.times + 1 : 1
  return {
    state: { told: drift, healed: { drift, times, atMs: nowMs, revision } },
    decision: { kind: 'heal', isNew },
  }
}

/** After the first heal, FIRST_WAIT_MS; doubled each time, up to MAX_WAIT_MS. */
export function waitMs(times: number): number {
  return Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, times - 1))
}
