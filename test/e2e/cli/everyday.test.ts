/** Everyday commands against the real platform: their text, their `--json` and their failure. */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Cli, createCli } from '../../support/cli.ts'
import { until } from '../../support/until.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'

let platform: TestPlatform
let cli: Cli
let projects = 0

const SETTINGS = `# how the shop behaves
title: Harbour Street   # shown on top
limits:
  items: 10
  version: "1.10"
`

const OPERATIONS = [
  { op: 'putConfig', name: 'settings', format: 'yaml', source: SETTINGS, visibility: 'server' },
  {
    op: 'putConfigOverride',
    name: 'settings',
    environment: 'staging',
    format: 'yaml',
    source: '# staging only\ntitle: Staging\n',
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
]

beforeAll(async () => {
  platform = await startTestPlatform()
})
afterAll(() => platform?.close())

beforeEach(async () => {
  const project = `shop-${(projects += 1)}`
  await platform.admin.createProject(project, {
    staging: { protected: false },
    production: { protected: false },
  })
  await platform.admin.change(project, OPERATIONS, 'the shop')
  cli = await createCli({
    DRIFTLESS_URL: platform.url,
    DRIFTLESS_TOKEN: platform.admin.token,
    DRIFTLESS_PROJECT: project,
  })
  return () => cli.close()
})

const project = (): string => `shop-${projects}`
const sourceOf = async (environment?: string): Promise<string> => {
  const at = environment === undefined ? '' : `/environments/${environment}`
  const { content } = await platform.admin.ok<{ content: { source: string } }>(
    'GET',
    `/projects/${project()}/configs/settings${at}`,
  )
  return content.source
}

test('login keeps the token for its owner alone, and later commands use it', async () => {
  const env = { DRIFTLESS_URL: '', DRIFTLESS_TOKEN: '', DRIFTLESS_PROJECT: '' }
  const fresh = await createCli()
  const wrong = await fresh.run(['login', platform.url], { stdin: 'no-such-token\n' })
  expect(wrong.code).toBe(1)
  expect(wrong.err).toContain(`${platform.url} does not accept this token; nothing was kept`)
  const done = await fresh.run(['login', platform.url], { stdin: `${platform.admin.token}\n` })
  expect(done).toMatchObject({ code: 0, err: '' })
  expect(done.out).toContain(`logged in to ${platform.url}; it has shop-`)
  expect(done.out).not.toContain(platform.admin.token)
  const path = /kept in (.*)/.exec(done.out)?.[1] ?? ''
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await fresh.run(['projects', '--json'])).json()).toHaveProperty('projects.0.name')
  expect((await fresh.run(['logout'])).out).toContain(`logged out of ${platform.url}`)
  const out = await fresh.run(['projects', '--json', '--url', platform.url])
  expect(out.code).toBe(1)
  expect(out.json()).toMatchObject({ error: { code: 'no_token' } })
  await fresh.close()
  expect(env).toBeDefined()
})

test('login asks on a terminal, and keeps nothing when the person leaves', async () => {
  const fresh = await createCli({ DRIFTLESS_URL: platform.url })
  expect((await fresh.run(['login'], { answers: [undefined] })).err).toBe(
    'error: nothing was kept\n',
  )
  expect((await fresh.run(['login'], { answers: [platform.admin.token] })).code).toBe(0)
  await fresh.close()
})

test('show tells what is in a project, and a config as an environment gets it', async () => {
  const all = await cli.run(['show'])
  expect(all.out).toContain(`${project()} at revision 2: production, staging`)
  expect(all.out).toMatch(/settings +yaml +staging/)
  expect(all.out).toMatch(/new-checkout +boolean +-/)
  const one = await cli.run(['show', 'settings', '--env', 'staging'])
  expect(one.out).toBe('title: Staging\nlimits:\n  items: 10\n  version: "1.10"\n')
  const part = ['show', 'settings', '--env', 'staging', '--section', '/limits']
  expect((await cli.run([...part, '--format', 'json'])).out).toBe(
    '{\n  "items": 10,\n  "version": "1.10"\n}\n',
  )
  expect((await cli.run([...part, '--json'])).json()).toEqual({ items: 10, version: '1.10' })
  const env = await cli.run([...part, '--format', 'env'])
  expect(env).toMatchObject({ code: 1 })
  expect(env.err).toContain('error: env cannot hold it')
})

