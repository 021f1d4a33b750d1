/** A project in and out of files: exports, other vendors' flags, snapshots. */
import type { Command } from '../../frame/command.ts'
import { ACKNOWLEDGE, ENVIRONMENT, WRITTEN } from '../../frame/flags.ts'

export const FILES: readonly Command[] = [
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
          'configcat',
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
