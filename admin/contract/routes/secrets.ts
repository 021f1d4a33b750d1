/** Routes of secrets and of the keys that wrap them. A secret belongs to one environment, which the body or the query names. */
import * as v from 'valibot'
import { committed, committedMembers, listOf, pageOf, storedMembers } from '../answer.ts'
import {
  alertsQuery,
  deleteQuery,
  secretDeleteQuery,
  noQuery,
  secretQuery,
  secretsQuery,
  secretValueQuery,
  writeQuery,
} from '../query.ts'
import type { Route } from '../route.ts'
import { reason, strict } from '../schema.ts'
import { deleteBody } from './projects.ts'
import {
  activateSecretBody,
  importSecretsBody,
  keyRotation,
  putSecretBody,
  recipientsAnswer,
  reminder,
  revealedSecret,
  revokeSecretBody,
  rotateSecretBody,
  secretItem,
  secretShare,
  shareSecretBody,
} from '../secret.ts'

const secretAnswer = v.object({
  name: v.string(),
  environment: v.string(),
  ...storedMembers(secretItem),
  /** What somebody should see to: `expires-soon` is two weeks before. */
  reminders: listOf(reminder),
})

const revoked = v.object({
  ...committedMembers,
  /** Null: the fleet could not be asked. */
  instances: v.nullable(v.number()),
  /** At most 100 of them. */
  using: listOf(
    v.object({
      instance: v.string(),
      labels: v.exactOptional(v.record(v.string(), v.string())),
      atMs: v.number(),
    }),
  ),
})

const alerts = v.object({
  total: v.number(),
  /** What is due first comes first; at most 1,000. */
  items: listOf(
    v.object({
      kind: v.literal('secret'),
      name: v.string(),
      environment: v.string(),
      reminder,
      /** The active one; absent where nothing is active. */
      version: v.exactOptional(v.number()),
      /** When it expires, or passed its greatest age, milliseconds since 1970. */
      dueAtMs: v.exactOptional(v.number()),
      owner: v.exactOptional(v.string()),
    }),
  ),
})

