/**
 * A WebSocket over Server-Sent Events (SNAPSHOT.md §6), for runtimes that have none, such as Node 20, and loaded there only. Has
 * the part of a WebSocket that is used here; nothing can be said this way, and nothing needs to be: comment lines every 25 s keep
 * the silence from ever lasting 30.
 */
import type { DriftlessError } from './errors.ts'
import { eventParser } from './event-parser.ts'
import type { Http } from './http.ts'
import { MAX_MESSAGE_CHARACTERS } from './limits.ts'
import type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from './stream.ts'

/** About 24 days, the longest a timer can run. */
const FOREVER_MS = 2_147_483_647

/** `http` is closed with the socket. */
export function createEventSocket(http: Http): WebSocketConstructor {
  return class implements WebSocketLike {
    readonly #listeners = new Map<string, (event: WebSocketEvent) => void>()

    constructor(url: string, [, key]: readonly string[]) {
      const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream' }
      http
        .get(url.replace(/^ws/, 'http'), headers, (response) => this.#read(response), FOREVER_MS)
        .catch(({ code, retryAfterMs }: DriftlessError) => {
          this.#tell('close', { code: code === 'denied' ? 4401 : 1006, retryAfterMs })
        })
    }

    async #read({ headers, body }: Response): Promise<never> {
      if (!headers.get('content-type')?.startsWith('text/event-stream') || !body)
        throw new TypeError('no event stream')
      this.#tell('open', {})
      const reader = body.getReader()
      const decoder = new TextDecoder()
      const parse = eventParser(MAX_MESSAGE_CHARACTERS, (data) => this.#tell('message', { data }))
      for (;;) {
        const { done, value } = await reader.read()
        if (done) throw new TypeError('the stream has ended')
        // Comment lines are signs of life too.
        this.#tell('message', { data: 'pong' })
        parse(decoder.decode(value, { stream: true }))
      }
    }

    #tell(type: string, event: WebSocketEvent): void {
      this.#listeners.get(type)?.({ type, ...event })
    }

    addEventListener(type: string, listener: (event: WebSocketEvent) => void): void {
      this.#listeners.set(type, listener)
    }

    send(): never {
      throw new TypeError('events come one way')
    }

    close(): void {
      http.close()
    }
  }
}
