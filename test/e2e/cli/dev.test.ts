/** `driftless dev`: the built command runs the whole platform, seeded from a folder, and follows what is saved. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli } from '../../../admin/cli/build.ts'
import { createClient } from '../../../sdk/src/index.ts'
import { freePort } from '../../support/platform.ts'
import { ROOT } from '../../support/run-tool.ts'
import { until } from '../../support/until.ts'

let built: string
let folder: string
let child: ChildProcess | undefined
let printed = ''

beforeAll(async () => {
  // Within the repository, where miniflare is found, as it is beside an installed command.
  await mkdir(join(ROOT, '.driftless'), { recursive: true })
  built = await mkdtemp(join(ROOT, '.driftless/cli-'))
  folder = await mkdtemp(join(tmpdir(), 'driftless-dev-'))
  await buildCli(built)
  await mkdir(join(folder, 'config/web'), { recursive: true })
  await writeFile(join(folder, 'driftless.config.json'), '{"project": "shop"}')
  await writeFile(join(folder, 'environments.yaml'), 'development: {}\nproduction: {}\n')
  await writeFile(join(folder, 'config/web/base.yaml'), 'limit: 1\n')
})
afterAll(async () => {
  child?.kill('SIGKILL')
  await rm(built, { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function start(port: number): Promise<{ readonly url: string; readonly key: string }> {
  printed = ''
  child = spawn(process.execPath, [join(built, 'driftless.js'), 'dev', '--port', String(port)], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  await until(
    'the platform',
    () => /DRIFTLESS_SDK_KEY=\S+/.test(printed) || (child?.exitCode ?? null) !== null,
    60_000,
  )
  const [, url = '', key = ''] = /DRIFTLESS_URL=(\S+) DRIFTLESS_SDK_KEY=(\S+)/.exec(printed) ?? [
    printed,
  ]
  expect(key, printed).not.toBe('')
  return { url, key }
}

async function stop(): Promise<void> {
  if (child === undefined) return
  const gone = once(child, 'exit')
  child.kill('SIGINT')
  await gone
}

test('an app gets what the folder says, follows a save, and finds it again after a restart', async () => {
  const port = await freePort()
  const { url, key } = await start(port)
  const client = createClient({ url, key })
  await client.ready()
  await until('the folder', () => client.getConfig<{ limit: number }>('web')?.limit === 1)
  await writeFile(join(folder, 'config/web/development.json'), '{"limit": 2}')
  await until('the save', () => client.getConfig<{ limit: number }>('web')?.limit === 2, 20_000)
  await client.close()
  await stop()
  const again = await start(port)
  expect(again.url).toBe(url)
  expect(printed).not.toContain('layers in revision')
  await stop()
})
