/** Keys, tokens and the audit. */
import type { ROLE_NAMES } from '../../../contract/token.ts'
import type { Command } from '../../frame/command.ts'
import { ENVIRONMENT } from '../../frame/flags.ts'

type RoleName = (typeof ROLE_NAMES)[number]

/** As the contract has them; named here so that help does not load its schemas. */
const ROLES = [
  'viewer',
  'editor',
  'publisher',
  'approver',
  'secret-reader',
  'secret-admin',
  'auditor',
  'owner',
] as const satisfies readonly RoleName[]

export const ACCESS: readonly Command[] = [
  {
    name: 'keys list',
    summary: 'List the SDK keys, revoked ones too, without their secrets.',
    needs: 'project',
    json: '{ keys: [{ id, name, environment, audience, prefix, createdAtMs, revokedAtMs }] }',
    examples: [{ run: 'driftless keys list', does: 'all of them' }],
    load: async () => (await import('../access.ts')).listKeys,
  },
  {
    name: 'keys create',
    summary: 'Create an SDK key; it is printed this once.',
    arguments: [{ name: 'name', summary: 'For people.' }],
    flags: [
      ENVIRONMENT,
      { name: 'client', summary: 'For browsers and apps. Default: for servers.' },
    ],
    needs: 'project',
    writes: true,
    json: '{ id, key, name, environment, audience, prefix, createdAtMs }',
    examples: [
      { run: 'driftless keys create web --env production --client', does: 'for a browser' },
    ],
    load: async () => (await import('../access.ts')).createKey,
  },
  {
    name: 'keys revoke',
    summary: 'Revoke an SDK key: its streams close at once.',
    arguments: [{ name: 'id', summary: 'As keys list shows it.' }],
    needs: 'project',
    writes: true,
    json: '{ id, dryRun }',
    examples: [{ run: 'driftless keys revoke k_123', does: 'asks before it does' }],
    load: async () => (await import('../access.ts')).revokeKey,
  },
  {
    name: 'tokens list',
    summary: 'List the admin tokens, without their secrets.',
    needs: 'server',
    json: '{ tokens: [{ id, name, role, project, prefix, createdAtMs, expiresAtMs, revokedAtMs }] }',
    examples: [{ run: 'driftless tokens list', does: 'all of them' }],
    load: async () => (await import('../access.ts')).listTokens,
  },
  {
    name: 'tokens create',
    summary: 'Create an admin token; it is printed this once.',
    arguments: [{ name: 'name', summary: 'For people.' }],
    flags: [
      {
        name: 'role',
        value: 'ROLE',
        choices: ROLES,
        summary: 'Default: viewer.',
      },
      { name: 'for', value: 'PROJECT', summary: 'The only project it may touch. Default: all.' },
      { name: 'days', value: 'COUNT', summary: 'It expires after so many days. Default: never.' },
    ],
    needs: 'server',
    writes: true,
    json: '{ id, token, name, role, project, prefix, createdAtMs, expiresAtMs }',
    examples: [
      {
        run: 'driftless tokens create ci --role editor --for shop --days 90',
        does: 'for a pipeline',
      },
    ],
    load: async () => (await import('../access.ts')).createToken,
  },
  {
    name: 'tokens rotate',
    summary: 'Make a token that takes the place of another; it is printed this once.',
    arguments: [{ name: 'id', summary: 'As tokens list shows it.' }],
    flags: [
      {
        name: 'overlap',
        value: 'TIME',
        summary: 'How long the one before still works, up to 720h. Default: not at all.',
      },
    ],
    needs: 'server',
    writes: true,
    json: '{ id, token, name, role, project, prefix, createdAtMs, expiresAtMs, … }',
    examples: [
      { run: 'driftless tokens rotate t_123 --overlap 1h', does: 'time to put it in place' },
    ],
    load: async () => (await import('../access.ts')).rotateToken,
  },
  {
    name: 'tokens revoke',
    summary: 'Revoke an admin token.',
    arguments: [{ name: 'id', summary: 'As tokens list shows it.' }],
    needs: 'server',
    writes: true,
    json: '{ id, dryRun }',
    examples: [{ run: 'driftless tokens revoke t_123', does: 'asks before it does' }],
    load: async () => (await import('../access.ts')).revokeToken,
  },
  {
    name: 'audit',
    summary: 'List who did what, newest first, denied attempts too.',
    flags: [
      { name: 'limit', short: 'n', value: 'COUNT', summary: 'How many. Default: 20.' },
      {
        name: 'directory',
        summary: 'Of projects, tokens and signing keys, instead of one project.',
      },
    ],
    needs: 'project',
    json: '{ entries: [{ seq, atMs, actor, action, target, reason, outcome, revision, prevHash, hash, … }] }',
    examples: [{ run: 'driftless audit -n 50', does: 'the last fifty' }],
    load: async () => (await import('../audit.ts')).audit,
  },
  {
    name: 'audit verify',
    summary: 'Check that no row of the audit was changed, removed, put in or moved.',
    notes:
      'By the chain of hashes, and by checkpoints that the platform signed. Who holds the database and the master key could write another history; --known, a row written down earlier, finds that too.',
    arguments: [
      {
        name: 'file',
        summary: 'An export that was kept. Default: the audit as it is now.',
        optional: true,
      },
    ],
    flags: [
      {
        name: 'directory',
        summary: 'Of projects, tokens and signing keys, instead of one project.',
      },
      {
        name: 'known',
        value: 'SEQ:HASH',
        summary: 'A row that must be in it, as an earlier audit verify printed it.',
      },
      {
        name: 'keys',
        value: 'FILE',
        summary: 'A key set that was kept with the export. Default: the platform’s.',
      },
      { name: 'output', short: 'o', value: 'FILE', summary: 'Keep the export.' },
    ],
    needs: 'project',
    exit2: 'it is not as it was written',
    json: '{ ok: true, audit, rows, last: { seq, hash }, signedAtMs, checkpoints } or { ok: false, line, fault }',
    examples: [
      { run: 'driftless audit verify -o audit.ndjson', does: 'now, and keeps the export' },
      { run: 'driftless audit verify audit.ndjson --keys keys.json', does: 'without a network' },
    ],
    load: async () => (await import('../audit-verify.ts')).verify,
  },
]
