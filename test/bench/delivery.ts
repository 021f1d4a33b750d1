/**
 * From the acknowledgement of a write to the callback in the application, over the stream, with 1, 100 and 1,000 clients
 * of one environment in one process. The clients share this process's one core, so the last of 1,000 waits for the others.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { startPlatform } from '../../admin/cli/local/platform.ts'
import { adminOf, freePort } from './setup.ts'
import { percentile } from './statistics.ts'

const ROUNDS = 30

export async function run(): Promise<void> {
  for (const count of [1, 100, 1000]) {
    const dataDir = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
    const platform = await startPlatform({ dataDir, port: await freePort() })
    const admin = adminOf(platform)
    const key = await admin.project('bench', { settings: { round: -1 } })
    const clients: Client[] = []
    for (let i = 0; i < count; i++) clients.push(createClient({ url: platform.url, key }))
    await Promise.all(clients.map((client) => client.ready({ timeoutMs: 30_000 })))
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
  }
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
