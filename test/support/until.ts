/** Waiting for what another process does: real time, since nobody here can turn its clock. */
import { setTimeout as delay } from 'node:timers/promises'

const STEP_MS = 5

/**
 * Asks again and again until `read` gives something other than `undefined` or `false`; answers that.
 *
 * @throws Error naming `what` after `timeoutMs`.
 */
export async function until<T>(
  what: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (value !== undefined && value !== false) return value
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await delay(STEP_MS)
  }
}
