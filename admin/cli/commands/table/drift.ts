/** Drift, and what runs. */
import type { Command, FlagSpec } from '../../frame/command.ts'
import { ENVIRONMENT, FOLDER } from '../../frame/flags.ts'

const IGNORE: FlagSpec = {
  name: 'ignore',
  value: 'PATTERN',
  many: true,
  summary: 'Places to leave out, as `leave` in driftless.config.json: flag/*/production#/enabled.',
}
const NO_FLEET: FlagSpec = { name: 'no-fleet', summary: 'Leave out what instances report.' }

export const DRIFT: readonly Command[] = [
  {
    name: 'drift',
    summary:
      'Compare what is declared, what is published and what runs: places, both values, and who did it.',
    notes:
      'Severity: error where every environment or a protected one is concerned or an instance failed, warning elsewhere, info for comments and layout. --fix publishes what is declared, as one revision; the one before it is the backup. A mirror that only tells is healed where the config that follows is left to others; where the folder’s own files contradict it, it says which. What instances say is left out, and said to be unknown, where the platform or the token cannot tell.',
    flags: [
      FOLDER,
      { name: 'fix', summary: 'Publish what is declared.' },
      IGNORE,
      {
        name: 'fail-on',
        value: 'SEVERITY',
        choices: ['info', 'warning', 'error'],
        summary: 'The least that makes exit code 2. Default: info.',
      },
      NO_FLEET,
      {
        name: 'format',
        short: 'f',
        value: 'FORMAT',
        choices: ['text', 'json', 'html'],
        summary: 'Of the report. Default: text.',
      },
      {
        name: 'output',
        short: 'o',
        value: 'FILE',
        summary: 'Where to write it. Default: standard output.',
      },
    ],
    needs: 'project',
    writes: true,
    exit2: 'drifted',
    json: '{ project, revision, status: clean | drifted, items: [{ kind, key, layer, drift, severity, places: [{ path, declared, published, owner }] }], mirrors: [{ mirror, from, to, mode, state: holds | differs | waits, differences: [{ environment, pointer, leads, follows, severity }] }], overruled: [{ mirror, config, environment, pointer }], fleet: [{ environment, audience, severity, instances, behind, wanted, failures, stragglers }] | null, instances, fleetUnknown: [{ environment, why }], fixed }',
    examples: [
      { run: 'driftless drift', does: 'exits with 2 when there is any' },
      { run: 'driftless drift --format html -o drift.html', does: 'a page to pass on' },
      { run: 'driftless drift --fix --yes', does: 'in a pipeline' },
    ],
    load: async () => (await import('../drift.ts')).drift,
  },
  {
    name: 'drift watch',
    summary: 'Look again and again: tell of drift once, and with --heal publish what is declared.',
    notes:
      'With DRIFTLESS_SDK_KEY it hears of a publish by the event stream, within a second; else at the next interval. A drift that comes back after it was healed is healed again after 60 s, then 120 s and so on up to an hour, and it says who published it: two healers must not answer each other for ever.',
    flags: [
      FOLDER,
      { name: 'interval', value: 'TIME', summary: 'Such as 10s or 5m. Default: 30s.' },
      {
        name: 'heal',
        summary: 'Publish what is declared. What is not declared is deleted only with --yes.',
      },
      { name: 'follow', summary: 'git pull --ff-only before each look.' },
      IGNORE,
      NO_FLEET,
      { name: 'log', value: 'FILE', summary: 'Append each event as a line of JSON.' },
      { name: 'webhook', value: 'URL', summary: 'POST each event as JSON.' },
    ],
    needs: 'project',
    writes: true,
    json: 'A line an event: { atMs, event: watching | drifted | healed | not healed | backing off | clean | fault, text, report }',
    examples: [
      { run: 'driftless drift watch --heal --interval 10s --log drift.log', does: 'until Ctrl-C' },
    ],
    load: async () => (await import('../drift-watch.ts')).watch,
  },
  {
    name: 'drift setup',
    summary: 'Write a pre-commit hook, a job for GitHub Actions, or a script for other pipelines.',
    arguments: [{ name: 'what', summary: 'hook, github, shell' }],
    flags: [FOLDER],
    needs: 'nothing',
    writes: true,
    json: '{ file, dryRun }',
    examples: [
      {
        run: 'driftless drift setup hook',
        does: 'a commit whose folder cannot be read is refused',
      },
      {
        run: 'driftless drift setup github',
        does: 'comments the plan on pull requests, applies main, looks for drift every hour',
      },
    ],
    load: async () => (await import('../drift-setup.ts')).setup,
  },
  {
    name: 'watch',
    summary: 'Publish the folder whenever a file in it is saved.',
    flags: [FOLDER],
    needs: 'project',
    writes: true,
    json: 'A line an event: { atMs, text }',
    examples: [{ run: 'driftless watch --project playground', does: 'until Ctrl-C' }],
    load: async () => (await import('../watch.ts')).watch,
  },
  {
    name: 'fleet',
    summary: 'Show what running instances serve, which failed, and which are behind.',
    flags: [ENVIRONMENT],
    needs: 'project',
    json: '{ environment, server, client }, each { instances, sockets, byRevision, failures, wanted, behind, stragglers, sdks, … }',
    examples: [{ run: 'driftless fleet --env production', does: 'by revision' }],
    load: async () => (await import('../fleet.ts')).fleet,
  },
]
