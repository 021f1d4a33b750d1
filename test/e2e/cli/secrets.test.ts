/** Secrets, promotion and rotated tokens by the command line. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '../../../sdk/src/index.ts'
import { type Cli, createCli } from '../../support/cli.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'

let platform: TestPlatform
let cli: Cli

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', {
    staging: { protected: false },
    production: { protected: false },
  })
  cli = await createCli({
    DRIFTLESS_URL: platform.url,
    DRIFTLESS_TOKEN: platform.admin.token,
    DRIFTLESS_PROJECT: 'shop',
  })
})
afterAll(async () => {
  await cli?.close()
  await platform?.close()
})

const get = (name: string) => cli.run(['secrets', 'get', name, '-e', 'staging', '-m', 'test'])

test('a secret is set from standard input or a prompt, and only get prints it', async () => {
  const done = await cli.run(['secrets', 'set', 'db', '-e', 'staging', '--type', 'password'], {
    stdin: 'hunter2-hunter2\n',
  })
  expect(done).toMatchObject({ code: 0, err: '' })
  expect(done.out).not.toContain('hunter2')
  expect((await get('db')).out).toBe('hunter2-hunter2\n')
  const asked = await cli.run(['secrets', 'set', 'db', '-e', 'staging', '--activate', '--json'], {
    answers: ['asked-for'],
  })
  expect(asked.json()).toMatchObject({ dryRun: false })
  expect((await get('db')).out).toBe('asked-for\n')
  const list = await cli.run(['secrets', 'list'])
  expect(list.out).toMatch(/db +staging +password +2 +2 versions/)
  expect(list.out).not.toContain('asked-for')
  expect((await cli.run(['secrets', 'list', '--json'])).out).not.toContain('asked-for')
  expect((await cli.run(['secrets', 'get', 'db', '-e', 'staging'])).err).toContain(
    '--reason is missing',
  )
  expect((await cli.run(['secrets', 'set', 'db'], { stdin: 'x' })).err).toContain(
    '--env is missing',
  )
  expect(
    (await cli.run(['secrets', 'set', 'db', '-e', 'staging'], { answers: [undefined] })).err,
  ).toContain('nothing was written')
})

test('it is rotated, an older version made active, a version destroyed, and it is deleted after asking', async () => {
  await cli.run(['secrets', 'set', 'api', '-e', 'staging'], { stdin: 'first-value' })
  expect(
    (await cli.run(['secrets', 'rotate', 'api', '-e', 'staging', '--grace', '1h'])).out,
  ).toContain('stays valid 1h')
  expect((await get('api')).out).toMatch(/^[A-Za-z0-9]{32}\n$/)
  expect((await cli.run(['secrets', 'activate', 'api', '1', '-e', 'staging'])).out).toContain(
    'version 1 of api is active',
  )
  expect((await get('api')).out).toBe('first-value\n')
  const refused = await cli.run(['secrets', 'revoke', 'api', '2', '-e', 'staging'])
  expect(refused.err).toContain(
    'this would destroy:\n  version 2 of secret api in staging, for good',
  )
  expect(
    (await cli.run(['secrets', 'revoke', 'api', '2', '-e', 'staging', '--yes', '--json'])).code,
  ).toBe(0)
  expect((await cli.run(['secrets', 'delete', 'api', '-e', 'staging'])).err).toContain(
    'this would delete',
  )
  expect((await cli.run(['secrets', 'delete', 'api', '-e', 'staging', '--yes'])).code).toBe(0)
  expect((await get('api')).code).toBe(1)
})

test('an ENV file is imported, and the key that wraps them all is rotated', async () => {
  await writeFile(join(cli.folder, '.env'), 'ONE=1-and-more\nTWO=2-and-more\n')
  expect(
    (await cli.run(['secrets', 'import', '.env', '-e', 'staging', '--dry-run'])).out,
  ).toContain('a dry run')
  expect((await cli.run(['secrets', 'import', '.env', '-e', 'staging'])).out).toContain(
    'imported 2 secrets',
  )
  expect((await get('ONE')).out).toBe('1-and-more\n')
  expect((await cli.run(['secrets', 'key', '--json'])).json()).toHaveProperty('keys.0.id')
  expect((await cli.run(['secrets', 'key', '--start'])).code).toBe(0)
  expect((await get('TWO')).out).toBe('2-and-more\n')
  expect((await cli.run(['secrets', 'import', 'nope', '-e', 'staging'])).err).toContain(
    'there is no file nope',
  )
})

test('promote gives one environment what another has, all or the chosen', async () => {
  await platform.admin.change('shop', [
    { op: 'putConfig', name: 'web', format: 'json', source: '{"a":1}', visibility: 'server' },
    {
      op: 'putConfigOverride',
      name: 'web',
      environment: 'staging',
      format: 'json',
      source: '{"a":2}',
    },
    { op: 'putConfig', name: 'job', format: 'json', source: '{"b":1}', visibility: 'server' },
    {
      op: 'putConfigOverride',
      name: 'job',
      environment: 'staging',
      format: 'json',
      source: '{"b":2}',
    },
  ])
  const dry = await cli.run(['promote', 'staging', 'production', 'config:web', '--dry-run'])
  expect(dry.out).toBe('+ config web in production\nnothing was written: a dry run\n')
  expect(
    (await cli.run(['promote', 'staging', 'production', 'config:web', '--json'])).json(),
  ).toMatchObject({ dryRun: false })
  expect((await cli.run(['get', 'web.a', '-e', 'production'])).out).toBe('2\n')
  expect((await cli.run(['get', 'job.b', '-e', 'production'])).out).toBe('1\n')
  await cli.run(['promote', 'staging', 'production'])
  expect((await cli.run(['diff', 'staging', 'production'])).code).toBe(0)
  expect((await cli.run(['promote', 'staging', 'production'])).out).toBe(
    'production has what staging has\n',
  )
  expect((await cli.run(['promote', 'staging', 'production', 'web'])).err).toContain(
    'must be config:<name>',
  )
  expect((await cli.run(['promote', 'staging', 'nope'])).code).toBe(1)
})

test('one item is rolled back by a step', async () => {
  await cli.run(['set', 'web.a', '7', '--base'])
  await cli.run(['set', 'job.b', '7', '--base'])
  expect((await cli.run(['rollback', '--back', '1', '--item', 'config:web'])).code).toBe(0)
  expect((await cli.run(['show', 'web', '-e', 'production', '--json'])).code).toBe(0)
  const web = await platform.admin.ok<{ content: { source: string } }>(
    'GET',
    '/projects/shop/configs/web',
  )
  expect(web.content.source).toBe('{"a":1}')
  expect((await cli.run(['rollback'])).err).toContain('revision is missing')
})

test('a token is rotated: the new one is printed once', async () => {
  await cli.run(['tokens', 'create', 'ci', '--role', 'publisher', '--for', 'shop'])
  const { tokens } = (await cli.run(['tokens', 'list', '--json'])).json() as {
    tokens: { id: string; name: string }[]
  }
  const id = tokens.find(({ name }) => name === 'ci')?.id ?? ''
  const rotated = await cli.run(['tokens', 'rotate', id, '--overlap', '1h'])
  expect(rotated.out).toMatch(/^driftless_\S+\n$/)
  expect((await cli.run(['tokens', 'rotate', 'nope'])).code).toBe(1)
  expect((await cli.run(['tokens', 'rotate', id, '--overlap', 'long'])).err).toContain(
    '--overlap must be',
  )
})

test('a value is sealed before it leaves, for the keys there are: the platform cannot say it, an application can', async () => {
  const set = (...more: string[]) =>
    cli.run(['secrets', 'set', 'sealed', '-e', 'production', '--sealed', ...more], {
      stdin: 'hunter2-sealed\n',
    })
  const none = await set()
  expect(none.code).toBe(1)
  expect(none.err).toContain('production has no server SDK key')
  const { key } = await platform.admin.createKey('shop', 'production', 'server')
  expect(await set()).toMatchObject({ code: 0, err: '' })
  const refused = await cli.run(['secrets', 'get', 'sealed', '-e', 'production', '-m', 'test'])
  expect(refused.code).not.toBe(0)
  expect(refused.err).toContain('sealed by its author')
  const client = createClient({ url: platform.url, key })
  try {
    expect((await client.getSecret('sealed')).reveal()).toBe('hunter2-sealed')
  } finally {
    await client.close()
  }
  await platform.admin.createKey('shop', 'production', 'server')
  expect((await cli.run(['secrets', 'list', '-e', 'production'])).out).toContain('needs-sealing')
  const made = await cli.run([
    'secrets',
    'set',
    'x',
    '-e',
    'production',
    '--sealed',
    '--generate',
    '32',
  ])
  expect(made.err).toContain('exclude each other')
})

test('what is due is listed alone, and revoking says who would be left without', async () => {
  const set = ['secrets', 'set', 'due', '-e', 'staging', '--days', '3']
  expect((await cli.run(set, { stdin: 'v\n' })).code).toBe(0)
  const due = await cli.run(['secrets', 'list', '--due', '-e', 'staging'])
  expect(due.out).toContain('expires-soon')
  expect(due.out).not.toContain('db ')
  const revoke = ['secrets', 'revoke', 'due', '1', '-e', 'staging']
  const asked = await cli.run(revoke)
  expect(asked.err).toContain('no running instance says that it uses it')
  expect((await cli.run([...revoke, '--dry-run'])).out).toContain('no running instance')
  expect((await cli.run([...revoke, '--yes'])).code).toBe(0)
})