test('get prints one value, and says what is near when there is none', async () => {
  expect((await cli.run(['get', 'settings.title', '-e', 'production'])).out).toBe(
    'Harbour Street\n',
  )
  expect((await cli.run(['get', 'settings#/limits/items', '-e', 'staging'])).out).toBe('10\n')
  expect((await cli.run(['get', 'settings.limits', '-e', 'staging', '--json'])).json()).toEqual({
    items: 10,
    version: '1.10',
  })
  expect(await cli.run(['get', 'settings.limits.nope', '-e', 'staging'])).toMatchObject({
    code: 1,
    err: 'error: there is nothing at settings.limits.nope\n',
  })
  expect((await cli.run(['get', 'setings.title', '-e', 'staging'])).err).toContain(
    'hint: did you mean settings',
  )
  expect((await cli.run(['get', 'settings.title'])).err).toContain('error: --env is missing')
  expect((await cli.run(['get', 'settings.title', '-e', 'prod'])).err).toContain(
    'hint: there are: production, staging',
  )
})

test('set changes one place, keeps comments and layout, and types the value', async () => {
  const done = await cli.run(['set', 'settings.limits.items', '25', '--base'])
  expect(done).toMatchObject({ code: 0, err: '' })
  expect(done.out).toBe(
    'settings.limits.items: 10 → 25\nrevision 3: published to production, staging\n',
  )
  expect(await sourceOf()).toBe(SETTINGS.replace('10\n', '25\n'))
  // A text stays a text.
  await cli.run(['set', 'settings.limits.version', '1.20', '--base'])
  expect(await sourceOf()).toContain('version: "1.20"')
  const json = await cli.run(['set', 'settings.title', '-', '-e', 'staging', '--json'], {
    stdin: 'Now\n',
  })
  expect(json.json()).toMatchObject({
    revision: 5,
    layer: 'env:staging',
    places: [{ path: '/title', before: 'Staging', after: 'Now' }],
    environments: ['staging'],
  })
  expect(await sourceOf('staging')).toBe('# staging only\ntitle: Now\n')
})

test('set makes an override where there is none, and unset shows the base again', async () => {
  await cli.run(['set', 'settings.limits', '{"items":1}', '-e', 'production'])
  expect(await sourceOf('production')).toBe('limits:\n  items: 1\n')
  await cli.run(['unset', 'settings.limits.items', '-e', 'production'])
  expect((await cli.run(['get', 'settings.limits.items', '-e', 'production'])).out).toBe('10\n')
  expect((await cli.run(['unset', 'settings.nope', '-e', 'production'])).err).toContain(
    'is not there',
  )
})

test('a dry run writes nothing, and what the server refuses is told with its place', async () => {
  const dry = await cli.run(['set', 'settings.title', 'X', '-e', 'staging', '--dry-run'])
  expect(dry.out).toContain('"Staging" → "X"\nnothing was written: a dry run')
  expect(await sourceOf('staging')).toContain('Staging')
  const bad = await cli.run(['set', 'settings.title', '{"a":', '-e', 'staging'])
  expect(bad.err).toContain('error: the value is not JSON')
  const refused = await cli.run(['flags', 'rollout', 'new-checkout', '10', '-e', 'staging'], {
    env: { DRIFTLESS_TOKEN: 'wrong' },
  })
  expect(refused).toMatchObject({ code: 1, out: '' })
})

test('diff compares environments, revisions and files, and exits with 2 when they differ', async () => {
  const environments = await cli.run(['diff', 'staging', 'production'])
  expect(environments.code).toBe(2)
  expect(environments.out).toContain('config settings\n')
  expect(environments.out).toMatch(/\/title +"Staging" +"Harbour Street"/)
  await cli.run(['set', 'settings.title', 'New', '-e', 'staging'])
  const revisions = await cli.run(['diff', '2', '3', '--json'])
  expect(revisions.code).toBe(2)
  expect(revisions.json()).toEqual({
    a: '2',
    b: '3',
    differences: [
      {
        item: 'config settings in staging',
        places: [{ path: '/title', before: 'Staging', after: 'New' }],
      },
    ],
  })
  expect(await cli.run(['diff', '3', '3'])).toMatchObject({
    code: 0,
    out: '3 and 3 do not differ\n',
  })
  await writeFile(join(cli.folder, 'a.yaml'), 'x: 1\n')
  await writeFile(join(cli.folder, 'b.json'), '{"x": 2}')
  expect((await cli.run(['diff', 'a.yaml', 'b.json'])).out).toMatch(/\/x +1 +2/)
  expect((await cli.run(['diff', 'staging', 'nope'])).err).toContain(
    'error: "nope" is neither a file, a revision nor an environment',
  )
})

