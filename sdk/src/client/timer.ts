/** Timers that do not keep a process alive. Deadlines are real time, whatever clock the client was given. */

/** Calls `run` after `ms`; the result cancels. In Node a pending timer does not hold the process, unless `holds`. */
export function after(ms: number, run: () => void, holds = false): () => void {
  const timer = setTimeout(run, ms)
  if (!holds) unref(timer)
  return () => clearTimeout(timer)
}

function unref(timer: number | { unref?(): void }): void {
  if (typeof timer === 'object') timer.unref?.()
}

/** Settles as `work` does, or rejects with what `late` gives after `ms`. What `work` does later is ignored. */
export async function within<T>(
  ms: number,
  work: Promise<T> | T,
  late: () => Error,
  holds?: boolean,
): Promise<T> {
  let cancel: (() => void) | undefined
  const deadline = new Promise<never>((_, reject) => {
    cancel = after(ms, () => reject(late()), holds)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    cancel?.()
  }
}
