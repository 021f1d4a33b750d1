/** A folder is the truth: init, plan, apply, pull and validate against the real platform. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { environmentMembers } from '../../../admin/contract/environment.ts'
import { type Cli, createCli } from '../../support/cli.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'

let platform: TestPlatform
let cli: Cli
let projects = 0

const SETTINGS = '# how the shop behaves\ntitle: Harbour Street   # on top\nlimits: {items: 10}\n'

beforeAll(async () => {
  platform = await startTestPlatform()
})
afterAll(() => platform?.close())

const project = (): string => `shop-${projects}`

beforeEach(async () => {
  projects += 1
  await platform.admin.createProject(project(), {
    staging: { protected: false },
    production: { protected: true, description: 'What customers see' },
  })
  await platform.admin.change(project(), [
    { op: 'putConfig', name: 'settings', format: 'yaml', source: SETTINGS, visibility: 'client' },
    {
      op: 'putConfigOverride',
      name: 'settings',
      environment: 'staging',
      format: 'json',
      source: '{ "title":"Staging" }',
    },
    {
      op: 'putFlag',
      key: 'new-checkout',
      type: 'boolean',
      variants: { on: true, off: false },
      offVariant: 'off',
      defaultVariant: 'off',
      visibility: 'server',
      seed: 'fixed',
    },
    { op: 'putFlagEnvironment', key: 'new-checkout', environment: 'staging', enabled: true },
    { op: 'putSegment', key: 'staff', ids: ['ada'], visibility: 'server' },
  ])
  cli = await createCli({ DRIFTLESS_URL: platform.url, DRIFTLESS_TOKEN: platform.admin.token })
  const init = await cli.run(['init', '--project', project()])
  expect(init).toMatchObject({ code: 0, err: '' })
  return () => cli.close()
})

const read = (path: string): Promise<string> => readFile(join(cli.folder, path), 'utf8')
const edit = async (path: string, change: (text: string) => string): Promise<void> =>
  writeFile(join(cli.folder, path), change(await read(path)))
const revision = async (): Promise<number> =>
  (await platform.admin.ok<{ revision: number }>('GET', `/projects/${project()}`)).revision

test('init writes what there is, sources byte for byte, and then nothing differs', async () => {
  expect(await read('config/settings/base.yaml')).toBe(SETTINGS)
  expect(await read('config/settings/staging.json')).toBe('{ "title":"Staging" }')
  expect(await read('environments.yaml')).toContain('description: What customers see')
  expect(await read('configs.yaml')).toBe('settings:\n  visibility: client\n')
  expect(await read('segments/staff.yaml')).toContain('- ada')
  expect(await cli.run(['plan'])).toMatchObject({
    code: 0,
    out: 'nothing differs from revision 2\n',
    err: '',
  })
  expect((await cli.run(['pull'])).out).toBe('the folder is as revision 2\n')
  expect((await cli.run(['apply', '--json'])).json()).toMatchObject({ revision: 2, changed: [] })
  expect(await revision()).toBe(2)
  expect((await cli.run(['init', '--project', project()])).err).toContain('is there already')
  const other = join(cli.folder, 'other')
  const dry = await cli.run(['init', '-C', other, '-p', project(), '--dry-run', '--json'])
  expect(dry.json()).toMatchObject({ dryRun: true, removed: [] })
  expect((await cli.run(['init', '-C', other, '-p', 'no-such'])).code).toBe(1)
})

test('plan shows each place with both values and who wrote what is there; apply makes it so', async () => {
  await edit('config/settings/base.yaml', (text) => text.replace('10', '25'))
  await edit('flags/new-checkout.yaml', (text) => text.replace('enabled: true', 'enabled: false'))
  await mkdir(join(cli.folder, 'config/fresh'))
  await writeFile(join(cli.folder, 'config/fresh/base.toml'), '# new\na = 1\n')
  await rm(join(cli.folder, 'segments/staff.yaml'))
  const plan = await cli.run(['plan'])
  expect(plan.code).toBe(2)
  expect(plan.out).toBe(`+ config fresh
    /a  1
~ config settings
    /limits/items  10 → 25  owner, revision 2: test
~ flag new-checkout in staging
    /enabled  true → false  owner, revision 2: test
- segment staff
    /ids         ["ada"]   owner, revision 2: test
    /visibility  "server"  owner, revision 2: test

4 changes on revision 2
`)
  expect((await cli.run(['plan', '--json'])).json()).toMatchObject({
    project: project(),
    base: 2,
    changes: [
      {},
      {
        kind: 'config',
        key: 'settings',
        layer: 'base',
        change: 'changed',
        places: [{ path: '/limits/items', before: 10, after: 25, owner: { author: 'owner' } }],
      },
      {},
      {},
    ],
  })
  expect(await revision()).toBe(2)
  const refused = await cli.run(['apply'])
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('this would delete:\n  segment staff')
  const dry = await cli.run(['apply', '--dry-run'])
  expect(dry.out).toContain('nothing was written: a dry run')
  expect(await revision()).toBe(2)
  const done = await cli.run(['apply'], { answers: [true] })
  expect(done.code).toBe(0)
  expect(done.out).toContain(
    'revision 3: published to staging; production takes it in deployment 1',
  )
  const before = await read('config/settings/base.yaml')
  expect((await cli.run(['pull'])).out).toBe('the folder is as revision 3\n')
  expect(await read('config/settings/base.yaml')).toBe(before)
  expect((await cli.run(['plan'])).code).toBe(0)
})

test('two people apply different plans: one succeeds, the other is told what changed since', async () => {
  await edit('config/settings/base.yaml', (text) => text.replace('10', '11'))
  expect((await cli.run(['plan', '-o', 'ours.json'])).out).toContain('driftless apply ours.json')
  await edit('config/settings/base.yaml', () => SETTINGS)
  await edit('flags/new-checkout.yaml', (text) => text.replace('enabled: true', 'enabled: false'))
  await cli.run(['plan', '-o', 'theirs.json'])
  const both = await Promise.all([
    cli.run(['apply', 'ours.json']),
    cli.run(['apply', 'theirs.json']),
  ])
  expect(both.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([0, 1])
  const late = both.find(({ code }) => code === 1)
  expect(late?.err).toMatch(/: changed by owner in revision 3\n/)
  expect(late?.err).toContain('hint: look at what changed, then plan again')
  expect(await revision()).toBe(3)
  const again = await cli.run([
    'apply',
    both[0]?.code === 0 ? 'theirs.json' : 'ours.json',
    '--json',
  ])
  expect(again.json()).toMatchObject({
    error: { code: 'revision_conflict', current: 3, changed: [{ revision: 3, author: 'owner' }] },
  })
})

test('a plan applied twice, as after a lost answer, is committed once', async () => {
  await edit('config/settings/base.yaml', (text) => text.replace('10', '12'))
  await cli.run(['plan', '-o', 'plan.json'])
  expect((await cli.run(['apply', 'plan.json'])).out).toContain('revision 3')
  const again = await cli.run(['apply', 'plan.json'])
  expect(again.code).toBe(0)
  expect(again.out).toContain('revision 3 (it was committed before)')
  expect(await revision()).toBe(3)
})

test('a plan that was edited, is of another project, or is none, is refused', async () => {
  await edit('config/settings/base.yaml', (text) => text.replace('10', '13'))
  await cli.run(['plan', '-o', 'plan.json'])
  const text = await read('plan.json')
  await writeFile(join(cli.folder, 'edited.json'), text.replace('13', '14'))
  expect((await cli.run(['apply', 'edited.json'])).err).toContain(
    'it was changed after it was made',
  )
  await writeFile(join(cli.folder, 'none.json'), '{}')
  expect((await cli.run(['apply', 'none.json'])).err).toContain('not a plan of format 1')
  expect((await cli.run(['apply', 'nope.json'])).err).toContain('there is no file nope.json')
  expect((await cli.run(['apply', 'plan.json', '-p', 'other'])).err).toContain(
    'is for project shop-',
  )
  expect(await revision()).toBe(2)
})

test('faults of the folder are told by file and line, and nothing is compared', async () => {
  await edit('config/settings/base.yaml', () => 'a: 1\na: 2\n')
  await edit('flags/new-checkout.yaml', (text) => text.replace('type: boolean', 'type: bool'))
  await writeFile(join(cli.folder, 'config/settings/nowhere.yaml'), 'a: 1\n')
  const found = await cli.run(['validate', '--offline'])
  expect(found.code).toBe(1)
  expect(found.err).toMatch(/config\/settings\/base\.yaml:2: duplicate/)
  expect(found.err).toMatch(/flags\/new-checkout\.yaml:1: \/type: must be/)
  expect(found.err).toContain('environment "nowhere" is not in environments.yaml')
  expect((await cli.run(['plan'])).code).toBe(1)
  expect((await cli.run(['apply', '--json'])).json()).toMatchObject({ error: { code: 'invalid' } })
})

test('what the platform would refuse is told by the file and line it stands in', async () => {
  await edit('flags/new-checkout.yaml', (text) =>
    text
      .replace('offVariant: off', 'offVariant: of')
      .replace('enabled: true', 'enabled: true\n    defaultVariant: maybe'),
  )
  const plan = await cli.run(['plan'])
  expect(plan.code).toBe(1)
  expect(plan.err).toMatch(/^error: the platform would refuse it\n/)
  expect(plan.err).toMatch(
    /flags\/new-checkout.yaml:\d+ \/offVariant: the flag has no variant "of"/,
  )
  expect(plan.err).toMatch(/flags\/new-checkout.yaml:\d+ \/defaultVariant: /)
  expect(plan.err).not.toContain('operations')
  expect((await cli.run(['apply', '--json'])).json()).toMatchObject({
    error: { code: 'invalid', errors: [{ path: expect.stringContaining('.yaml:') }, {}] },
  })
  expect((await cli.run(['drift', '--fix', '--yes'])).err).toContain('flags/new-checkout.yaml:')
  await cli.run(['pull', '--yes'])
  await mkdir(join(cli.folder, 'config/new'), { recursive: true })
  await writeFile(join(cli.folder, 'config/new/base.yaml'), 'a: 1\nb: ${config:nope#/x}\n')
  expect((await cli.run(['plan'])).err).toContain('config/new/base.yaml')
})

test('validate asks the server too, whose faults are told before anything is written', async () => {
  expect((await cli.run(['validate'])).out).toContain('the server would take 0 changes')
  await edit('flags/new-checkout.yaml', (text) =>
    text.replace('defaultVariant: off', 'defaultVariant: nope'),
  )
  expect((await cli.run(['validate', '--offline', '--json'])).json()).toMatchObject({ ok: true })
  const asked = await cli.run(['validate'])
  expect(asked.code).toBe(1)
  expect(asked.err).toContain('nope')
  expect((await cli.run(['plan'])).code).toBe(1)
})

test('pull changes in place what was changed live, keeps comments, and asks before it overwrites', async () => {
  await edit('flags/new-checkout.yaml', (text) => `# ours\n${text}`)
  expect((await cli.run(['plan'])).code).toBe(0)
  await platform.admin.ok(
    'PATCH',
    `/projects/${project()}/flags/new-checkout/environments/staging`,
    {
      body: { enabled: false, reason: 'live' },
    },
  )
  await platform.admin.change(project(), [{ op: 'deleteSegment', key: 'staff' }])
  const dry = await cli.run(['pull', '--dry-run'])
  expect(dry.out).toContain('-    enabled: true\n+    enabled: false\n')
  const refused = await cli.run(['pull'])
  expect(refused.err).toBe(
    'error: this would overwrite or remove:\n  flags/new-checkout.yaml\n  segments/staff.yaml\nhint: give --yes to allow it\n',
  )
  const done = await cli.run(['pull', '--yes', '--json'])
  expect(done.json()).toMatchObject({
    revision: 4,
    created: [],
    changed: ['flags/new-checkout.yaml'],
    removed: ['segments/staff.yaml'],
  })
  expect(await read('flags/new-checkout.yaml')).toMatch(/^# ours\n[^]*enabled: false/)
  expect((await cli.run(['plan'])).code).toBe(0)
})

test('what the folder leaves to others stays as it is, by plan and by pull', async () => {
  await edit('driftless.config.json', (text) =>
    text.replace('{', '{ "leave": ["flag/*/staging#/enabled", "config/settings/base#/title"],'),
  )
  await platform.admin.ok(
    'PATCH',
    `/projects/${project()}/flags/new-checkout/environments/staging`,
    {
      body: { enabled: false, reason: 'the dashboard' },
    },
  )
  await cli.run(['set', 'settings.title', 'Live', '--base', '-p', project()])
  expect((await cli.run(['plan'])).out).toBe('nothing differs from revision 4\n')
  await edit('config/settings/base.yaml', (text) => text.replace('10', '25'))
  expect((await cli.run(['apply'])).code).toBe(0)
  expect((await cli.run(['get', 'settings', '-e', 'production', '--json'])).json()).toEqual({
    title: 'Live',
    limits: { items: 25 },
  })
  expect((await cli.run(['pull'])).out).toBe('the folder is as revision 5\n')
  expect(await read('flags/new-checkout.yaml')).toContain('enabled: true')
})

