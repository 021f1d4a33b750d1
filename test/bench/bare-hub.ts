/**
 * The floor of delivery: a Worker that takes hibernating WebSockets and sends what is posted to all of them, and does nothing
 * else. No keys, no signatures, no storage.
 */
import { Miniflare } from 'miniflare'
import { ROOT } from '../support/run-tool.ts'

const SCRIPT = `
import { DurableObject } from 'cloudflare:workers'
export class Bare extends DurableObject {
  async fetch(request) {
    if (request.method === 'POST') {
      const text = await request.text()
      for (const socket of this.ctx.getWebSockets()) socket.send(text)
      return new Response(null, { status: 204 })
    }
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    return new Response(null, { status: 101, webSocket: client })
  }
}
export default {
  fetch(request, env) {
    return env.BARE.getByName('one').fetch(request)
  },
}`

export interface BareHub {
  readonly url: string
  publish(text: string): Promise<void>
  close(): Promise<void>
}

export async function startBareHub(): Promise<BareHub> {
  const runtime = new Miniflare({
    cf: false,
    telemetry: { enabled: false },
    logRequests: false,
    workers: [
      {
        config: {
          name: 'bare',
          compatibilityDate: '2026-10-01',
          env: { BARE: { type: 'durable-object', worker: 'bare', exportName: 'Bare' } },
          exports: { Bare: { type: 'durable-object', storage: 'sqlite' } },
          manifest: {
            mainModule: 'bare.js',
            modulesRoot: ROOT,
            modules: { 'bare.js': { type: 'esm', contents: SCRIPT } },
          },
        },
      },
    ],
  })
  const { href } = await runtime.ready
  return {
    url: href,
    async publish(text) {
      const answer = await fetch(href, { method: 'POST', body: text })
      if (answer.status !== 204) throw new Error(`the bare hub answered ${answer.status}`)
    },
    close: () => runtime.dispose(),
  }
}
