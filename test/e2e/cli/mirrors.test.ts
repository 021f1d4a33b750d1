/** Mirrors and migrations of a folder: declared, planned, applied, drifted and healed against the real platform. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Cli, createCli } from '../../support/cli.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'

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
  await platform.admin.createProject(project(), {
    staging: { protected: false },
    production: { protected: false },
  })
  cli = await createCli({ DRIFTLESS_URL: platform.url, DRIFTLESS_TOKEN: platform.admin.token })
  await cli.run(['init', '-p', project()])
  await Promise.all(
    ['platform', 'app'].map((name) => mkdir(join(cli.folder, 'config', name), { recursive: true })),
  )
  await write('config/platform/base.yaml', 'db:\n  host: db-1\n')
  await write('config/app/base.yaml', '# ours\ndatabase:\n  host: db-1 # as platform says\n')
  return () => cli.close()
})

const write = (path: string, text: string): Promise<void> => writeFile(join(cli.folder, path), text)
const read = (path: string): Promise<string> => readFile(join(cli.folder, path), 'utf8')
const mirror = (mode: string): Promise<void> =>
  write(
    'mirrors.yaml',
    `host:\n  from: platform\n  to: app\n  mode: ${mode}\n  paths: [{ from: /db/host, to: /database/host }]\n`,
  )
const live = (config: string, path: string, value: string) =>
  platform.admin.request('PATCH', `/projects/${project()}/configs/${config}`, {
    body: { changes: [{ path, value }], reason: 'by hand' },
  })

test('a mirror is declared, pulled, and gone when it is declared no more', async () => {
  await mirror('enforce')
  const plan = await cli.run(['plan'])
  expect(plan).toMatchObject({ code: 2, err: '' })
  expect(plan.out).toContain('+ mirror host')
  expect((await cli.run(['apply'])).code).toBe(0)
  expect((await cli.run(['plan'])).out).toContain('nothing differs')
  expect((await cli.run(['drift'])).out).toContain('clean: ')
  expect((await live('app', '/database/host', 'db-9')).status).toBe(422)
  await write('config/platform/base.yaml', 'db:\n  host: db-2\n')
  const refused = await cli.run(['plan'])
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('must be what config platform says, by mirror host')
  await write('config/platform/base.yaml', 'db:\n  host: db-1\n')
  await platform.admin.ok('DELETE', `/projects/${project()}/mirrors/host`, {
    body: { reason: 'by hand' },
  })
  const drift = await cli.run(['drift'])
  expect(drift.code).toBe(2)
  expect(drift.out).toContain('mirror host is declared and not published')
  expect((await cli.run(['drift', '--fix'])).code).toBe(0)
  const wiped = await cli.run(['export', '-o', 'all.json'])
  expect(wiped.code).toBe(0)
  await write('mirrors.yaml', '{}\n')
  expect((await cli.run(['apply', '--yes'])).code).toBe(0)
  expect((await cli.run(['import', 'all.json'])).out).toContain('+ mirror host')
  expect((await cli.run(['pull', '--yes'])).out).toContain('~ mirrors.yaml')
  expect(await read('mirrors.yaml')).toContain('mode: enforce')
})

test('a mirror that heals goes before the file of the config that follows, and pull brings the file along', async () => {
  await mirror('heal')
  await cli.run(['apply'])
  await write('config/platform/base.yaml', 'db:\n  host: db-2\n')
  const plan = await cli.run(['plan'])
  expect(plan.out).toContain('/db/host  "db-1" → "db-2"')
  expect(plan.out).toContain('/database/host  "db-1" → "db-2"')
  expect(plan.out).not.toContain('nothing differs')
  expect((await cli.run(['apply'])).code).toBe(0)
  const again = await cli.run(['plan'])
  expect(again.code).toBe(0)
  expect(again.out).toContain(
    'mirror host sets /database/host of config app, whatever its file says; driftless pull brings the file along',
  )
  expect((await cli.run(['drift'])).code).toBe(0)
  expect((await cli.run(['apply'])).out).toContain('nothing differs')
  expect((await cli.run(['pull', '--yes'])).out).toContain('~ config/app/base.yaml')
  expect(await read('config/app/base.yaml')).toBe(
    '# ours\ndatabase:\n  host: db-2 # as platform says\n',
  )
  const clean = await cli.run(['drift'])
  expect(clean.out).not.toContain('mirror')
  expect((await cli.run(['drift', '--json'])).json()).toMatchObject({
    status: 'clean',
    mirrors: [{ mirror: 'host', state: 'holds', differences: [] }],
    overruled: [],
  })
})

test('a mirror that only tells is drift; what was changed live goes back, what the files contradict is named', async () => {
  await mirror('alert')
  await cli.run(['apply'])
  expect((await live('app', '/database/host', 'db-9')).status).toBe(200)
  const drift = await cli.run(['drift'])
  expect(drift.code).toBe(2)
  expect(drift.out).toContain(
    'mirror host (alert): config app does not say what config platform says',
  )
  expect(drift.out).toContain('staging     /database/host  platform "db-1"  app "db-9"')
  expect((await cli.run(['drift', '--fix'])).code).toBe(0)
  expect((await cli.run(['drift'])).code).toBe(0)
  await write('config/platform/base.yaml', 'db:\n  host: db-2\n')
  expect((await cli.run(['apply'])).code).toBe(0)
  const contradicting = await cli.run(['drift', '--fix'])
  expect(contradicting.code).toBe(2)
  expect(contradicting.out).toContain(
    'not fixed: the files of config platform and config app contradict mirror host at /database/host in production, /database/host in staging; change one of them',
  )
})

test('where the config that follows is left to others, --fix has the platform heal it', async () => {
  const config = JSON.parse(await read('driftless.config.json')) as object
  await mirror('alert')
  await cli.run(['apply'])
  await write('driftless.config.json', JSON.stringify({ ...config, leave: ['config/app'] }))
  await live('app', '/database/host', 'db-9')
  expect((await cli.run(['drift'])).code).toBe(2)
  const fixed = await cli.run(['drift', '--fix'])
  expect(fixed).toMatchObject({ code: 0, err: '' })
  expect((await cli.run(['get', 'app.database.host', '-e', 'staging'])).out).toBe('db-1\n')
  expect((await cli.run(['drift', '--json'])).json()).toMatchObject({
    status: 'clean',
    mirrors: [{ mode: 'alert', state: 'holds' }],
  })
})

const SCHEMA_2 = { properties: { database: { required: ['url'] } } }
const MIGRATIONS =
  'version: 2.0.0\nmigrations:\n  - from: 1.0.0\n    to: 2.0.0\n    up: [{ op: rename, path: /database/host, name: url }]\n'

async function versionOne(): Promise<void> {
  await write(
    'config/app/schema.json',
    '{ "properties": { "database": { "required": ["host"] } } }',
  )
  await write('config/app/staging.yaml', 'database:\n  host: db-s\n')
  expect((await cli.run(['apply'])).code).toBe(0)
  await write('config/app/schema.json', JSON.stringify(SCHEMA_2))
  await write('config/app/migrations.yaml', MIGRATIONS)
}

test('schema migrate shows what each layer becomes, publishes schema and layers as one, and brings the files along', async () => {
  await versionOne()
  expect((await cli.run(['plan'])).code).toBe(1)
  const dry = await cli.run(['schema', 'migrate', 'app', '--dry-run'])
  expect(dry).toMatchObject({ code: 0, err: '' })
  expect(dry.out).toContain('app: version 1.0.0 → 2.0.0, 2 layers to migrate')
  expect(dry.out).toContain('-  host: db-s\n+  url: db-s\n')
  expect(await read('config/app/staging.yaml')).toContain('host: db-s')
  const done = await cli.run(['schema', 'migrate', 'app', '--json'])
  expect(done.json()).toMatchObject({
    config: 'app',
    from: '1.0.0',
    to: '2.0.0',
    revision: 3,
    files: ['config/app/base.yaml', 'config/app/staging.yaml'],
  })
  expect(await read('config/app/staging.yaml')).toBe('database:\n  url: db-s\n')
  expect((await cli.run(['plan'])).out).toBe('nothing differs from revision 3\n')
  expect((await cli.run(['pull'])).out).toBe('the folder is as revision 3\n')
  const again = await cli.run(['schema', 'migrate', 'app'])
  expect(again.code).toBe(1)
  expect(again.err).toContain('config app is at version 2.0.0 already')
})

test('schema migrate --files writes the files alone, for a review; apply publishes them with the schema', async () => {
  await versionOne()
  const done = await cli.run(['schema', 'migrate', 'app', '--files'])
  expect(done.out).toContain('~ config/app/staging.yaml\nnothing was published')
  expect((await cli.run(['show', 'app.database', '-e', 'staging'])).out).toBe('host: db-s\n')
  expect((await cli.run(['plan'])).code).toBe(2)
  expect((await cli.run(['apply'])).code).toBe(0)
  expect((await cli.run(['show', 'app.database', '-e', 'staging'])).out).toBe('url: db-s\n')
  expect((await cli.run(['plan'])).code).toBe(0)
})

test('schema migrate says what is in the way', async () => {
  await versionOne()
  await write('config/app/staging.yaml', 'database:\n  host: db-t\n')
  const other = await cli.run(['schema', 'migrate', 'app'])
  expect(other.err).toContain('the files of config app are not what is published')
  await write('config/app/staging.yaml', 'database:\n  host: db-s\n')
  await write('config/app/migrations.yaml', MIGRATIONS.replace('from: 1.0.0', 'from: 1.5.0'))
  const noChain = await cli.run(['schema', 'migrate', 'app', '--json'])
  expect(noChain.code).toBe(1)
  expect(noChain.out).toContain('must lead from the stored version, 1.0.0, to 2.0.0')
  expect((await cli.run(['schema', 'migrate', 'platform'])).err).toContain('has no schema')
  expect((await cli.run(['schema', 'migrate', 'nope'])).err).toContain('there is no config "nope"')
})
