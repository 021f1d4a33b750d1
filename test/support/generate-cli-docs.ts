/** Writes docs/cli.md from the command line's own table of commands. `--check` compares instead of writing. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GROUPS } from '../../admin/cli/commands/index.ts'
import type { Command } from '../../admin/cli/frame/command.ts'
import { flagsOf } from '../../admin/cli/frame/flags.ts'
import { flagSummary, flagText, usage } from '../../admin/cli/frame/help.ts'
import { ROOT } from './run-tool.ts'

const INTRODUCTION = `<!-- Written by test/support/generate-cli-docs.ts; change admin/cli/commands/table instead. -->

# The command line

\`driftless\`, from the package \`@driftless/cli\`. This page and \`driftless --help\` are made from the same table.

- **Where and which.** \`--url\`, else \`DRIFTLESS_URL\`, else \`url\` in the nearest \`driftless.config.json\`, else the last \`driftless login\`. \`--project\`, else \`DRIFTLESS_PROJECT\`, else \`project\` in
  \`driftless.config.json\`. The token is \`DRIFTLESS_TOKEN\`, else the one that \`driftless login\` kept for that URL; it is never an argument.
- **For programs.** \`--json\` prints one JSON document of a stable shape; members may be added, none is renamed. A failure prints \`{ "error": { code, message, … } }\` and exits with 1.
- **Exit codes.** 0: done, and nothing differs. 2: something differs, where a command compares. 1: it failed.
- **Writing.** Every write is checked by the server first, and is one change set: all of it or nothing. \`--dry-run\` stops after the check. What would be deleted is named and asked about; where nobody can be asked, \`--yes\` is needed.
- **Colour.** On a terminal, unless \`NO_COLOR\` is set; \`FORCE_COLOR\` turns it on elsewhere.
- **Proxies.** \`HTTPS_PROXY\`, \`HTTP_PROXY\` and \`NO_PROXY\` are used, with Node 22.21 or newer; \`NODE_USE_ENV_PROXY=0\` turns that off.
`

function entry(command: Command): string {
  const { summary, notes, arguments: specs = [], examples, exit2, json } = command
  const cell = (text: string): string => text.replaceAll('|', String.raw`\|`)
  const rows = [
    ...specs.map((spec) => [`\`${spec.name}\``, spec.summary]),
    ...flagsOf(command)
      .filter(({ name }) => name !== 'help' && name !== 'json')
      .map((flag) => [`\`${flagText(flag)}\``, flagSummary(flag)]),
  ]
  return [
    `### \`${usage(command)}\``,
    '',
    notes === undefined ? summary : `${summary} ${notes}`,
    '',
    ...(rows.length === 0
      ? []
      : ['| | |', '| --- | --- |', ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`), '']),
    `\`--json\`: ${json.replaceAll('<', '&lt;')}.${exit2 === undefined ? '' : ` Exit code 2: ${exit2}.`}`,
    '',
    '```sh',
    ...examples.map(({ run, does }) => `${run}  # ${does}`),
    '```',
    '',
  ].join('\n')
}

const PAGE = [
  INTRODUCTION,
  ...GROUPS.map(({ title, commands }) => [`## ${title}`, '', ...commands.map(entry)].join('\n')),
].join('\n')

const path = join(ROOT, 'docs/cli.md')
if (process.argv.includes('--check')) {
  const written = await readFile(path, 'utf8').catch(() => '')
  if (written !== PAGE) {
    console.error('docs/cli.md differs')
    process.exitCode = 1
  }
} else {
  await writeFile(path, PAGE)
}
