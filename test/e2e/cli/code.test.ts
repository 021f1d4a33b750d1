/** Commands for the code that uses configs: run, types, templates, schemas and scan. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli } from '../../../admin/cli/build.ts'
import { type Cli, createCli } from '../../support/cli.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'
import { until } from '../../support/until.ts'

let platform: TestPlatform
let cli: Cli
let built: string
let key: string

beforeAll(async () => {
  platform = await startTestPlatform()
  built = await mkdtemp(join(tmpdir(), 'driftless-built-'))
  await buildCli(built)
  cli = await createCli({ DRIFTLESS_URL: platform.url, DRIFTLESS_TOKEN: platform.admin.token })
  await platform.admin.createProject('shop', { production: { protected: false } })
  await platform.admin.change('shop', [
    {
      op: 'putConfig',
      name: 'settings',
      format: 'json',
      source: '{"port": 8080, "greeting": "hello", "url": "http://${HOST:-localhost}"}',
      visibility: 'server',
    },
    {
      op: 'putFlag',
      key: 'new-checkout',
      type: 'boolean',
      variants: { on: true, off: false },
      offVariant: 'off',
      defaultVariant: 'on',
      visibility: 'server',
      seed: 's',
    },
  ])
  key = (await platform.admin.createKey('shop', 'production')).key
  await cli.run(['init', '-p', 'shop'])
})
afterAll(async () => {
  await cli?.close()
  await platform?.close()
  await rm(built, { recursive: true, force: true })
})

const SERVER = `
const say = () => console.log(['port', process.env.PORT, process.env.GREETING, process.pid, process.env.DRIFTLESS_TOKEN ?? 'no token'].join(' '))
process.on('SIGHUP', () => console.log('hup'))
say()
setInterval(() => {}, 1000)
`

/** As a process, since the program's own output is what counts. */
function driftless(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(built, 'driftless.js'), ...words], {
    cwd: cli.folder,
    env: {
      ...process.env,
      DRIFTLESS_URL: platform.url,
      DRIFTLESS_TOKEN: 'mine',
      DRIFTLESS_SDK_KEY: key,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const ended = once(child, 'exit').then(([code]: unknown[]) => code)
  return {
    printed: () => printed,
    ended,
    has: (text: string) => until(text, () => printed.includes(text), 20_000),
    stop: () => child.kill('SIGTERM'),
  }
}

test('run gives a program its environment, and passes its exit code on', async () => {
  const one = driftless([
    'run',
    '-c',
    'settings',
    '--',
    process.execPath,
    '-e',
    'console.log(`${process.env.URL} ${process.env.DRIFTLESS_TOKEN}`); process.exit(7)',
  ])
  expect(await one.ended).toBe(7)
  expect(one.printed()).toBe('http://localhost undefined\n')
  const none = driftless(['run', '-c', 'settings', '--', 'no-such-program'])
  expect(await none.ended).toBe(1)
  expect(none.printed()).toContain('error: there is no program "no-such-program"')
  const without = driftless(['run', '--', 'true'])
  expect(await without.ended).toBe(1)
  expect(without.printed()).toContain('--config is missing')
})

test(
  'run --watch starts the program anew on change, keeps it while the platform is away, and starts from the fallback',
  { timeout: 90_000 },
  async () => {
    await writeFile(join(cli.folder, 'server.cjs'), SERVER)
    const args = [
      'run',
      '-c',
      'settings',
      '--watch',
      '--fallback',
      'last.json',
      '--',
      process.execPath,
      'server.cjs',
    ]
    const running = driftless(args)
    await running.has('port 8080 hello')
    expect(running.printed()).toContain('no token')
    await platform.admin.ok('PATCH', '/projects/shop/configs/settings', {
      body: { changes: [{ path: '/port', value: 9090 }], reason: 'test' },
    })
    await running.has('port 9090 hello')
    expect(running.printed()).toContain('starting anew')
    await until(
      'the fallback',
      async () => (await readFile(join(cli.folder, 'last.json'), 'utf8')).includes('9090'),
      5_000,
    )
    await platform.kill()
    const fresh = driftless(args)
    await fresh.has('port 9090 hello')
    fresh.stop()
    await fresh.ended
    await platform.start()
    // The one that was there all the while was not started again.
    expect(running.printed().match(/port 9090/g)).toHaveLength(1)
    running.stop()
    expect(await running.ended).toBe(143)
  },
)

test('run --signal tells the program instead', { timeout: 60_000 }, async () => {
  const running = driftless([
    'run',
    '-c',
    'settings',
    '-w',
    '--signal',
    'SIGHUP',
    '--',
    process.execPath,
    'server.cjs',
  ])
  await running.has('hello')
  await platform.admin.ok('PATCH', '/projects/shop/configs/settings', {
    body: { changes: [{ path: '/greeting', value: 'hi' }], reason: 'test' },
  })
  await running.has('hup')
  running.stop()
  expect(await running.ended).toBe(143)
})

test('types are written from the folder or from what is published, and checked', async () => {
  expect((await cli.run(['types', 'generate'])).out).toBe(
    'wrote driftless.d.ts (1 config, 1 flag)\n',
  )
  expect(await readFile(join(cli.folder, 'driftless.d.ts'), 'utf8')).toContain(
    'readonly "new-checkout": boolean',
  )
  expect((await cli.run(['types', 'generate', '--check', '--json'])).json()).toMatchObject({
    isNew: false,
  })
  await writeFile(join(cli.folder, 'driftless.d.ts'), '')
  expect((await cli.run(['types', 'generate', '--check'])).err).toContain(
    'is not what driftless types generate writes now',
  )
  expect((await cli.run(['types', 'generate', '--published', '-o', 'p.d.ts'])).out).toContain(
    'wrote p.d.ts',
  )
})

test('env-template names variables with their defaults', async () => {
  expect((await cli.run(['env-template'])).out).toBe('# settings#/url\n# HOST=localhost\n')
  expect((await cli.run(['env-template', '--json'])).json()).toMatchObject({
    wanted: [{ name: 'HOST', fallback: 'localhost' }],
  })
  expect((await cli.run(['env-template', '-o', '.env.example'])).out).toContain(
    'wrote .env.example (1 name)',
  )
  expect((await cli.run(['env-template', '-e', 'nope'])).err).toContain(
    'there is no environment "nope"',
  )
})

test('a schema is inferred, and checks configs and files as the platform does', async () => {
  const schema = await cli.run(['schema', 'infer', 'settings'])
  expect(schema.out).toContain('"required"')
  await writeFile(join(cli.folder, 'schema.json'), schema.out)
  expect((await cli.run(['schema', 'check', 'settings', 'schema.json'])).out).toBe(
    '1 document checked, nothing is wrong\n',
  )
  await mkdir(join(cli.folder, 'tmp'), { recursive: true })
  await writeFile(join(cli.folder, 'tmp/bad.yaml'), 'port: eighty\n')
  const bad = await cli.run(['schema', 'check', 'tmp/bad.yaml', 'schema.json'])
  expect(bad.code).toBe(2)
  expect(bad.out).toContain('tmp/bad.yaml /port:')
  expect(
    (await cli.run(['schema', 'check', 'tmp/bad.yaml', 'schema.json', '--json'])).json(),
  ).toMatchObject({ ok: false })
  await writeFile(join(cli.folder, 'tmp/no-schema.json'), '{"type": 5}')
  expect((await cli.run(['schema', 'check', 'settings', 'tmp/no-schema.json'])).err).toContain(
    'is not a schema',
  )
  expect((await cli.run(['schema', 'infer', 'nope'])).code).toBe(1)
})

test('scan finds keys that do not exist, and writes SARIF', async () => {
  await mkdir(join(cli.folder, 'src'), { recursive: true })
  await writeFile(
    join(cli.folder, 'src/app.ts'),
    "client.getBooleanValue('new-chekout', false)\nclient.getConfig('settings')\n",
  )
  const found = await cli.run(['scan', 'src', '--sarif', 'scan.sarif'])
  expect(found.code).toBe(2)
  expect(found.out).toMatch(/error +unknown-flag +src\/app\.ts:1:8 +there is no flag "new-chekout"/)
  expect(found.out).toMatch(/note +unused-flag +flags\/new-checkout\.yaml:1/)
  expect(JSON.parse(await readFile(join(cli.folder, 'scan.sarif'), 'utf8'))).toMatchObject({
    version: '2.1.0',
  })
  await writeFile(
    join(cli.folder, 'src/app.ts'),
    "client.getBooleanValue('new-checkout', false)\nclient.getConfig('settings')\n",
  )
  const fine = await cli.run(['scan', 'src', '--json'])
  expect(fine.code).toBe(0)
  expect(fine.json()).toMatchObject({
    files: 1,
    findings: [{ rule: 'constant-flag', key: 'new-checkout' }],
  })
  expect((await cli.run(['scan', 'src', '--fail-on', 'warning'])).code).toBe(2)
  expect((await cli.run(['scan', 'nowhere'])).err).toContain('there is no nowhere')
})
