/**
 * What secrets cost: opening a thousand of them when an app starts, and a commit that seals a value beside one that does not.
 * The bars: a thousand opened in 500 ms, and half the commits a second of configs.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatKey, sealedAad } from '#core'
import { startPlatform } from '../../admin/cli/local/platform.ts'
import { createOpener } from '../../sdk/src/client/open-secret.ts'
import { recipientOf } from '../../worker/crypto/recipient.ts'
import { sealFor } from '../../worker/crypto/seal.ts'
import { adminOf, freePort } from './setup.ts'
import { percentile } from './statistics.ts'

const SECRETS = 1_000
const RECIPIENTS = 3
const ROUNDS = 5
const COMMITS = 300
const WRITERS = 8

export async function run(): Promise<void> {
  await opening()
  await committing()
}

async function opening(): Promise<void> {
  const keys = Array.from({ length: RECIPIENTS }, (_, index) =>
    formatKey('server', 'bench', 'production', String(index).repeat(30)),
  )
  const readers = await Promise.all(keys.map(recipientOf))
  const sealed = await Promise.all(
    Array.from({ length: SECRETS }, async (_, index) => {
      const name = `secret-${index}`
      const aad = sealedAad('bench', 'production', name, 1)
      return { name, jwe: await sealFor(`value ${index} of thirty-two bytes`, aad, readers) }
    }),
  )
  const times: number[] = []
  const cpu: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    // A new one each time: an app that starts derives its key, too.
    const open = createOpener(keys.at(-1) ?? '')
    const from = performance.now()
    const before = process.cpuUsage()
    const opened = await Promise.all(sealed.map(({ name, jwe }) => open(name, 1, jwe)))
    times.push(performance.now() - from)
    const { user, system } = process.cpuUsage(before)
    cpu.push((user + system) / 1_000)
    if (opened.some((value) => value === undefined)) throw new Error('a secret did not open')
  }
  console.log(
    `open ${SECRETS} sealed secrets (${RECIPIENTS} recipients): p50 ${percentile(times, 0.5).toFixed(0)} ms, worst of ${ROUNDS} ${Math.max(...times).toFixed(0)} ms, of the processor p50 ${percentile(cpu, 0.5).toFixed(0)} ms (bar: 500)`,
  )
}

async function committing(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
  const platform = await startPlatform({ dataDir, port: await freePort() })
  try {
    await adminOf(platform).project('bench', {})
    const put = async (path: string, body: object): Promise<void> => {
      const answer = await fetch(`${platform.url}/api/v1/projects/bench/${path}`, {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${platform.ownerToken}`,
          'content-type': 'application/json',
          'if-match': '*',
        },
        body: JSON.stringify({ reason: 'benchmark', ...body }),
      })
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      await answer.arrayBuffer()
    }
    const rate = async (one: (index: number) => Promise<void>): Promise<number> => {
      let next = 0
      const from = performance.now()
      const write = async (): Promise<void> => {
        while (next < COMMITS) await one(next++)
      }
      await Promise.all(Array.from({ length: WRITERS }, write))
      return COMMITS / ((performance.now() - from) / 1_000)
    }
    const config = (index: number): Promise<void> =>
      put(`configs/c${index % 50}`, { format: 'json', source: JSON.stringify({ value: index }) })
    const secret = (index: number): Promise<void> =>
      put(`secrets/s${index % 50}`, {
        environment: 'production',
        value: `value ${index}`,
        activate: true,
      })
    await rate(config)
    await rate(secret)
    const ratios: number[] = []
    let [configs, secrets] = [0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      configs = await rate(config)
      secrets = await rate(secret)
      ratios.push(secrets / configs)
    }
    console.log(
      `commits a second, ${WRITERS} writers: config ${configs.toFixed(0)}, secret ${secrets.toFixed(0)} (the last of ${ROUNDS}); ratio p50 ${percentile(ratios, 0.5).toFixed(2)} (bar: 0.5)`,
    )
  } finally {
    await platform.close()
    await rm(dataDir, { recursive: true })
  }
}
