/** Callbacks given by the application. One that throws, rejects or never ends harms neither the client nor the others. */
import { asError, type DriftlessError } from './errors.ts'
import { isEqual } from './values.ts'

export type Callback<Values extends readonly unknown[]> = (...values: Values) => unknown

/** Calls `callback`, hands what it throws or rejects with to `onError`, and does not wait. */
export function callSafely<Values extends readonly unknown[]>(
  callback: Callback<Values>,
  values: Values,
  onError: (error: DriftlessError) => void,
): void {
  const failed = (caught: unknown): void => onError(asError(caught, 'callback', 'a callback'))
  try {
    // What a thenable does later is caught too; anything else settles at once.
    Promise.resolve(callback(...values)).catch(failed)
  } catch (caught) {
    failed(caught)
  }
}

interface Watcher {
  readonly read: () => unknown
  readonly callback: Callback<[newValue: unknown, oldValue: unknown]>
  value: unknown
}

export interface Watchers {
  /** `read` gives the watched value now; `callback` gets the new and the old one. The result ends it. */
  add(read: () => unknown, callback: Watcher['callback']): () => void
  /** Reads every value again and calls where it changed. */
  check(): void
}

export function createWatchers(onError: (error: DriftlessError) => void): Watchers {
  const watchers = new Set<Watcher>()
  return {
    add(read, callback) {
      const watcher = { read, callback, value: read() }
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    check() {
      // All values are read before the first callback: what it does must not change what the others are told.
      const changes = Array.from(watchers, (watcher) => {
        const [before, value] = [watcher.value, watcher.read()]
        watcher.value = value
        return { watcher, before, value }
      })
      for (const { watcher, before, value } of changes) {
        if (watchers.has(watcher) && !isEqual(before, value))
          callSafely(watcher.callback, [value, before], onError)
      }
    },
  }
}
