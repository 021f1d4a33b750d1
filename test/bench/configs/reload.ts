/** The SDK's part of a change: from the message of the stream until the callback was called, everything verified. */
import { createClient, type Client } from '../../../sdk/src/index.ts'
import { canonicalize, formatKey, type JsonValue, type SnapshotBody } from '#core'
import type { WebSocketEvent } from '../../../sdk/src/client/stream.ts'
import { bodyOf, claimsOf, createSigner } from '../../sdk/verify/signer.ts'
import { percentile } from '../statistics.ts'
import { documentOf } from './documents.ts'

const KEY = formatKey('server', 'shop', 'production', 'abcdefghijABCDEFGHIJ0123456789')
const ROUNDS = 300
const WARM = 50

/** Milliseconds of each reload with so many configs of 2 kB, one of which changes. */
export async function reloads(count: number): Promise<readonly number[]> {
  const signer = await createSigner()
  const configs: Record<string, JsonValue> = {}
  for (let index = 0; index < count; index++) configs[`service-${index}`] = plain(index, 0)
  const references: SnapshotBody['references'] = { 'service-0': { port: 'integer' } }
  const heads: { readonly manifest: string; readonly body: string }[] = []
  for (let round = 0; round <= ROUNDS + WARM; round++) {
    const changed = { ...configs, 'service-0': plain(0, round) }
    const revision = round + 1
    const body = canonicalize(bodyOf({ configs: changed, references, revision }))
    const iat = Math.floor(Date.now() / 1000)
    const claims = await claimsOf(body, { iat, exp: iat + 86_400, seq: revision })
    heads.push({ manifest: await signer.sign(claims), body })
  }
  let hear: ((event: WebSocketEvent) => void) | undefined
  let tell = (): void => {}
  const connected = new Promise<void>((resolve) => (tell = resolve))
  class Socket {
    addEventListener(type: string, listener: (event: WebSocketEvent) => void): void {
      if (type === 'message') {
        hear = listener
        tell()
      }
      if (type === 'open') queueMicrotask(() => listener({ type: 'open' }))
    }
    send(): void {}
    close(): void {}
  }
  const fetch: typeof globalThis.fetch = async () => Response.json({ keys: [signer.jwk] })
  const client: Client = createClient({
    url: 'https://bench.test',
    key: KEY,
    fetch,
    WebSocket: Socket,
    reportStatus: false,
    env: { PORT: '80' },
    pollMs: 3_600_000,
  })
  const say = (round: number): void =>
    hear?.({ type: 'message', data: JSON.stringify({ type: 'head', ...heads[round] }) })
  await connected
  say(0)
  await client.ready()
  const samples: number[] = []
  for (let round = 1; round <= ROUNDS + WARM; round++) {
    const called = new Promise<number>((settle) => {
      const stop = client.watch('service-0.round', () => {
        stop()
        settle(performance.now())
      })
    })
    const startedAt = performance.now()
    say(round)
    const tookMs = (await called) - startedAt
    if (round > WARM) samples.push(tookMs)
  }
  await client.close()
  return samples
}

/** As it is in a body: references to other configs are resolved there. */
function plain(index: number, round: number): JsonValue {
  const document = documentOf(index, round)
  return JSON.parse(JSON.stringify(document).replace(/\$\{config:[^}]*\}/, 'pool'))
}

export const p50 = (samples: readonly number[]): number => percentile(samples, 0.5)
