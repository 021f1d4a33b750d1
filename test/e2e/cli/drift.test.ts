/** Drift: from an empty folder to clean again, as a new user would; watching, healing, and what is written for pipelines. */
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Cli, type CliOptions, type CliResult, createCli } from '../../support/cli.ts'
import { createClient } from '../../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'
import { until } from '../../support/until.ts'

let platform: TestPlatform
let cli: Cli
let projects = 0
const project = (): string => `shop-${projects}`

beforeAll(async () => {
  platform = await startTestPlatform()
})
afterAll(() => platform?.close())

beforeEach(async () => {
  projects += 1
  await platform.admin.createProject(project(), { staging: { protected: false } })
  cli = await createCli({ DRIFTLESS_URL: platform.url, DRIFTLESS_TOKEN: platform.admin.token })
  await cli.run(['init', '-p', project()])
  await mkdir(join(cli.folder, 'config/web'), { recursive: true })
  await write('config/web/base.yaml', '# ours\nlimit: 10\n')
  await cli.run(['apply'])
  return () => cli.close()
})

const write = (path: string, text: string): Promise<void> => writeFile(join(cli.folder, path), text)
/** Somebody changes it live, by HTTP. */
const live = async (value: number, reason = 'by hand'): Promise<void> => {
  await platform.admin.ok('PATCH', `/projects/${project()}/configs/web`, {
    body: { changes: [{ path: '/limit', value }], reason },
  })
}
const limit = async (): Promise<string> =>
  (await cli.run(['get', 'web.limit', '-e', 'staging'])).out.trim()

test('edited, planned, applied, changed live: drift names the place, both values and who; fixed, it is clean', async () => {
  await write('config/web/base.yaml', '# ours\nlimit: 20\n')
  expect((await cli.run(['plan'])).out).toContain('/limit  10 → 20')
  expect((await cli.run(['apply'])).out).toContain('revision 3: published to staging')
  expect(await cli.run(['drift'])).toMatchObject({
    code: 0,
    out: `clean: ${project()} at revision 3 is what the folder declares\nwhat runs is not known: no instance reports\n`,
  })
  await live(99)
  const drift = await cli.run(['drift'])
  expect(drift.code).toBe(2)
  expect(drift.out).toBe(`error config web is not as declared
    /limit  declared 20  published 99  by owner in revision 4: by hand

drifted: 1 place of 1 layer differ from revision 4
what runs is not known: no instance reports
`)
  const dry = await cli.run(['drift', '--fix', '--dry-run'])
  expect(dry.code).toBe(2)
  expect(await limit()).toBe('99')
  const fixed = await cli.run(['drift', '--fix'])
  expect(fixed.code).toBe(0)
  expect(fixed.out).toContain(
    'fixed: revision 5: published to staging; driftless rollback 4 takes it back',
  )
  expect((await cli.run(['drift'])).code).toBe(0)
  expect(await limit()).toBe('20')
})

test('a report for programs and a page to pass on; places to ignore; the least that counts', async () => {
  await live(50, '<i>now</i>')
  expect((await cli.run(['drift', '--json'])).json()).toMatchObject({
    project: project(),
    revision: 3,
    status: 'drifted',
    items: [
      {
        kind: 'config',
        key: 'web',
        layer: 'base',
        drift: 'changed',
        severity: 'error',
        places: [
          { path: '/limit', declared: 10, published: 50, owner: { author: 'owner', revision: 3 } },
        ],
      },
    ],
    fleet: [],
  })
  const page = await cli.run(['drift', '--format', 'html', '-o', 'drift.html'])
  expect(page).toMatchObject({ code: 2, out: 'drifted: wrote drift.html\n' })
  const html = await readFile(join(cli.folder, 'drift.html'), 'utf8')
  expect(html).toContain('&lt;i&gt;now&lt;/i&gt;')
  expect((await cli.run(['drift', '--ignore', 'config/web/base#/limit'])).code).toBe(0)
  await write('config/web/base.yaml', '# other words\nlimit: 50\n')
  expect((await cli.run(['drift'])).out).toContain('info config web is not as declared')
  expect((await cli.run(['drift', '--fail-on', 'warning'])).code).toBe(0)
  expect((await cli.run(['drift', '--fail-on', 'fatal'])).err).toContain('--fail-on must be one of')
})

