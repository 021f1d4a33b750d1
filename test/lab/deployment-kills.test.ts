/**
 * The platform is killed at every step of staged releases: each goes on by itself, ends once, and never loses or repeats a step.
 * One kill at each place; 20 kills with DRIFTLESS_FULL=1.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const KILLS = process.env['DRIFTLESS_FULL'] === '1' ? 20 : 5
/** Everything that is to happen by itself is given this long, milliseconds. */
const PATIENCE_MS = 60_000

interface Deployment {
  readonly id: string
  readonly status: string
  readonly story: readonly { readonly what: string; readonly share: number }[]
}

let platform: TestPlatform

beforeAll(async () => {
  platform = await startTestPlatform()
  // Steps of 0.6 s, in percent 50 and 100.
  const deployment = { growth: 'LINEAR', factor: 50, minutes: 0.01, bake: 0.01 }
  await platform.admin.createProject('fleet', { quick: { protected: true, deployment } })
  await platform.admin.change('fleet', [settings(0)])
})

afterAll(async () => platform?.close())

const settings = (pool: number): object => ({
  op: 'putConfig',
  name: 'settings',
  format: 'json',
  source: JSON.stringify({ pool }),
  visibility: 'server',
})

async function newest(): Promise<Deployment | undefined> {
  const path = '/projects/fleet/deployments?environment=quick&limit=1'
  const { items } = await platform.admin.ok<{ items: readonly Deployment[] }>('GET', path)
  return items[0]
}

test(
  `${KILLS} kills at the steps of deployments: each ends once, and heads show its end`,
  { timeout: 500_000 },
  async () => {
    const quickKey = (await platform.admin.createKey('fleet', 'quick')).key
    const places = ['before-step', 'after-step', 'before-sign', 'after-sign', 'after-head']
    for (let kill = 0; kill < KILLS; kill++) {
      const place = places[kill % places.length] ?? ''
      await platform.kill()
      await platform.start({ failpoint: `${place}!exit` })
      const pool = kill + 100
      const abort = new AbortController()
      const change = platform.admin
        .request('POST', '/projects/fleet/changes', {
          body: { reason: 'r', operations: [settings(pool)] },
          signal: abort.signal,
        })
        .catch(() => undefined)
      // Somewhere in a step it hangs, and dies there.
      await delay(100 + 90 * kill)
      await platform.kill()
      abort.abort()
      await change
      await platform.start()
      // Killed before the commit there is none of this change, and the one before has ended.
      const ended = async (): Promise<boolean> =>
        (await newest())?.status !== 'running' && (await newest())?.status !== 'baking'
      await until(`deployment ${kill} at ${place}`, ended, PATIENCE_MS)
      const { status = 'complete', story = [] } = (await newest()) ?? {}
      expect(status).toBe('complete')
      if (story.length === 0) continue
      expect(
        story.filter(({ what }) => what === 'complete' || what === 'rolled-back'),
      ).toHaveLength(1)
      const shares = story.map(({ share }) => share)
      expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    }
    const client = createClient({ url: platform.url, key: quickKey })
    await client.ready()
    const { document } = await platform.admin.ok<{ document: unknown }>(
      'GET',
      '/projects/fleet/configs/settings/resolved?environment=quick',
    )
    const declared = JSON.stringify(document)
    const isNewest = (): boolean => JSON.stringify(client.getConfig('settings')) === declared
    await until('the last content', isNewest, PATIENCE_MS)
    await client.close()
  },
)
