/**
 * Thousands of SDKs with open streams, then `kill -9` of the runtime and a restart: all come back within a minute without
 * hammering, over more than one hub, and a change reaches them all. 9,000 with DRIFTLESS_FULL=1, as many as DRIFTLESS_SOCKETS says
 * otherwise; needs about 20,000 descriptors for 9,000.
 */
import { afterAll, expect, test } from 'vitest'
import { type Client, createClient } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const FULL = process.env['DRIFTLESS_FULL'] === '1' ? 9_000 : 0
const SOCKETS = Number(process.env['DRIFTLESS_SOCKETS'] ?? FULL)
const TOGETHER = 200
const MINUTE_MS = 60_000

let platform: TestPlatform | undefined
const clients: Client[] = []

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await platform?.close()
})

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN

test.skipIf(SOCKETS === 0)(
  `${SOCKETS} streams survive kill -9 of the runtime (DRIFTLESS_SOCKETS=n or DRIFTLESS_FULL=1 runs it)`,
  { timeout: 10 * MINUTE_MS },
  async () => {
    platform = await startTestPlatform()
    await platform.admin.createProject('crowd', { production: { protected: false } })
    const { key } = await platform.admin.createKey('crowd', 'production')
    const put = async (n: number): Promise<void> => {
      await platform?.admin.change('crowd', [
        {
          op: 'putConfig',
          name: 'n',
          format: 'json',
          source: String(n),
          visibility: 'server',
        },
      ])
    }
    await put(1)

    let attempts = 0
    const openedAtMs: number[] = []
    class Counted extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        attempts++
        this.addEventListener('open', () => openedAtMs.push(performance.now()))
      }
    }
    const connectAll = async (): Promise<void> => {
      while (clients.length < SOCKETS) {
        const batch = Array.from({ length: Math.min(TOGETHER, SOCKETS - clients.length) }, () =>
          createClient({
            url: platform?.url ?? '',
            key,
            WebSocket: Counted,
          }),
        )
        clients.push(...batch)
        await Promise.all(batch.map((client) => client.ready({ timeoutMs: MINUTE_MS })))
      }
    }
    await connectAll()
    await until('streams', () => clients.every((client) => client.source === 'stream'), MINUTE_MS)

    await platform.kill()
    openedAtMs.length = 0
    await platform.start()
    const upAtMs = performance.now()
    const attemptsBefore = attempts
    await until('every stream', () => openedAtMs.length >= SOCKETS, 2 * MINUTE_MS)
    const waits = openedAtMs.map((atMs) => Math.max(0, atMs - upAtMs))
    const retries = attempts - attemptsBefore

    const heardAtMs: number[] = []
    for (const client of clients) client.watch('n', () => heardAtMs.push(performance.now()))
    await put(2)
    const putAtMs = performance.now()
    await until('the change everywhere', () => heardAtMs.length >= SOCKETS, MINUTE_MS)
    const broadcast = heardAtMs.map((atMs) => Math.max(0, atMs - putAtMs))
    process.stdout.write(
      `sockets: ${SOCKETS} back with p50 ${(percentile(waits, 0.5) / 1000).toFixed(1)} s, p99 ${(percentile(waits, 0.99) / 1000).toFixed(1)} s, ` +
        `${(retries / SOCKETS).toFixed(2)} attempts each since the runtime answers; a change heard with p99 ${percentile(broadcast, 0.99).toFixed(0)} ms\n`,
    )
    expect(percentile(waits, 0.99)).toBeLessThanOrEqual(MINUTE_MS)
    expect(retries).toBeLessThanOrEqual(1.5 * SOCKETS)
  },
)
