/**
 * The whole platform as a process of its own, as `npm start -- --empty` runs it: on a free port, with a data directory of
 * its own, to be killed without warning and started again.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Admin } from './admin.ts'
import { ROOT } from './run-tool.ts'

const START = join(ROOT, 'admin/cli/local/start.ts')
const OWNER_TOKEN = 'owner-token-of-the-tests'
const START_TIMEOUT_MS = 60_000

export interface TestPlatform {
  readonly url: string
  readonly dataDir: string
  readonly admin: Admin
  /** SIGKILL to the whole process group: nobody gets to say goodbye. */
  kill(): Promise<void>
  /** Resolves when `/health` answers. `failpoint`: see worker/objects/project/publish.ts. */
  start(options?: { readonly failpoint?: string }): Promise<void>
  /** What the processes have printed so far. */
  output(): string
  close(): Promise<void>
}

export async function startTestPlatform(): Promise<TestPlatform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'driftless-test-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let printed = ''

  const platform: TestPlatform = {
    url,
    dataDir,
    admin: new Admin(url, OWNER_TOKEN),
    output: () => printed,
    async start({ failpoint } = {}) {
      const process_ = spawn(
        process.execPath,
        [START, '--empty', '--port', String(port), '--data', dataDir],
        {
          // A group of its own, so that `kill` reaches the runtime too.
          detached: true,
          stdio: ['ignore', 'pipe', 'pipe'],
          env: {
            ...process.env,
            DRIFTLESS_OWNER_TOKEN: OWNER_TOKEN,
            DRIFTLESS_FAILPOINT: failpoint,
          },
        },
      )
      process_.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
      process_.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
      child = process_
      const deadline = performance.now() + START_TIMEOUT_MS
      while (!(await isHealthy(url))) {
        if (process_.exitCode !== null || performance.now() > deadline)
          throw new Error(`the platform did not start:\n${printed}`)
        await delay(10)
      }
    },
    async kill() {
      const dying = child
      child = undefined
      if (dying?.pid === undefined || dying.exitCode !== null) return
      const gone = once(dying, 'exit')
      process.kill(-dying.pid, 'SIGKILL')
      await gone
    },
    async close() {
      await platform.kill()
      // The runtime may still be writing its last file while it is being killed.
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  try {
    await platform.start()
  } catch (error) {
    await platform.close()
    throw error
  }
  return platform
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`)
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

/**
 * A port where nobody listens, nor on `count - 1` following ones. Below the range that systems take the ports of outgoing
 * connections from: there, somebody's connection may take it while the platform is down.
 */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const wanted = Array.from({ length: count }, (_, index) => port + index)
    const free = await Promise.all(wanted.map(isFree))
    if (free.every(Boolean)) return port
  }
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listening = once(server, 'listening')
  server.listen(port, '127.0.0.1')
  try {
    await listening
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
