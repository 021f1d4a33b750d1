/** What is done to the sockets of one hub. Nothing here throws: a socket that cannot be told has gone, or is about to. */
import { silentSockets } from './reports.ts'

/** Close codes of RFC 6455 §7.4.1 and SNAPSHOT.md §5. */
export const CLOSE_NORMAL = 1000
export const CLOSE_GOING_AWAY = 1001
export const CLOSE_KEY_INVALID = 4401
/** RFC 6455 §7.4.1: an unexpected condition. */
const CLOSE_BROKEN = 1011

export function broadcast(sockets: readonly WebSocket[], message: string): void {
  for (const socket of sockets) {
    try {
      socket.send(message)
    } catch {
      closeAll([socket], CLOSE_BROKEN, 'could not be reached')
    }
  }
}

export function closeAll(sockets: readonly WebSocket[], code: number, reason: string): void {
  for (const socket of sockets) {
    try {
      socket.close(code, reason)
    } catch {
      // Already closed: what was wanted.
    }
  }
}

/**
 * Closes sockets of readers that are gone without a word, or do not read: they answer no ping. Nothing is awaited and no timer
 * runs; it is done when room is needed, somebody counts, or a head comes. `toldAtMs`: when all were sent something last.
 */
export function sweep(state: DurableObjectState, nowMs: number, toldAtMs: number): void {
  closeAll(silentSockets(state, nowMs, toldAtMs), CLOSE_GOING_AWAY, 'not heard of')
}
