/**
 * Flags forced by a file that the application's own team signed (SNAPSHOT.md §11): read again and again, kept in the cache, and
 * laid over the snapshot in use. Loaded by those who give the option. Never throws; what fails is told once and changes nothing.
 */
import type { Evaluator } from '../core/evaluation.ts'
import type { Flag, SnapshotBody } from '../core/snapshot.ts'
import {
  hasEnded,
  MAX_OVERRIDE_CHARACTERS,
  type ForcedFlag,
  type OverrideClaims,
  verifyOverride,
} from '../overrides.ts'
import { cacheName, inTime } from './cache.ts'
import { DriftlessError } from './errors.ts'
import { readBody } from './http.ts'
import type { OverrideInUse } from './interface.ts'
import type { ClientOptions } from './options.ts'
import type { Snapshot } from './snapshot.ts'
import { after, within } from './timer.ts'
import { decodeUtf8 } from './utf8.ts'

const EVERY_MS = 20_000
const DEADLINE_MS = 10_000
/** The first snapshot waits for the file so long. */
const FIRST_MS = 2_000

export interface Overrides {
  readonly inUse: OverrideInUse | undefined
  /** What the status report says. */
  readonly report: { readonly seq: number; readonly error?: string }
  evaluator(snapshot: Snapshot): Evaluator
  close(): void
}

interface Rim {
  /** What is in effect is another. */
  readonly changed: () => void
  readonly onError: (error: DriftlessError) => void
}

/** Fulfilled once the file was looked for, or that took too long. `audience`: of the snapshots. */
export async function startOverrides(
  {
    overrides,
    cache,
    fetch = globalThis.fetch,
    now = Date.now,
    random = Math.random,
  }: ClientOptions,
  audience: string,
  { changed, onError }: Rim,
): Promise<Overrides | undefined> {
  if (!overrides) return undefined
  const { from, keys, everyMs = EVERY_MS } = overrides
  const place = `${cacheName(audience)}.override`
  const subject = audience.split('/').slice(0, 2).join('/')
  /** The highest ever accepted. */
  let floor: OverrideClaims | undefined
  let claims: OverrideClaims | undefined
  let error: string | undefined
  let isClosed = false
  let cancel: (() => void) | undefined

  const fail = (code: string, message: string): void => {
    // Told once, not with every look at the same file.
    if (error === code) return
    error = code
    onError(new DriftlessError('override', message))
  }
  /** What is accepted is in effect, what has ended is not. */
  const settle = (): void => {
    const next = floor && !hasEnded(floor, now()) ? floor : undefined
    if (next === claims) return
    const isEnd = next === undefined
    claims = next
    if (isEnd) fail('expired', `the override file of seq ${floor?.seq ?? 0} has ended`)
    changed()
  }
  const take = async (text: string, acceptExpired: boolean): Promise<boolean> => {
    const policy = { audience: subject, nowMs: now(), floor, acceptExpired }
    const verdict = await verifyOverride(text, keys, policy)
    if (!verdict.ok) {
      fail(verdict.code, `the override file is refused: ${verdict.message}`)
      return false
    }
    const isNew = floor?.seq !== verdict.claims.seq
    if (isNew) floor = verdict.claims
    if (!hasEnded(verdict.claims, now())) {
      error = undefined
    }
    return isNew
  }
  const read = async (): Promise<string> => {
    const text = await within(
      DEADLINE_MS,
      typeof from === 'string' ? get(from) : from(),
      () => new DriftlessError('override', 'too slow'),
    )
    return text ?? ''
  }
  const get = async (url: string): Promise<string | undefined> => {
    // A redirect could lead to whoever serves something older.
    const response = await fetch(url, { redirect: 'manual' })
    if (response.status === 404) return undefined
    if (response.status !== 200) throw new Error(`status ${response.status}`)
    return decodeUtf8(await readBody(response, MAX_OVERRIDE_CHARACTERS + 2))
  }
  const refresh = async (): Promise<void> => {
    try {
      const text = (await read()).trim()
      if (error === 'unreadable') error = undefined
      // A file that is gone ends nothing: whoever can take it away need not have the key.
      if (text && (await take(text, false)) && cache && !isClosed)
        await inTime(cache.set(place, text))
    } catch (caught) {
      const why = caught instanceof Error ? caught.message : 'failed'
      fail('unreadable', `the override file cannot be read: ${why}`)
    }
    if (!isClosed) settle()
  }
  const arm = (): void => {
    if (!isClosed) cancel = after(everyMs * (0.9 + 0.2 * random()), () => void refresh().then(arm))
  }

  try {
    const kept = cache && (await inTime(cache.get(place)))
    if (kept) await take(kept, true)
  } catch {
    // A cache that fails is told of by whoever keeps the snapshot in it.
  }
  settle()
  const first = refresh().then(arm)
  await within(FIRST_MS, first, () => new Error('too slow')).catch(() => {})

  let laid: { base: Evaluator; claims: OverrideClaims; evaluator: Evaluator } | undefined
  return {
    get inUse() {
      if (!claims) return undefined
      const { seq, exp, flags, reason } = claims
      const names = Object.keys(flags)
      return { seq, expMs: exp * 1000, flags: names, ...(reason !== undefined && { reason }) }
    },
    get report() {
      return { seq: claims?.seq ?? 0, ...(error !== undefined && { error }) }
    },
    evaluator({ evaluator: base, body }) {
      if (!claims) return base
      if (laid?.base !== base || laid.claims !== claims) {
        const put = { flags: forcedFlags(body, claims) }
        laid = { base, claims, evaluator: base.update({ to: body.revision, put }) }
      }
      return laid.evaluator
    },
    close() {
      isClosed = true
      cancel?.()
    },
  }
}

function forcedFlags(body: SnapshotBody, { flags, seq }: OverrideClaims): Record<string, Flag> {
  const forced = Object.entries(flags).flatMap(([key, how]) => {
    const flag = Object.hasOwn(body.flags, key) ? body.flags[key] : undefined
    const made = flag && forceFlag(flag, how, seq)
    return made ? [[key, made] as const] : []
  })
  return Object.fromEntries(forced)
}

/** Undefined where the flag has no such variant. */
function forceFlag(flag: Flag, how: ForcedFlag, seq: number): Flag | undefined {
  const metadata = { ...flag.metadata, override: seq }
  if ('off' in how) return { ...flag, enabled: false, metadata }
  const { variant } = how
  if (!Object.hasOwn(flag.variants, variant)) return undefined
  const { type, variants, seed } = flag
  return { type, variants, seed, enabled: true, defaultVariant: variant, metadata }
}
