/**
 * Forty times kill -9 under sixteen writers, through the real HTTP API. What was acknowledged is there, revisions are
 * 1..n, the audit chain holds, and KV and a connected app arrive at the newest revision soon after the last restart.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { verifyChain } from '#core'
import { digest } from '../../worker/objects/sha256.ts'
import type { Answer } from '../support/admin.ts'
import { publishedHead } from '../support/kv-file.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'
import { setTimeout as delay } from 'node:timers/promises'

const KILLS = 40
const WRITERS = 16
/** How long the platform lives under load each time, milliseconds: from `[0]` up to `[1]`. */
const UPTIME_MS = [30, 530] as const
const CONVERGE_MS = 5_000
const BACK_OFF_MS = 60_000

interface Revision {
  readonly revision: number
  readonly reason: string
}
type AuditRow = Parameters<typeof verifyChain>[0][number]

let platform: TestPlatform
/** Connected from before the first kill. */
let survivor: Client
/** Connected after the last one. */
let newcomer: Client
let key: string

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('load', { production: { protected: false } })
  key = (await platform.admin.createKey('load', 'production')).key
  // Small dice: its back-off grows with every restart, up to a minute, and nobody wants to wait for that here.
  survivor = createClient({ url: platform.url, key, random: () => 0.01 })
  await survivor.ready()
})

afterAll(async () => {
  await Promise.all([survivor?.close(), newcomer?.close()])
  await platform?.close()
})

/** `undefined`: the connection broke, so nobody knows whether it was done. */
async function attempt(reason: string, writer: number, idempotencyKey?: string) {
  const operations = [
    {
      op: 'putConfig',
      name: `counter-${writer}`,
      format: 'json',
      source: JSON.stringify({ reason }),
      visibility: 'server',
    },
  ]
  try {
    return await platform.admin.request('POST', '/projects/load/changes', {
      body: { reason, operations },
      ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }),
    })
  } catch {
    return undefined
  }
}

test(
  `${KILLS} kills under ${WRITERS} writers lose, skip and repeat nothing`,
  { timeout: 300_000 },
  async () => {
    const acknowledged = new Map<string, number>()
    const refused: Answer[] = []
    const load = { running: true, back: Promise.resolve() }

    const seen: number[] = []
    survivor.on('changed', ({ revision }) => seen.push(revision))

    const write = async (writer: number): Promise<void> => {
      for (let n = 1; load.running; n++) {
        const reason = `writer ${writer} change ${n}`
        // Every second writer insists, with the same idempotency key, until it has an answer.
        const insists = writer % 2 === 0
        let answer = await attempt(reason, writer, insists ? `w${writer}-${n}` : undefined)
        while (answer === undefined) {
          await load.back
          if (!load.running || !insists) break
          answer = await attempt(reason, writer, `w${writer}-${n}`)
          await delay(5)
        }
        if (answer?.status === 200) acknowledged.set(reason, (answer.json() as Revision).revision)
        else if (answer !== undefined) refused.push(answer)
      }
    }

    const writers = Array.from({ length: WRITERS }, (_, index) => write(index))
    for (let kill = 0; kill < KILLS; kill++) {
      const [from, to] = UPTIME_MS
      await delay(from + ((to - from) * kill) / (KILLS - 1))
      load.back = platform.kill().then(() => platform.start())
      await load.back
    }
    const restartedAtMs = performance.now()
    load.running = false
    await Promise.all(writers)

    const revisions = await platform.admin.list<Revision>('/projects/load/revisions')
    const newest = revisions[0]?.revision ?? 0
    newcomer = createClient({ url: platform.url, key })
    await until('a new app', () => newcomer.revision === newest, CONVERGE_MS)
    const head = await until(
      'KV',
      () => {
        const published = publishedHead(platform.dataDir, 'load/production/server')
        return published?.revision === newest && published.hasBody && published
      },
      CONVERGE_MS,
    )
    const convergedMs = performance.now() - restartedAtMs
    console.log(
      `${KILLS} kills: ${acknowledged.size} acknowledged, ${newest} revisions, ${refused.length} refused, converged ${Math.round(convergedMs)} ms after the last restart`,
    )

    await until('the app that saw it all', () => survivor.revision === newest, BACK_OFF_MS)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))

    expect(refused.map(({ status, text }) => `${status} ${text}`).slice(0, 3)).toEqual([])
    expect(acknowledged.size).toBeGreaterThan(KILLS)
    expect(revisions.map(({ revision }) => revision)).toEqual(
      Array.from({ length: newest }, (_, index) => newest - index),
    )
    const stored = new Map(revisions.map(({ reason, revision }) => [reason, revision]))
    // Each reason was written once, so a second revision with it would be a change done twice.
    expect(stored.size).toBe(revisions.length)
    for (const [reason, revision] of acknowledged) expect(stored.get(reason), reason).toBe(revision)

    const audit = await platform.admin.list<AuditRow>('/projects/load/audit')
    expect(verifyChain(audit.toReversed(), digest)).toMatchObject({ ok: true })
    const audited = audit.filter(({ revision }) => revision !== null)
    expect(new Set(audited.map(({ revision }) => revision)).size).toBe(newest)

    const answer = await fetch(`${platform.url}/v1/manifest`, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(answer.headers.get('etag')).toBe(`"${head.epoch}.${head.seq}"`)
    expect(convergedMs).toBeLessThan(CONVERGE_MS)
  },
)
