/** Callbacks given by the application. One that throws, rejects or never ends harms neither the client nor the others. */

export type Callback<Values extends readonly unknown[]> = (...values: Values) => unknown

/** Calls now, hands what that throws or rejects with to `onError` (default: nobody), and does not wait. */
export function callSafely(
  call: () => unknown,
  onError: (caught: unknown) => void = () => {},
): void {
  new Promise((resolve) => resolve(call())).catch(onError)
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

export function createWatchers(onError: (caught: unknown) => void): Watchers {
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
        const old = watcher.value
        return [watcher, (watcher.value = watcher.read()), old] as const
      })
      for (const [watcher, value, old] of changes) {
        if (watchers.has(watcher) && textOf(value) !== textOf(old))
          callSafely(() => watcher.callback(value, old), onError)
      }
    },
  }
}

/** Documents are canonical: equal ones have equal texts. Here they also show what they hide from others (redaction.ts). */
function textOf(value: unknown): string {
  return JSON.stringify({ value }, function asItIs(this: object, name: string): unknown {
    return Reflect.get(this, name)
  })
}
