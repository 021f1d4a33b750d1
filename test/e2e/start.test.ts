/** `npm start` as a new user sees it: the demo, the example app that follows, the printed commands, and every way it ends. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort, isFree } from '../support/platform.ts'
import { ROOT, runTool } from '../support/run-tool.ts'
import { until } from '../support/until.ts'

const START = 'admin/cli/local/start.ts'

let dataDir: string
let port: number
let running: ChildProcess | undefined
let printed = ''

/** Resolves when the commands to try are printed. */
async function start(): Promise<ChildProcess> {
  printed = ''
  const child = spawn(process.execPath, [START, '--port', String(port), '--data', dataDir], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running = child
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  await until(
    'the start',
    () => {
      if (child.exitCode !== null) throw new Error(printed)
      return printed.includes('3. Take both back')
    },
    60_000,
  )
  return child
}

const page = async (): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${port + 1}/`)
  return answer.text()
}

const bothFree = async (): Promise<boolean> => (await isFree(port)) && (await isFree(port + 1))

beforeAll(async () => {
  // The example imports the SDK by its public name, which is the built one.
  const build = await runTool('tsc', ['-p', 'sdk/tsconfig.build.json'])
  expect(build.stdout).toBe('')
})

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'driftless-start-'))
  port = await freePort(2)
})

afterEach(async () => {
  if (running?.pid !== undefined && running.exitCode === null && running.signalCode === null) {
    const gone = once(running, 'exit')
    process.kill(-running.pid, 'SIGKILL')
    await gone
  }
  running = undefined
  await until('the ports', bothFree)
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

test('the printed commands work as they are, and the example’s page follows in under a second', async () => {
  await start()
  await until('the page', async () => (await page()).includes('This is the development shop'))
  const commands = printed.match(/^ {2}curl (?:.*\\\n)*.*$/gm) ?? []
  expect(commands).toHaveLength(3)
  const followed = [
    (html: string) => html.includes('Half price until midnight'),
    (html: string) => !html.includes('class="on"'),
    (html: string) => html.includes('This is the development shop') && html.includes('class="on"'),
  ]
  for (const [index, command] of commands.entries()) {
    const { stdout } = await promisify(execFile)('bash', [
      '-c',
      command.replace('curl', 'curl -sS'),
    ])
    expect(JSON.parse(stdout)).toMatchObject({ dryRun: false })
    await until(`the page after ${command}`, async () => followed[index]?.(await page()), 1_000)
  }
  expect(printed).toContain('example app: storefront is now')
})

test('started again after kill -9 it has the same project, token and key, and creates nothing twice', async () => {
  const first = await start()
  const token = /driftless_owner_\S+/.exec(printed)?.[0]
  const gone = once(first, 'exit')
  // The platform's process alone: what it started has to notice by itself.
  first.kill('SIGKILL')
  await gone
  await until('both ports', bothFree, 2_000)

  await start()
  expect(printed).toContain(token)
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/projects/shop`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(await answer.json()).toMatchObject({ revision: 3 })
  await until('the page', async () => (await page()).includes('This is the development shop'))
  const { mode } = await stat(join(dataDir, 'secrets.json'))
  expect(mode & 0o777).toBe(0o600)
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends everything it started', async (signal, code) => {
  const child = await start()
  const gone = once(child, 'exit')
  child.kill(signal)
  expect(await gone).toEqual([code, null])
  await until('both ports', bothFree, 2_000)
})

test('a port in use is said to be, and nothing is left behind', async () => {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const result = await runTool('node', [START, '--empty', `--port=${port}`, `--data=${dataDir}`])
  server.close()
  expect(result).toMatchObject({ code: 1 })
  expect(result.stderr).toContain(`port ${port} is in use`)
})

test.each([
  [['--port', 'http'], '--port must be an integer'],
  [['--port', '0'], '--port must be an integer'],
  [['--port', '65535'], '--port must be an integer'],
  [['--data', ''], '--data must name a directory'],
  [['--surprise'], '--surprise'],
  [['shop'], 'shop'],
])('%j is refused with what would be right', async (flags, message) => {
  const result = await runTool('node', [START, ...flags])
  expect(result.code).toBe(2)
  expect(result.stderr).toContain(message)
  expect(result.stderr).toContain('npm start -- [--empty]')
})

test.each([
  ['DRIFTLESS_MASTER_KEY', 'not-a-key'],
  ['DRIFTLESS_OWNER_TOKEN', 'two words'],
])('a %s that cannot work is refused without showing it', async (name, value) => {
  const result = await runTool('node', [START, '--empty', `--port=${port}`, `--data=${dataDir}`], {
    env: { [name]: value },
  })
  expect(result.code).toBe(1)
  expect(result.stderr).toContain(`${name} must be`)
  expect(result.stderr).not.toContain(value)
})
