/** What every command has: help out of the table, faults of the words, completion, and a start that does not read it all. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli } from '../../../admin/cli/build.ts'
import { COMMANDS } from '../../../admin/cli/commands/index.ts'
import { type Cli, createCli } from '../../support/cli.ts'
import { runTool } from '../../support/run-tool.ts'

let cli: Cli
let built: string

beforeAll(async () => {
  cli = await createCli()
  built = await mkdtemp(join(tmpdir(), 'driftless-built-'))
  await buildCli(built)
})
afterAll(async () => {
  await cli.close()
  await rm(built, { recursive: true })
})

test('help lists every command, and each has its own with examples', async () => {
  const all = await cli.run([])
  expect(all.code).toBe(0)
  for (const { name, summary } of COMMANDS) {
    expect(all.out).toContain(name)
    const help = await cli.run([...name.split(' '), '--help'])
    expect(help.code).toBe(0)
    expect(help.out).toContain(summary)
    expect(help.out).toContain('Examples')
  }
  expect((await cli.run(['flags'])).out).toContain('driftless flags rollout <flag> <percent>')
})

test('every example in the table can be read by the table', async () => {
  for (const { name, examples } of COMMANDS)
    for (const { run } of examples) expect(run).toContain(`driftless ${name}`)
})

test.each([
  [['flgs'], 'error: there is no command "flgs"'],
  [['flags', 'lsit'], 'hint: did you mean: driftless flags list'],
  [['plan', '--otuput', 'x'], 'hint: did you mean --output'],
  [['set', 'a'], 'error: value is missing'],
  [['get', 'a', 'b'], 'error: "b" is one argument too many'],
  [['show', '--format', 'xml'], 'error: --format must be one of json'],
  [['completion', 'csh'], 'error: shell must be one of bash, zsh, fish'],
])('%j is refused: %s', async (words, message) => {
  const refused = await cli.run(words)
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toContain(message)
  const asJson = await cli.run([...words, '--json'])
  expect(asJson).toMatchObject({ code: 1, err: '' })
  expect(asJson.json()).toHaveProperty('error.message')
})

test('no token and no secret is an argument of any command', () => {
  const names = COMMANDS.flatMap(({ arguments: args = [], flags = [] }) =>
    [...args, ...flags].map(({ name }) => name),
  )
  expect(names.filter((name) => /^(?:token|secret|password|key)$/.test(name))).toEqual([])
})

test('the version is printed', async () => {
  expect((await cli.run(['--version'])).out).toBe('0.0.0-test\n')
  expect((await cli.run(['--version', '--json'])).json()).toEqual({ version: '0.0.0-test' })
})

test('bash completes commands, their second words and their flags', async () => {
  const { out } = await cli.run(['completion', 'bash'])
  await writeFile(join(cli.folder, 'completion.bash'), out)
  const complete = (...words: string[]): string[] => {
    const script = `source completion.bash; COMP_WORDS=(driftless ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _driftless; echo "\${COMPREPLY[@]}"`
    const ran = spawnSync('bash', ['-c', script], { cwd: cli.folder, encoding: 'utf8' })
    expect(ran.stderr).toBe('')
    return ran.stdout.trim().split(' ')
  }
  expect(complete('fla')).toEqual(['flags'])
  expect(complete('flags', 'ro')).toEqual(['rollout'])
  expect(complete('flags', 'rollout', '--dr')).toEqual(['--dry-run'])
  expect(complete('plan', '--o')).toEqual(['--output'])
  expect(complete('set', 'a.b', '--ba')).toEqual(['--base'])
})

test('zsh and fish have a script as well', async () => {
  expect((await cli.run(['completion', 'zsh'])).out).toContain('compdef _driftless driftless')
  const fish = await cli.run(['completion', 'fish'])
  expect(fish.out).toContain('complete -c driftless -n __fish_use_subcommand -f -a plan')
  expect((await cli.run(['completion', 'fish', '--json'])).json()).toMatchObject({ shell: 'fish' })
})

test('the built one runs by itself; NO_COLOR and a pipe mean no colours, FORCE_COLOR means colours', async () => {
  const entry = join(built, 'driftless.js')
  const version = await runTool('node', [entry, '--version'])
  expect(version).toMatchObject({ code: 0, stdout: '0.1.0\n' })
  const escape = '\u001B['
  const piped = await runTool('node', [entry], { env: { CI: '1', FORCE_COLOR: '', NO_COLOR: '' } })
  expect(piped.stdout).not.toContain(escape)
  const colored = await runTool('node', [entry], { env: { FORCE_COLOR: '1', NO_COLOR: '' } })
  expect(colored.stdout).toContain(escape)
  const plain = await runTool('node', [entry], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })
  expect(plain.stdout).not.toContain(escape)
})
