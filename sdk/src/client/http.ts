/** Requests that end: a total deadline, a size bound while reading, no redirects, everything aborted on `close`. */
import { asError, DriftlessError } from './errors.ts'
import { DEADLINE_MS } from './limits.ts'
import { after } from './timer.ts'

export interface Http {
  /**
   * Sends a GET and hands the answer, of status 200 or 304, to `use`; the request ends when `use` does, or by the deadline.
   * Rejects with a `DriftlessError`: `denied` for 401 and 403, else `network` unless `use` threw another.
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
      const controller = new AbortController()
      const { signal } = controller
      const abort = (): void => controller.abort()
      const cancel = after(deadlineMs, abort)
      open.add(controller)
      try {
        // Not just awaited: a fetch that does not heed its signal must not hold anyone up.
        return await new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          if (isClosed) return abort()
          // A redirect could carry the key elsewhere; it comes back as a status that is refused.
          fetch(url, { headers, signal, redirect: 'manual' })
            .then((response) => use(expectOk(response)))
            .then(resolve, reject)
        })
      } catch (caught) {
        throw asError(caught, 'network', `GET ${url}`)
      } finally {
        cancel()
        open.delete(controller)
        // Also ends a body that `use` did not read to its end.
        abort()
      }
    },
    close() {
      isClosed = true
      for (const controller of open) controller.abort()
    },
  }
}

function expectOk(response: Response): Response {
  const { status, headers } = response
  if (status === 200 || status === 304) return response
  // In seconds only: our own server sends no dates.
  const retryAfterMs = Number(headers.get('retry-after')) * 1000 || 0
  const code = status === 401 || status === 403 ? 'denied' : 'network'
  throw new DriftlessError(code, `status ${status}`, undefined, retryAfterMs)
}

/** The whole body of an answer. Rejects once it is longer than `maxBytes`, having read no further. */
export async function readBody({ body }: Response, maxBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(maxBytes)
  const reader = body?.getReader()
  for (let size = 0; ;) {
    const { value } = (await reader?.read()) ?? {}
    if (!value) return bytes.subarray(0, size)
    // Throws where there is no room.
    bytes.set(value, size)
    size += value.length
  }
}
