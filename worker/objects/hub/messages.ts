/** What a hub says, as text (SNAPSHOT.md §5). Pure. */
import { MAX_HEAD_MESSAGE_BYTES, type Order, type StreamMessage } from '#core'
import type { Wanted } from '../../domain/fleet-details.ts'

/** A head in the hub's storage: what it wants, and the very text that readers get. */
export interface StoredHead extends Wanted {
  readonly message: string
}

export function helloMessage(aud: string, { epoch, seq }: Order): string {
  return write({ type: 'hello', aud, epoch, seq })
}

/** The `head` message; without `body` when the whole would be longer than 32 KiB of UTF-8. */
export function headMessage(manifest: string, body: string | undefined): string {
  const bare = write({ type: 'head', manifest })
  // In UTF-16 units a text is never longer than its UTF-8: most large bodies are told apart without writing them twice.
  if (body === undefined || body.length > MAX_HEAD_MESSAGE_BYTES) return bare
  const whole = write({ type: 'head', manifest, body })
  return new TextEncoder().encode(whole).length <= MAX_HEAD_MESSAGE_BYTES ? whole : bare
}

/** Come back after `reconnectAfterMs + random × jitterMs`; both integers ≥ 0. */
export function goodbyeMessage(reconnectAfterMs: number, jitterMs: number): string {
  return write({ type: 'goodbye', reconnectAfterMs, jitterMs })
}

function write(message: StreamMessage): string {
  return JSON.stringify(message)
}