test('what was deleted live is missing, with who deleted it; what was added is unexpected, and deleted only when allowed', async () => {
  await platform.admin.change(
    project(),
    [
      { op: 'deleteConfig', name: 'web' },
      { op: 'putSegment', key: 'extra', ids: ['x'], visibility: 'server' },
    ],
    'spring cleaning',
  )
  const drift = await cli.run(['drift'])
  expect(drift.out).toContain('config web is declared and not published')
  expect(drift.out).toMatch(
    /\/limit +declared 10 +published \(none\) +by owner in revision 3: spring/,
  )
  expect(drift.out).toContain('segment extra is published and not declared')
  expect((await cli.run(['drift', '--fix'])).err).toContain('this would delete:\n  segment extra')
  expect((await cli.run(['drift', '--fix', '--yes', '--json'])).json()).toMatchObject({
    fixed: { revision: 4 },
  })
  expect((await cli.run(['drift'])).code).toBe(0)
})

/** A command that runs until it is stopped. */
function running(words: readonly string[], options: CliOptions = {}) {
  const abort = new AbortController()
  let printed = ''
  const ended: Promise<CliResult> = cli.run(words, {
    signal: abort.signal,
    sleep: (ms) => delay(ms, undefined, { signal: abort.signal }).catch(() => undefined),
    onPrint: (text) => (printed += text),
    ...options,
  })
  return {
    printed: () => printed,
    has: (text: string) => until(text, () => printed.includes(text), 10_000),
    async stop(): Promise<CliResult> {
      abort.abort()
      return ended
    },
  }
}

test('drift watch notices a live edit within its interval, heals it once, and backs off from another healer', async () => {
  const watch = running(['drift', 'watch', '--heal', '--interval', '100ms', '--log', 'drift.log'])
  await watch.has('watching')
  await live(77)
  await watch.has('published 77')
  await watch.has('healed: as declared in revision 4')
  await watch.has('clean:')
  expect(await limit()).toBe('10')
  // The other one means it.
  await live(77, 'the other healer')
  await watch.has('backing off: owner published it again after it was healed once; not before')
  await delay(400)
  expect(await limit()).toBe('77')
  expect(watch.printed().match(/healed: as/g)).toHaveLength(1)
  expect(watch.printed().match(/backing off/g)).toHaveLength(1)
  expect((await watch.stop()).code).toBe(0)
  const lines = (await readFile(join(cli.folder, 'drift.log'), 'utf8')).trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
    'watching',
    'drifted',
    'healed',
    'clean',
    'backing off',
  ])
})

test('with an SDK key the stream tells at once, however long the interval; a webhook hears of it', async () => {
  const heard: string[] = []
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => heard.push(chunk.toString()))
    request.on('end', () => response.end())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const { key } = await platform.admin.createKey(project(), 'staging')
  const watch = running(
    ['drift', 'watch', '--interval', '1h', '--webhook', `http://127.0.0.1:${port}/`],
    {
      env: { DRIFTLESS_SDK_KEY: key },
    },
  )
  await watch.has('watching')
  // The stream's first head, of what is published already, is a look too.
  await delay(1_000)
  await live(55)
  await watch.has('published 55')
  await until('the webhook', () => heard.some((one) => one.includes('"event":"drifted"')), 5_000)
  expect(watch.printed()).not.toContain('healed')
  await watch.stop()
  server.close()
})

test('a watch goes on when the folder is half saved or the platform away', async () => {
  const watch = running(['drift', 'watch', '--interval', '100ms', '--json'])
  await write('config/web/base.yaml', 'limit: [')
  await watch.has('fault in the folder')
  await write('config/web/base.yaml', 'limit: 11\n')
  await watch.has('"event":"drifted"')
  await watch.stop()
  expect((await cli.run(['drift', 'watch', '--interval', 'soon'])).err).toContain(
    '--interval must be',
  )
})

test('watch publishes on save, and says what is wrong with what was saved', async () => {
  const watch = running(['watch'])
  await watch.has('watching')
  await write('config/web/base.yaml', 'limit: 31\n')
  await watch.has('revision 3: published')
  expect(await limit()).toBe('31')
  await write('config/web/base.yaml', 'limit: [\n')
  await watch.has('base.yaml:')
  await write('config/web/base.yaml', 'limit: 32\n')
  await watch.has('revision 4: published')
  expect((await watch.stop()).code).toBe(0)
})

