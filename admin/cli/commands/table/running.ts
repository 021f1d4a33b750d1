/** Commands for the code that uses configs and flags. */
import type { Command, FlagSpec } from '../../frame/command.ts'
import { ACKNOWLEDGE, ENVIRONMENT, FOLDER } from '../../frame/flags.ts'

const PUBLISHED: FlagSpec = {
  name: 'published',
  summary: 'What is published, though there is a folder.',
}

export const RUNNING: readonly Command[] = [
  {
    name: 'run',
    summary: 'Run a program with its environment from configs.',
    notes:
      'Needs DRIFTLESS_SDK_KEY. A value at `database.poolSize` is the variable DATABASE_POOL_SIZE; of two configs the later wins. With --watch the program is started anew when its environment changes, or gets --signal. It goes on while the platform is away. Its exit code is passed on.',
    arguments: [
      { name: 'command', summary: 'The program and its arguments, after --.', rest: true },
    ],
    flags: [
      {
        name: 'config',
        short: 'c',
        value: 'NAME',
        many: true,
        summary: 'A config its environment is made of.',
      },
      { name: 'prefix', value: 'TEXT', summary: 'Before the name of each variable.' },
      { name: 'watch', short: 'w', summary: 'Follow changes.' },
      {
        name: 'signal',
        value: 'SIGNAL',
        summary: 'SIGHUP, SIGUSR1, SIGUSR2, SIGINT or SIGTERM at a change, instead of a new start.',
      },
      {
        name: 'fallback',
        value: 'FILE',
        summary: 'Keep the last configuration there, signed, for a start without the platform.',
      },
      {
        name: 'timeout',
        value: 'TIME',
        summary: 'How long to wait for the first configuration. Default: 10s.',
      },
    ],
    needs: 'server',
    json: 'Nothing: what is printed is the program’s',
    examples: [
      {
        run: 'driftless run --config settings --watch --fallback .driftless.json -- node server.js',
        does: 'starts anew on change',
      },
    ],
    load: async () => (await import('../run.ts')).run,
  },
  {
    name: 'dev',
    summary:
      'Run the whole platform on this machine, with a project that is this folder, or a copy of a remote one.',
    notes:
      'Prints an SDK key to point an app at it. What is saved in the folder is published there at once. Needs the package miniflare beside it, and Node 22.13 or newer. Secrets are not copied.',
    flags: [
      FOLDER,
      { name: 'copy', summary: 'Seed it from the remote project instead of the folder.' },
      { name: 'port', value: 'NUMBER', summary: 'Default: 8787.' },
      { name: 'data', value: 'PATH', summary: 'Where its state is kept. Default: .driftless.' },
    ],
    needs: 'project',
    json: 'Nothing: it runs until Ctrl-C',
    examples: [
      { run: 'driftless dev', does: 'from the folder' },
      { run: 'driftless dev --copy --project shop', does: 'as it is published now' },
    ],
    load: async () => (await import('../dev.ts')).dev,
  },
  {
    name: 'types generate',
    summary: 'Write TypeScript types of configs and flags, from what they are now.',
    flags: [
      FOLDER,
      PUBLISHED,
      { name: 'output', short: 'o', value: 'FILE', summary: 'Default: driftless.d.ts.' },
      { name: 'watch', short: 'w', summary: 'Write again on change, until Ctrl-C.' },
      { name: 'check', summary: 'Fail when the file is not what would be written.' },
    ],
    needs: 'project',
    json: '{ file, isNew, configs: count, flags: count }',
    examples: [
      { run: 'driftless types generate -o src/driftless.d.ts', does: 'Configs and Flags' },
    ],
    load: async () => (await import('../code.ts')).types,
  },
  {
    name: 'env-template',
    summary:
      'Write every variable that configs refer to as an ENV file to fill in: where it is used, and its default.',
    flags: [
      FOLDER,
      PUBLISHED,
      { ...ENVIRONMENT, summary: 'Of this environment alone.' },
      { name: 'output', short: 'o', value: 'FILE', summary: 'Default: standard output.' },
    ],
    needs: 'project',
    json: '{ wanted: [{ name, kind: variable | secret, places, fallback, required }] }',
    examples: [
      { run: 'driftless env-template -o .env.example', does: 'for who sets the program up' },
    ],
    load: async () => (await import('../code.ts')).template,
  },
  {
    name: 'schema infer',
    summary:
      'Print a JSON Schema that a config fits in every environment: a first draft to tighten.',
    arguments: [{ name: 'config', summary: 'Its name.' }],
    flags: [FOLDER, PUBLISHED],
    needs: 'project',
    json: 'The schema',
    examples: [
      { run: 'driftless schema infer settings > schema.json', does: 'types and required members' },
    ],
    load: async () => (await import('../code.ts')).infer,
  },
  {
    name: 'schema check',
    summary:
      'Check a file, or a config in every environment, against a JSON Schema, as the platform does.',
    arguments: [
      { name: 'what', summary: 'A file or a config.' },
      { name: 'schema', summary: 'A file, 2020-12 or draft-07.' },
    ],
    flags: [FOLDER, PUBLISHED],
    needs: 'project',
    exit2: 'a document does not fit',
    json: '{ ok, documents, issues: [{ document, path, message }] }',
    examples: [
      { run: 'driftless schema check settings schema.json', does: 'in every environment' },
    ],
    load: async () => (await import('../code.ts')).check,
  },
  {
    name: 'schema migrate',
    summary: 'Take every stored layer of a config to the version its schema has in the folder.',
    notes:
      'The new schema stands in config/<name>/schema.json; its version, and how documents get there, in migrations.yaml beside it. What each layer would become is shown first. Then schema and layers are published as one revision, and the files of the layers are written. With --files they are only written, to go through a review; plan and apply publish them with the schema.',
    arguments: [{ name: 'config', summary: 'Its name.' }],
    flags: [
      FOLDER,
      { name: 'files', summary: 'Only write the files of the layers; publish nothing.' },
      ACKNOWLEDGE,
    ],
    needs: 'project',
    writes: true,
    json: '{ config, from, to, dryRun, revision, layers: [{ ref, content }], files: [path] }',
    examples: [
      { run: 'driftless schema migrate app --dry-run', does: 'what each layer would become' },
      { run: 'driftless schema migrate app --files', does: 'for a pull request' },
    ],
    load: async () => (await import('../migrate.ts')).migrate,
  },
  {
    name: 'scan',
    summary:
      'Find flags and configs in source code: unknown, unused, and flags that serve everybody the same.',
    notes:
      'Looks for the calls of this SDK and of OpenFeature’s with the key as a text. Keys that are put together at run time are not found.',
    arguments: [
      { name: 'path', summary: 'Files or folders. Default: this one.', optional: true, rest: true },
    ],
    flags: [
      FOLDER,
      PUBLISHED,
      {
        name: 'sarif',
        value: 'FILE',
        summary: 'Write the findings as SARIF 2.1.0, for code review.',
      },
      {
        name: 'fail-on',
        value: 'LEVEL',
        choices: ['note', 'warning', 'error'],
        summary: 'The least that makes exit code 2. Default: error, an unknown key.',
      },
    ],
    needs: 'project',
    exit2: 'there are such findings',
    json: '{ files, uses: [{ kind, key, file, line, column }], findings: [{ rule, level, key, message, file, line, column }] }',
    examples: [{ run: 'driftless scan src --sarif scan.sarif', does: 'in a pipeline' }],
    load: async () => (await import('../scan.ts')).scan,
  },
]
