/** Other vendors' files by the command line: public ones where a suite has some, else made at random; and a project there and back. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cli, createCli } from '../../support/cli.ts'
import { randomPayload as growthbookPayload } from '../../support/growthbook-payload.ts'
import { randomPayload as launchdarklyPayload } from '../../support/launchdarkly-payload.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'
import { createDice } from '../../support/random.ts'
import { suite } from '../../support/suites.ts'

let platform: TestPlatform
let cli: Cli
let projects = 0

beforeAll(async () => {
  platform = await startTestPlatform()
  cli = await createCli({ DRIFTLESS_URL: platform.url, DRIFTLESS_TOKEN: platform.admin.token })
})
afterAll(async () => {
  await cli?.close()
  await platform?.close()
})

async function newProject(): Promise<string> {
  projects += 1
  const name = `p-${projects}`
  await platform.admin.createProject(name, { staging: {}, production: {} })
  return name
}

interface Exported {
  readonly items: readonly { readonly sha256: string; readonly kind: string }[]
}
const hashes = async (project: string): Promise<string[]> => {
  const { items } = (await cli.run(['export', '-p', project, '--json'])).json() as Exported
  return items.map(({ sha256 }) => sha256).toSorted()
}

/** Taken in, its flags are as in the dry run; exported and imported elsewhere, every layer is the same. */
async function thereAndBack(from: string, document: unknown, fewest: number) {
  const project = await newProject()
  await writeFile(join(cli.folder, 'theirs.json'), JSON.stringify(document))
  const words = ['import', 'theirs.json', '--from', from, '-e', 'staging', '-p', project]
  const dry = await cli.run([...words, '--dry-run'])
  expect(dry, dry.err).toMatchObject({ code: 0 })
  expect(dry.out).toContain('nothing was written: a dry run')
  const done = await cli.run([...words, '--json'])
  const { imported, skipped } = done.json() as {
    imported: { flags: number }
    skipped: readonly { path: string; reason: string }[]
  }
  expect(imported.flags).toBeGreaterThanOrEqual(fewest)
  for (const { path, reason } of skipped) expect(dry.out).toContain(`skipped ${path}: ${reason}`)
  const listed = (await cli.run(['flags', 'list', '-p', project, '--json'])).json()
  expect(listed).toHaveProperty('flags.length', imported.flags)
  const before = await hashes(project)
  await cli.run(['export', '-p', project, '-o', 'all.json'])
  const other = await newProject()
  const back = await cli.run(['import', 'all.json', '-p', other, '--yes'])
  expect(back, back.err).toMatchObject({ code: 0 })
  expect((await cli.run(['import', 'all.json', '-p', other])).out).toBe('nothing differs\n')
  return { before, after: await hashes(other) }
}

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))

const demo = suite('opentelemetry-demo-flagd')
test.skipIf(demo === undefined)('flagd: the flags of OpenTelemetry’s demo', async () => {
  const { before, after } = await thereAndBack(
    'flagd',
    await readJson(join(demo ?? '', 'demo.flagd.json')),
    10,
  )
  expect(after).toEqual(before)
})

const unleash = suite('unleash-client-specification')
describe.skipIf(unleash === undefined)('unleash: the states of its client specification', () => {
  test.each([
    '01-simple-examples',
    '08-variants',
    '10-flexible-rollout-strategy',
    '13-constraint-operators',
    '15-global-constraints',
    '17-dependent-features',
  ])('%s', async (name) => {
    const path = join(unleash ?? '', 'specifications', `${name}.json`)
    const { state } = (await readJson(path)) as { state: unknown }
    const { before, after } = await thereAndBack('unleash', state, 1)
    expect(after).toEqual(before)
  })
})

test('growthbook: a payload', async () => {
  const { before, after } = await thereAndBack('growthbook', growthbookPayload(createDice(7)), 1)
  expect(after).toEqual(before)
})

test('launchdarkly: flags and segments', async () => {
  const { before, after } = await thereAndBack(
    'launchdarkly',
    launchdarklyPayload(createDice(7), 1),
    1,
  )
  expect(after).toEqual(before)
})

test('a file that is not of that vendor is refused with its place, and nothing is written', async () => {
  const project = await newProject()
  await writeFile(join(cli.folder, 'theirs.json'), '{"flags": 5}')
  for (const from of ['flagd', 'unleash', 'growthbook', 'launchdarkly']) {
    const refused = await cli.run([
      'import',
      'theirs.json',
      '--from',
      from,
      '-e',
      'staging',
      '-p',
      project,
    ])
    expect(refused.code, from).toBe(1)
    expect(refused.err).toMatch(/^error: /)
    expect(refused.err).not.toMatch(/\n {4}at |undefined|\[object/)
  }
  expect((await cli.run(['flags', 'list', '-p', project])).out).toBe('no flags\n')
})
