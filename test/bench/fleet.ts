/** How long `GET …/fleet` takes with 10,000 instances that report by request, through the real platform. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPlatform } from '../../admin/cli/local/platform.ts'
import { adminOf, freePort } from './setup.ts'
import { percentile } from './statistics.ts'

const INSTANCES = 10_000
const TOGETHER = 50
const ROUNDS = 30

export async function run(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
  const platform = await startPlatform({ dataDir, port: await freePort() })
  const key = await adminOf(platform).project('bench', { settings: { a: 1 } })
  let next = 0
  const report = async (): Promise<void> => {
    for (let index = next++; index < INSTANCES; index = next++) {
      const answer = await fetch(`${platform.url}/v1/status`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          instance: `web-${index}`,
          state: index % 500 === 0 ? 'failed' : 'applied',
          revision: 2,
          seq: 2,
          sdk: { name: '@driftless/sdk', version: '0.1.0' },
          labels: { region: `r${index % 8}`, host: `h${index % 300}` },
        }),
      })
      if (answer.status !== 202) throw new Error(`a report was answered ${answer.status}`)
    }
  }
  await Promise.all(Array.from({ length: TOGETHER }, report))

  const samples: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now()
    const answer = await fetch(
      `${platform.url}/api/v1/projects/bench/fleet?environment=production`,
      {
        headers: { authorization: `Bearer ${platform.ownerToken}` },
      },
    )
    const fleet: unknown = Reflect.get(Object(await answer.json()), 'server')
    samples.push(performance.now() - startedAt)
    const counted: unknown = Reflect.get(Object(fleet), 'instances')
    if (counted !== INSTANCES) throw new Error(`${String(counted)} of ${INSTANCES} were counted`)
  }
  console.log(
    `GET …/fleet of ${INSTANCES} instances: p50 ${percentile(samples, 0.5).toFixed(0)} ms, p99 ${percentile(samples, 0.99).toFixed(0)} ms (aim < 100 ms)`,
  )
  await platform.close()
  await rm(dataDir, { recursive: true })
}
