/** Admin tokens: what a person or CI presents to this API. Shown once. */
import * as v from 'valibot'
import { MAX_TIME_MS } from './limits.ts'
import { integer, label, named, reason, scopeName, strict } from './schema.ts'

const role = v.picklist(['owner', 'editor', 'viewer'])

export const createTokenBody = strict({
  name: label,
  role,
  /** The only project it may touch; absent or null: all. */
  project: v.optional(v.nullable(scopeName), null),
  /** Milliseconds since 1970; absent or null: never. */
  expiresAtMs: v.optional(v.nullable(integer(0, MAX_TIME_MS)), null),
  reason: v.exactOptional(reason),
})

export const adminTokenMembers = {
  id: v.string(),
  name: v.string(),
  role,
  project: v.nullable(v.string()),
  prefix: v.string(),
  createdAtMs: v.number(),
  expiresAtMs: v.nullable(v.number()),
  revokedAtMs: v.nullable(v.number()),
}
export const adminToken = named('AdminToken', v.object(adminTokenMembers))
