/** To begin with: where the platform is, whether it is well, and its projects. */
import { SHELLS } from '../../frame/completion.ts'
import type { Command } from '../../frame/command.ts'
import { ENVIRONMENT, WRITTEN } from '../../frame/flags.ts'

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
