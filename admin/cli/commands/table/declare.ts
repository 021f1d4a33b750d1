/** A folder is the truth. */
import type { Command } from '../../frame/command.ts'
import { ACKNOWLEDGE, FOLDER } from '../../frame/flags.ts'

const CHANGES =
  'changes: [{ kind, key, layer, change: added | removed | changed, places: [{ path, before, after, owner: { author, revision, atMs, reason } }] }]'

export const DECLARE: readonly Command[] = [
  {
    name: 'init',
    summary:
      'Make a folder of a project: driftless.config.json and a file for everything there is.',
    flags: [{ ...FOLDER, summary: 'Where to. Default: here.' }],
    needs: 'project',
    writes: true,
    json: '{ revision, dryRun, created, changed, removed: [path] }',
    examples: [{ run: 'driftless init --project shop', does: 'in this folder' }],
    load: async () => (await import('../pull.ts')).init,
  },
  {
    name: 'pull',
    summary: 'Bring the folder’s files to what is published.',
    notes:
      'A file that says the same stays byte for byte; one that does not is changed in place, with its comments. What would be overwritten or removed is named and asked about. --dry-run prints the differences.',
    flags: [FOLDER],
    needs: 'project',
    writes: true,
    json: '{ revision, dryRun, created, changed, removed: [path] }',
    examples: [{ run: 'driftless pull --dry-run', does: 'what it would change' }],
    load: async () => (await import('../pull.ts')).pull,
  },
  {
    name: 'validate',
    summary: 'Check the folder: that each file can be read, and that the server would take it.',
    flags: [FOLDER, { name: 'offline', summary: 'The files alone.' }],
    needs: 'project',
    json: '{ ok, layers, changes: count }; faults as error.errors: [{ path: file:line, message }]',
    examples: [{ run: 'driftless validate --offline', does: 'for a pre-commit hook' }],
    load: async () => (await import('../plan.ts')).validate,
  },
  {
    name: 'plan',
    summary:
      'Show exactly what would change for the published to be what the folder declares, and who wrote what is there now.',
    notes:
      'The server checks it, and nothing is written. With -o the plan is kept: its operations, the revision they were made on, and a hash of both.',
    flags: [
      FOLDER,
      { name: 'output', short: 'o', value: 'FILE', summary: 'Keep the plan, for apply.' },
    ],
    needs: 'project',
    exit2: 'there are changes',
    json: `{ project, base, sha256, ${CHANGES}, overruled: [{ mirror, config, environment, pointer }] }`,
    examples: [
      { run: 'driftless plan', does: 'exits with 2 when there are changes' },
      { run: 'driftless plan -o plan.json', does: 'to be looked at and applied' },
    ],
    load: async () => (await import('../plan.ts')).plan,
  },
  {
    name: 'apply',
    summary: 'Publish what the folder declares, or exactly what a plan says, as one change set.',
    notes:
      'A plan that was made on another revision than the newest is refused, with what changed since; one that was edited is refused as well. Sending the same plan again after a crash commits it once. When nothing differs, nothing is written.',
    arguments: [
      {
        name: 'plan',
        summary: 'A file of plan -o. Default: what the folder says now.',
        optional: true,
      },
    ],
    flags: [FOLDER, ACKNOWLEDGE],
    needs: 'project',
    writes: true,
    json: '{ sha256, revision, dryRun, changed: [{ kind, key, layer, before, after }], environments }',
    examples: [
      { run: 'driftless apply plan.json', does: 'that plan or nothing' },
      { run: 'driftless apply --yes -m "$(git log -1 --format=%s)"', does: 'in a pipeline' },
    ],
    load: async () => (await import('../plan.ts')).apply,
  },
]
