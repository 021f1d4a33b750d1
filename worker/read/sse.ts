/**
 * Server-Sent Events out of a hub's WebSocket (SNAPSHOT.md §6). The hub can only hibernate with WebSockets, so each event
 * stream is a socket from the Worker to the hub, and the Worker turns messages into events.
 *
 * A ReadableStream with `cancel`, never a TransformStream: a writer whose reader left hangs for ever without a word.
 */
import { isJsonObject } from '#core'
import { readHead } from './manifest.ts'

/** Calls `call` every `ms` until the returned function is called. */
export type Every = (ms: number, call: () => void) => () => void

/**
 * A comment this often keeps intermediaries from closing an idle stream, and the runtime from calling it hung. It also
 * bounds how long a reader that left is kept: workerd calls `cancel` at the first write after it (measured, 2026-10-23).
 */
const COMMENT_EVERY_MS = 25_000

/** A client that is this far behind does not read: it is cut off instead of filling memory. Bytes. */
const MAX_UNREAD_BYTES = 256 * 1024

/** Told when the hub goes away without a word: come back by and by. */
const GOODBYE =
  'event: goodbye\ndata: {"type":"goodbye","reconnectAfterMs":1000,"jitterMs":10000}\n\n'

const CLOSE_KEY_INVALID = 4401

/** The events of `socket`, which is accepted here and closed when the reader cancels or falls behind. */
export function eventsOf(socket: WebSocket, every: Every): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let stopComments: (() => void) | null = null
  let saidGoodbye = false

  /** False when it had stopped already. */
  function stop(): boolean {
    if (stopComments === null) return false
    stopComments()
    stopComments = null
    closeQuietly(socket)
    return true
  }
  function start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    function send(text: string): void {
      if (stopComments === null) return
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(text))
      else if (stop()) controller.error(new Error('the reader does not keep up'))
    }
    function end(): void {
      if (stop()) controller.close()
    }
    stopComments = every(COMMENT_EVERY_MS, () => {
      send(':\n\n')
      // The hub takes whoever says nothing for gone; its runtime answers without waking it.
      sayQuietly(socket, 'ping')
    })
    socket.addEventListener('message', ({ data }) => {
      const event = typeof data === 'string' ? eventOf(data) : null
      if (event === null) return
      saidGoodbye ||= event.startsWith('event: goodbye\n')
      send(event)
    })
    socket.addEventListener('close', ({ code }) => {
      if (!saidGoodbye && code !== CLOSE_KEY_INVALID) send(GOODBYE)
      end()
    })
    socket.addEventListener('error', end)
    // Last: what the hub said already is delivered as soon as somebody listens.
    socket.accept()
  }
  return new ReadableStream<Uint8Array>(
    { start, cancel: () => void stop() },
    new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }),
  )
}

/** One event of a hub's message; null for what is none. JSON has no line breaks of its own, so `data` is one line. */
export function eventOf(text: string): string | null {
  const message: unknown = parse(text)
  if (!isJsonObject(message) || typeof message['type'] !== 'string') return null
  const { type, manifest } = message
  const head = typeof manifest === 'string' ? readHead(manifest) : null
  const id = head === null ? '' : `id: ${head.epoch}.${head.seq}\n`
  return `event: ${type}\n${id}data: ${text}\n\n`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function sayQuietly(socket: WebSocket, text: string): void {
  try {
    socket.send(text)
  } catch {
    // Closed: `close` will come, or came.
  }
}

function closeQuietly(socket: WebSocket): void {
  try {
    socket.close(1000)
  } catch {
    // Closed from the other side already.
  }
}
