/**
 * Clients behind networks that delay, drop, cut, alter, repeat and swallow, over stream and poll, with the back-off that
 * everybody has: nothing is thrown, what was last known to be good is served meanwhile, and two poll intervals (60 s by default) after
 * the network is well each has what was published. Two runs of each; 100 with DRIFTLESS_FULL=1.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, createClient } from '../../sdk/src/index.ts'
import { startChaosProxy, TOXICS, type ChaosProxy, type Toxic } from '../support/chaos-proxy.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const RUNS = process.env['DRIFTLESS_FULL'] === '1' ? 100 : 2
/** Runs of all kinds at the same time. */
const TOGETHER = 20
const SICK_MS = 4_000
const TWO_POLLS_MS = 60_000

interface Patient {
  readonly name: string
  readonly toxic: Toxic
  readonly client: Client
  readonly proxy: ChaosProxy
  /** What `config` said, each time it was asked. */
  readonly seen: unknown[]
  readonly errors: unknown[]
}

let platform: TestPlatform
let key: string
let published = 0
const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)

async function publish(): Promise<void> {
  published++
  const source = JSON.stringify(published)
  await platform.admin.change('shop', [
    { op: 'putConfig', name: 'n', format: 'json', source, visibility: 'server' },
  ])
}

beforeAll(async () => {
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', { production: { protected: false } })
  key = (await platform.admin.createKey('shop', 'production')).key
  // Too large for a message, so that bodies are fetched as well.
  const source = JSON.stringify('x'.repeat(50_000))
  await platform.admin.change('shop', [
    { op: 'putConfig', name: 'filler', format: 'json', source, visibility: 'server' },
  ])
  await publish()
})

afterAll(async () => {
  process.off('unhandledRejection', note)
  process.off('uncaughtException', note)
  await platform?.close()
})

async function admit(toxic: Toxic, stream: boolean, seed: number): Promise<Patient> {
  const proxy = await startChaosProxy(Number(new URL(platform.url).port), seed)
  const errors: unknown[] = []
  const client = createClient({
    url: proxy.url,
    key,
    stream,
    // Without a stream there is something to spoil only while something is asked for.
    ...(!stream && { pollMs: 1_000 }),
    instanceId: `patient-${seed}`,
    onError: (error) => errors.push(error),
  })
  return {
    name: `${toxic} over ${stream ? 'stream' : 'poll'}`,
    toxic,
    client,
    proxy,
    seen: [],
    errors,
  }
}

test(
  `${RUNS} runs of ${TOXICS.length} ailments over stream and poll`,
  { timeout: RUNS * 60_000 },
  async () => {
    const longest = new Map<string, number>()
    for (let run = 0; run < RUNS; run += TOGETHER) {
      const runs = Math.min(TOGETHER, RUNS - run)
      const patients = await Promise.all(
        TOXICS.flatMap((toxic, kind) =>
          [true, false].flatMap((stream) =>
            Array.from({ length: runs }, (_, index) =>
              admit(toxic, stream, 1 + (run + index) * 100 + kind * 2 + Number(stream)),
            ),
          ),
        ),
      )
      await Promise.all(
        patients.map(({ name, client }) =>
          until(name, () => client.getConfig('n') === published, TWO_POLLS_MS),
        ),
      )
      const before = published
      const looking = setInterval(() => {
        for (const { client, seen } of patients) seen.push(client.getConfig('n'))
      }, 50)
      for (const { proxy, toxic } of patients) proxy.poison(toxic)
      await delay(500)
      await publish()
      await delay(SICK_MS - 500)
      for (const { proxy } of patients) proxy.poison(undefined)
      await publish()
      const healedAtMs = performance.now()
      await Promise.all(
        patients.map(async ({ name, client, errors }) => {
          try {
            await until(name, () => client.getConfig('n') === published, TWO_POLLS_MS + 2_000)
          } catch (error) {
            throw new Error(
              `${name}: at ${String(client.getConfig('n'))} of ${published}, ${client.source}, ${errors.map(String).join('; ')}`,
              { cause: error },
            )
          }
          const tookMs = performance.now() - healedAtMs
          longest.set(name, Math.max(longest.get(name) ?? 0, tookMs))
        }),
      )
      clearInterval(looking)
      for (const { name, seen, client, proxy } of patients) {
        const numbers = seen.map(Number)
        expect(
          numbers.toSorted((a, b) => a - b),
          `${name} went back`,
        ).toEqual(numbers)
        expect(Math.min(...numbers), `${name} lost what it had`).toBeGreaterThanOrEqual(before)
        await client.close()
        await proxy.close()
      }
    }
    expect(unhandled).toEqual([])
    const worst = [...longest].toSorted(([, a], [, b]) => b - a)
    process.stdout.write(
      `chaos: ${RUNS} runs, longest to converge: ${worst.map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)} s`).join(', ')}\n`,
    )
  },
)
