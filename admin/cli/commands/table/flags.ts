/** `flags …`. */
import type { Command, FlagSpec } from '../../frame/command.ts'
import { ENVIRONMENT } from '../../frame/flags.ts'

const FLAG = { name: 'flag', summary: 'The flag’s key.' }
const WRITTEN = '{ flag, environment, revision, dryRun, changed, environments }'

const CONTEXT: readonly FlagSpec[] = [
  ENVIRONMENT,
  { name: 'user', short: 'u', value: 'KEY', summary: 'The targeting key.' },
  {
    name: 'context',
    short: 'c',
    value: 'NAME=VALUE',
    many: true,
    summary: 'An attribute, or a JSON object of them.',
  },
  {
    name: 'at',
    value: 'TIME',
    summary: 'As of this time, such as 2026-12-24T18:00:00Z. Default: now.',
  },
]

export const FLAGS: readonly Command[] = [
  {
    name: 'flags list',
    summary: 'List the flags and their state in each environment.',
    needs: 'project',
    json: '{ revision, flags: [{ key, type, variants, …, environments: { name: state } }] }',
    examples: [{ run: 'driftless flags list', does: 'all of them' }],
    load: async () => (await import('../flags.ts')).list,
  },
  {
    name: 'flags get',
    summary: 'Show one flag with its settings in each environment.',
    arguments: [FLAG],
    needs: 'project',
    json: '{ key, type, variants, …, environments: { name: settings } }',
    examples: [{ run: 'driftless flags get new-checkout', does: 'as YAML' }],
    load: async () => (await import('../flags.ts')).get,
  },
  {
    name: 'flags create',
    summary: 'Create a flag, off everywhere.',
    arguments: [FLAG],
    flags: [
      {
        name: 'type',
        value: 'TYPE',
        choices: ['boolean', 'string', 'number', 'object'],
        summary: 'Default: boolean.',
      },
      {
        name: 'variant',
        value: 'NAME=VALUE',
        many: true,
        summary: 'A variant. Default for boolean: on=true and off=false.',
      },
      { name: 'description', value: 'TEXT', summary: 'For people.' },
      { name: 'client', summary: 'Browsers and apps may see it. Default: servers only.' },
    ],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      { run: 'driftless flags create new-checkout', does: 'on and off' },
      {
        run: 'driftless flags create color --type string --variant blue=blue --variant red=red',
        does: 'two texts',
      },
    ],
    load: async () => (await import('../flags.ts')).create,
  },
  {
    name: 'flags enable',
    summary: 'Switch a flag on in an environment.',
    arguments: [FLAG],
    flags: [ENVIRONMENT],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      {
        run: 'driftless flags enable new-checkout --env staging',
        does: 'its rules decide from now on',
      },
    ],
    load: async () => (await import('../flags.ts')).enable,
  },
  {
    name: 'flags disable',
    summary: 'Switch a flag off in an environment.',
    arguments: [FLAG],
    flags: [ENVIRONMENT],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      {
        run: 'driftless flags disable new-checkout --env production -m "too many complaints"',
        does: 'everybody gets the off variant',
      },
    ],
    load: async () => (await import('../flags.ts')).disable,
  },
  {
    name: 'flags rollout',
    summary: 'Serve a variant to a share of people; raising it moves nobody who has it.',
    notes: 'It writes one rule with the id `rollout`, after the others, and switches the flag on.',
    arguments: [FLAG, { name: 'percent', summary: '0 to 100, in steps of 0.001.' }],
    flags: [
      ENVIRONMENT,
      { name: 'variant', value: 'NAME', summary: 'Default: on, else the first.' },
    ],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      { run: 'driftless flags rollout new-checkout 10 --env production', does: 'one in ten' },
    ],
    load: async () => (await import('../flags.ts')).rollout,
  },
  {
    name: 'flags split',
    summary: 'Divide people among variants.',
    notes:
      'It writes one rule with the id `split`, after the others, and switches the flag on. What the shares leave of 100 % gets the default variant.',
    arguments: [FLAG, { name: 'shares', summary: 'variant=percent, for each.', rest: true }],
    flags: [ENVIRONMENT],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      { run: 'driftless flags split color blue=50 red=50 --env production', does: 'half and half' },
    ],
    load: async () => (await import('../flags.ts')).split,
  },
  {
    name: 'flags delete',
    summary: 'Delete a flag with its settings.',
    arguments: [FLAG],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [{ run: 'driftless flags delete new-checkout', does: 'asks before it does' }],
    load: async () => (await import('../flags.ts')).remove,
  },
  {
    name: 'flags evaluate',
    summary: 'Evaluate one flag, or all, for a context.',
    arguments: [{ ...FLAG, summary: 'Default: all of the environment.', optional: true }],
    flags: CONTEXT,
    needs: 'project',
    json: '{ revision, results: [{ flagKey, value, variant, reason, flagMetadata }] }',
    examples: [
      {
        run: 'driftless flags evaluate new-checkout --env production --user ada --context plan=pro',
        does: 'what Ada gets',
      },
    ],
    load: async () => (await import('../evaluate.ts')).evaluate,
  },
  {
    name: 'flags explain',
    summary: 'Say step by step why a context gets what it gets.',
    arguments: [FLAG],
    flags: CONTEXT,
    needs: 'project',
    json: '{ revision, results: [{ flagKey, …, steps }] }',
    examples: [
      {
        run: 'driftless flags explain new-checkout --env production --user ada --at 2026-12-24T18:00:00Z',
        does: 'on Christmas Eve',
      },
    ],
    load: async () => (await import('../evaluate.ts')).explain,
  },
]