test('history names who and why, and rollback goes back as a new revision', async () => {
  await cli.run(['set', 'settings.title', 'Oops', '-e', 'staging', '-m', 'a slip'])
  const history = await cli.run(['history', 'settings', '-n', '1'])
  expect(history.out).toMatch(/3 +\S+ \S+ +owner +a slip +config settings in staging/)
  expect((await cli.run(['history', '--json'])).json()).toHaveProperty('revisions.2.revision', 1)
  expect((await cli.run(['history', '-n', 'x'])).err).toContain('--limit must be a whole number')
  const dry = await cli.run(['rollback', '2', '--dry-run'])
  expect(dry.out).toBe('~ config settings in staging\nnothing was written: a dry run\n')
  const back = await cli.run(['rollback', '2', '--json'])
  expect(back.json()).toMatchObject({ revision: 4, dryRun: false })
  expect(await sourceOf('staging')).toBe('# staging only\ntitle: Staging\n')
  expect((await cli.run(['rollback', '99'])).code).toBe(1)
})

test('what would be deleted is named; without a terminal it needs --yes', async () => {
  const args = ['flags', 'delete', 'new-checkout']
  const refused = await cli.run(args)
  expect(refused.code).toBe(1)
  expect(refused.err).toBe(
    'error: this would delete:\n  flag new-checkout\nhint: give --yes to allow it\n',
  )
  expect((await cli.run(args, { answers: [false] })).err).toContain('error: nothing was written')
  expect((await cli.run([...args, '--json', '--yes'])).json()).toMatchObject({ revision: 3 })
  expect((await cli.run(args)).err).toContain('error: there is no flag "new-checkout"')
})

test('flags are created, enabled, rolled out, evaluated, explained and disabled', async () => {
  await cli.run(['flags', 'create', 'color', '--type', 'string', '--variant', 'blue=blue'])
  expect((await cli.run(['flags', 'create', 'color'])).err).toContain('the flag "color" exists')
  expect((await cli.run(['flags', 'create', 'n', '--type', 'number'])).err).toContain('--variant')
  expect((await cli.run(['flags', 'enable', 'new-checkout', '-e', 'staging'])).out).toContain(
    'flag new-checkout in staging  /enabled: (none) → true',
  )
  const shares = await cli.run(['flags', 'split', 'color', 'blue=50', 'red=60', '-e', 'staging'])
  expect(shares.err).toContain('the shares are 110 %, more than 100 %')
  expect((await cli.run(['flags', 'split', 'color', 'blue', '-e', 'staging'])).err).toContain(
    'variant=percent',
  )
  const half = await cli.run(['flags', 'split', 'color', 'blue=50', '-e', 'staging', '--json'])
  expect(half.json()).toMatchObject({ flag: 'color', environment: 'staging' })
  await cli.run(['flags', 'rollout', 'new-checkout', '100', '-e', 'staging'])
  const list = await cli.run(['flags', 'list'])
  expect(list.out).toMatch(/FLAG +TYPE +PRODUCTION +STAGING/)
  expect(list.out).toMatch(/new-checkout +boolean +off +on, 1 rule/)
  expect((await cli.run(['flags', 'list', '--json'])).json()).toMatchObject({
    flags: [{ key: 'color' }, { key: 'new-checkout', environments: { staging: 'on, 1 rule' } }],
  })
  const asked = ['new-checkout', '-e', 'staging', '-u', 'ada', '-c', 'plan=pro', '-c', '{"age":4}']
  expect((await cli.run(['flags', 'evaluate', ...asked])).out).toMatch(/new-checkout +true +on/)
  expect((await cli.run(['flags', 'evaluate', '-e', 'staging', '--json'])).json()).toHaveProperty(
    'results.1.flagKey',
  )
  const why = await cli.run(['flags', 'explain', ...asked, '--at', '2026-12-24T18:00:00Z'])
  expect(why.out).toMatch(/new-checkout = true \(on\)/)
  expect(why.out).toMatch(/rule rollout +served +on, bucket \d+/)
  expect((await cli.run(['flags', 'explain', ...asked, '--at', 'soon'])).err).toContain('--at')
  await cli.run(['flags', 'disable', 'new-checkout', '-e', 'staging'])
  expect((await cli.run(['flags', 'get', 'new-checkout'])).out).toContain('enabled: false')
  expect((await cli.run(['flags', 'get', 'new-chekout'])).err).toContain(
    'did you mean new-checkout',
  )
  expect(
    (await cli.run(['flags', 'rollout', 'new-checkout', '101', '-e', 'staging'])).err,
  ).toContain('percent must be a number from 0 to 100')
})

