/** Requests that end: a total deadline, a size bound while reading, no redirects, everything aborted on `close`. */
import { asError, DriftlessError } from './errors.ts'
import { within } from './timer.ts'

/** From the first byte sent to the last byte read. */
const DEADLINE_MS = 30_000

export interface Http {
  /**
   * Sends a GET and hands the answer to `use`; the request ends when `use` does. Rejects with a
   * `DriftlessError`: of code `network` unless `use` threw another. `deadlineMs` 0: none, for streams.
   */
  get<T>(
    url: string,
    headers: Record<string, string>,
    use: (response: Response) => Promise<T>,
    deadlineMs?: number,
  ): Promise<T>
  /** Aborts what is under way; nothing is sent any more. */
  close(): void
}

export function createHttp(fetch: typeof globalThis.fetch): Http {
  const open = new Set<AbortController>()
  let isClosed = false
  return {
    async get(url, headers, use, deadlineMs = DEADLINE_MS) {
      if (isClosed) throw new DriftlessError('closed', `GET ${url}: the client was closed`)
      const controller = new AbortController()
      const { signal } = controller
      open.add(controller)
      // A redirect could carry the key elsewhere; it comes back as a status that nobody accepts.
      const answer = (async () => fetch(url, { headers, signal, redirect: 'manual' }))()
      // A fetch that does not heed its signal must not hold anyone up.
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new DriftlessError('network', 'aborted')))
      })
      const either = Promise.race([answer.then(use), aborted])
      try {
        return await (deadlineMs ? within(deadlineMs, either, 'network', `GET ${url}`) : either)
      } catch (caught) {
        throw asError(caught, 'network', `GET ${url}`)
      } finally {
        open.delete(controller)
        // Also ends a body that `use` did not read to its end.
        controller.abort()
      }
    },
    close() {
      isClosed = true
      for (const controller of open) controller.abort()
    },
  }
}

/** The whole body of an answer. Rejects once it is longer than `maxBytes`, having read no further. */
export async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(maxBytes)
  const reader = response.body?.getReader()
  let size = 0
  for (;;) {
    const chunk = await reader?.read()
    if (!chunk || chunk.done) return bytes.subarray(0, size)
    if (size + chunk.value.length > maxBytes) {
      void reader?.cancel().catch(() => {})
      throw new DriftlessError('network', `the answer is longer than ${maxBytes} bytes`)
    }
    bytes.set(chunk.value, size)
    size += chunk.value.length
  }
}

/** `Retry-After` in milliseconds, 0 when absent. Seconds only: our own server sends no dates. */
export function retryAfterMs(response: Response): number {
  return Math.max(0, Number(response.headers.get('retry-after')) * 1000) || 0
}

export function isDenied(status: number): boolean {
  return status === 401 || status === 403
}
