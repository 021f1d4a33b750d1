/**
 * What 100 SDKs with open streams cost while nothing changes: processor time of the process they share, and memory of each,
 * beside the same process with one SDK. For a minute, in which each pings and a few poll.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startPlatform } from '../../admin/cli/local/platform.ts'
import { gatherCrowd } from '../support/crowd.ts'
import { adminOf, freePort } from './setup.ts'

const CLIENTS = 100
const MINUTE_MS = 60_000

export async function run(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
  const platform = await startPlatform({ dataDir, port: await freePort() })
  const key = await adminOf(platform).project('bench', { n: 1 })
  const costs: { readonly cpuMs: number; readonly bytes: number }[] = []
  for (const count of [CLIENTS, 1]) {
    const crowd = await gatherCrowd(platform.url, key, count, MINUTE_MS)
    // What connecting left to do is done first.
    await delay(5_000)
    const before = await crowd.report()
    await delay(MINUTE_MS)
    const after = await crowd.report()
    costs.push({ cpuMs: after.cpuMs - before.cpuMs, bytes: after.bytes })
    await crowd.leave()
  }
  const [many, one] = costs
  if (many === undefined || one === undefined) throw new Error('nothing was measured')
  console.log(
    `${CLIENTS} idle SDKs: ${many.cpuMs.toFixed(0)} ms of processor in a minute (${(many.cpuMs / 600).toFixed(2)} % of one), of which ${one.cpuMs.toFixed(0)} ms with one alone`,
  )
  console.log(`memory: ${((many.bytes - one.bytes) / (CLIENTS - 1) / 1024).toFixed(0)} KiB an SDK`)
  await platform.close()
  await rm(dataDir, { recursive: true })
}
