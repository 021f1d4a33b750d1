/**
 * kill -9 while `apply`, `drift --fix` and `pull` run, as processes: the server is at a whole revision, each file at a whole content, and
 * running the same again finishes. 5 kills each; 40 with DRIFTLESS_FULL=1.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli } from '../../admin/cli/build.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { runTool, type ToolResult } from '../support/run-tool.ts'

const KILLS = process.env['DRIFTLESS_FULL'] === '1' ? 40 : 5
const CONFIGS = 12
/** A kill, what it leaves, and the run that finishes it. */
const TIMEOUT_MS = 60_000 + KILLS * 15_000

let platform: TestPlatform
let root: string
let folder: string
let entry: string
let env: Record<string, string>
/** Kills fall from the start of a run to a little after its end, as long as one takes here. */
let longestMs = 0

beforeAll(async () => {
  platform = await startTestPlatform()
  root = await mkdtemp(join(tmpdir(), 'driftless-cli-crash-'))
  folder = join(root, 'folder')
  entry = join(root, 'built/driftless.js')
  await buildCli(join(root, 'built'))
  env = {
    DRIFTLESS_URL: platform.url,
    DRIFTLESS_TOKEN: platform.admin.token,
    XDG_CONFIG_HOME: root,
  }
  await platform.admin.createProject('shop', { production: { protected: false } })
  await mkdir(folder)
  await writeFile(
    join(folder, 'driftless.config.json'),
    JSON.stringify({ project: 'shop', url: platform.url }),
  )
  await declare(0)
  const startedMs = performance.now()
  expect(await driftless('apply')).toMatchObject({ code: 0 })
  // Later runs also read who wrote what they change.
  longestMs = 2 * (performance.now() - startedMs)
})
afterAll(async () => {
  await platform?.close()
  await rm(root, { recursive: true, force: true })
})

const sourceOf = (generation: number): string =>
  `# generation ${generation}\nvalue: ${generation}\npad: ${'x'.repeat(20_000)}\n`

async function declare(generation: number): Promise<void> {
  for (let index = 0; index < CONFIGS; index++) {
    await mkdir(join(folder, `config/c${index}`), { recursive: true })
    await writeFile(join(folder, `config/c${index}/base.yaml`), sourceOf(generation))
  }
}

const driftless = (...words: string[]): Promise<ToolResult> =>
  runTool('node', [entry, ...words], { cwd: folder, env })

async function killed(afterMs: number, ...words: string[]): Promise<void> {
  const child = spawn(process.execPath, [entry, ...words], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, ...env },
  })
  const gone = once(child, 'exit')
  await Promise.race([gone, delay(afterMs)])
  child.kill('SIGKILL')
  await gone
}

/** The generation that every config on the server is of; fails when they are of several. */
async function published(): Promise<number> {
  const { items } = await platform.admin.ok<{
    items: { kind: string; content: { source: string } }[]
  }>('GET', '/projects/shop/export')
  const sources = new Set(
    items.filter(({ kind }) => kind === 'config').map(({ content }) => content.source),
  )
  expect(sources.size).toBe(1)
  const [source = ''] = sources
  return Number(/generation (\d+)/.exec(source)?.[1])
}

async function revisions(): Promise<number> {
  return (await platform.admin.ok<{ revision: number }>('GET', '/projects/shop')).revision
}

test(
  `${KILLS} × kill -9 during apply: all of it or nothing, and again finishes it`,
  { timeout: TIMEOUT_MS },
  async () => {
    let done = 0
    for (let kill = 1; kill <= KILLS; kill++) {
      const before = await revisions()
      await declare(kill)
      await killed((longestMs * kill) / KILLS, 'apply')
      const at = await published()
      expect([kill - 1, kill]).toContain(at)
      if (at === kill) done += 1
      expect(await driftless('apply')).toMatchObject({ code: 0 })
      expect(await published()).toBe(kill)
      expect(await revisions()).toBe(before + 1)
      expect((await driftless('plan')).code).toBe(0)
    }
    console.log(`apply: ${KILLS} kills, ${done} after the commit, none in between`)
  },
)

test(
  `${KILLS} × kill -9 during drift --fix: as declared or as it was, and again heals it`,
  { timeout: TIMEOUT_MS },
  async () => {
    const declared = await published()
    for (let kill = 1; kill <= KILLS; kill++) {
      const live = 1_000 + kill
      await platform.admin.change(
        'shop',
        Array.from({ length: CONFIGS }, (_, index) => ({
          op: 'putConfig',
          name: `c${index}`,
          format: 'yaml',
          source: sourceOf(live),
          visibility: 'server',
        })),
      )
      await killed((longestMs * kill) / KILLS, 'drift', '--fix')
      expect([declared, live]).toContain(await published())
      expect((await driftless('drift', '--fix')).code).toBe(0)
      expect(await published()).toBe(declared)
      expect((await driftless('drift')).code).toBe(0)
    }
  },
)

test(
  `${KILLS} × kill -9 during pull: each file is old or new, none is half, and again finishes it`,
  { timeout: TIMEOUT_MS },
  async () => {
    let old = await published()
    for (let kill = 1; kill <= KILLS; kill++) {
      const live = 2_000 + kill
      await platform.admin.change(
        'shop',
        Array.from({ length: CONFIGS }, (_, index) => ({
          op: 'putConfig',
          name: `c${index}`,
          format: 'yaml',
          source: sourceOf(live),
          visibility: 'server',
        })),
      )
      await killed((longestMs * kill) / KILLS, 'pull', '--yes')
      for (let index = 0; index < CONFIGS; index++) {
        const text = await readFile(join(folder, `config/c${index}/base.yaml`), 'utf8')
        expect([sourceOf(old), sourceOf(live)]).toContain(text)
      }
      expect((await driftless('pull', '--yes')).code).toBe(0)
      expect((await driftless('plan')).code).toBe(0)
      old = live
    }
    // What was being written beside a file may be left; it is nobody's, and never read.
    const left = (await readdir(folder, { recursive: true })).filter((name) =>
      name.endsWith('.tmp'),
    )
    console.log(`pull: ${KILLS} kills left ${left.length} temporary files`)
  },
)