test('export, wipe, import: every layer is as it was, hash by hash', async () => {
  const hashes = async (): Promise<unknown> => {
    const { items } = await platform.admin.ok<{ items: Record<string, unknown>[] }>(
      'GET',
      `/projects/${project()}/export`,
    )
    return items.map(({ kind, key, layer, sha256 }) => [kind, key, layer, sha256])
  }
  await cli.run(['flags', 'rollout', 'new-checkout', '10', '-e', 'staging'])
  const before = await hashes()
  const done = await cli.run(['export', '-o', 'shop.json'])
  expect(done.out).toMatch(/wrote 6 layers of shop-\d+ at revision 3 to shop.json/)
  await platform.admin.change(project(), [
    { op: 'deleteConfig', name: 'settings' },
    { op: 'deleteFlag', key: 'new-checkout' },
    { op: 'deleteEnvironment', environment: 'staging' },
  ])
  const back = await cli.run(['import', 'shop.json', '--json'])
  expect(back.json()).toMatchObject({ revision: 5 })
  expect(await hashes()).toEqual(before)
  expect((await cli.run(['import', 'shop.json'])).out).toBe('nothing differs\n')
  expect((await cli.run(['import', 'nope.json'])).err).toContain('there is no file nope.json')
  await writeFile(join(cli.folder, 'other.json'), '{}')
  expect((await cli.run(['import', 'other.json'])).err).toContain('is not an export of driftless')
})

test('import takes other vendors’ flags and plain documents', async () => {
  const flags = {
    flags: { hello: { state: 'ENABLED', variants: { on: true }, defaultVariant: 'on' } },
  }
  await writeFile(join(cli.folder, 'flagd.json'), JSON.stringify(flags))
  await writeFile(join(cli.folder, '.env'), '# where\nHOST=localhost\n')
  const args = ['import', 'flagd.json', '--from', 'flagd', '--env', 'staging']
  expect((await cli.run([...args, '--dry-run'])).out).toContain('+ flag hello')
  expect((await cli.run([...args, '--json'])).json()).toMatchObject({ imported: { flags: 1 } })
  expect((await cli.run(['import', '.env', '--from', 'dotenv', '--config', 'host'])).code).toBe(0)
  expect((await cli.run(['get', 'host.HOST', '-e', 'staging'])).out).toBe('localhost\n')
})

test('keys and tokens are listed, created once shown, and revoked after asking', async () => {
  const made = await cli.run(['keys', 'create', 'web', '-e', 'staging', '--json'])
  const { id, key } = made.json() as { id: string; key: string }
  expect(key).toContain('driftless_server_')
  const list = await cli.run(['keys', 'list'])
  expect(list.out).toContain(id)
  expect(list.out).not.toContain(key)
  expect((await cli.run(['keys', 'revoke', id])).err).toContain(`key ${id}`)
  expect((await cli.run(['keys', 'revoke', id, '--yes'])).out).toBe(`revoked ${id}\n`)
  expect((await cli.run(['keys', 'create', 'web'])).err).toContain('--env is missing')
  const token = await cli.run(['tokens', 'create', 'ci', '--role', 'editor', '--for', project()])
  expect(token.out).toMatch(/^driftless_\S+\n$/)
  const tokens = (await cli.run(['tokens', 'list', '--json'])).json() as {
    tokens: { id: string }[]
  }
  expect((await cli.run(['tokens', 'list'])).out).not.toContain(token.out.trim())
  const last = tokens.tokens.at(0)?.id ?? ''
  expect((await cli.run(['tokens', 'revoke', last, '--yes', '--json'])).json()).toMatchObject({
    id: last,
  })
  expect((await cli.run(['tokens', 'create', 'ci', '--role', 'king'])).err).toContain(
    '--role must be one of',
  )
})

