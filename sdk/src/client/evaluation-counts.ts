/**
 * Reports how often flags were evaluated, by variant, when an application asks for it (`events`). Loaded only then: others do
 * not carry it. Sends keys of flags, names of variants and counts; never a context, a value or an id.
 */
import { addCount, type Counts } from './counts.ts'
import { asError, DriftlessError } from './errors.ts'
import type { ClientOptions } from './options.ts'
import { after, within } from './timer.ts'

export interface CountReporter {
  /** Reports what was counted. Never rejects: what could not be sent is told to `onError`, and sent with the next report. */
  flush(): Promise<void>
  /** The same for the last time. */
  close(): Promise<void>
}

/** The server takes 1 MiB and 5,000 flags; a character is at most 3 bytes. */
const MAX_REPORT_CHARACTERS = 300_000
const MAX_REPORT_FLAGS = 5_000
const DEADLINE_MS = 10_000

/** Takes out of `counts` what it reports. */
export function startReporting(
  counts: Counts,
  options: ClientOptions,
  server: { readonly url: string },
  onError: (error: DriftlessError) => void,
): CountReporter {
  const { key, events, fetch = globalThis.fetch, random = Math.random } = options
  const { flushMs = 60_000 } = typeof events === 'object' ? events : {}
  let cancel: (() => void) | undefined
  let isClosed = false
  let queue: Promise<void> = Promise.resolve()

  const arm = (): void => {
    if (isClosed) return
    cancel = after(flushMs * (0.9 + 0.2 * random()), () => void flush().then(arm))
  }
  const flush = (): Promise<void> => {
    queue = queue.then(report)
    return queue
  }
  const report = async (): Promise<void> => {
    // What is counted meanwhile goes with the next report.
    for (const part of takeParts(counts)) {
      try {
        const status = await within(
          DEADLINE_MS,
          post(part),
          () => new DriftlessError('network', 'POST /v1/events: too slow'),
        )
        if (status === 202) continue
        if (status === 429 || status >= 500) putBack(counts, part)
        // What was refused once is refused again.
        onError(new DriftlessError('network', `status ${status} where 202 was expected`))
      } catch (caught) {
        putBack(counts, part)
        onError(asError(caught, 'network', 'POST /v1/events'))
      }
    }
  }
  const post = async (part: Counts): Promise<number> => {
    const flags = Object.fromEntries(
      Array.from(part, ([flagKey, variants]) => [flagKey, Object.fromEntries(variants)]),
    )
    const response = await fetch(`${server.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ flags }),
      // A redirect could carry the key elsewhere.
      redirect: 'manual',
    })
    void response.body?.cancel().catch(() => {})
    return response.status
  }

  arm()
  return {
    flush,
    close() {
      isClosed = true
      cancel?.()
      return flush()
    },
  }
}

/** Empties `counts` into reports that the server takes. */
function takeParts(counts: Counts): Counts[] {
  const parts: Counts[] = []
  let part: Counts = new Map()
  let characters = 0
  for (const [flagKey, variants] of counts) {
    let size = flagKey.length + 8
    for (const variant of variants.keys()) size += variant.length + 24
    if (
      parts.length === 0 ||
      characters + size > MAX_REPORT_CHARACTERS ||
      part.size >= MAX_REPORT_FLAGS
    ) {
      part = new Map()
      parts.push(part)
      characters = 0
    }
    part.set(flagKey, variants)
    characters += size
  }
  counts.clear()
  return parts
}

function putBack(counts: Counts, part: Counts): void {
  for (const [flagKey, variants] of part) {
    for (const [variant, count] of variants) addCount(counts, flagKey, variant, count)
  }
}
