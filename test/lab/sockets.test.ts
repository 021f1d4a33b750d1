/**
 * Many SDKs with open streams, then `kill -9` of the runtime and a restart: all come back within a minute without hammering, and
 * a change reaches them all. With DRIFTLESS_FULL=1 9,000 on one runtime and 12,000 over two, which takes some 20,000 descriptors.
 */
import { afterEach, expect, test } from 'vitest'
import { type Crowd, gatherCrowd } from '../support/crowd.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const FULL = process.env['DRIFTLESS_FULL'] === '1'
const MINUTE_MS = 60_000
const PATIENCE_MS = 5 * MINUTE_MS

interface Site {
  readonly platform: TestPlatform
  readonly crowd: Crowd
  readonly put: (n: number) => Promise<void>
}

const sites: Site[] = []

afterEach(async () => {
  for (const { crowd, platform } of sites.splice(0)) {
    await crowd.leave()
    await platform.close()
  }
})

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN

const nowMs = (): number => performance.timeOrigin + performance.now()

async function settle(count: number): Promise<Site> {
  const platform = await startTestPlatform()
  await platform.admin.createProject('crowd', { production: { protected: false } })
  const { key } = await platform.admin.createKey('crowd', 'production')
  const put = async (n: number): Promise<void> => {
    const source = String(n)
    await platform.admin.change('crowd', [
      { op: 'putConfig', name: 'n', format: 'json', source, visibility: 'server' },
    ])
  }
  await put(1)
  const crowd = await gatherCrowd(platform.url, key, count, PATIENCE_MS)
  const site = { platform, crowd, put }
  sites.push(site)
  return site
}

/** How long after the acknowledgement each heard of a change, in milliseconds. */
async function broadcast({ crowd, put }: Site, n: number): Promise<readonly number[]> {
  await crowd.forget()
  await put(n)
  const putAtMs = nowMs()
  const isEverywhere = async (): Promise<boolean> => (await crowd.report()).heard >= crowd.size
  await until('the change everywhere', isEverywhere, MINUTE_MS)
  const { heardAtMs } = await crowd.report(true)
  return heardAtMs.map((atMs) => Math.max(0, atMs - putAtMs))
}

const say = (text: string): void => void process.stdout.write(`sockets: ${text}\n`)

const ONE = FULL ? 9_000 : 200
test(
  `${ONE} streams survive kill -9 of the runtime, and hear of a change`,
  { timeout: 15 * MINUTE_MS },
  async () => {
    const site = await settle(ONE)
    const { crowd, platform } = site
    await broadcast(site, 2)

    await platform.kill()
    await crowd.forget()
    await platform.start()
    const upAtMs = nowMs()
    const { attempts: before } = await crowd.report()
    const areBack = async (): Promise<boolean> => (await crowd.report()).open === ONE
    await until('every stream', areBack, 4 * MINUTE_MS)
    const { openedAtMs, attempts } = await crowd.report(true)
    const waits = openedAtMs.map((atMs) => Math.max(0, atMs - upAtMs) / 1000)
    const tries = (attempts - before) / ONE

    const heard = await broadcast(site, 3)
    say(
      `${ONE} back with p50 ${percentile(waits, 0.5).toFixed(1)} s, p99 ${percentile(waits, 0.99).toFixed(1)} s, ` +
        `${tries.toFixed(2)} attempts each since the runtime answers and ${(before / ONE).toFixed(2)} while it did not; a change heard with p50 ${percentile(heard, 0.5).toFixed(0)} ms, p99 ${percentile(heard, 0.99).toFixed(0)} ms`,
    )
    expect(percentile(waits, 0.99)).toBeLessThanOrEqual(60)
    expect(tries).toBeLessThanOrEqual(1.5)
    // What is said of 9,000; on a machine that does other things at the same time it says nothing.
    if (FULL) expect(percentile(heard, 0.99)).toBeLessThanOrEqual(2_000)
  },
)

const TWO = FULL ? 12_000 : 200
test(
  `${TWO} streams over two runtimes: what kills one is not felt at the other`,
  { timeout: 15 * MINUTE_MS },
  async () => {
    const [left, right] = [await settle(TWO / 2), await settle(TWO / 2)]
    const both = await Promise.all([broadcast(left, 2), broadcast(right, 2)])
    await right.crowd.forget()
    await left.platform.kill()
    const alone = await broadcast(right, 3)
    const { opened } = await right.crowd.report()
    await left.platform.start()
    const areBack = async (): Promise<boolean> =>
      (await left.crowd.report()).open === left.crowd.size
    await until('the others back', areBack, 2 * MINUTE_MS)
    await left.put(3)
    say(
      `${TWO} over two runtimes: a change at both heard with p99 ${percentile(both.flat(), 0.99).toFixed(0)} ms, at one while the other is dead ${percentile(alone, 0.99).toFixed(0)} ms`,
    )
    expect(opened).toBe(0)
  },
)
