/**
 * A staged release on the real platform with real clients: content that the application's own schema refuses, or with which it
 * counts more errors than without, goes back by itself within the first step. 200 clients; 1,000 with DRIFTLESS_FULL=1.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const FLEET = process.env['DRIFTLESS_FULL'] === '1' ? 1_000 : 200
/** Everything that is to happen by itself is given this long, milliseconds. */
const PATIENCE_MS = 60_000

interface Deployment {
  readonly id: string
  readonly status: string
  readonly share: number
  readonly story: readonly { atMs: number; what: string; by: string; share: number; why?: string }[]
}

let platform: TestPlatform
let key: string
const fleet: Client[] = []

beforeAll(async () => {
  platform = await startTestPlatform()
  // A step of six minutes: only the gate can be faster.
  await platform.admin.createProject('fleet', {
    production: { protected: true },
  })
  key = (await platform.admin.createKey('fleet', 'production')).key
})

afterAll(async () => {
  await Promise.all(fleet.map((client) => client.close()))
  await platform?.close()
})

const settings = (pool: unknown, environment: string): object => ({
  op: 'putConfigOverride',
  name: 'settings',
  environment,
  format: 'json',
  source: JSON.stringify({ pool }),
})

const base = {
  op: 'putConfig',
  name: 'settings',
  format: 'json',
  source: '{"pool":1}',
  visibility: 'server',
}

async function newest(environment: string): Promise<Deployment> {
  const path = `/projects/fleet/deployments?environment=${environment}&limit=1`
  const { items } = await platform.admin.ok<{ items: readonly Deployment[] }>('GET', path)
  return items[0] ?? expect.fail('no deployment')
}

/** Standard Schema: `pool` is a number. */
const schema = {
  '~standard': {
    version: 1,
    vendor: 'lab',
    validate: (value: unknown) =>
      JSON.stringify(value).includes('"pool":"')
        ? { issues: [{ message: 'pool must be a number', path: ['pool'] }] }
        : { value },
  },
} as const

test(
  `${FLEET} instances: what their schema refuses is rolled back by itself, and only its share ever saw it`,
  { timeout: 600_000 },
  async () => {
    await platform.admin.change('fleet', [base])
    const saw = new Set<number>()
    for (let i = 0; i < FLEET; i++) {
      const client = createClient({
        url: platform.url,
        key,
        instanceId: `instance-${i}`,
        schemas: { settings: schema },
      })
      client.on('changed', () => client.revision === 3 && saw.add(i))
      client.on('rejected', ({ revision }) => revision === 3 && saw.add(i))
      fleet.push(client)
    }
    await Promise.all(fleet.map((client) => client.ready({ timeoutMs: PATIENCE_MS })))

    const startedAtMs = performance.now()
    await platform.admin.change('fleet', [settings('eight', 'production')])
    const isBack = async (): Promise<boolean> =>
      (await newest('production')).status === 'rolled-back'
    await until('the rollback', isBack, PATIENCE_MS)
    const rolledBackMs = performance.now() - startedAtMs
    await until('everybody', () => fleet.every((client) => client.revision === 2), PATIENCE_MS)
    const acceptedMs = performance.now() - startedAtMs

    const { story } = await newest('production')
    console.log(
      `${FLEET} instances: ${saw.size} saw the candidate, rolled back after ${Math.round(rolledBackMs)} ms, all on the content before after ${Math.round(acceptedMs)} ms`,
    )
    expect(story.map(({ what, by }) => `${what} ${by}`).slice(1)).toEqual([
      'started clock',
      'rolled-back gate',
    ])
    expect(story.at(-1)?.why).toMatch(/of \d+ reporting instances failed to take it/)
    // A fifth, as far as ids fall evenly.
    expect(saw.size).toBeLessThan(FLEET * (FLEET > 500 ? 0.25 : 0.3))
    for (const client of fleet) expect(client.getConfig('settings')).toEqual({ pool: 1 })
  },
)

test(
  'content that makes applications fail is rolled back by itself, and the history tells why',
  { timeout: 240_000 },
  async () => {
    const { admin } = platform
    const threshold = { metric: 'checkout.failed', kind: 'mean', relativeToStable: 1.5 }
    await admin.ok('PATCH', '/projects/fleet/environments/production', {
      body: { gate: { metrics: [threshold] }, reason: 'errors count' },
    })
    // Every tenth checkout fails; where the pool is empty every second does.
    const saw = new Set<Client>()
    const checkouts = setInterval(() => {
      for (const client of fleet) {
        const isEmpty = client.getConfig<{ pool: number }>('settings')?.pool === 0
        if (isEmpty) saw.add(client)
        client.track('checkout.failed', Math.random() < (isEmpty ? 0.5 : 0.1) ? 1 : 0)
      }
    }, 200)
    try {
      const startedAtMs = performance.now()
      await admin.change('fleet', [settings(0, 'production')])
      const isBack = async (): Promise<boolean> =>
        (await newest('production')).status === 'rolled-back'
      await until('the rollback', isBack, PATIENCE_MS)
      const rolledBackMs = performance.now() - startedAtMs
      const isEverybody = (): boolean =>
        fleet.every((client) => client.getConfig<{ pool: number }>('settings')?.pool === 1)
      await until('everybody', isEverybody, PATIENCE_MS)
      const acceptedMs = performance.now() - startedAtMs
      const { story } = await newest('production')
      console.log(
        `${FLEET} instances: ${saw.size} worked with the candidate, rolled back after ${Math.round(rolledBackMs)} ms, all on the content before after ${Math.round(acceptedMs)} ms: ${story.at(-1)?.why}`,
      )
      expect(story.map(({ what, by }) => `${what} ${by}`).slice(1)).toEqual([
        'started clock',
        'rolled-back gate',
      ])
      expect(story.at(-1)?.why).toMatch(
        /^checkout\.failed: mean 0\.\d+ with the candidate, 0\.\d+ without: at most 1\.5 times/,
      )
      expect(saw.size).toBeLessThan(FLEET * 0.3)
    } finally {
      clearInterval(checkouts)
    }
  },
)
