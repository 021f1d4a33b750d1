/** What the stream says (SNAPSHOT.md §5), read once here. */
import type { JsonObject } from '../core/json.ts'
import { fitsShape, TEXT } from '../core/shape.ts'
import type { StreamMessage } from '../core/wire.ts'

/** A `head` is at most 32 KiB; what is far longer is not from our server. */
export const MAX_MESSAGE_CHARACTERS = 262_144

/**
 * One message; `undefined` for a type this SDK does not know. Throws on what is not a JSON object, or malformed: the
 * connection is then to be dropped.
 */
export function readMessage(text: string): StreamMessage | undefined {
  if (text.length > MAX_MESSAGE_CHARACTERS) throw new TypeError('message too long')
  const message: unknown = JSON.parse(text)
  if (!fitsShape(message, { type: TEXT })) throw new TypeError('not a message')
  if (message['type'] === 'hello') {
    if (isHello(message)) return message
  } else if (message['type'] === 'head') {
    if (isHead(message)) return message
  } else if (message['type'] === 'goodbye') {
    if (isGoodbye(message)) return message
  } else return undefined
  throw new TypeError(`malformed ${message['type']}`)
}

type Message<Type> = JsonObject & Extract<StreamMessage, { readonly type: Type }>

const isHello = (message: JsonObject): message is Message<'hello'> =>
  fitsShape(message, { aud: TEXT, epoch: 0, seq: 0 })

const isHead = (message: JsonObject): message is Message<'head'> =>
  fitsShape(
    message,
    message['body'] === undefined ? { manifest: TEXT } : { manifest: TEXT, body: TEXT },
  )

const isGoodbye = (message: JsonObject): message is Message<'goodbye'> =>
  fitsShape(message, { reconnectAfterMs: 0, jitterMs: 0 })
