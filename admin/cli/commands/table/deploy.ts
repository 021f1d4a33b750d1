/** `deploy …`. */
import type { Command, FlagSpec } from '../../frame/command.ts'
import { ENVIRONMENT } from '../../frame/flags.ts'

const DEPLOYMENT = {
  name: 'deployment',
  summary: 'Its id. Default: the newest of --env.',
  optional: true,
}
const OF: FlagSpec = { ...ENVIRONMENT, summary: 'The newest deployment of this environment.' }
const JSON_SHAPE =
  '{ id, environment, revision, stableRevision, status, share, strategy, rings?, shares, dueAtMs, story, … }'

export const DEPLOY: readonly Command[] = [
  {
    name: 'deploy list',
    summary: 'List deployments, newest first.',
    flags: [
      { ...ENVIRONMENT, summary: 'Of one environment. Default: all.' },
      { name: 'limit', short: 'n', value: 'COUNT', summary: 'How many. Default: 20.' },
    ],
    needs: 'project',
    json: `{ deployments: [${JSON_SHAPE}] }`,
    examples: [{ run: 'driftless deploy list --env production', does: 'those of production' }],
    load: async () => (await import('../deploy.ts')).list,
  },
  {
    name: 'deploy show',
    summary: 'Show one deployment: its steps, and what happened.',
    arguments: [DEPLOYMENT],
    flags: [OF],
    needs: 'project',
    json: JSON_SHAPE,
    examples: [{ run: 'driftless deploy show --env production', does: 'the newest' }],
    load: async () => (await import('../deploy.ts')).show,
  },
  {
    name: 'deploy start',
    summary: 'Release the content of a revision to an environment.',
    notes: 'A commit to an environment that is released step by step does this by itself.',
    flags: [
      ENVIRONMENT,
      { name: 'revision', value: 'NUMBER', summary: 'Default: the newest.' },
      {
        name: 'strategy',
        value: 'NAME|JSON',
        summary:
          'all-at-once, linear-20-6m, canary-10-20m, ramp-1-5-10-25-50-100, emergency, or numbers of your own. Default: that of the environment.',
      },
      { name: 'again', summary: 'Although this content failed before.' },
    ],
    needs: 'project',
    writes: true,
    json: JSON_SHAPE,
    examples: [
      {
        run: 'driftless deploy start --env production --revision 12 --strategy emergency',
        does: 'back to revision 12, at once',
      },
      {
        run: `driftless deploy start --env production --strategy '{"rings": [{"name": "canary", "labels": {"ring": ["canary"]}}], "growth": "LINEAR", "factor": 25, "minutes": 10, "bake": 30}'`,
        does: 'first to instances with the label ring=canary, then by quarters',
      },
    ],
    load: async () => (await import('../deploy.ts')).start,
  },
  {
    name: 'deploy watch',
    summary: 'Tell what happens in a deployment until it ends.',
    arguments: [DEPLOYMENT],
    flags: [OF, { name: 'interval', value: 'TIME', summary: 'How often to look. Default: 2s.' }],
    needs: 'project',
    exit2: 'it was rolled back or cancelled',
    json: 'A line an event: { atMs, what, by, share, ring?, why? }',
    examples: [
      { run: 'driftless deploy watch --env production', does: 'in a pipeline, after apply' },
    ],
    load: async () => (await import('../deploy.ts')).watch,
  },
  ...(
    [
      ['pause', 'Stand still: nobody more gets the new content.'],
      ['resume', 'Go on, with what was left of the step.'],
      ['promote', 'To everybody now, then bake.'],
      ['abort', 'Take the new content back from everybody who has it.'],
    ] as const
  ).map(([verb, summary]): Command => ({
    name: `deploy ${verb}`,
    summary,
    arguments: [DEPLOYMENT],
    flags: [OF],
    needs: 'project',
    writes: true,
    json: JSON_SHAPE,
    examples: [{ run: `driftless deploy ${verb} --env production`, does: 'the newest' }],
    load: async () => (await import('../deploy.ts'))[verb],
  })),
]
