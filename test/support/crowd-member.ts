/** One process of a crowd (crowd.ts): its clients, and what it saw of them. Times are milliseconds since 1970, with fractions. */
import { type Client, createClient } from '../../sdk/src/index.ts'
import { isJsonObject } from '#core'
import type { CrowdOrder, CrowdReport } from './crowd.ts'

const TOGETHER = 100
const READY_MS = 120_000

const clients: Client[] = []
let attempts = 0
let openedAtMs: number[] = []
let heardAtMs: number[] = []
const open = new Set<WebSocket>()
let failed: string | undefined

const nowMs = (): number => performance.timeOrigin + performance.now()

class Counted extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols)
    attempts++
    this.addEventListener('open', () => {
      openedAtMs.push(nowMs())
      open.add(this)
    })
    this.addEventListener('close', () => open.delete(this))
  }
}

async function connect({ url, key, count }: Extract<CrowdOrder, { type: 'connect' }>) {
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(TOGETHER, count - clients.length) }, () =>
      createClient({ url, key, WebSocket: Counted }),
    )
    clients.push(...batch)
    for (const client of batch) client.watch('n', () => heardAtMs.push(nowMs()))
    await Promise.all(batch.map((client) => client.ready({ timeoutMs: READY_MS })))
  }
}

async function obey(order: CrowdOrder): Promise<CrowdReport | undefined> {
  switch (order.type) {
    case 'connect':
      // Asked about while it is under way.
      void connect(order).catch((caught: unknown) => (failed = String(caught)))
      return undefined
    case 'forget':
      attempts = 0
      openedAtMs = []
      heardAtMs = []
      return undefined
    case 'report':
      return {
        streaming: clients.filter((client) => client.source === 'stream').length,
        open: open.size,
        attempts,
        opened: openedAtMs.length,
        heard: heardAtMs.length,
        openedAtMs: order.times ? openedAtMs : [],
        heardAtMs: order.times ? heardAtMs : [],
        bytes: process.memoryUsage().rss,
        cpuMs: process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000,
        ...(failed !== undefined && { failed }),
      }
    case 'leave':
      await Promise.all(clients.map((client) => client.close()))
      process.disconnect()
      return undefined
  }
}

process.on('message', (order: unknown) => {
  if (!isJsonObject(order)) return
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only crowd.ts sends
  void obey(order as unknown as CrowdOrder).then((report) => report && process.send?.(report))
})
