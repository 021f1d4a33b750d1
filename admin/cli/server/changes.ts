/** Told when something was published: by the event stream where there is an SDK key, else by asking for the newest revision. */
import type { Io } from '../frame/io.ts'

/** A stream that broke is opened again after this long. */
const REOPEN_MS = 5_000

export interface Wakeup {
  /** Resolves after `ms`, or at once when something was announced since the last call. */
  wait(ms: number): Promise<void>
}

/** Follows the event stream of `key` until `io.signal` aborts. Without a key, it only waits. */
export function wakeups(io: Io, url: string, key: string | undefined): Wakeup {
  let isWoken = false
  let wake: (() => void) | undefined
  const announce = (): void => {
    isWoken = true
    wake?.()
  }
  if (key !== undefined) void follow(io, url, key, announce)
  return {
    async wait(ms) {
      if (!isWoken) {
        const woken = new Promise<void>((settle) => {
          wake = settle
        })
        await Promise.race([woken, io.sleep(ms)])
      }
      isWoken = false
      wake = undefined
    },
  }
}

async function follow(io: Io, url: string, key: string, announce: () => void): Promise<void> {
  while (!io.signal.aborted) {
    try {
      const response = await io.fetch(`${url}/v1/stream`, {
        headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
        signal: io.signal,
      })
      if (response.ok && response.body !== null) {
        const decoder = new TextDecoder()
        for await (const chunk of response.body)
          if (/^event: (?:head|delta)/m.test(decoder.decode(chunk, { stream: true }))) announce()
      } else await response.body?.cancel()
    } catch {
      // The poll goes on; the stream is opened again below.
    }
    await io.sleep(REOPEN_MS)
  }
}
