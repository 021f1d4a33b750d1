/** What the stream says (SNAPSHOT.md §5), read once here. */
import type { JsonObject } from '../core/json.ts'
import { fits, TEXT, type Members } from '../core/shape.ts'
import type { StreamMessage } from '../core/wire.ts'
import { MAX_MESSAGE_CHARACTERS } from './limits.ts'

const SHAPES: readonly Members[] = [
  { type: /^hello$/, aud: TEXT, epoch: 0, seq: 0, 'place?': TEXT },
  { type: /^head$/, manifest: TEXT, 'body?': TEXT, 'delta?': TEXT, 'jitterMs?': 0 },
  { type: /^goodbye$/, reconnectAfterMs: 0, jitterMs: 0 },
]

/**
 * One message; `undefined` for a type this SDK does not know. Throws on what is not a JSON object, or malformed: the
 * connection is then to be dropped.
 */
export function readMessage(text: string): StreamMessage | undefined {
  const message: unknown = JSON.parse(text)
  if (text.length > MAX_MESSAGE_CHARACTERS || !fits(message, { type: TEXT })) throw new TypeError()
  if (!fits(message, { type: /^(hello|head|goodbye)$/ })) return undefined
  if (!isMessage(message)) throw new TypeError()
  return message
}

function isMessage(message: JsonObject): message is JsonObject & StreamMessage {
  return SHAPES.some((shape) => fits(message, shape))
}
