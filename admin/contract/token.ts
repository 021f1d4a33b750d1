/** Admin tokens: what a person or CI presents to this API. Shown once. */
import { parseCidr } from '#core'
import * as v from 'valibot'
import { listOf } from './answer.ts'
import { MAX_GRANTS, MAX_PATTERN_CHARS, MAX_PATTERNS, MAX_TIME_MS } from './limits.ts'
import { integer, label, named, reason, scopeName, strict } from './schema.ts'

/** The roles of the policy table (docs/access.md). */
export const ROLE_NAMES = [
  'viewer',
  'editor',
  'publisher',
  'approver',
  'secret-reader',
  'secret-admin',
  'auditor',
  'owner',
] as const

const role = v.picklist(ROLE_NAMES)

/** A name in which `*` stands for any characters. */
const pattern = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(MAX_PATTERN_CHARS),
  v.regex(/^[A-Za-z0-9._*-]+$/, 'must be a name, in which * stands for any characters'),
)
const patterns = v.optional(v.pipe(v.array(pattern), v.minLength(1), v.maxLength(MAX_PATTERNS)), [
  '*',
])
const scope = { projects: patterns, environments: patterns, secrets: patterns }

export const grant = named(
  'Grant',
  v.union(
    [
      strict({ role, ...scope }),
      strict({
        /** Of the table in docs/access.md. */
        actions: v.pipe(
          v.array(v.pipe(v.string(), v.maxLength(64))),
          v.minLength(1),
          v.maxLength(100),
        ),
        ...scope,
      }),
    ],
    'must be {role} or {actions: […]}, each with projects, environments and secrets as lists of patterns',
  ),
)

/** Addresses from which a token may be used. */
const cidr = v.pipe(
  v.string(),
  v.maxLength(64),
  v.check(
    (text) => parseCidr(text) !== undefined,
    'must be an IP address or a CIDR such as 10.0.0.0/8',
  ),
)

const lifetime = v.optional(v.nullable(integer(0, MAX_TIME_MS)), null)

export const createTokenBody = strict({
  name: label,
  /** Short for one grant: of this role, for `project` or for all. */
  role: v.exactOptional(role),
  project: v.optional(v.nullable(scopeName), null),
  /** Instead of `role`. */
  grants: v.exactOptional(v.pipe(v.array(grant), v.minLength(1), v.maxLength(MAX_GRANTS))),
  /** Addresses it may be used from; absent or empty: from anywhere. */
  cidrs: v.optional(v.pipe(v.array(cidr), v.maxLength(MAX_PATTERNS)), []),
  /** Milliseconds since 1970; absent or null: never. */
  expiresAtMs: lifetime,
  reason: v.exactOptional(reason),
})

export const rotateTokenBody = strict({
  /** How long the token before still works: 0 to 30 days. */
  overlapSeconds: v.optional(integer(0, 30 * 86_400), 0),
  /** Of the new one; absent: it lives as long as the one before was made to. */
  expiresAtMs: v.exactOptional(v.nullable(integer(0, MAX_TIME_MS))),
  reason: v.exactOptional(reason),
})

/** What a grant says in an answer. */
const grantAnswer = named(
  'GrantAnswer',
  v.object({
    role: v.exactOptional(v.string()),
    actions: v.exactOptional(listOf(v.string())),
    projects: listOf(v.string()),
    environments: listOf(v.string()),
    secrets: listOf(v.string()),
  }),
)
export const grantAnswers = listOf(grantAnswer)

export const adminTokenMembers = {
  id: v.string(),
  name: v.string(),
  /** `custom` when it has several grants, or single actions. */
  role: v.string(),
  /** The only project it may touch; null: see `grants`. */
  project: v.nullable(v.string()),
  grants: grantAnswers,
  cidrs: listOf(v.string()),
  prefix: v.string(),
  createdAtMs: v.number(),
  expiresAtMs: v.nullable(v.number()),
  revokedAtMs: v.nullable(v.number()),
  /** To the minute; null: never. */
  lastUsedAtMs: v.nullable(v.number()),
  /** The token that took its place. */
  rotatedTo: v.nullable(v.string()),
}
export const adminToken = named('AdminToken', v.object(adminTokenMembers))