test('environments are declared too, parents first; without environments.yaml they are what they are', async () => {
  await edit('environments.yaml', (text) => `${text}a-child:\n  parent: b-parent\nb-parent: {}\n`)
  const done = await cli.run(['apply', '--json'])
  expect(done.json()).toMatchObject({ revision: 3 })
  await edit('environments.yaml', (text) => text.replace('description: What customers see', ''))
  expect((await cli.run(['plan'])).out).toMatch(
    /environment production\n +\/description +"What customers see" → \(none\)/,
  )
  expect((await cli.run(['apply'])).code).toBe(0)
  await rm(join(cli.folder, 'environments.yaml'))
  expect((await cli.run(['plan'])).out).toBe('nothing differs from revision 4\n')
})

test('all that an environment can declare is pulled, wiped and applied again, equal', async () => {
  const everything = {
    parent: 'staging',
    protected: true,
    requireSchema: false,
    checks: [{ config: '*', path: '/debug', operator: 'equals', value: false, message: 'no' }],
    guard: false,
    description: 'all of it',
    deployment: {
      growth: 'LINEAR',
      factor: 50,
      minutes: 1,
      bake: 2,
      rings: [{ name: 'inside', labels: { region: ['eu', ''] } }],
    },
    gate: {
      failedPercent: 2.5,
      failedInstances: 4,
      action: 'pause',
      metrics: [{ metric: 'errors', kind: 'rate', max: 3 }],
    },
    freeze: [{ fromMs: 1_000, toMs: 2_000, reason: 'the party' }],
    validate: [{ name: 'prices', url: 'https://rules.example.com/driftless' }],
  }
  // What is new in the contract is to be tried here as well.
  expect(Object.keys(everything).toSorted()).toEqual(Object.keys(environmentMembers).toSorted())
  await platform.admin.change(project(), [
    { op: 'createEnvironment', environment: 'full', ...everything },
  ])
  const stored = () =>
    platform.admin.ok<{ content: object }>('GET', `/projects/${project()}/environments/full`)
  const { content } = await stored()
  expect(content).toEqual(everything)
  expect((await cli.run(['pull', '--yes'])).out).toContain('~ environments.yaml')
  // Alone, nobody is asked about it.
  await platform.admin.change(project(), [
    { op: 'updateEnvironment', environment: 'full', validate: null },
  ])
  await platform.admin.change(project(), [{ op: 'deleteEnvironment', environment: 'full' }])
  expect((await cli.run(['apply'])).code).toBe(0)
  expect((await stored()).content).toEqual(content)
  expect((await cli.run(['pull'])).out).toContain('the folder is as revision')
})

