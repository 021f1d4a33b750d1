/** The stream: one socket at a time. One that was given up may go on talking, and is not heard any more. */
import { callSafely } from './listeners.ts'
import type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from './stream.ts'

export interface Connection {
  /** Opens a socket to what `address` answers, in place of the one before. Never rejects. */
  readonly connect: () => Promise<void>
  /** False when there is no open socket that can carry it. */
  readonly say: (text: string) => boolean
  readonly ping: () => void
  /** Gives the socket up. */
  readonly drop: () => void
}

export interface ConnectionPorts {
  readonly constructor: () => WebSocketConstructor | Promise<WebSocketConstructor>
  readonly address: () => string
  readonly protocols: string[]
  readonly opened: () => void
  /** Throws where the message is malformed, which ends the connection. */
  readonly heard: (data: unknown) => void
  /** By the other side, or because it failed. */
  readonly closed: (wasOpen: boolean, event: WebSocketEvent) => void
  readonly failed: (caught: unknown) => void
}

export function createConnection(ports: ConnectionPorts): Connection {
  let socket: WebSocketLike | undefined
  let connections = 0
  let isOpen = false
  const drop = (): void => {
    connections++
    isOpen = false
    callSafely(() => socket?.close())
  }
  return {
    async connect() {
      const mine = ++connections
      const hear = (event: WebSocketEvent): void => {
        if (mine !== connections) return
        if (event.type === 'open') {
          isOpen = true
          return ports.opened()
        }
        if (event.type === 'message') {
          try {
            return ports.heard(event.data)
          } catch {
            // Malformed.
          }
        }
        const wasOpen = isOpen
        drop()
        ports.closed(wasOpen, event)
      }
      try {
        const WebSocket = await ports.constructor()
        if (mine !== connections) return
        socket = new WebSocket(ports.address(), ports.protocols)
        for (const type of ['open', 'message', 'close', 'error'] as const)
          socket.addEventListener(type, hear)
      } catch (caught) {
        ports.failed(caught)
        hear({ type: 'close' })
      }
    },
    say(text) {
      try {
        if (isOpen) socket?.send(text)
        return isOpen
      } catch {
        return false
      }
    },
    ping: () => callSafely(() => socket?.send('ping')),
    drop,
  }
}
