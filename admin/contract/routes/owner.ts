/** Routes of what belongs to no project: admin tokens, signing keys, and the audit of both. */
import * as v from 'valibot'
import { listOf, auditEntry, pageOf } from '../answer.ts'
import { auditQuery, deleteQuery, noQuery, pageQuery, writeQuery } from '../query.ts'
import type { Route } from '../route.ts'
import { reason, strict } from '../schema.ts'
import { adminToken, adminTokenMembers, createTokenBody, rotateTokenBody } from '../token.ts'
import { deleteBody } from './projects.ts'

const signingKey = v.object({
  /** RFC 7638 thumbprint, the `kid` of manifests it signed. */
  kid: v.string(),
  /** Whether it signs now; the others only verify. */
  current: v.boolean(),
})

const revokedKey = v.object({
  kid: v.string(),
  /** The key that signs now; null: not known of a dry run. */
  current: v.nullable(v.string()),
  dryRun: v.boolean(),
})

export const ownerRoutes = {
  listTokens: {
    method: 'GET',
    path: '/tokens',
    action: 'token.read',
    summary: 'Lists the admin tokens, revoked ones too, without their secrets.',
    query: pageQuery,
    answer: pageOf(adminToken),
  },
  createToken: {
    method: 'POST',
    path: '/tokens',
    action: 'token.write',
    summary: 'Creates an admin token. `token` is shown this once.',
    notes:
      'With `role` (and `project`), or with `grants`: each a role or single actions, for projects, environments and secrets by pattern. Nobody gives what he has not got.',
    query: writeQuery,
    body: createTokenBody,
    answer: v.union([
      v.object({ ...adminTokenMembers, token: v.string() }),
      v.object({ dryRun: v.literal(true) }),
    ]),
    status: 201,
    write: 'direct',
  },
  revokeToken: {
    method: 'DELETE',
    path: '/tokens/:token',
    action: 'token.write',
    summary: 'Revokes an admin token.',
    query: deleteQuery,
    body: deleteBody,
    answer: v.object({ id: v.string(), dryRun: v.boolean() }),
    write: 'direct',
  },
  rotateToken: {
    method: 'POST',
    path: '/tokens/:token/rotate',
    action: 'token.write',
    summary:
      'Makes a token that takes the place of this one, which works for `overlapSeconds` more. `token` is shown this once.',
    query: writeQuery,
    body: rotateTokenBody,
    answer: v.union([
      v.object({ ...adminTokenMembers, token: v.string() }),
      v.object({ dryRun: v.literal(true) }),
    ]),
    status: 201,
    write: 'direct',
  },
  listSigningKeys: {
    method: 'GET',
    path: '/signing-keys',
    action: 'signing-key.read',
    summary: 'Lists the keys that manifests may be signed with.',
    query: noQuery,
    answer: v.object({ items: listOf(signingKey) }),
  },
  rotateSigningKey: {
    method: 'POST',
    path: '/signing-keys',
    action: 'signing-key.rotate',
    summary:
      'Adds a key, which signs when it has been public for 2 minutes; the one before stays in the key set for 7 days.',
    query: writeQuery,
    body: strict({ reason }),
    answer: v.object({ kid: v.nullable(v.string()), dryRun: v.boolean() }),
    status: 201,
    write: 'direct',
  },
  revokeSigningKey: {
    method: 'POST',
    path: '/signing-keys/:kid/revoke',
    action: 'signing-key.rotate',
    summary:
      'Takes a key out of the key set at once: what it signed is not accepted as new any more.',
    notes:
      'If it is the one that signs, another is made first. Every project signs its heads anew; applications keep what they have meanwhile.',
    query: writeQuery,
    body: strict({ reason }),
    answer: revokedKey,
    write: 'direct',
  },
  listDirectoryAudit: {
    method: 'GET',
    path: '/audit',
    action: 'directory-audit.read',
    summary: 'Lists the audit of projects, tokens, sessions and signing keys, newest first.',
    query: auditQuery,
    answer: pageOf(auditEntry),
  },
  exportDirectoryAudit: {
    method: 'GET',
    path: '/audit/export',
    action: 'directory-audit.read',
    summary: 'Answers the whole audit of what belongs to no project.',
    notes:
      'Lines of JSON, oldest first: where it begins and ends with a signed checkpoint, then the rows and the checkpoints among them. docs/audit.md tells how to verify it offline.',
    query: noQuery,
    answer: v.string(),
    media: 'application/x-ndjson',
  },
} as const satisfies Readonly<Record<string, Route>>