test('drift setup writes a hook, a job and a script, and does not replace another’s unasked', async () => {
  expect((await cli.run(['drift', 'setup', 'hook'])).err).toContain('is no git repository')
  await mkdir(join(cli.folder, '.git/hooks'), { recursive: true })
  expect((await cli.run(['drift', 'setup', 'hook'])).out).toBe('wrote .git/hooks/pre-commit\n')
  expect((await stat(join(cli.folder, '.git/hooks/pre-commit'))).mode & 0o111).toBe(0o111)
  expect((await cli.run(['drift', 'setup', 'hook'])).out).toContain('is up to date')
  const hook = (path: string) =>
    spawnSync('/bin/sh', ['.git/hooks/pre-commit'], {
      cwd: cli.folder,
      encoding: 'utf8',
      env: { PATH: path },
    })
  expect(hook('').stderr).toContain('driftless is not installed: npm install')
  expect(hook('').status).toBe(1)
  await mkdir(join(cli.folder, 'node_modules/.bin'), { recursive: true })
  await write('node_modules/.bin/driftless', '#!/bin/sh\necho "asked: $*"\nexit 1\n')
  await chmod(join(cli.folder, 'node_modules/.bin/driftless'), 0o755)
  expect(hook('')).toMatchObject({ status: 1, stdout: 'asked: validate --offline -C .\n' })
  await write('.git/hooks/pre-commit', '#!/bin/sh\n')
  expect((await cli.run(['drift', 'setup', 'hook'])).err).toContain('this would overwrite')
  expect((await cli.run(['drift', 'setup', 'github', '--dry-run'])).out).toContain('driftless plan')
  expect((await cli.run(['drift', 'setup', 'github', '--json'])).json()).toMatchObject({
    dryRun: false,
  })
  expect((await cli.run(['drift', 'setup', 'shell'])).code).toBe(0)
  expect((await cli.run(['drift', 'setup', 'nope'])).err).toContain('what must be one of')
})

test('fleet says that nothing reports where nothing runs', async () => {
  expect((await cli.run(['fleet', '-e', 'staging'])).out).toBe(
    'nothing runs in staging, or nothing reports\n',
  )
  expect((await cli.run(['fleet', '-e', 'staging', '--json'])).json()).toHaveProperty(
    'server.instances',
    0,
  )
  expect((await cli.run(['fleet', '-e', 'nope'])).code).toBe(1)
})

test('what runs is looked at too: an instance that refuses a document is named, with its revision', async () => {
  const { key } = await platform.admin.createKey(project(), 'staging')
  const atMostTen = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) =>
        (value as { limit: number }).limit <= 10
          ? { value }
          : { issues: [{ message: 'too many' }] },
    },
  } as const
  const app = createClient({
    url: platform.url,
    key,
    instanceId: 'app-1',
    schemas: { web: atMostTen },
  })
  await app.ready()
  await write('config/web/base.yaml', '# ours\nlimit: 11\n')
  await cli.run(['apply'])
  const drift = await until(
    'the report',
    async () => {
      const seen = await cli.run(['drift'])
      return seen.code === 2 && seen
    },
    20_000,
  )
  expect(drift.out).toMatch(/error staging \(server\): \d of 1 instance/)
  expect(drift.out).toMatch(/app-1 +failed on revision 3 +\S+ \(web\)/)
  expect((await cli.run(['drift', '--no-fleet'])).code).toBe(0)
  expect((await cli.run(['fleet', '-e', 'staging'])).out).toContain('app-1')
  await app.close()
})

test('a platform that does not tell what runs, or not to this token, is said to, and the rest is compared', async () => {
  const fleetAnswers =
    (response: () => Response): NonNullable<CliOptions['fetch']> =>
    (url, init) =>
      url.includes('/fleet') ? Promise.resolve(response()) : fetch(url, init)
  const older = await cli.run(['drift'], {
    fetch: fleetAnswers(() => new Response('<h1>no</h1>', { status: 404 })),
  })
  expect(older).toMatchObject({
    code: 0,
    out: `clean: ${project()} at revision 2 is what the folder declares\nwhat runs in staging is not known: this platform does not tell\n`,
  })
  const grants = [
    {
      actions: ['export.read', 'project.read', 'revision.read'],
      projects: [project()],
      environments: ['*'],
      secrets: ['*'],
    },
  ]
  const { token } = await platform.admin.ok<{ token: string }>('POST', '/tokens', {
    body: { name: 'narrow', grants },
  })
  const narrow = { env: { DRIFTLESS_TOKEN: token } }
  expect((await cli.run(['drift'], narrow)).out).toContain(
    'what runs in staging is not known: the token may not read it',
  )
  expect((await cli.run(['drift', '--json'], narrow)).json()).toMatchObject({
    status: 'clean',
    fleet: null,
    fleetUnknown: [{ environment: 'staging', why: 'the token may not read it' }],
  })
  expect((await cli.run(['drift', '--no-fleet'], narrow)).out).not.toContain('not known')
})
