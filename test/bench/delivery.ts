/**
 * From the acknowledgement of a write to the callback in the application, over the stream, with 1, 100 and 1,000 clients
 * of one environment in one process, beside a hub that does nothing but send; and memory a socket. The clients share this
 * process's one core, so the last of 1,000 waits for the others: 9,000 are in the lab of sockets, over several processes.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { startPlatform } from '../../admin/cli/local/platform.ts'
import { startBareHub } from './bare-hub.ts'
import { adminOf, freePort } from './setup.ts'
import { percentile } from './statistics.ts'

const ROUNDS = 30
/** Clients that are started at the same time. */
const TOGETHER = 250
/** About that of a head with its delta. */
const MESSAGE_BYTES = 1_400
const COUNTS = [1, 100, 1_000]

export async function run(): Promise<void> {
  for (const count of COUNTS) {
    const dataDir = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
    const platform = await startPlatform({ dataDir, port: await freePort() })
    const admin = adminOf(platform)
    const key = await admin.project('bench', { settings: { round: -1 } })
    const clients: Client[] = []
    // Some at a time: how a crowd comes back at once is measured by the lab of sockets.
    while (clients.length < count) {
      const more = Array.from({ length: Math.min(TOGETHER, count - clients.length) }, () =>
        createClient({ url: platform.url, key }),
      )
      await Promise.all(more.map((client) => client.ready({ timeoutMs: 30_000 })))
      clients.push(...more)
    }
    await until(() => clients.every((client) => client.source === 'stream'))

    const samples: number[] = []
    const whole: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const arrivals = clients.map(
        (client) =>
          new Promise<number>((settle) => {
            const stop = client.watch('settings.round', (value) => {
              if (value !== round) return
              stop()
              settle(performance.now())
            })
          }),
      )
      const sentAt = performance.now()
      await admin.put('bench', 'settings', { round })
      const acknowledgedAt = performance.now()
      // A callback may come before the answer has been read here: that counts as no time at all.
      for (const arrivedAt of await Promise.all(arrivals)) {
        samples.push(Math.max(0, arrivedAt - acknowledgedAt))
        whole.push(arrivedAt - sentAt)
      }
    }
    console.log(
      `${count} client${count === 1 ? '' : 's'}: acknowledgement to callback ${spread(samples)}; request sent to callback ${spread(whole)} (${samples.length} callbacks)`,
    )
    await Promise.all(clients.map((client) => client.close()))
    await platform.close()
    await rm(dataDir, { recursive: true })
    const { floor, bytesASocket } = await measureBareHub(count)
    const ratio = percentile(whole, 0.5) / percentile(floor, 0.5)
    console.log(
      `  a bare hub: request sent to message ${spread(floor)}; ours at p50 ${ratio.toFixed(1)} times that, a commit and a signature included`,
    )
    if (count >= 100)
      console.log(`  memory of the runtime: ${(bytesASocket / 1024).toFixed(0)} KiB a socket`)
  }
}

/** The same message sizes and number of sockets, without anything that we do. */
async function measureBareHub(
  count: number,
): Promise<{ readonly floor: readonly number[]; readonly bytesASocket: number }> {
  const hub = await startBareHub()
  const before = runtimeBytes()
  const sockets = await Promise.all(Array.from({ length: count }, () => opened(hub.url)))
  const bytesASocket = (runtimeBytes() - before) / count
  const floor: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const arrivals = sockets.map(
      (socket) =>
        new Promise<number>((settle) => {
          socket.addEventListener('message', () => settle(performance.now()), { once: true })
        }),
    )
    const sentAt = performance.now()
    await hub.publish('x'.repeat(MESSAGE_BYTES))
    for (const at of await Promise.all(arrivals)) floor.push(at - sentAt)
  }
  for (const socket of sockets) socket.close()
  await hub.close()
  return { floor, bytesASocket }
}

async function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'))
  await new Promise((settle, fail) => {
    socket.addEventListener('open', settle)
    socket.addEventListener('error', () => fail(new Error('a socket of the bare hub did not open')))
  })
  return socket
}

/** Resident bytes of the runtimes that this process started. */
function runtimeBytes(): number {
  let kilobytes = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      if (!status.startsWith('Name:\tworkerd') || !status.includes(`PPid:\t${process.pid}\n`))
        continue
      kilobytes += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
    } catch {
      // Ended meanwhile.
    }
  }
  return kilobytes * 1024
}

function spread(valuesMs: readonly number[]): string {
  return `p50 ${percentile(valuesMs, 0.5).toFixed(1)} ms, p99 ${percentile(valuesMs, 0.99).toFixed(1)} ms`
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!holds()) {
    if (performance.now() > deadline)
      throw new Error('the clients did not all reach the stream within 60 s')
    await new Promise((resume) => setTimeout(resume, 20))
  }
}
