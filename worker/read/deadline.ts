/** Nothing on the read path waits for ever: a store that hangs counts as one that failed. */

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/** What `work` becomes; rejects with a DeadlineError when it has not settled after `ms`. */
export async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no answer after ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
