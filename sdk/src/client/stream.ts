/** What a client asks of a WebSocket. */

export interface WebSocketEvent {
  readonly type?: string
  readonly data?: unknown
  readonly code?: number | undefined
  /** Known only to event-socket.ts. */
  readonly retryAfterMs?: number | undefined
}

/** The part of a WebSocket that is used here; browsers, Node ≥ 22, Deno, Bun, Workers and the `ws` package have it. */
export interface WebSocketLike {
  addEventListener(
    type: 'open' | 'message' | 'close' | 'error',
    listener: (event: WebSocketEvent) => void,
  ): void
  send(text: string): void
  close(): void
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike
