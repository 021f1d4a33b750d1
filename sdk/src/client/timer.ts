/** Timers that do not keep a process alive. Deadlines are real time, whatever clock the client was given. */
import { DriftlessError, type DriftlessErrorCode } from './errors.ts'

/** Calls `run` after `ms`; the result cancels. In Node a pending timer does not hold the process. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  const handle: unknown = timer
  if (typeof handle === 'object' && handle !== null && 'unref' in handle) {
    if (typeof handle.unref === 'function') handle.unref()
  }
  return () => clearTimeout(timer)
}

/** Settles as `work` does, or rejects after `ms`. What `work` does later is ignored. */
export async function within<T>(
  ms: number,
  work: Promise<T> | T,
  code: DriftlessErrorCode,
  what: string,
): Promise<T> {
  let cancel: (() => void) | undefined
  const late = new Promise<never>((_, reject) => {
    cancel = after(ms, () => reject(new DriftlessError(code, `${what}: not within ${ms} ms`)))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    cancel?.()
  }
}
