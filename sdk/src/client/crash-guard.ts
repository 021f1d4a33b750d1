/**
 * Keeps an application from dying of the same content for ever (SNAPSHOT.md §10): content under which three processes ended
 * within 10 s of taking it, without having closed the client, is not taken again. What is known of that stands in the cache.
 */
import type { Cache } from './cache.ts'
import { inTime } from './cache.ts'
import { after } from './timer.ts'

/** A process that lived this long under some content did not die of it. */
const TRIAL_MS = 10_000
const MAX_CRASHES = 3
/** Starts that are remembered; more processes may share a cache, and begin at the same time. */
const MAX_STARTS = 32

/** SHA-256 of bodies. */
interface Trials {
  /** Lived through. */
  readonly good?: string
  /** Being tried, since when by each process that has not lived through it yet. Milliseconds since 1970. */
  readonly trying?: { readonly sha256: string; readonly sinceMs: readonly number[] }
  /** Not to be taken again. */
  readonly bad?: string
}

export interface CrashGuard {
  /** Whether content may be taken; to be asked before it is. Never rejects: a cache that fails guards against nothing. */
  admits(sha256: string): Promise<boolean>
  /** Whether it was refused before, so that it need not be fetched. */
  isBad(sha256: string): boolean
  /** The record of the last content that was lived through. */
  lastGood(): Promise<string | undefined>
  /** The process ends as it should: what it tried is not held against it. */
  close(): Promise<void>
}

/** `text` gives the record of what is in use. */
export function createCrashGuard(
  cache: Cache,
  name: string,
  now: () => number,
  text: () => Promise<string>,
): CrashGuard {
  let cancel: (() => void) | undefined
  let refused: string | undefined
  let mine: { readonly sha256: string; readonly sinceMs: number } | undefined

  const read = async (): Promise<Trials> => {
    const found = await inTime(cache.get(`${name}.trials`))
    return typeof found === 'string' ? readTrials(found) : {}
  }
  const write = async (trials: Trials): Promise<void> => {
    await inTime(cache.set(`${name}.trials`, JSON.stringify(trials)))
  }
  /** Takes this process out of those that are trying; `good`: it lived through it. */
  const end = (isGood: boolean): Promise<void> | undefined => {
    cancel?.()
    const ended = mine
    mine = undefined
    if (!ended) return undefined
    return safely(async () => {
      const { trying, ...rest } = await read()
      if (isGood) {
        const record = await text()
        await inTime(cache.set(`${name}.good`, record))
        return write({ ...rest, good: ended.sha256 })
      }
      const left = trying?.sinceMs.filter((sinceMs) => sinceMs !== ended.sinceMs) ?? []
      return write({ ...rest, ...(trying && { trying: { ...trying, sinceMs: left } }) })
    })
  }

  return {
    isBad: (sha256) => sha256 === refused,
    async admits(sha256) {
      const isAdmitted = await safely(async () => {
        const { trying, ...rest } = await read()
        if (rest.bad === sha256) return false
        if (rest.good === sha256) return true
        const nowMs = now()
        const sinceMs = trying?.sha256 === sha256 ? trying.sinceMs : []
        // Processes that began just now may be well: several share a cache.
        const crashes = sinceMs.filter((ms) => ms <= nowMs - TRIAL_MS || ms > nowMs).length
        if (crashes >= MAX_CRASHES) {
          await write({ ...rest, bad: sha256 })
          return false
        }
        cancel?.()
        mine = { sha256, sinceMs: nowMs }
        await write({
          ...rest,
          trying: { sha256, sinceMs: [...sinceMs, nowMs].slice(-MAX_STARTS) },
        })
        cancel = after(TRIAL_MS, () => void end(true))
        return true
      })
      if (isAdmitted === false) refused = sha256
      return isAdmitted ?? true
    },
    lastGood: () => safely(async () => (await inTime(cache.get(`${name}.good`))) ?? undefined),
    async close() {
      await end(false)
    },
  }
}

function readTrials(text: string): Trials {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- looked at below
    const { good, bad, trying } = JSON.parse(text) as Trials
    const isTrying = typeof trying?.sha256 === 'string' && Array.isArray(trying.sinceMs)
    return {
      ...(typeof good === 'string' && { good }),
      ...(typeof bad === 'string' && { bad }),
      ...(isTrying && { trying }),
    }
  } catch {
    return {}
  }
}

/** Undefined when it fails, which is reported when the record itself is read or written. */
async function safely<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch {
    return undefined
  }
}
