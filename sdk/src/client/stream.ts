/**
 * The stream's two carriers, a WebSocket or Server-Sent Events over fetch, made to look alike. A thin rim: when to connect,
 * ping and give up is decided in state.ts.
 */
import { STREAM_PROTOCOL, type StreamMessage } from '../core/wire.ts'
import { eventParser } from './events.ts'
import { createHttp, isDenied, retryAfterMs } from './http.ts'
import { readMessage } from './messages.ts'
import type { ClientEvent } from './state.ts'

/** The part of a WebSocket that is used here; browsers, Node ≥ 22, Deno, Bun, Workers and the `ws` package have it. */
export interface WebSocketLike {
  addEventListener(
    type: 'open' | 'message' | 'close' | 'error',
    listener: (event: {
      readonly type?: string
      readonly data?: unknown
      readonly code?: number
    }) => void,
  ): void
  send(text: string): void
  close(): void
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

export interface Connection {
  /** Asks whether anybody is there; any answer will do. */
  ping(): void
  close(): void
}

export interface Listener {
  /** `opened`, `frame` and `closed` only. */
  event(event: ClientEvent): void
  message(message: StreamMessage): void
}

/** Throws what the constructor throws. A listener must itself ignore a connection that it has closed. */
export function connectWebSocket(
  WebSocket: WebSocketConstructor,
  url: string,
  key: string,
  listener: Listener,
): Connection {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [STREAM_PROTOCOL, key])
  socket.addEventListener('open', () => listener.event({ type: 'opened' }))
  socket.addEventListener('message', ({ data }) => {
    listener.event({ type: 'frame' })
    if (data === 'pong') return
    try {
      const message = readMessage(String(data))
      if (message) listener.message(message)
    } catch {
      socket.close()
      listener.event({ type: 'closed', reason: 'lost' })
    }
  })
  socket.addEventListener('close', ({ code }) =>
    listener.event({
      type: 'closed',
      reason: code === 4401 ? 'denied' : code === 1013 ? 'full' : 'lost',
    }),
  )
  // A `close` follows; without a listener some implementations throw.
  socket.addEventListener('error', () => {})
  return {
    ping: () => socket.send('ping'),
    close: () => socket.close(),
  }
}

/** The same over `text/event-stream`, for runtimes without WebSocket (Node 20). The server's comment lines are its frames. */
export function connectEvents(
  fetch: typeof globalThis.fetch,
  url: string,
  key: string,
  listener: Listener,
): Connection {
  const http = createHttp(fetch)
  const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream' }
  const read = async (response: Response): Promise<void> => {
    const { status, body } = response
    const type = response.headers.get('content-type') ?? ''
    if (status !== 200 || !body || !type.startsWith('text/event-stream')) {
      const reason = isDenied(status) ? 'denied' : 'lost'
      return listener.event({ type: 'closed', reason, retryAfterMs: retryAfterMs(response) })
    }
    listener.event({ type: 'opened' })
    const reader = body.getReader()
    const decoder = new TextDecoder()
    const parse = eventParser((data) => {
      const message = readMessage(data)
      if (message) listener.message(message)
    })
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return listener.event({ type: 'closed', reason: 'lost' })
      listener.event({ type: 'frame' })
      parse(decoder.decode(value, { stream: true }))
    }
  }
  http.get(url, headers, read, 0).catch(() => listener.event({ type: 'closed', reason: 'lost' }))
  return {
    // Nothing can be said this way; comment lines every 25 s keep the silence from ever lasting 30.
    ping() {},
    close: () => http.close(),
  }
}