test('a schema is declared beside its config, its version raised by the server, and kept by pull', async () => {
  const schema = '{\n  "type": "object",\n  "properties": { "title": { "type": "string" } }\n}\n'
  await writeFile(join(cli.folder, 'config/settings/schema.json'), schema)
  await writeFile(
    join(cli.folder, 'configs.yaml'),
    'settings:\n  visibility: client\n  schema: {formats: annotation}\n',
  )
  const plan = await cli.run(['plan'])
  expect(plan.out).toContain('+ schema settings')
  expect((await cli.run(['apply'])).out).toContain('revision 3')
  expect((await cli.run(['plan'])).out).toBe('nothing differs from revision 3\n')
  expect((await cli.run(['pull'])).out).toBe('the folder is as revision 3\n')
  expect(await read('config/settings/schema.json')).toBe(schema)
  const stored = () =>
    platform.admin.ok<{ content: { version: string; formats?: string } }>(
      'GET',
      `/projects/${project()}/configs/settings/schema`,
    )
  expect((await stored()).content).toMatchObject({ version: '1.0.0', formats: 'annotation' })
  await edit('config/settings/schema.json', (text) =>
    text.replace('"string" }', '"string", "minLength": 1 }'),
  )
  expect((await cli.run(['plan'])).out).toContain('/schema/properties/title/minLength')
  expect((await cli.run(['apply'])).code).toBe(0)
  expect((await stored()).content.version).not.toBe('1.0.0')
  expect((await cli.run(['plan'])).code).toBe(0)
  await edit('config/settings/base.yaml', (text) =>
    text.replace('title: Harbour Street', 'title: 5'),
  )
  const refused = await cli.run(['plan'])
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('title')
  await edit('config/settings/base.yaml', () => SETTINGS)
  await rm(join(cli.folder, 'config/settings/schema.json'))
  await writeFile(join(cli.folder, 'configs.yaml'), 'settings:\n  visibility: client\n')
  expect((await cli.run(['apply', '--yes'])).code).toBe(0)
  expect((await cli.run(['drift', '--no-fleet'])).code).toBe(0)
})