export const secretRoutes = {
  listAlerts: {
    method: 'GET',
    path: '/projects/:project/alerts',
    action: 'secret.list',
    summary:
      'Lists what somebody should see to: secrets that expire, are too old or not readable by all keys.',
    notes: 'Of the secrets that the token may list. They only remind: nothing stops being served.',
    environmentIn: 'query',
    query: alertsQuery,
    answer: alerts,
  },
  listSecrets: {
    method: 'GET',
    path: '/projects/:project/secrets',
    action: 'secret.list',
    summary: 'Lists the secrets by name and environment, never their values.',
    environmentIn: 'query',
    query: secretsQuery,
    answer: pageOf(secretAnswer),
  },
  getSecret: {
    method: 'GET',
    path: '/projects/:project/secrets/:secret',
    action: 'secret.list',
    summary: 'Answers what is known of a secret and its versions, never a value.',
    environmentIn: 'query',
    query: secretQuery,
    answer: secretAnswer,
  },
  getSecretRecipients: {
    method: 'GET',
    path: '/projects/:project/secrets/:secret/recipients',
    action: 'secret.write',
    summary: 'Answers the public keys that a value may be sealed for, instead of being sent here.',
    notes:
      'The secret need not exist yet. What is sealed goes into `sealed` of a PUT; docs/secrets.md says what that keeps from the platform, and what it does not.',
    environmentIn: 'query',
    query: secretQuery,
    answer: recipientsAnswer,
  },
  putSecret: {
    method: 'PUT',
    path: '/projects/:project/secrets/:secret',
    action: 'secret.write',
    summary: 'Creates a secret, adds a version, or changes what is said of it.',
    notes:
      'With `value` or `generate` a version is added; without, only the settings change. The first version is active at once; a later one when `activate` says so (which needs `secret.rotate` too), or by `…/activate`.',
    environmentIn: 'body',
    query: writeQuery,
    body: putSecretBody,
    answer: committed,
    write: 'commit',
  },
  rotateSecret: {
    method: 'POST',
    path: '/projects/:project/secrets/:secret/rotate',
    action: 'secret.rotate',
    summary:
      'Adds a version and makes it the active one; the one before stays valid for `graceMs`.',
    notes:
      'Without `value` one is generated: 32 letters and digits unless `generate` says otherwise. `graceMs` defaults to a day.',
    environmentIn: 'body',
    query: writeQuery,
    body: rotateSecretBody,
    answer: committed,
    write: 'commit',
  },
  activateSecret: {
    method: 'POST',
    path: '/projects/:project/secrets/:secret/activate',
    action: 'secret.rotate',
    summary: 'Makes a version the active one; also an older one.',
    environmentIn: 'body',
    query: writeQuery,
    body: activateSecretBody,
    answer: committed,
    write: 'commit',
  },
  revokeSecret: {
    method: 'POST',
    path: '/projects/:project/secrets/:secret/revoke',
    action: 'secret.rotate',
    summary: 'Destroys the value of a version for good.',
    notes:
      'When it is the active one, applications get nothing until another is activated. `instances` is how many running ones say that they use the version: ask with `dryRun` first.',
    environmentIn: 'body',
    query: writeQuery,
    body: revokeSecretBody,
    answer: revoked,
    write: 'commit',
  },
  deleteSecret: {
    method: 'DELETE',
    path: '/projects/:project/secrets/:secret',
    action: 'secret.write',
    summary: 'Deletes a secret with all of its values.',
    environmentIn: 'query',
    query: secretDeleteQuery,
    body: deleteBody,
    answer: committed,
    write: 'commit',
  },
  importSecrets: {
    method: 'POST',
    path: '/projects/:project/secrets',
    action: 'secret.write',
    summary: 'Writes every name of a `.env` file as a secret, in one revision.',
    notes:
      'Values are taken literally: nothing is substituted in them. With `activate` (the default) it needs `secret.rotate` too.',
    environmentIn: 'body',
    query: writeQuery,
    body: importSecretsBody,
    answer: committed,
    write: 'commit',
  },
  revealSecret: {
    method: 'GET',
    path: '/projects/:project/secrets/:secret/value',
    action: 'secret.read',
    summary: 'Answers a value, and writes down who read it and why.',
    environmentIn: 'query',
    query: secretValueQuery,
    answer: revealedSecret,
  },
  listShares: {
    method: 'GET',
    path: '/projects/:project/shares',
    action: 'secret.list',
    summary: 'Lists the secrets that other projects get.',
    query: noQuery,
    answer: v.object({ items: listOf(secretShare) }),
  },
  shareSecret: {
    method: 'POST',
    path: '/projects/:project/secrets/:secret/shares',
    action: 'secret.share',
    summary: 'Gives a secret to another project, as a secret there that follows this one.',
    notes:
      'Needs `secret.read` for it, and `secret.write` for the secret of the other project. Both audits tell of it.',
    environmentIn: 'body',
    query: writeQuery,
    body: shareSecretBody,
    status: 201,
    answer: v.union([secretShare, v.object({ dryRun: v.literal(true) })]),
    write: 'direct',
  },
  endShare: {
    method: 'DELETE',
    path: '/projects/:project/shares/:share',
    action: 'secret.share',
    summary: 'Ends that another project gets a secret: its copy is destroyed there.',
    query: deleteQuery,
    body: deleteBody,
    answer: v.object({ id: v.string(), dryRun: v.boolean() }),
    write: 'direct',
  },
  getKeyRotation: {
    method: 'GET',
    path: '/projects/:project/key-rotation',
    action: 'project-key.read',
    summary: 'Answers the keys that wrap the secrets, and how far the move to the newest is.',
    query: noQuery,
    answer: keyRotation,
  },
  rotateProjectKey: {
    method: 'POST',
    path: '/projects/:project/key-rotation',
    action: 'project-key.rotate',
    summary:
      'Makes a new key; every secret moves to it in the background, then the old one is destroyed.',
    query: writeQuery,
    body: strict({ reason }),
    answer: keyRotation,
    write: 'direct',
  },
} as const satisfies Readonly<Record<string, Route>>
