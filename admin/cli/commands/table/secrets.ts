/** `secrets …`. */
import type { Command, FlagSpec } from '../../frame/command.ts'
import { ENVIRONMENT, WRITTEN } from '../../frame/flags.ts'

const SECRET = { name: 'name', summary: 'The secret’s.' }
const VERSION = { name: 'version', summary: 'Its number, as secrets list --json shows it.' }
const GENERATE: FlagSpec = {
  name: 'generate',
  value: 'LENGTH',
  summary: 'Let the platform make one of so many letters and digits.',
}
const REFERENCES: FlagSpec = {
  name: 'references',
  summary: '${SECRET:name} in the value stands for the value of that secret.',
}
const DAYS: FlagSpec = {
  name: 'days',
  value: 'COUNT',
  summary: 'The new version expires after so many days: it is reminded of, and served on.',
}

export const SECRETS: readonly Command[] = [
  {
    name: 'secrets list',
    summary: 'List secrets, never their values: versions, which is active, what to see to.',
    flags: [
      { ...ENVIRONMENT, summary: 'Of one environment. Default: all.' },
      { name: 'due', summary: 'Only what somebody should see to, what is due first in front.' },
    ],
    needs: 'project',
    json: '{ secrets: [{ name, environment, revision, content: { type, active, versions, … }, reminders }] }',
    examples: [{ run: 'driftless secrets list --env production', does: 'those of production' }],
    load: async () => (await import('../secrets.ts')).list,
  },
  {
    name: 'secrets set',
    summary: 'Create a secret, or add a version to it.',
    notes:
      'The value is asked for, or read from standard input. The first version is active at once, a later one with --activate.',
    arguments: [SECRET],
    flags: [
      ENVIRONMENT,
      GENERATE,
      DAYS,
      REFERENCES,
      {
        name: 'sealed',
        summary: 'Seal the value here, for the SDK keys there are: the platform never has it.',
      },
      { name: 'activate', summary: 'Applications get the new version at once.' },
      {
        name: 'type',
        value: 'TYPE',
        choices: ['password', 'apiKey', 'token', 'certificate', 'generic'],
        summary: 'What it is.',
      },
      { name: 'description', value: 'TEXT', summary: 'For people.' },
      { name: 'owner', value: 'NAME', summary: 'Who answers for it.' },
    ],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      { run: 'driftless secrets set db-password --env production', does: 'asks for it' },
      {
        run: 'driftless secrets set db-password --env production < password.txt',
        does: 'from a file',
      },
    ],
    load: async () => (await import('../secrets.ts')).set,
  },
  {
    name: 'secrets get',
    summary: 'Print the value of a secret; who read it and why is written down.',
    arguments: [SECRET],
    flags: [
      ENVIRONMENT,
      { name: 'reason', short: 'm', value: 'TEXT', summary: 'Why. Needed.' },
      { name: 'version', value: 'NUMBER', summary: 'Default: the active one.' },
    ],
    needs: 'project',
    json: '{ name, environment, version, value }',
    examples: [
      {
        run: 'driftless secrets get db-password --env staging -m "restore the backup"',
        does: 'prints it',
      },
    ],
    load: async () => (await import('../secrets.ts')).get,
  },
  {
    name: 'secrets rotate',
    summary: 'Add a version and make it the active one; the one before stays valid for a while.',
    notes: 'Without --ask the platform makes the value, and nobody has seen it.',
    arguments: [SECRET],
    flags: [
      ENVIRONMENT,
      { name: 'ask', summary: 'Ask for the value, or read it from standard input.' },
      GENERATE,
      DAYS,
      REFERENCES,
      {
        name: 'grace',
        value: 'TIME',
        summary: 'How long the version before stays valid. Default: 24h.',
      },
    ],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      {
        run: 'driftless secrets rotate db-password --env production --grace 1h',
        does: 'a new one, made by the platform',
      },
    ],
    load: async () => (await import('../secrets.ts')).rotate,
  },
  {
    name: 'secrets activate',
    summary: 'Make a version the active one; also an older one.',
    arguments: [SECRET, VERSION],
    flags: [ENVIRONMENT],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      { run: 'driftless secrets activate db-password 2 --env production', does: 'version 2' },
    ],
    load: async () => (await import('../secrets.ts')).activate,
  },
  {
    name: 'secrets revoke',
    summary: 'Destroy the value of a version for good.',
    arguments: [SECRET, VERSION],
    flags: [ENVIRONMENT],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      {
        run: 'driftless secrets revoke db-password 1 --env production',
        does: 'asks before it does',
      },
    ],
    load: async () => (await import('../secrets.ts')).revoke,
  },
  {
    name: 'secrets delete',
    summary: 'Delete a secret with all of its values.',
    arguments: [SECRET],
    flags: [ENVIRONMENT],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      { run: 'driftless secrets delete db-password --env staging', does: 'asks before it does' },
    ],
    load: async () => (await import('../secrets.ts')).remove,
  },
  {
    name: 'secrets import',
    summary: 'Write every name of an ENV file as a secret, in one revision.',
    arguments: [{ name: 'file', summary: 'A file; - for standard input.' }],
    flags: [ENVIRONMENT],
    needs: 'project',
    writes: true,
    json: WRITTEN,
    examples: [
      { run: 'driftless secrets import .env --env production', does: 'values as they are written' },
    ],
    load: async () => (await import('../secrets.ts')).importFile,
  },
  {
    name: 'secrets key',
    summary: 'Show the keys that wrap the secrets, or start the move to a new one.',
    flags: [
      { name: 'start', summary: 'Make a new key; every secret moves to it in the background.' },
      { name: 'reason', short: 'm', value: 'TEXT', summary: 'Why, for the audit.' },
    ],
    needs: 'project',
    json: '{ current, isDone, remaining, keys: [{ id, createdAtMs, retiredAtMs, destroyedAtMs, wraps, dataKeys }] }',
    examples: [{ run: 'driftless secrets key --start', does: 'rotates the project’s key' }],
    load: async () => (await import('../secrets.ts')).keyRotation,
  },
]
