/** What a hub says, as text (SNAPSHOT.md §5). Pure. */
import { decodeJwt } from 'jose'
import { isJsonObject, MAX_HEAD_MESSAGE_BYTES, type Order, type StreamMessage } from '#core'
import type { Wanted } from '../../domain/fleet-details.ts'
import type { HeadContent } from './interface.ts'

/** Over how long the readers of one hub spread what they fetch: 5,000 of them ask 2,500 times a second. */
const JITTER_MS_A_HUB = 2_000
/** SNAPSHOT.md §5. What is released, or taken back, must not be late by more. */
const MAX_JITTER_MS = 10_000

/** A head in the hub's storage: what it wants, and the very text that newcomers get. */
export interface StoredHead extends Wanted {
  readonly message: string
  /** When sockets were told last, milliseconds since 1970. */
  readonly sentAtMs?: number
}

/** `place`: where the reader came in, as SNAPSHOT.md §4.3 writes it; null: nobody knows. */
export function helloMessage(aud: string, { epoch, seq }: Order, place: string | null): string {
  return write({ type: 'hello', aud, epoch, seq, ...(place !== null && { place }) })
}

/**
 * The `head` message: `first` for whoever connects and may have nothing, `next` for those who have the head before. Without
 * content where the whole would be longer than 32 KiB of UTF-8. `hubs`: how many tell their readers at this moment. What these
 * have to fetch, and candidates always are, they are to fetch one after the other.
 */
export function headMessages(
  manifest: string,
  { body, delta }: HeadContent,
  hubs = 1,
): { readonly first: string; readonly next: string } {
  const bare = write({ type: 'head', manifest })
  const whole = body === undefined ? undefined : fitting({ type: 'head', manifest, body })
  const step = delta === undefined ? undefined : fitting({ type: 'head', manifest, delta })
  const isStepShorter = step !== undefined && (whole === undefined || step.length < whole.length)
  const brought = isStepShorter ? step : whole
  const isFetched = brought === undefined || candidateOf(manifest) !== undefined
  const jitterMs = Math.min(JITTER_MS_A_HUB * hubs, MAX_JITTER_MS)
  const next = brought ?? bare
  return {
    first: whole ?? step ?? bare,
    // A few bytes past the bound: it is ours, and readers take more.
    next: isFetched ? `${next.slice(0, -1)},"jitterMs":${jitterMs}}` : next,
  }
}

function fitting(message: StreamMessage & { readonly type: 'head' }): string | undefined {
  const { body = '', delta = '' } = message
  // In UTF-16 units a text is never longer than its UTF-8: most large ones are told apart without writing them twice.
  if (body.length + delta.length > MAX_HEAD_MESSAGE_BYTES) return undefined
  const text = write(message)
  return new TextEncoder().encode(text).length <= MAX_HEAD_MESSAGE_BYTES ? text : undefined
}

/** Come back after `reconnectAfterMs + random × jitterMs`; both integers ≥ 0. */
export function goodbyeMessage(reconnectAfterMs: number, jitterMs: number): string {
  return write({ type: 'goodbye', reconnectAfterMs, jitterMs })
}

function write(message: StreamMessage): string {
  return JSON.stringify(message)
}

/** What a head wants of instances, without the text that says so. */
export function wantedOf(stored: StoredHead): Wanted {
  const { epoch, seq, revision, candidate, announcedAtMs } = stored
  return { epoch, seq, revision, ...(candidate !== undefined && { candidate }), announcedAtMs }
}

/** The revision of a staged release, as its manifest says. */
export function candidateOf(manifest: string): number | undefined {
  try {
    const { candidate } = decodeJwt(manifest)
    const revision = isJsonObject(candidate) ? candidate['revision'] : undefined
    return typeof revision === 'number' ? revision : undefined
  } catch {
    return undefined
  }
}