test('more than one change set can hold is refused, and never split', async () => {
  const file = (index: number): string => join(cli.folder, `segments/s${index}.yaml`)
  await Promise.all(
    Array.from({ length: 1_001 }, (_, index) => writeFile(file(index), 'ids: [ada]\n')),
  )
  const refused = await cli.run(['apply'])
  expect(refused.err).toContain(
    '1001 operations are more than the 1000 that one change set may have',
  )
  await rm(file(0))
  expect((await cli.run(['apply'])).code).toBe(0)
})

test('long work says on a terminal that it goes on, and leaves nothing behind', async () => {
  for (let index = 0; index < 25; index++)
    await writeFile(join(cli.folder, `segments/s-${index}.yaml`), `ids: [u${index}]\n`)
  const plain = await cli.run(['plan'])
  expect(plain.err).toBe('')
  const { err } = await cli.run(['apply'], { answers: [] })
  expect(err).toContain('\r\u001B[Kchecking 25 operations …')
  expect(err).toContain('\r\u001B[Kpublishing 25 operations …')
  expect(err.endsWith('\r\u001B[K')).toBe(true)
  const other = join(cli.folder, 'other')
  const init = await cli.run(['init', '-C', other, '-p', project()], { answers: [] })
  expect(init.err.startsWith('\r\u001B[Kwriting files …')).toBe(true)
  expect(init.err.endsWith('\r\u001B[K')).toBe(true)
})

