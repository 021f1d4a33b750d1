/** A TCP proxy that does to connections what networks do. One for each client, so that each suffers alone. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createDice } from './random.ts'

export const TOXICS = [
  'latency',
  'jitter',
  'drop',
  'half-open',
  'reset',
  'slicer',
  'corrupt',
  'duplicate',
  'reorder',
  'truncate',
  'slow',
] as const

export type Toxic = (typeof TOXICS)[number]

export interface ChaosProxy {
  readonly url: string
  /** From now on; undefined: as good as no proxy, but for what was done to a connection already. */
  poison(toxic: Toxic | undefined): void
  close(): Promise<void>
}

const LATENCY_MS = 700
const SLICE_BYTES = 7
const SLOW_BYTES = 64
const SLOW_STEP_MS = 100

/** In front of `targetPort` on this machine. */
export async function startChaosProxy(targetPort: number, seed: number): Promise<ChaosProxy> {
  const dice = createDice(seed)
  const open = new Set<Socket>()
  let toxic: Toxic | undefined

  const server = createServer((client) => {
    if (toxic === 'drop') {
      client.destroy()
      return
    }
    const upstream = connect(targetPort, '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    // Swallows everything from the first byte that a half-open connection swallowed.
    const dead = { isDead: false }
    forward(client, upstream, dead, false)
    forward(upstream, client, dead, true)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  /** Bytes go on in order; `isAnswer`: from the server, which is what a client must be able to bear. */
  function forward(from: Socket, to: Socket, dead: { isDead: boolean }, isAnswer: boolean): void {
    let queue: Promise<void> = Promise.resolve()
    let held: Buffer | undefined
    let passed = 0
    const limit = 50 + dice.below(1_500)
    const write = (bytes: Buffer): void => {
      if (to.writable) to.write(bytes)
    }
    from.on('data', (chunk: Buffer) => {
      queue = queue.then(() => pass(chunk))
    })
    from.on('end', () => void queue.then(() => to.end()))

    async function pass(chunk: Buffer): Promise<void> {
      if (toxic === 'half-open') dead.isDead = true
      if (dead.isDead) return
      passed += chunk.length
      switch (isAnswer || toxic === 'latency' || toxic === 'jitter' ? toxic : undefined) {
        case 'latency':
          await wait(LATENCY_MS)
          return write(chunk)
        case 'jitter':
          await wait(dice.below(2 * LATENCY_MS))
          return write(chunk)
        case 'reset':
          to.resetAndDestroy()
          return
        case 'slicer':
          return pieces(chunk, SLICE_BYTES, 1)
        case 'slow':
          return pieces(chunk, SLOW_BYTES, SLOW_STEP_MS)
        case 'corrupt': {
          const bytes = Buffer.from(chunk)
          const at = dice.below(bytes.length)
          bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8))
          return write(bytes)
        }
        case 'duplicate':
          write(chunk)
          return write(chunk)
        case 'reorder':
          if (held === undefined) held = chunk
          else {
            write(chunk)
            write(held)
            held = undefined
          }
          return
        case 'truncate':
          if (passed < limit) return write(chunk)
          write(chunk.subarray(0, Math.max(0, chunk.length - (passed - limit))))
          to.destroySoon()
          return
        case 'drop':
        case 'half-open':
        case undefined:
          if (held !== undefined) write(held)
          held = undefined
          write(chunk)
      }
    }

    /** The rest in one piece as soon as the network is well again. */
    async function pieces(chunk: Buffer, size: number, everyMs: number): Promise<void> {
      const sick = toxic
      for (let at = 0; at < chunk.length; at += size) {
        if (toxic !== sick) return write(chunk.subarray(at))
        write(chunk.subarray(at, at + size))
        await wait(everyMs)
      }
    }
  }

  const { port } = addressOf(server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    poison(next) {
      toxic = next
      if (next === 'drop') for (const socket of open) socket.destroy()
      if (next === 'reset') for (const socket of open) socket.resetAndDestroy()
    },
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
