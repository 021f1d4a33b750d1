/** Flags that many commands share, and which of them a command has. */
import type { Command, FlagSpec } from './command.ts'

const ALWAYS: readonly FlagSpec[] = [
  { name: 'json', summary: 'Print JSON for programs instead of text.' },
  { name: 'help', short: 'h', summary: 'Print help.' },
]
const SERVER: readonly FlagSpec[] = [
  {
    name: 'url',
    value: 'URL',
    summary:
      'Where the platform is. Default: DRIFTLESS_URL, driftless.config.json, then the last login.',
  },
]
export const PROJECT: readonly FlagSpec[] = [
  {
    name: 'project',
    short: 'p',
    value: 'NAME',
    summary: 'The project. Default: DRIFTLESS_PROJECT, then driftless.config.json.',
  },
]
const WRITES: readonly FlagSpec[] = [
  { name: 'dry-run', summary: 'Show what would change and write nothing.' },
  { name: 'yes', short: 'y', summary: 'Do not ask before something is deleted or overwritten.' },
  { name: 'reason', short: 'm', value: 'TEXT', summary: 'Why, for the history.' },
]

/** Own flags first. */
export function flagsOf(command: Command): readonly FlagSpec[] {
  return [
    ...(command.flags ?? []),
    ...(command.writes === true ? WRITES : []),
    ...(command.needs === 'project' ? PROJECT : []),
    ...(command.needs === 'nothing' ? [] : SERVER),
    ...ALWAYS,
  ]
}

/** What `--json` of a write prints, in words. */
export const WRITTEN =
  '{ revision, dryRun, changed: [{ kind, key, layer, before, after }], environments }'

export const ENVIRONMENT: FlagSpec = {
  name: 'env',
  short: 'e',
  value: 'NAME',
  summary: 'The environment.',
}

export const ACKNOWLEDGE: FlagSpec = {
  name: 'acknowledge',
  value: 'LIST',
  summary: 'Large changes that are meant: grows, shrinks, changes, with commas between.',
}

export const FOLDER: FlagSpec = {
  name: 'folder',
  short: 'C',
  value: 'PATH',
  summary: 'The folder with driftless.config.json. Default: this one, or the nearest above it.',
}
