/** Releases step by step, by the command line. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cli, createCli } from '../../support/cli.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'

let platform: TestPlatform
let cli: Cli

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', { production: { protected: true } })
  cli = await createCli({
    DRIFTLESS_URL: platform.url,
    DRIFTLESS_TOKEN: platform.admin.token,
    DRIFTLESS_PROJECT: 'shop',
  })
  await change(1)
  // The first content is everybody's; from here on it goes step by step.
  await cli.run(['deploy', 'promote', '-e', 'production'])
  await cli.run(['deploy', 'promote', '-e', 'production'])
  await change(2)
})
afterAll(async () => {
  await cli?.close()
  await platform?.close()
})

const change = (value: number) =>
  platform.admin.change('shop', [
    {
      op: 'putConfig',
      name: 'web',
      format: 'json',
      source: `{"a":${value}}`,
      visibility: 'server',
    },
  ])
const shown = async () =>
  (await cli.run(['deploy', 'show', '-e', 'production', '--json'])).json() as {
    id: string
    status: string
    share: number
  }

test('a deployment is listed and shown, stands still, goes on, and is taken back after asking', async () => {
  const { id } = await shown()
  const list = await cli.run(['deploy', 'list'])
  expect(list.out).toContain(id)
  expect(list.out).toContain('linear-20-6m')
  expect(
    (await cli.run(['deploy', 'list', '-e', 'production', '-n', '1', '--json'])).json(),
  ).toMatchObject({ deployments: [{ id }] })
  expect((await cli.run(['deploy', 'show', id])).out).toContain('(steps 20 %, 40 %')
  expect((await cli.run(['deploy', 'pause', id])).out).toContain('paused at')
  expect(await shown()).toMatchObject({ id, status: 'paused' })
  expect((await cli.run(['deploy', 'resume', '-e', 'production', '-m', 'go on'])).out).toContain(
    'running at',
  )
  expect((await cli.run(['deploy', 'abort', id])).err).toContain('this would take back:')
  const aborted = await cli.run(['deploy', 'abort', id, '--yes', '--json'])
  expect(aborted.code).toBe(0)
  expect(['rolled-back', 'cancelled']).toContain((await shown()).status)
  const watched = await cli.run(['deploy', 'watch', id])
  expect(watched.code).toBe(2)
  expect(watched.out).toContain('production: ')
})

test('a release by rings is asked for with the strategy as JSON', async () => {
  const start = (strategy: string) =>
    cli.run(['deploy', 'start', '-e', 'production', '--strategy', strategy, '--dry-run'])
  const rings = [{ name: 'canary', labels: { ring: ['canary'] } }]
  const numbers = { growth: 'LINEAR', factor: 50, minutes: 10, bake: 30 }
  const { out, err } = await start(JSON.stringify({ rings, ...numbers }))
  expect(err).toBe('')
  expect(out).toContain('running at 0 % (steps ring canary, 50 %, 100 %)')
  expect(out).toMatch(/started +ring canary +clock/)
  expect((await start('{"growth":')).err).toContain('--strategy: neither a name nor JSON')
  expect((await start(JSON.stringify({ rings: [{}], ...numbers }))).err).toContain(
    '--strategy/rings/0',
  )
})

test('content of a revision is released, and who is asked for what is not there is told', async () => {
  const started = await cli.run([
    'deploy',
    'start',
    '-e',
    'production',
    '--strategy',
    'canary-10-20m',
    '--json',
  ])
  expect(started).toMatchObject({ err: '' })
  expect(started.json()).toMatchObject({ environment: 'production' })
  expect((await cli.run(['deploy', 'start'])).err).toContain('--env is missing')
  expect(
    (await cli.run(['deploy', 'start', '-e', 'production', '--strategy', 'slow'])).err,
  ).toContain('--strategy: must be one of all-at-once, ')
  expect((await cli.run(['deploy', 'show'])).err).toContain('deployment or --env is missing')
  expect((await cli.run(['deploy', 'show', 'nope'])).code).toBe(1)
})

test('a change says where it is to be released step by step, after the release under way, instead of calling it published', async () => {
  const { out } = await cli.run(['set', 'web.a', '3', '--base'])
  expect(out).toMatch(
    /: production takes it in deployment (\d+), queued: driftless deploy watch \1/,
  )
  expect(out).not.toContain('published to')
})
