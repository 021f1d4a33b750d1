/** Everyday commands: look, change one thing, undo. */
import type { Command } from '../../frame/command.ts'
import { ACKNOWLEDGE, ENVIRONMENT, WRITTEN } from '../../frame/flags.ts'

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
]
