/** Everyday commands: look, change one thing, undo. */
import type { Command } from '../../frame/command.ts'
import { ACKNOWLEDGE, ENVIRONMENT } from '../../frame/flags.ts'
import { SHELLS } from '../../frame/completion.ts'

const WRITTEN = '{ revision, dryRun, changed: [{ kind, key, layer, before, after }], environments }'

export const ACCOUNT: readonly Command[] = [
  {
    name: 'login',
    summary: 'Keep a platform’s URL and an admin token for later commands.',
    notes:
      'The token is asked for, or read from standard input; it is never an argument, where other users and the shell’s history would see it. It is kept in $XDG_CONFIG_HOME/driftless/credentials.json, readable by you alone. DRIFTLESS_TOKEN in the environment goes before it.',
    arguments: [
      {
        name: 'url',
        summary: 'Default: DRIFTLESS_URL, driftless.config.json, the last login.',
        optional: true,
      },
    ],
    needs: 'nothing',
    json: '{ url, projects: [name] }',
    examples: [
      { run: 'driftless login https://config.example.com', does: 'asks for the token' },
      { run: 'driftless login http://127.0.0.1:8787 < token.txt', does: 'reads it from a file' },
    ],
    load: async () => (await import('../login.ts')).login,
  },
  {
    name: 'logout',
    summary: 'Forget the token of a platform.',
    arguments: [{ name: 'url', summary: 'Default: the last login.', optional: true }],
    needs: 'nothing',
    json: '{ url }, null when there was none',
    examples: [{ run: 'driftless logout', does: 'forgets the last login' }],
    load: async () => (await import('../login.ts')).logout,
  },
  {
    name: 'doctor',
    summary:
      'Check what must hold: reachable, clock, signing keys, token, and with DRIFTLESS_SDK_KEY the snapshot and the stream.',
    needs: 'project',
    json: '{ ok, checks: [{ name, result: ok | warning | failed, detail }] }',
    examples: [{ run: 'driftless doctor', does: 'says what is wrong, if anything is' }],
    load: async () => (await import('../doctor.ts')).doctor,
  },
  {
    name: 'completion',
    summary: 'Print a completion script for a shell.',
    arguments: [{ name: 'shell', summary: SHELLS.join(', ') }],
    needs: 'nothing',
    json: '{ shell, script }',
    examples: [{ run: 'eval "$(driftless completion bash)"', does: 'completes in this shell' }],
    load: async () => (await import('../completion.ts')).complete,
  },
  {
    name: 'projects',
    summary: 'List the projects the token may see.',
    needs: 'server',
    json: '{ projects: [{ name, epoch, createdAtMs }] }',
    examples: [{ run: 'driftless projects', does: 'lists them' }],
    load: async () => (await import('../projects.ts')).list,
  },
  {
    name: 'projects create',
    summary: 'Create a project.',
    arguments: [{ name: 'name', summary: 'Lower-case letters, digits and "-".' }],
    flags: [
      {
        ...ENVIRONMENT,
        many: true,
        summary: 'An environment of it. Default: development, staging, production.',
      },
    ],
    needs: 'server',
    writes: true,
    json: `{ name, …${WRITTEN.slice(2)}`,
    examples: [
      { run: 'driftless projects create shop', does: 'with development, staging and production' },
    ],
    load: async () => (await import('../projects.ts')).create,
  },
]

