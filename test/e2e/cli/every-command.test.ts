/**
 * Every command of the table, tried: its text, its `--json`, and a failure as text and as JSON. A command that the table has and this list
 * has not fails the first test. They run in this order against one platform; what only makes sense over time has a test of its own.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../../admin/cli/commands/index.ts'
import { type Cli, type CliOptions, createCli } from '../../support/cli.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'
import { ROOT } from '../../support/run-tool.ts'

interface Tried {
  readonly name: string
  /** What follows the name. */
  readonly words?: readonly string[] | (() => readonly string[])
  readonly stdin?: string
  /** Of the text, and of its exit code when it is not 0. */
  readonly text: RegExp
  readonly code?: number
  /** Members of what `--json` prints; with `--dry-run` where the command writes, so that the text still has something to do. */
  readonly json: readonly string[]
  readonly failure: {
    readonly words?: readonly string[]
    readonly stdin?: string
    readonly env?: Readonly<Record<string, string>>
    readonly says: RegExp
  }
  /** Sees what the text was. */
  readonly then?: (out: string) => void
}

/** Run until they are stopped, or need a world of their own: where their three are tested. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'drift watch': 'drift.test.ts',
  watch: 'drift.test.ts',
  run: 'code.test.ts',
  dev: 'dev.test.ts',
  'schema migrate': 'mirrors.test.ts',
}

const STAGING = ['-e', 'staging']
const FOLDER = ['-C', 'declared']
const BROKEN = { words: ['-C', 'broken'], says: /base\.yaml:1: / }
const NO_ENVIRONMENT = /there is no environment "nope"|There is no environment "nope"/
const WRITTEN = ['revision', 'dryRun', 'changed', 'environments']
const DEPLOYMENT = ['id', 'environment', 'revision', 'status', 'share', 'story']
const RELEASES = ['-p', 'releases', '-e', 'production']
const NO_DEPLOYMENT = {
  words: ['nope', '-p', 'releases'],
  says: /There is no deployment "nope"/,
}
const ids: Record<string, string> = {}

const TRIED: readonly Tried[] = [
  {
    name: 'login',
    stdin: 'TOKEN',
    text: /^logged in to http:.*\nkept in /,
    json: ['url', 'projects'],
    failure: { stdin: 'wrong', says: /does not accept this token; nothing was kept/ },
  },
  {
    name: 'logout',
    text: /^there was no login/,
    json: ['url'],
    failure: { words: ['nonsense'], says: /"nonsense" is not a URL/ },
  },
  {
    name: 'doctor',
    text: /ok +reachable/,
    json: ['ok', 'checks'],
    failure: { env: { DRIFTLESS_TOKEN: 'wrong' }, says: /failed|token/ },
  },
  {
    name: 'completion',
    words: ['bash'],
    text: /complete -.* driftless/,
    json: ['shell', 'script'],
    failure: { words: ['pwsh'], says: /shell must be one of bash, zsh, fish/ },
  },
  {
    name: 'projects',
    text: /^PROJECT +CREATED\n/,
    json: ['projects'],
    failure: { env: { DRIFTLESS_TOKEN: 'wrong' }, says: /does not accept the token/ },
  },
  {
    name: 'projects create',
    words: ['other', '-e', 'staging'],
    text: /created project other with staging/,
    json: ['name', ...WRITTEN],
    failure: { words: ['Other!'], says: /name: must be 1 to 63/ },
  },
  {
    name: 'show',
    words: ['settings', ...STAGING],
    text: /title: Staging/,
    json: ['title', 'limits'],
    failure: { words: ['setings'], says: /hint: did you mean settings/ },
  },
  {
    name: 'get',
    words: ['settings.title', ...STAGING],
    text: /^Staging\n$/,
    json: [],
    failure: { words: ['settings.titel', ...STAGING], says: /did you mean settings\.title/ },
  },
  {
    name: 'set',
    words: ['settings.limits.items', '25', ...STAGING],
    text: /settings\.limits\.items: \(none\) → 25\nrevision \d+: published to staging/,
    json: ['path', 'layer', 'places', ...WRITTEN],
    failure: { words: ['settings.limits', '{', ...STAGING], says: /the value is not JSON/ },
  },
  {
    name: 'unset',
    words: ['settings.limits.items', ...STAGING],
    text: /settings\.limits\.items: 25 → \(none\)/,
    json: ['path', 'layer', 'places', ...WRITTEN],
    failure: { words: ['nope.a', ...STAGING], says: /there is no config "nope"/ },
  },
  {
    name: 'diff',
    words: ['staging', 'production'],
    text: /\/title +"Staging" +"Harbour Street"/,
    code: 2,
    json: ['a', 'b', 'differences'],
    failure: { words: ['a', 'b'], says: /neither a file, a revision nor an environment/ },
  },
  {
    name: 'history',
    text: /^REVISION +UTC +WHO +WHY +WHAT\n/,
    json: ['revisions'],
    failure: { words: ['-n', 'many'], says: /--limit must be/ },
  },
  {
    name: 'promote',
    words: ['staging', 'production', 'config:settings'],
    text: /~|\+ config settings in production/,
    json: WRITTEN,
    failure: { words: ['nope', 'production'], says: NO_ENVIRONMENT },
  },
  {
    name: 'rollback',
    words: ['--back', '1', '-m', 'not yet', '--yes'],
    text: /revision \d+: /,
    json: WRITTEN,
    failure: { words: ['99'], says: /There is no revision "99"/ },
  },
  {
    name: 'export',
    words: ['-o', 'all.json'],
    text: /^wrote \d+ layers of shop at revision \d+ to all\.json/,
    json: ['file', 'project', 'revision', 'items'],
    failure: { words: ['--revision', '99'], says: /There is no revision "99"/ },
  },
  {
    name: 'import',
    words: ['extra.json', '--from', 'json'],
    text: /\+ config extra\nrevision/,
    json: WRITTEN,
    failure: { words: ['nope.json'], says: /there is no file nope\.json/ },
  },
  {
    name: 'snapshot export',
    words: ['boot.json'],
    text: /boot\.json/,
    json: ['file', 'bytes'],
    failure: { words: ['x.json'], env: { DRIFTLESS_SDK_KEY: 'wrong' }, says: /key|token/ },
  },
  {
    name: 'snapshot bodies',
    words: ['bodies'],
    text: /bod/,
    json: ['bodies', 'written'],
    failure: { words: ['bodies'], env: { DRIFTLESS_SDK_KEY: 'wrong' }, says: /key|token/ },
  },
  {
    name: 'snapshot verify',
    words: ['boot.json'],
    text: /shop\/staging\/server/,
    json: ['ok', 'audience', 'revision', 'seq', 'expired'],
    failure: { words: ['nope.json'], says: /there is no file nope\.json/ },
  },
  {
    name: 'init',
    words: FOLDER,
    text: /^made driftless\.config\.json\n\+ config\/[^]*driftless plan /,
    json: ['revision', 'dryRun', 'created', 'changed', 'removed'],
    failure: { words: FOLDER, says: /is there already[^]*driftless pull/ },
  },
  {
    name: 'pull',
    words: FOLDER,
    text: /^the folder is as revision \d+\n/,
    json: ['revision', 'dryRun', 'created', 'changed', 'removed'],
    failure: { words: ['-C', '/'], says: /there is no driftless\.config\.json[^]*driftless init/ },
  },
  {
    name: 'validate',
    words: FOLDER,
    text: /\d+ layers can be read, and the server would take 0 changes/,
    json: ['ok', 'layers', 'changes'],
    failure: BROKEN,
  },
  {
    name: 'plan',
    words: FOLDER,
    text: /^nothing differs from revision/,
    json: ['project', 'base', 'sha256', 'changes', 'overruled'],
    failure: BROKEN,
  },
  {
    name: 'apply',
    words: FOLDER,
    text: /^nothing differs from revision/,
    json: WRITTEN,
    failure: { words: ['nope.json'], says: /there is no file nope\.json/ },
  },
  {
    name: 'drift',
    words: FOLDER,
    text: /^clean: shop at revision \d+ is what the folder declares/,
    json: ['project', 'revision', 'status', 'items', 'mirrors', 'fleet'],
    failure: BROKEN,
  },
  {
    name: 'drift setup',
    words: ['shell', ...FOLDER],
    text: /driftless-check\.sh/,
    json: ['file', 'dryRun'],
    failure: { words: ['jenkins', ...FOLDER], says: /hook, github, shell/ },
  },
  {
    name: 'fleet',
    words: STAGING,
    text: /nothing runs in staging, or nothing reports|^staging \(server\): 0 instances/,
    json: ['environment', 'server', 'client'],
    failure: { words: ['-e', 'nope'], says: NO_ENVIRONMENT },
  },
  {
    name: 'flags create',
    words: ['fresh', '--description', 'tried'],
    text: /\+ flag fresh/,
    json: WRITTEN,
    failure: { words: ['new-checkout'], says: /the flag "new-checkout" exists/ },
  },
  {
    name: 'flags list',
    text: /^FLAG +TYPE +/,
    json: ['revision', 'flags'],
    failure: { words: ['-p', 'nope'], says: /There is no project "nope"/ },
  },
  {
    name: 'flags get',
    words: ['fresh'],
    text: /description: tried/,
    json: ['key', 'type', 'variants', 'environments'],
    failure: { words: ['frsh'], says: /did you mean fresh/ },
  },
  {
    name: 'flags enable',
    words: ['fresh', ...STAGING],
    text: /flag fresh in staging {2}\/enabled: \(none\) → true/,
    json: ['flag', 'environment', ...WRITTEN],
    failure: { words: ['fresh'], says: /--env is missing[^]*there are: / },
  },
  {
    name: 'flags rollout',
    words: ['fresh', '10%', ...STAGING],
    text: /\/rules: \(none\) → .*"rollout"/,
    json: ['flag', 'environment', ...WRITTEN],
    failure: {
      words: ['fresh', '400', ...STAGING],
      says: /percent must be a number from 0 to 100/,
    },
  },
  {
    name: 'flags split',
    words: ['fresh', 'on=50', 'off=50', ...STAGING],
    text: /\/rules: \[1 same\] → \[1 same, .*"split"/,
    json: ['flag', 'environment', ...WRITTEN],
    failure: { words: ['fresh', 'on', ...STAGING], says: /"on" must be variant=percent/ },
  },
  {
    name: 'flags evaluate',
    words: ['fresh', ...STAGING, '-u', 'ada'],
    text: /^FLAG +VALUE +VARIANT +REASON\nfresh/,
    json: ['revision', 'results'],
    failure: { words: ['fresh', ...STAGING, '--at', 'soon'], says: /--at/ },
  },
  {
    name: 'flags explain',
    words: ['fresh', ...STAGING, '-u', 'ada'],
    text: /^fresh = [^]*rule rollout/,
    json: ['revision', 'results'],
    failure: { words: ['fresh', '-e', 'nope'], says: NO_ENVIRONMENT },
  },
  {
    name: 'flags disable',
    words: ['fresh', ...STAGING],
    text: /\/enabled: true → false/,
    json: ['flag', 'environment', ...WRITTEN],
    failure: { words: ['frsh', ...STAGING], says: /did you mean fresh/ },
  },
  {
    name: 'flags delete',
    words: ['fresh', '--yes'],
    text: /- flag fresh/,
    json: WRITTEN,
    failure: {
      words: ['new-checkout'],
      says: /this would delete:\n {2}flag new-checkout[^]*--yes/,
    },
  },
  {
    name: 'deploy list',
    words: RELEASES,
    text: /^ID +ENVIRONMENT +REVISIONS +STATUS/,
    json: ['deployments'],
    failure: { words: ['-p', 'nope'], says: /There is no project "nope"/ },
  },
  {
    name: 'deploy show',
    words: RELEASES,
    text: /: production, revision \d+ → \d+, linear-20-6m\nrunning at 20 %/,
    json: DEPLOYMENT,
    failure: NO_DEPLOYMENT,
  },
  {
    name: 'deploy pause',
    words: RELEASES,
    text: /\npaused at 20 %/,
    json: DEPLOYMENT,
    failure: NO_DEPLOYMENT,
  },
  {
    name: 'deploy resume',
    words: RELEASES,
    text: /\nrunning at 20 %/,
    json: DEPLOYMENT,
    failure: NO_DEPLOYMENT,
  },
  {
    name: 'deploy promote',
    // Content that was never everywhere bakes one step first: there it takes no time.
    words: ['-p', 'fast', '-e', 'production'],
    text: /: production, revision 2 → 3[^]*promoted/,
    json: DEPLOYMENT,
    failure: NO_DEPLOYMENT,
  },
  {
    name: 'deploy abort',
    words: [...RELEASES, '--yes'],
    text: /\nrolled-back at /,
    json: DEPLOYMENT,
    failure: { words: ['1', '-p', 'nope'], says: /There is no project "nope"/ },
  },
  {
    name: 'deploy watch',
    words: RELEASES,
    text: /production: rolled-back at /,
    code: 2,
    // A line an event.
    json: [],
    failure: NO_DEPLOYMENT,
  },
  {
    name: 'deploy start',
    words: [...RELEASES, '--strategy', 'canary-10-20m', '--again'],
    text: /canary-10-20m\nrunning at 10 %/,
    json: DEPLOYMENT,
    failure: { words: ['-p', 'releases'], says: /--env is missing/ },
  },
  {
    name: 'override keygen',
    words: ['a.key.json'],
    text: /wrote the private key to a\.key\.json/,
    // Written once, by the text.
    json: [],
    failure: { words: ['a.key.json'], says: /a\.key\.json is there already/ },
  },
  {
    name: 'override sign',
    words: 'sign -p shop -e production --key-file a.key.json --off new-checkout -o o.jws'
      .split(' ')
      .slice(1),
    text: /wrote o\.jws: shop\/production/,
    json: ['aud', 'iat', 'exp', 'seq', 'flags', 'output'],
    failure: { words: ['-p', 'shop', '-e', 'production'], says: /no flag is named\nhint: --off/ },
  },
  {
    name: 'override verify',
    words: ['o.jws', '-p', 'shop', '-e', 'production', '--key-file', 'a.key.json'],
    text: /new-checkout/,
    json: ['ok', 'claims'],
    failure: {
      words: ['nope.jws', '-p', 'shop', '-e', 'production', '--key-file', 'a.key.json'],
      says: /there is no file nope\.jws/,
    },
  },
  {
    name: 'secrets set',
    words: ['db', ...STAGING],
    stdin: 'hunter2-hunter2',
    text: /set db in staging/,
    json: WRITTEN,
    failure: { words: ['db=hunter2', ...STAGING], says: /give the name alone: db\n/ },
  },
  {
    name: 'secrets list',
    text: /db +staging/,
    json: ['secrets'],
    failure: { words: ['-p', 'nope'], says: /There is no project "nope"/ },
  },
  {
    name: 'secrets get',
    words: ['db', ...STAGING, '-m', 'a test'],
    text: /^hunter2-hunter2\n$/,
    json: ['name', 'environment', 'version', 'value'],
    failure: { words: ['db', ...STAGING], says: /--reason is missing/ },
  },
  {
    name: 'secrets rotate',
    words: ['db', ...STAGING],
    text: /revision \d+/,
    json: WRITTEN,
    failure: { words: ['nope', ...STAGING], says: /There is no secret "nope/ },
  },
  {
    name: 'secrets activate',
    words: ['db', '1', ...STAGING],
    text: /revision \d+/,
    json: WRITTEN,
    failure: { words: ['db', 'first', ...STAGING], says: /version must be/ },
  },
  {
    name: 'secrets revoke',
    words: ['db', '2', ...STAGING, '--yes'],
    text: /revision \d+/,
    json: WRITTEN,
    failure: { words: ['db', '1', ...STAGING], says: /this would|active/ },
  },
  {
    name: 'secrets delete',
    words: ['db', ...STAGING, '--yes'],
    text: /revision \d+/,
    json: WRITTEN,
    failure: { words: ['db', ...STAGING], says: /this would delete|There is no secret "db"/ },
  },
  {
    name: 'secrets import',
    words: ['some.env', ...STAGING],
    text: /revision \d+/,
    json: WRITTEN,
    failure: { words: ['nope.env', ...STAGING], says: /there is no file nope\.env/ },
  },
  {
    name: 'secrets key',
    text: /pk_/,
    json: ['current', 'isDone', 'remaining', 'keys'],
    failure: { words: ['-p', 'nope'], says: /There is no project "nope"/ },
  },
  {
    name: 'types generate',
    words: [...FOLDER, '-o', 'types.d.ts'],
    text: /types\.d\.ts \(\d+ configs, \d+ flags?\)/,
    json: ['file', 'isNew', 'configs', 'flags'],
    failure: {
      words: ['-C', 'declared', '-o', 'all.json', '--check'],
      says: /is not what driftless types generate writes now/,
    },
  },
  {
    name: 'env-template',
    words: FOLDER,
    text: /no config refers to a variable/,
    json: ['wanted'],
    failure: { words: [...FOLDER, '-e', 'nope'], says: NO_ENVIRONMENT },
  },
  {
    name: 'schema infer',
    words: ['settings', ...FOLDER],
    text: /"title"/,
    json: ['properties', 'required'],
    failure: { words: ['setings', ...FOLDER], says: /did you mean settings/ },
  },
  {
    name: 'schema check',
    words: ['settings', 'strict.json', ...FOLDER],
    text: /settings in staging \/title: /,
    code: 2,
    json: ['ok', 'documents', 'issues'],
    failure: { words: ['settings', 'nope.json', ...FOLDER], says: /there is no file nope\.json/ },
  },
  {
    name: 'scan',
    words: ['app.js', ...FOLDER],
    text: /error +unknown-flag +app\.js:1:\d+ +.*"nothing-such"/,
    code: 2,
    json: ['files', 'uses', 'findings'],
    failure: { words: ['nowhere', ...FOLDER], says: /there is no nowhere/ },
  },
  {
    name: 'keys create',
    words: ['web', ...STAGING],
    text: /^driftless_server_shop_staging_\S+\n$/,
    json: ['dryRun'],
    failure: { words: ['web'], says: /--env is missing/ },
  },
  {
    name: 'keys list',
    text: /^ID +NAME +ENVIRONMENT +AUDIENCE +CREATED\n/,
    json: ['keys'],
    failure: { words: ['-p', 'nope'], says: /There is no project "nope"/ },
    then: (out) => (ids['key'] = /^(\S+) +web /m.exec(out)?.[1] ?? ''),
  },
  {
    name: 'keys revoke',
    words: () => [ids['key'] ?? '', '--yes'],
    text: /^revoked /,
    json: ['id', 'dryRun'],
    failure: { words: ['nope'], says: /this would revoke:\n {2}key nope[^]*--yes/ },
  },
  {
    name: 'tokens create',
    words: ['ci', '--role', 'editor', '--for', 'shop', '--days', '1'],
    text: /^driftless_admin_\S+\n$|^\S{20,}\n$/,
    json: ['dryRun'],
    failure: { words: ['ci', '--role', 'king'], says: /--role must be one of / },
  },
  {
    name: 'tokens list',
    text: /^ID +NAME +ROLE +PROJECT +EXPIRES\n/,
    json: ['tokens'],
    failure: { env: { DRIFTLESS_TOKEN: 'wrong' }, says: /does not accept the token/ },
    then: (out) => (ids['token'] = /^(\S+) +ci /m.exec(out)?.[1] ?? ''),
  },
  {
    name: 'tokens rotate',
    words: () => [ids['token'] ?? '', '--overlap', '1h'],
    text: /^\S{20,}\n$/,
    json: ['dryRun'],
    failure: { words: ['nope'], says: /There is no token "nope"/ },
  },
  {
    name: 'tokens revoke',
    words: () => [ids['token'] ?? '', '--yes'],
    text: /^revoked /,
    json: ['id', 'dryRun'],
    failure: { words: ['nope', '--yes'], says: /There is no token "nope"/ },
  },
  {
    name: 'audit',
    text: /^SEQ +UTC +WHO +DID +TO +WHY\n/,
    json: ['entries'],
    failure: { words: ['-n', 'all'], says: /--limit must be/ },
  },
  {
    name: 'audit verify',
    text: /audit\/shop is as it was written/,
    json: ['ok', 'audit', 'rows', 'last'],
    failure: { words: ['nope.jsonl'], says: /there is no file nope\.jsonl/ },
  },
]

let platform: TestPlatform
let cli: Cli

beforeAll(async () => {
  platform = await startTestPlatform()
  const { admin } = platform
  await admin.createProject('shop', {
    staging: { protected: false },
    production: { protected: false },
  })
  await admin.change('shop', [
    {
      op: 'putConfig',
      name: 'settings',
      format: 'yaml',
      source: 'title: Harbour Street\nlimits:\n  items: 10\n',
      visibility: 'server',
    },
    {
      op: 'putConfigOverride',
      name: 'settings',
      environment: 'staging',
      format: 'yaml',
      source: 'title: Staging\n',
    },
    {
      op: 'putFlag',
      key: 'new-checkout',
      type: 'boolean',
      variants: { on: true, off: false },
      offVariant: 'off',
      defaultVariant: 'off',
      visibility: 'server',
    },
  ])
  const { key } = await admin.createKey('shop', 'staging')
  cli = await createCli({
    DRIFTLESS_URL: platform.url,
    DRIFTLESS_TOKEN: admin.token,
    DRIFTLESS_PROJECT: 'shop',
    DRIFTLESS_SDK_KEY: key,
  })
  const release = (project: string, value: number) =>
    admin.change(project, [
      {
        op: 'putConfig',
        name: 'web',
        format: 'json',
        source: String(value),
        visibility: 'server',
      },
    ])
  const deployment = { growth: 'LINEAR', factor: 50, minutes: 0, bake: 60 }
  await admin.createProject('fast', { production: { protected: true, deployment } })
  await release('fast', 1)
  await release('fast', 2)
  await admin.createProject('releases', { production: { protected: true } })
  await release('releases', 1)
  // The first content is everybody's; from here on it goes step by step.
  await cli.run(['deploy', 'promote', ...RELEASES])
  await cli.run(['deploy', 'promote', ...RELEASES])
  await release('releases', 2)
  await mkdir(join(cli.folder, 'broken/config/web'), { recursive: true })
  await Promise.all(
    Object.entries({
      'broken/driftless.config.json': '{}',
      'broken/config/web/base.yaml': 'a: [1',
      'extra.json': '{"a":1}',
      'strict.json': '{"properties":{"title":{"type":"number"}}}',
      'some.env': 'API_KEY=abcdefghijkl\n',
      'app.js': "client.getBooleanValue('nothing-such', false)\n",
    }).map(([path, text]) => writeFile(join(cli.folder, path), text)),
  )
}, 120_000)
afterAll(async () => {
  await cli?.close()
  await platform?.close()
})

test('every command of the table is tried here, or said to be elsewhere', async () => {
  const tried = [...TRIED.map(({ name }) => name), ...Object.keys(ELSEWHERE)]
  expect(tried.toSorted()).toEqual(COMMANDS.map(({ name }) => name).toSorted())
  for (const [name, file] of Object.entries(ELSEWHERE)) {
    const text = await readFile(join(ROOT, 'test/e2e/cli', file), 'utf8')
    expect(text, file).toContain(
      name
        .split(' ')
        .map((word) => `'${word}'`)
        .join(', '),
    )
  }
})

describe('each command', () => {
  test.each(TRIED)(
    '$name: its text, its JSON and its failure',
    async ({ name, words = [], stdin, text, code = 0, json, failure, then }) => {
      const command = COMMANDS.find((one) => one.name === name)
      const run = (rest: readonly string[], options: CliOptions) =>
        cli.run([...name.split(' '), ...rest], {
          ...options,
          sleep: async () => undefined,
        })
      const input =
        stdin === undefined ? {} : { stdin: stdin.replace('TOKEN', platform.admin.token) }
      const given = typeof words === 'function' ? words() : words
      if (json.length > 0) {
        const dry = command?.writes === true ? ['--dry-run'] : []
        const asJson = await run([...given, ...dry, '--json'], input)
        expect(asJson, asJson.out).toMatchObject({ code, err: '' })
        for (const member of json) expect(asJson.json()).toHaveProperty([member])
      }
      const asText = await run(given, input)
      expect(asText, asText.err + asText.out).toMatchObject({ code })
      expect(asText.out + asText.err).toMatch(text)
      then?.(asText.out)
      const { words: wrong = [], says, env = {}, stdin: wrongInput } = failure
      const options = { env, ...(wrongInput !== undefined && { stdin: wrongInput }) }
      const failed = await run(wrong, options)
      expect(failed, failed.err + failed.out).toMatchObject({ code: 1 })
      expect(failed.out + failed.err).toMatch(says)
      expect(failed.out + failed.err).not.toMatch(/\n {4}at |undefined|\[object/)
      const failedJson = (await run([...wrong, '--json'], options)).json()
      if (name !== 'doctor')
        expect(failedJson).toMatchObject({
          error: { code: expect.any(String), message: expect.any(String) },
        })
    },
  )
})
