/** A reader's end of a stream: keeps what came, and gives it out in order. */

export interface TestSocket {
  readonly socket: WebSocket
  /** The next message, waiting for it if need be. */
  next(): Promise<unknown>
  /** What came and was not taken yet. */
  readonly waiting: readonly unknown[]
  /** The code of the close, once it is closed. */
  readonly closed: Promise<number>
}

/** Takes the WebSocket of an upgraded response. */
export function openSocket(response: Response): TestSocket {
  const { webSocket: socket } = response
  if (socket === null) throw new Error(`no WebSocket: status ${response.status}`)
  const waiting: unknown[] = []
  const takers: ((message: unknown) => void)[] = []
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code))
  })
  socket.addEventListener('message', ({ data }) => {
    const message: unknown = data === 'pong' ? data : JSON.parse(String(data))
    const taker = takers.shift()
    if (taker === undefined) waiting.push(message)
    else taker(message)
  })
  socket.accept()
  return {
    socket,
    waiting,
    closed,
    next: () =>
      new Promise((resolve) => {
        if (waiting.length > 0) resolve(waiting.shift())
        else takers.push(resolve)
      }),
  }
}