test('outside of a folder the declarative commands say so', async () => {
  const fresh = await createCli()
  for (const command of ['plan', 'apply', 'pull', 'validate'])
    expect((await fresh.run([command])).err).toContain('hint: driftless init makes one')
  await writeFile(join(fresh.folder, 'driftless.config.json'), '{"projcet": "x"}')
  expect((await fresh.run(['plan'])).err).toContain('unknown member "projcet"')
  await fresh.close()
})

test('a large change of a protected environment is applied when it is acknowledged', async () => {
  const grow = (length: number) =>
    writeFile(join(cli.folder, 'config/settings/base.yaml'), `title: ${'x'.repeat(length)}\n`)
  await grow(5_000)
  expect(await cli.run(['apply', '--yes'])).toMatchObject({ code: 0 })
  await grow(10_000)
  const refused = await cli.run(['apply', '--yes'])
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('production grows from')
  expect(refused.err).toContain('--acknowledge')
  expect(await cli.run(['apply', '--yes', '--acknowledge', 'grows'])).toMatchObject({ code: 0 })
})

test('plan says what a change would do to recent evaluations, where there are samples of them', async () => {
  const { key } = await platform.admin.createKey(project(), 'staging')
  const hashes = Array.from({ length: 8 }, (_, index) => 1_000_000 * index)
  const posted = await fetch(`${platform.url}/v1/samples`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ samples: hashes.map((hash) => ({ flag: 'new-checkout', key: hash })) }),
  })
  expect(posted.status).toBe(202)
  await cli.run(['pull'])
  const dry = ['flags', 'rollout', 'new-checkout', '100', '--env', 'staging', '--dry-run']
  const shown = await cli.run(dry)
  expect(shown.out).toContain(
    'recent evaluations answered otherwise, by samples:\n  new-checkout in staging: 8 of 8 (100 %): off → on 8\n',
  )
  const file = 'flags/new-checkout.yaml'
  await edit(file, (text) => text.replaceAll('defaultVariant: off', 'defaultVariant: on'))
  const planned = await cli.run(['plan'])
  expect([planned.code, planned.out]).toEqual([2, expect.stringContaining('off → on 8')])
  expect((await cli.run(['plan', '--json'])).json()).toMatchObject({
    impact: [{ environment: 'staging', flag: 'new-checkout', samples: 8, changed: 8 }],
  })
})