export const EVERYDAY: readonly Command[] = [
  {
    name: 'show',
    summary: 'Show a project, or a config as applications get it.',
    arguments: [
      {
        name: 'config',
        summary:
          'A config, or a place in one: storefront.banner. Default: an overview of the project.',
        optional: true,
      },
    ],
    flags: [
      ENVIRONMENT,
      {
        name: 'format',
        short: 'f',
        value: 'FORMAT',
        choices: ['json', 'jsonc', 'yaml', 'env', 'ini', 'toml'],
        summary: 'Default: yaml.',
      },
      { name: 'section', value: 'POINTER', summary: 'A JSON pointer into it.' },
    ],
    needs: 'project',
    json: 'The document; without a config { project, revision, environments, configs, flags, segments }',
    examples: [
      { run: 'driftless show', does: 'what is in the project' },
      { run: 'driftless show storefront --env production', does: 'the merged document, as YAML' },
      {
        run: 'driftless show storefront --env production --format toml --section /banner',
        does: 'a part of it, as TOML',
      },
    ],
    load: async () => (await import('../show.ts')).show,
  },
  {
    name: 'get',
    summary: 'Print one value of a config, merged for an environment.',
    arguments: [
      {
        name: 'path',
        summary:
          'storefront.banner.text, or storefront#/banner/text. A dot in a name is written \\.',
      },
    ],
    flags: [ENVIRONMENT],
    needs: 'project',
    json: 'The value',
    examples: [
      {
        run: 'driftless get storefront.banner.text --env production',
        does: 'prints the text, without quotes',
      },
    ],
    load: async () => (await import('../show.ts')).get,
  },
  {
    name: 'set',
    summary: 'Set one value of a config; comments and layout around it stay.',
    notes:
      'The value is read as JSON where it is JSON, else as a text; a place that holds a text keeps holding one. It is checked by the server before anything is written.',
    arguments: [
      { name: 'path', summary: 'As for get.' },
      { name: 'value', summary: 'JSON or a text; - reads it from standard input.' },
    ],
    flags: [
      { ...ENVIRONMENT, summary: 'The environment whose override is changed.' },
      {
        name: 'base',
        summary: 'Change the base layer instead: every environment that does not override it.',
      },
      { name: 'string', summary: 'Take the value as a text, whatever it looks like.' },
    ],
    needs: 'project',
    writes: true,
    json: `{ path, layer, places: [{ path, before, after }], …${WRITTEN.slice(2)}`,
    examples: [
      { run: 'driftless set storefront.banner.text "Half price" --env production', does: 'a text' },
      {
        run: 'driftless set checkout.limits.items 25 --env staging --dry-run',
        does: 'what it would do',
      },
      { run: 'driftless set checkout.limits.items 25 --base', does: 'for every environment' },
    ],
    load: async () => (await import('../set.ts')).set,
  },
  {
    name: 'unset',
    summary: 'Remove one value of a layer; what is below it shows again.',
    arguments: [{ name: 'path', summary: 'As for get.' }],
    flags: [
      { ...ENVIRONMENT, summary: 'The environment whose override is changed.' },
      { name: 'base', summary: 'Change the base layer instead.' },
    ],
    needs: 'project',
    writes: true,
    json: `{ path, layer, places, …${WRITTEN.slice(2)}`,
    examples: [
      {
        run: 'driftless unset storefront.banner.text --env production',
        does: 'back to the base’s',
      },
    ],
    load: async () => (await import('../set.ts')).unset,
  },
  {
    name: 'diff',
    summary: 'Compare two environments, two revisions, or two files.',
    arguments: [
      { name: 'a', summary: 'An environment, a revision, or a file.' },
      { name: 'b', summary: 'Another of the same.' },
    ],
    flags: [{ ...ENVIRONMENT, summary: 'Of revisions: only what concerns this environment.' }],
    needs: 'project',
    exit2: 'they differ',
    json: '{ a, b, differences: [{ item, places: [{ path, before, after }] }] }',
    examples: [
      {
        run: 'driftless diff staging production',
        does: 'configs as merged, flags by their settings',
      },
      { run: 'driftless diff 12 15', does: 'what happened from revision 12 to 15' },
      { run: 'driftless diff base.yaml base.toml', does: 'two documents, in whatever format' },
    ],
    load: async () => (await import('../diff.ts')).diff,
  },
  {
    name: 'history',
    summary: 'List the revisions, newest first: who, when, why, what.',
    arguments: [
      {
        name: 'item',
        summary: 'Only those that changed this config, flag, segment or environment.',
        optional: true,
      },
    ],
    flags: [{ name: 'limit', short: 'n', value: 'COUNT', summary: 'How many. Default: 20.' }],
    needs: 'project',
    json: '{ revisions: [{ revision, atMs, author, reason, kind, changed }] }',
    examples: [{ run: 'driftless history storefront -n 5', does: 'the last five that touched it' }],
    load: async () => (await import('../history.ts')).history,
  },
  {
    name: 'promote',
    summary: 'Give one environment what another has: configs as they resolve, and flag settings.',
    arguments: [
      { name: 'from', summary: 'The environment that has it.' },
      { name: 'to', summary: 'The environment that gets it.' },
      {
        name: 'item',
        summary: 'config:<name> or flag:<key>, only these. Default: all.',
        optional: true,
        rest: true,
      },
    ],
    flags: [ACKNOWLEDGE],
    needs: 'project',
    writes: true,
    json: `${WRITTEN}, with differences: [{ kind, key, change, patch, text }]`,
    examples: [
      { run: 'driftless promote staging production --dry-run', does: 'what it would change' },
      { run: 'driftless promote staging production config:web', does: 'one config' },
    ],
    load: async () => (await import('../promote.ts')).promote,
  },
  {
    name: 'rollback',
    summary: 'Go back to what a revision held, as a new revision.',
    arguments: [{ name: 'revision', summary: 'Its number; or --back.', optional: true }],
    flags: [
      {
        name: 'back',
        value: 'COUNT',
        summary: 'So many revisions back; with --item, so many changes of that item.',
      },
      {
        name: 'item',
        value: 'ITEM',
        summary: 'Only this one: config:<name>, flag:<key> or segment:<key>.',
      },
      {
        ...ENVIRONMENT,
        summary: 'Only what this environment has of its own: overrides and flag settings.',
      },
    ],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      {
        run: 'driftless rollback 12 --env production -m "checkout fails"',
        does: 'production alone',
      },
    ],
    load: async () => (await import('../history.ts')).rollback,
  },
  {
    name: 'export',
    summary: 'Write every layer of the project, at one revision, as JSON.',
    flags: [
      { name: 'output', short: 'o', value: 'FILE', summary: 'Default: standard output.' },
      { name: 'revision', value: 'NUMBER', summary: 'Default: the newest.' },
    ],
    needs: 'project',
    json: 'The export { format, project, revision, items }; with --output { file, project, revision, items: count }',
    examples: [{ run: 'driftless export -o shop.json', does: 'a backup' }],
    load: async () => (await import('../export.ts')).exportProject,
  },
  {
    name: 'import',
    summary:
      'Make the project what an export says, or take in another vendor’s flags or a document.',
    notes:
      'An export is the whole: what it does not have is deleted, after asking. Flags of another vendor are added and replaced; what cannot be carried over exactly is listed and skipped. A document becomes one layer, its text kept.',
    arguments: [{ name: 'file', summary: 'A file; - for standard input.' }],
    flags: [
      {
        name: 'from',
        value: 'SOURCE',
        choices: [
          'driftless',
          'flagd',
          'growthbook',
          'launchdarkly',
          'unleash',
          'json',
          'jsonc',
          'yaml',
          'dotenv',
          'ini',
          'toml',
        ],
        summary: 'What the file is. Default: driftless.',
      },
      { ...ENVIRONMENT, summary: 'The environment the vendor’s flags or the document are for.' },
      {
        name: 'config',
        value: 'NAME',
        summary: 'The config a document becomes. Default: the file’s name.',
      },
      ACKNOWLEDGE,
    ],
    needs: 'project',
    writes: true,
    json: `${WRITTEN}, of a vendor also imported and skipped: [{ path, reason }]`,
    examples: [
      { run: 'driftless import shop.json', does: 'an export' },
      {
        run: 'driftless import flags.json --from unleash --env production --dry-run',
        does: 'what would come over, and what not',
      },
      { run: 'driftless import .env --from dotenv --config settings', does: 'a document' },
    ],
    load: async () => (await import('../export.ts')).importFile,
  },
  {
    name: 'snapshot export',
    summary: 'Write what DRIFTLESS_SDK_KEY gets as a bootstrap file.',
    arguments: [{ name: 'file', summary: 'Where to.' }],
    needs: 'server',
    json: '{ file, bytes }',
    examples: [
      {
        run: 'driftless snapshot export bootstrap.json',
        does: 'for an image that must start without a network',
      },
    ],
    load: async () => (await import('../snapshot.ts')).exportSnapshot,
  },
  {
    name: 'snapshot bodies',
    summary: 'Write what DRIFTLESS_SDK_KEY gets as files named by their hash.',
    notes:
      'For a bucket or CDN that the `bodies` option of SDKs names. Files that are there already are left as they are; what is old is yours to delete.',
    arguments: [{ name: 'folder', summary: 'Where to.' }],
    needs: 'server',
    json: '{ bodies: [hash], written }',
    examples: [{ run: 'driftless snapshot bodies ./bodies', does: 'then upload the folder' }],
    load: async () => (await import('../snapshot-bodies.ts')).exportBodies,
  },
  {
    name: 'snapshot verify',
    summary: 'Check signature, hash and shape of a bootstrap or cache file.',
    notes:
      'Without --url the keys in the file itself are used, which shows that it is whole, not who made it.',
    arguments: [{ name: 'file', summary: 'The file.' }],
    flags: [
      {
        name: 'audience',
        value: 'AUDIENCE',
        summary: '<project>/<environment>/<server|client> it must be for. Default: what it says.',
      },
    ],
    needs: 'server',
    json: '{ ok: true, audience, revision, seq, expired } or { ok: false, code, message }',
    examples: [
      {
        run: 'driftless snapshot verify bootstrap.json --url https://config.example.com',
        does: 'against the platform’s keys',
      },
    ],
    load: async () => (await import('../snapshot.ts')).verifySnapshot,
  },
]
