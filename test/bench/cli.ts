/** What starting the command line costs: the built one, as a process of its own, beside Node that does nothing. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCli } from '../../admin/cli/build.ts'
import { median, percentile } from './statistics.ts'

const ROUNDS = 40

export async function run(): Promise<void> {
  const outdir = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
  try {
    await buildCli(join(outdir, 'dist'))
    const entry = join(outdir, 'dist/driftless.js')
    const cases = [
      ['node, doing nothing', ['-e', '0']],
      ['driftless --version', [entry, '--version']],
      ['driftless --help', [entry, '--help']],
      ['driftless flags rollout --help', [entry, 'flags', 'rollout', '--help']],
      ['driftless completion bash', [entry, 'completion', 'bash']],
      ['driftless validate --offline', [entry, 'validate', '--offline', '-C', outdir]],
    ] as const
    const times = cases.map(() => new Array<number>())
    // In turns, so that what else this machine does falls on all of them.
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, [, words]] of cases.entries()) times[index]?.push(timeOf(words))
    for (const [index, [name]] of cases.entries()) {
      const one = times[index] ?? []
      console.log(
        `${name}: ${median(one).toFixed(0)} ms (median), ${percentile(one, 0.95).toFixed(0)} ms (95 %)`,
      )
    }
  } finally {
    await rm(outdir, { recursive: true, force: true })
  }
}

function timeOf(words: readonly string[]): number {
  const startedAt = performance.now()
  spawnSync(process.execPath, words, { stdio: 'ignore' })
  return performance.now() - startedAt
}