test('audit tells who did what', async () => {
  await cli.run(['set', 'settings.title', 'A', '-e', 'staging', '-m', 'look here'])
  expect((await cli.run(['audit', '-n', '2'])).out).toContain('look here')
  expect((await cli.run(['audit', '--json'])).json()).toHaveProperty('entries.0.prevHash')
  expect((await cli.run(['audit', '--directory', '-n', '1'])).out).toContain('project')
  expect((await cli.run(['audit', '-p', 'nope'])).code).toBe(1)
})

test('audit verify finds the audit as it was written, and a changed export not', async () => {
  const now = await cli.run(['audit', 'verify', '-o', 'audit.ndjson'])
  expect(now).toMatchObject({ code: 0, err: '' })
  expect(now.out).toMatch(new RegExp(`audit/${project()} is as it was written: \\d+ rows`))
  const known = /last row (\d+:[0-9a-f]{64})/.exec(now.out)?.[1] ?? ''
  expect((await cli.run(['audit', 'verify', 'audit.ndjson', '--known', known])).code).toBe(0)
  expect((await cli.run(['audit', 'verify', '--directory', '--json'])).json()).toMatchObject({
    ok: true,
    audit: 'audit',
  })
  const keys = await (await fetch(`${platform.url}/.well-known/jwks.json`)).text()
  await writeFile(join(cli.folder, 'keys.json'), keys)
  const away = [
    'audit',
    'verify',
    'audit.ndjson',
    '--keys',
    'keys.json',
    '--url',
    'http://127.0.0.1:9',
  ]
  expect((await cli.run(away)).code).toBe(0)
  const path = join(cli.folder, 'audit.ndjson')
  await writeFile(path, (await readFile(path, 'utf8')).replace('the shop', 'the shed'))
  const changed = await cli.run(away)
  expect(changed.code).toBe(2)
  expect(changed.out).toMatch(/the audit is not as it was written: line \d+ was changed/)
  await writeFile(join(cli.folder, 'keys.json'), '{"keys": []}')
  expect((await cli.run([...away, '--json'])).json()).toMatchObject({ ok: false, line: 1 })
  expect((await cli.run(['audit', 'verify', '--known', 'x'])).err).toContain('--known must be')
  expect((await cli.run(['audit', 'verify', 'nope'])).err).toContain('there is no file nope')
})

test('doctor says what works, and fails when the token or the platform does not', async () => {
  const { key } = await platform.admin.createKey(project(), 'staging')
  const well = await cli.run(['doctor'], { env: { DRIFTLESS_SDK_KEY: key } })
  expect(well.code).toBe(0)
  expect(well.out).toMatch(/ok +reachable/)
  expect(well.out).toMatch(/ok +snapshot/)
  expect(well.out).toMatch(/ok +stream/)
  const ill = await cli.run(['doctor', '--json'], { env: { DRIFTLESS_TOKEN: 'wrong' } })
  expect(ill.code).toBe(1)
  expect(ill.json()).toMatchObject({ ok: false })
  const away = await cli.run(['doctor', '--url', 'http://127.0.0.1:9'])
  expect(away.out).toMatch(/failed +reachable/)
})

test('a snapshot is exported as a bootstrap file that verifies, and a changed one does not', async () => {
  const { key } = await platform.admin.createKey(project(), 'staging')
  const args = ['snapshot', 'export', 'boot.json']
  expect((await cli.run(args)).err).toContain('DRIFTLESS_SDK_KEY is not set')
  expect((await cli.run(args, { env: { DRIFTLESS_SDK_KEY: key } })).out).toBe('wrote boot.json\n')
  const genuine = await cli.run(['snapshot', 'verify', 'boot.json', '--url', platform.url])
  expect(genuine.out).toContain(`boot.json is genuine: ${project()}/staging/server, revision `)
  const path = join(cli.folder, 'boot.json')
  const record = JSON.parse(await readFile(path, 'utf8')) as { body: string }
  const body = record.body.replace('"flags":', '"flagz":')
  await writeFile(path, JSON.stringify({ ...record, body }))
  const spoiled = await cli.run(['snapshot', 'verify', 'boot.json', '--json'])
  expect(spoiled.code).toBe(1)
  expect(spoiled.json()).toMatchObject({ ok: false, code: 'hash' })
})

