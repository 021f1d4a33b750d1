/**
 * The project key is replaced again and again under writers while the process is killed: every secret stays readable, and at
 * the end none is on an old key and none of the old keys is left. `DRIFTLESS_FULL=1`: 10,000 secrets and 20 kills.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const isFull = process.env['DRIFTLESS_FULL'] === '1'
const SECRETS = isFull ? 10_000 : 1_000
const KILLS = isFull ? 20 : 4
const BATCH = 1_000
const PROJECT = '/projects/vault'

interface Rotation {
  readonly isDone: boolean
  readonly remaining: number
  readonly current: string
  readonly keys: readonly { id: string; dataKeys: number; destroyedAtMs: number | null }[]
}

let platform: TestPlatform
let key = ''
let client: Client | undefined

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('vault', { production: { protected: false } })
})

afterAll(async () => {
  await client?.close()
  await platform?.close()
})

const rotation = (): Promise<Rotation> => platform.admin.ok('GET', `${PROJECT}/key-rotation`)

async function eventually<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch {
    // The process was killed under it.
    return undefined
  }
}

test(
  `${SECRETS} secrets through ${KILLS} kills while their key is replaced`,
  { timeout: 1_800_000 },
  async () => {
    for (let at = 0; at < SECRETS; at += BATCH) {
      const lines = Array.from(
        { length: BATCH },
        (_, index) => `S${at + index}=value-${at + index}`,
      )
      await platform.admin.ok('POST', `${PROJECT}/secrets`, {
        body: { environment: 'production', source: lines.join('\n'), reason: 'test' },
      })
    }
    const first = await rotation()

    const load = { running: true }
    /** Acknowledged values of what is written meanwhile. */
    const written = new Map<string, string>()
    const writer = async (who: number): Promise<void> => {
      for (let n = 0; load.running; n++) {
        const value = `written ${who} ${n}`
        const answer = await eventually(() =>
          platform.admin.request('PUT', `${PROJECT}/secrets/W${who}`, {
            body: { environment: 'production', value, activate: true, graceMs: 0, reason: 'test' },
          }),
        )
        if (answer !== undefined && answer.status < 300) written.set(`W${who}`, value)
        else await delay(20)
        // So that what is acknowledged last is what is active last.
        await delay(5)
      }
    }
    const writers = [0, 1, 2, 3].map(writer)
    let rotations = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const begun = await eventually(() =>
        platform.admin.ok('POST', `${PROJECT}/key-rotation`, { body: { reason: `${kill}` } }),
      )
      if (begun !== undefined) rotations++
      // The move begins about a second after, with the alarm.
      await delay(900 + ((kill * 137) % 500))
      await platform.kill()
      await platform.start()
    }
    load.running = false
    await Promise.all(writers)

    const done = await until(
      'the move',
      async () => {
        const state = await rotation()
        return state.isDone && state
      },
      600_000,
    )
    const [current, ...old] = done.keys
    expect(rotations).toBeGreaterThan(0)
    expect(old).toHaveLength(rotations)
    expect(
      old.every(({ dataKeys, destroyedAtMs }) => dataKeys === 0 && destroyedAtMs !== null),
    ).toBe(true)
    expect(current?.dataKeys).toBeGreaterThanOrEqual(SECRETS)
    expect(done.current).not.toBe(first.current)

    // Readable by an app, which needs every one of them opened and sealed anew under the new keys.
    key = (await platform.admin.createKey('vault', 'production')).key
    const app = createClient({ url: platform.url, key })
    client = app
    await app.ready({ timeoutMs: 60_000 })
    await until(
      'the snapshot',
      async () => (await app.getSecret(`S${SECRETS - 1}`).catch(() => undefined)) !== undefined,
      600_000,
    )
    const wrong: string[] = []
    for (let index = 0; index < SECRETS; index++) {
      const secret = await app.getSecret(`S${index}`)
      if (secret.reveal() !== `value-${index}`) wrong.push(secret.name)
    }
    expect(wrong).toEqual([])
    for (const [name, value] of written) {
      const path = `${PROJECT}/secrets/${name}/value?environment=production&reason=test`
      const { value: active } = await platform.admin.ok<{ value: string }>('GET', path)
      // A write whose answer was lost may have come after.
      expect(Number(active.split(' ')[2])).toBeGreaterThanOrEqual(Number(value.split(' ')[2]))
    }
    console.log(`key rotation: ${SECRETS} secrets, ${KILLS} kills, ${rotations} keys replaced`)
  },
)