test('bodies are written under their hashes, for a bucket to serve, and what is there is not fetched again', async () => {
  const { key } = await platform.admin.createKey(project(), 'staging')
  const large = JSON.stringify({ text: 'x'.repeat(70_000) })
  const item = { format: 'json', source: large, visibility: 'server' }
  await platform.admin.change(project(), [{ op: 'putConfig', name: 'large', ...item }])
  const run = () =>
    cli.run(['snapshot', 'bodies', 'out', '--json'], { env: { DRIFTLESS_SDK_KEY: key } })
  // The snapshot, and the document that stands outside of it; a Worker may show the head before for a second.
  const first = await until('both bodies', async () => {
    await rm(join(cli.folder, 'out'), { recursive: true, force: true })
    const told = (await run()).json() as { bodies: string[]; written: number }
    return told.bodies.length === 2 && told
  })
  expect(first.written).toBe(2)
  expect((await readdir(join(cli.folder, 'out'))).toSorted()).toEqual(first.bodies.toSorted())
  expect(await run().then((again) => again.json())).toEqual({ ...first, written: 0 })
  // One that was cut short is fetched anew.
  await writeFile(join(cli.folder, 'out', first.bodies[1] ?? ''), large.slice(0, 100))
  expect(await run().then((again) => again.json())).toEqual({ ...first, written: 1 })
})

test('an unreachable platform, a wrong URL and an unknown project are said plainly', async () => {
  expect((await cli.run(['projects', '--url', 'http://127.0.0.1:9'])).err).toMatch(
    /^error: the platform cannot be reached/,
  )
  expect((await cli.run(['projects', '--url', 'ftp://x'])).err).toContain('must begin with https')
  expect((await cli.run(['projects', '--url', 'http://u:p@x'])).err).toContain(
    'must not hold a user',
  )
  expect((await cli.run(['show', '-p', 'nope', '--json'])).json()).toMatchObject({
    error: { code: 'not_found', status: 404 },
  })
})

test('projects are created with their environments', async () => {
  const name = `fresh-${projects}`
  const dry = await cli.run(['projects', 'create', name, '-e', 'live', '--dry-run'])
  expect(dry.out).toContain(`would create project ${name}`)
  const done = await cli.run(['projects', 'create', name, '-e', 'live', '--json'])
  expect(done.json()).toMatchObject({ name, dryRun: false })
  expect((await cli.run(['projects'])).out).toContain(name)
  expect((await cli.run(['projects', 'create', 'No'])).err).toContain('/name')
})

test('what was mistyped is guessed: commands, groups and places', async () => {
  const hints = async (words: readonly string[]) => (await cli.run(words)).err
  expect(await hints(['flag', 'list'])).toContain('did you mean: driftless flags list')
  expect(await hints(['flag'])).toContain('did you mean: driftless flags')
  expect(await hints(['frobnicate'])).toContain('driftless --help lists them')
  expect(await hints(['get', 'settings.limits.itms', '-e', 'production'])).toContain(
    'did you mean settings.limits.items',
  )
})

test('a value that was given with the name of a secret is not asked for, repeated or sent', async () => {
  const wrong = await cli.run(['secrets', 'set', 'STRIPE_KEY=hunter2', '-e', 'production'])
  expect(wrong.code).toBe(1)
  expect(wrong.err).toContain('give the name alone: STRIPE_KEY')
  expect(wrong.err).not.toContain('hunter2')
})

test('init means the only project there is, says what is next, and names several', async () => {
  const { token } = await platform.admin.ok<{ token: string }>('POST', '/tokens', {
    body: { name: 'one', role: 'viewer', project: project() },
  })
  const fresh = await createCli({ DRIFTLESS_URL: platform.url, DRIFTLESS_TOKEN: token })
  const done = await fresh.run(['init'])
  expect(done).toMatchObject({ code: 0, err: '' })
  expect(done.out).toContain('driftless plan  ')
  await fresh.close()
  await platform.admin.createProject(`${project()}-too`, { staging: { protected: false } })
  const several = await createCli({
    DRIFTLESS_URL: platform.url,
    DRIFTLESS_TOKEN: platform.admin.token,
  })
  expect((await several.run(['init'])).err).toContain('--project with one of')
  await several.close()
})
